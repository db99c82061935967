"""A logo and a manifest as raw bodies: who may, how much, and that a refusal is told and keeps nothing."""

import httpx
import pytest
import segno

from encaiss_dashboard.locales import LANGUAGES, text
from encaiss_dashboard.ui.small_files import BYTES_MAX

ROUTES = ("/uploads/logo", "/uploads/manifest")


@pytest.fixture
def send(server):
    def call(path, content, cookie="", origin=None, language="fr"):
        headers = {"Origin": server.base if origin is None else origin, "X-Language": language}
        cookies = {"encaiss_session": cookie} if cookie else {}
        with httpx.Client(base_url=server.base, headers=headers, cookies=cookies, timeout=30) as one:
            return one.post(path, content=content)

    return call


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "logo.png"
    segno.make("logo").save(str(path), scale=4)
    return path.read_bytes()


def test_an_owner_puts_a_logo_on_its_letters(send, ardenne, picture):
    answer = send("/uploads/logo", picture, ardenne.cookies["owner"])
    assert (answer.status_code, answer.json()) == (200, {"location": "/reminders/texts"})


@pytest.mark.parametrize("who", ["nobody", "reader", "accountant"])
@pytest.mark.parametrize("path", ROUTES)
def test_who_may_not_is_refused_and_nothing_is_kept(server, send, ardenne, picture, path, who):
    before = server.house.dump()
    assert send(path, picture, ardenne.cookies.get(who, "")).status_code == 403
    assert server.house.dump() == before


@pytest.mark.parametrize("path", ROUTES)
def test_another_pages_file_is_refused(server, send, ardenne, picture, path):
    before = server.house.dump()
    assert send(path, picture, ardenne.cookies["owner"], origin="http://evil.example").status_code == 403
    assert server.house.dump() == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_no_picture_is_refused_in_words(server, send, ardenne, language):
    before = server.house.dump()
    answer = send("/uploads/logo", b"<svg/>", ardenne.cookies["owner"], language=language)
    assert answer.json() == {"problem": text(language, "refusal.logo_unreadable")}
    assert answer.status_code == 403
    assert server.house.dump() == before


def test_a_file_beyond_the_limit_is_not_even_taken_in(server, send, ardenne):
    before = server.house.dump()
    answer = send("/uploads/logo", b"\x89PNG" + b"x" * (3 * BYTES_MAX), ardenne.cookies["owner"])
    assert answer.status_code == 413
    assert "1" in answer.json()["problem"]
    assert server.house.dump() == before
