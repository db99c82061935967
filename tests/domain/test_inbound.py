"""The address for answers: short, the same in any case of letters, and not to be made by strangers."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.domain.inbound import addressed, digest_of, is_ours, message_mac, reply_address

ADDRESS = "reponses@agence.example"
ids = st.integers(1, 2**31 - 1)


def sign(text, secret=b"a secret"):
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def another(text):
    return sign(text, b"another secret")


@given(ids, ids)
def test_an_address_leads_back_to_its_client_and_debtor_in_any_case_of_letters(client, debtor):
    address = reply_address(ADDRESS, sign, client, debtor)
    assert addressed(sign, [address]) == addressed(sign, [address.upper()]) == (client, debtor)
    assert len(address.partition("@")[0]) <= 64  # RFC 5321 §4.5.3.1.1


@given(ids, ids, ids)
def test_the_token_of_one_debtor_opens_no_other_file(client, debtor, other):
    local, _, domain = reply_address(ADDRESS, sign, client, debtor).partition("@")
    mac = local.rpartition("-")[2]
    forged = reply_address(ADDRESS, another, client, other).rpartition("-")[0] + f"-{mac}@{domain}"
    assert addressed(sign, [forged]) in ({(client, debtor)} if other == debtor else {None})


@pytest.mark.parametrize(
    "address",
    [
        "",
        "reponses@agence.example",
        "reponses+@agence.example",
        "reponses+1-1-aaaaaaaaaaaa@agence.example",
        "reponses+1-1@agence.example",
        "reponses+zzzzzzz-zzzzzzz-aaaaaaaaaaaa@agence.example",
        "+" * 10_000 + "@",
        "\0+1-1-aaaaaaaaaaaa@x",
    ],
)
def test_what_this_house_did_not_make_leads_nowhere(address):
    assert addressed(sign, [address]) is None


def test_a_number_is_written_in_one_way_only():
    """Else one debtor's address could be spelled so that a filter of its own would not know it."""
    local, _, domain = reply_address(ADDRESS, sign, 36, 7).partition("@")
    assert "+10-7-" in local
    assert addressed(sign, [f"{local.replace('+10-7-', '+010-07-')}@{domain}"]) in {None, (36, 7)}


def test_a_message_id_of_this_house_is_known_and_another_is_not():
    left = "ardenne.7.20261108.statement_1"
    ours = f"{left}.{message_mac(sign, left)}@agence.example"
    assert is_ours(sign, ours)
    assert not is_ours(another, ours)
    assert not is_ours(sign, ours.replace(".7.", ".8."))
    for nonsense in ("", "@", "x@y", f"{left}@agence.example", "é.é@x"):
        assert not is_ours(sign, nonsense)


def test_a_mail_is_the_same_by_whatever_way_it_came():
    body = b"\r\n\r\nBonjour"
    one, two = b"Received: a" + body, b"Received: b\r\nX-Spam: no" + body
    assert digest_of(one, "id@x") == digest_of(two, "id@x")
    assert digest_of(one, "id@x") != digest_of(two.replace(b"jour", b"soir"), "id@x")
    assert digest_of(one, "id@x") != digest_of(one, "other@x")
    assert digest_of(one, "") != digest_of(two, "")
