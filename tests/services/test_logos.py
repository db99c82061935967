"""A client's logo: drawn anew, on its letters from then on, refused when it could be anything else."""

import io
import struct
import zlib
from datetime import date

import pytest
from PIL import Image, PngImagePlugin
from sqlmodel import Session, select

from encaiss_dashboard.adapters import letters
from encaiss_dashboard.domain.errors import NotAllowed, NotFound
from encaiss_dashboard.domain.letters import LogoTooLarge, LogoUnreadable
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.services import letters as statements
from encaiss_dashboard.services import logos
from encaiss_dashboard.storage.logos import ClientLogo, store_key

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def picture(size=(300, 90), mode="RGB", form="PNG", **more):
    out = io.BytesIO()
    Image.new(mode, size, (200, 40, 20, 128)[: len(mode)]).save(out, form, **more)
    return out.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def claiming(width, height):
    """A few bytes that say they are a picture of so many pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def client(house):
    return house.client()


@pytest.fixture
def act(house, client):
    owner = house.user(Role.OWNER, "ardenne")

    def call(service, *args, actor=owner):
        with house.wiring.begin(actor) as work:
            return service(work, client, *args)

    return call


@pytest.mark.parametrize(
    "data", [picture(), picture(mode="RGBA"), picture(form="JPEG"), picture((2_000, 400))]
)
def test_a_picture_becomes_a_small_png_on_white(data):
    logo = letters.logo(data)
    seen = Image.open(io.BytesIO(logo.png))
    assert (seen.format, seen.mode, seen.size) == ("PNG", "RGB", (logo.width, logo.height))
    assert logo.width <= 640
    assert logo.height <= 240


def test_nothing_of_the_file_itself_is_kept():
    told = PngImagePlugin.PngInfo()
    told.add_text("Author", "somebody@elsewhere.example")
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    for data in (
        picture(pnginfo=told),
        picture(form="JPEG", exif=exif),
        picture() + b"<script>behind</script>",
    ):
        drawn = letters.logo(data).png
        assert not [said for said in (b"somebody", b"secret", b"script") if said in drawn]
        assert drawn.count(b"IEND") == 1


@ON_SQLITE
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        picture(form="GIF"),
        picture(form="BMP"),
        picture()[:-40],
        picture()[:20],
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        claiming(100, 100),
        picture((8, 8)),
        picture((1_300, 100)),
        picture((20, 300)),
    ],
)
def test_what_is_no_logo_is_refused_and_nothing_is_kept(house, act, data):
    before = house.dump()
    with pytest.raises(LogoUnreadable):
        act(logos.choose, data)
    assert house.dump() == before


@ON_SQLITE
@pytest.mark.parametrize(
    "data", [claiming(60_000, 60_000), claiming(2**31 - 1, 2**31 - 1), b"\x89PNG" + b"x" * 2**20]
)
def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_opened(act, data):
    with pytest.raises((LogoTooLarge, LogoUnreadable)):
        act(logos.choose, data)


@ON_SQLITE
def test_the_latest_logo_holds_and_only_its_picture_is_kept(house, act):
    act(logos.choose, picture())
    act(logos.choose, picture())  # the same once more is no change
    act(logos.choose, picture((200, 100)))
    with Session(house.engine) as session:
        rows = session.exec(select(ClientLogo)).all()
    assert [(row.width, row.height) for row in rows] == [(300, 90), (200, 100)]
    assert house.wiring.store.load(store_key(rows[1].id)).startswith(b"\x89PNG")
    with pytest.raises(FileNotFoundError):
        house.wiring.store.load(store_key(rows[0].id))
    act(logos.remove)
    assert act(logos.logo) is None
    with pytest.raises(NotFound):
        act(logos.remove)


@ON_SQLITE
def test_a_logo_stands_in_the_mail_and_on_paper_with_words_for_who_cannot_see_it(house, client, act, clock):
    debtor = house.debtor(client)
    house.invoice(debtor, "F-1", due=date(2026, 9, 1), cents=10_000)
    with house.wiring.begin(HOUSE) as work:
        plain = statements.statement_pdf(work, client, debtor).content
    act(logos.choose, picture())
    with house.wiring.begin(HOUSE) as work:
        content = statements.statement_pdf(work, client, debtor).content
    assert content != plain
    assert content.count(b"/Image") > plain.count(b"/Image")
    for mark in (b"<pdfaid:conformance>A</pdfaid:conformance>", b"<pdfuaid:part>1</pdfuaid:part>"):
        assert mark in content


@ON_SQLITE
def test_a_letter_is_written_even_when_the_picture_is_lost(house, client, act):
    act(logos.choose, picture())
    house.wiring.store.remove(store_key(1))
    assert act(logos.logo) is None


@ON_SQLITE
def test_a_reader_sees_the_logo_and_cannot_change_it(house, client, act):
    reader = house.user(Role.READER, "ardenne")
    act(logos.choose, picture())
    assert act(logos.logo, actor=reader).width == 300
    for service, args in ((logos.choose, [picture()]), (logos.remove, [])):
        with pytest.raises(NotAllowed):
            act(service, *args, actor=reader)
