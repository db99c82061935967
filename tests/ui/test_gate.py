"""How often software may ask, and that one program with a dead key holds up no other of its address."""

from datetime import UTC, datetime

import pytest

from encaiss_dashboard.ui import limits
from encaiss_dashboard.ui.gate import Gate, for_software, is_api

OTHER = "203.0.113.8"


@pytest.fixture
def gate():
    # As the counter does: it reads the clock itself.
    return Gate(limits.Limits(1, lambda: datetime.now(UTC)))


def asking(key, path="/api/v1/invoices", address="203.0.113.7", **headers):
    shown = [(b"authorization", key.encode())] if key else []
    more = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"path": path, "client": (address, 4711), "headers": [*shown, *more]}


def try_unknown(gate, times, **where):
    for number in range(times):
        assert gate.wait_seconds(asking(f"guess {number}", **where)) == 0
        gate.answered(asking(f"guess {number}", **where), 401)


def test_keys_that_open_nothing_are_tried_as_often_as_passwords(gate):
    assert limits.UNKNOWN_KEYS.amount == limits.SIGNING.amount
    try_unknown(gate, limits.UNKNOWN_KEYS.amount)
    assert 0 < gate.wait_seconds(asking("one more")) <= 60
    assert gate.wait_seconds(asking("one more", address=OTHER)) == 0


def test_a_key_that_opened_something_is_not_held_up_by_others_of_its_address(gate):
    gate.answered(asking("good"), 201)
    try_unknown(gate, limits.UNKNOWN_KEYS.amount)
    assert gate.wait_seconds(asking("good")) == 0
    assert gate.wait_seconds(asking("never seen"))


@pytest.mark.parametrize("status", [404, 405, 409, 415, 422, 429, 500, 503])
def test_only_an_answer_that_gives_something_tells_that_a_key_is_good(gate, status):
    gate.answered(asking("perhaps"), status)
    try_unknown(gate, limits.UNKNOWN_KEYS.amount)
    assert gate.wait_seconds(asking("perhaps"))


@pytest.mark.parametrize("path", ["/api/v1/docs", "/api/v1/openapi.json"])
def test_nor_does_what_is_open_to_everybody(gate, path):
    gate.answered(asking("perhaps", path=path), 200)
    try_unknown(gate, limits.UNKNOWN_KEYS.amount)
    assert gate.wait_seconds(asking("perhaps"))
    assert gate.wait_seconds(asking("perhaps", path=path)) == 0


def test_a_key_that_was_taken_back_is_a_key_that_opens_nothing(gate):
    gate.answered(asking("good"), 200)
    gate.answered(asking("good"), 401)
    try_unknown(gate, limits.UNKNOWN_KEYS.amount - 1)
    assert gate.wait_seconds(asking("good"))


def test_a_key_is_used_so_often_a_minute(gate):
    for number in range(limits.KEYS.amount):
        assert gate.wait_seconds(asking("good", address=f"203.0.113.{number}")) == 0
    assert 0 < gate.wait_seconds(asking("good", address=OTHER)) <= 60
    assert gate.wait_seconds(asking("another", address=OTHER)) == 0


def test_who_shows_nothing_is_counted_by_its_address_alone(gate):
    for _ in range(1000):
        assert gate.wait_seconds(asking("")) == 0
        gate.answered(asking(""), 401)


def test_software_gets_no_cookie_and_its_address_as_our_proxies_say_it(server):
    scope = for_software(asking("good", cookie="encaiss_session=x", accept="a/b"))
    assert [name for name, _ in scope["headers"]] == [b"authorization", b"accept"]
    assert scope["client"][0] == "203.0.113.7"


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1/invoices", "/api/v2"])
def test_the_addresses_for_software(path):
    assert is_api(path)


@pytest.mark.parametrize("path", ["/", "/apis", "/apis/v1", "/uploads/invoices", "/API", "/x/api/"])
def test_what_is_none_of_them(path):
    assert not is_api(path)
