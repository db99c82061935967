"""No file, however damaged, breaks a reader, stops it for long or fills the memory.

What a run finds it leaves in ``.cache/fuzz``, and says which file it is.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encaiss_dashboard.adapters.invoice_files import kept
from encaiss_dashboard.adapters.sandbox import SandboxedFiles
from encaiss_dashboard.adapters.sandbox.walls import Limits

sys.path.append(str(Path(__file__).parent))
from fuzzing import (
    FORMATS,
    INPUT_BYTES_MAX,
    INPUT_SECONDS_MAX,
    MEMORY_MEGABYTES_MAX,
    choices_for,
    members,
    seeds,
    zipped,
)

pytestmark = pytest.mark.soak

FOUND = Path(__file__).resolve().parents[2] / ".cache" / "fuzz"
SECONDS_A_FORMAT = 60
EXAMPLES = 300
# Signs that mean something to one format or another.
SIGNS = (
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b'"', b'""', b";", b"\t", b"\r", b"\n", b"'", b"\x1a"),
    *(b"=cmd|' /C calc'!A0", b"-", b"(", b")", b"1e999", b"9" * 40, b"0,00", b"31/02/2025", b"\xc2\xa0"),
    *(b"&a;", b"<!DOCTYPE a [<!ENTITY a 'b'>]>", b"<![CDATA[", b"-->", b"<", b">", b"&#0;", b"%s", b"xmlns"),
    *(b"PK\x03\x04", b"PK\x05\x06", b"../", b"stream", b"endstream", b"endobj", b"/Filter", b"<<", b">>"),
)


@pytest.fixture(scope="module")
def apart() -> Iterator[SandboxedFiles]:
    # Seconds of work: a machine that does something else besides makes no file worse.
    limits = Limits(memory_bytes=MEMORY_MEGABYTES_MAX << 20, cpu_s=INPUT_SECONDS_MAX)
    files = SandboxedFiles(kept, limits=limits)
    yield files
    files.close()


@st.composite
def damaged(draw: st.DrawFn, format_name: str) -> bytes:
    """A golden file with some damage, within one of its members where it is an archive."""
    golden = list(seeds(format_name).values())
    whole = draw(st.sampled_from(golden))
    content = members(whole) if draw(st.booleans()) else None
    if not content:
        return draw(changes(whole, draw(st.sampled_from(golden))))
    name = draw(st.sampled_from(sorted(content)))
    content[name] = draw(changes(content[name], content[draw(st.sampled_from(sorted(content)))]))
    return zipped(content.items())


@st.composite
def changes(draw: st.DrawFn, whole: bytes, other: bytes) -> bytes:
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, min(200, len(data) - place)))
        there = bytes(data[place : place + length])
        from_other = draw(st.integers(0, len(other)))
        data[place : place + length] = draw(
            st.one_of(
                st.sampled_from(SIGNS),
                st.binary(max_size=20),
                st.just(b""),
                st.integers(2, 300).map(lambda times, one=there: (one * times)[:INPUT_BYTES_MAX]),
                st.just(other[from_other : from_other + 500]),
            )
        )
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.integers(0, 9)) == 0 else data)


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_damaged_file_is_answered_in_time_and_within_bounds(apart, format_name):
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(data=damaged(format_name))
    def answered(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as place:
            source, folder = Path(place, "source"), Path(place, "workshop")
            source.write_bytes(data)
            folder.mkdir()
            reading = apart.read_file(source, f"damaged.{format_name}", choices_for(data), folder)
            given_up = {"file_broke_reader", "file_too_heavy"} & {p.code for p in reading.problems}
            assert not given_up, f"{given_up}: {left(format_name, data)}"
            assert len(list(reading.rows)) <= reading.row_count, left(format_name, data)

    answered()


def left(format_name: str, data: bytes) -> Path:
    """Where an input that broke a reader is kept for whoever mends it."""
    folder = FOUND / format_name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"damaged-{hashlib.sha256(data).hexdigest()[:16]}"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_search_for_what_breaks_a_reader_finds_nothing(format_name):
    """Guided by what of its code each input reaches; what it learnt is where the next run begins."""
    if importlib.util.find_spec("atheris") is None:
        assert sys.version_info >= (3, 13), "install the locked requirements of the tests"
        return  # there is no atheris for these
    folder = FOUND / format_name
    program = Path(__file__).parent / "fuzzing.py"
    folder.mkdir(parents=True, exist_ok=True)
    ran = subprocess.run(
        [sys.executable, program, format_name, str(SECONDS_A_FORMAT), folder],
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=SECONDS_A_FORMAT * 5,
    )
    broken = re.search(r"Test unit written to (\S+)", ran.stderr)
    assert ran.returncode == 0, f"{broken and broken[1]}\n{ran.stdout[-1000:]}\n{ran.stderr[-5000:]}"
    runs = re.search(r"number_of_executed_units:\s*(\d+)", ran.stdout + ran.stderr)
    assert runs
    assert int(runs[1]) > len(seeds(format_name))
