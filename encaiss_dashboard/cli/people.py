"""``encaiss agency``, ``client add`` and ``user add``: who works with this deployment."""

from __future__ import annotations

import sys

import click

from encaiss_dashboard import jobs
from encaiss_dashboard.cli.calc import Answer
from encaiss_dashboard.cli.command import Command, CouldNot, client_id, house
from encaiss_dashboard.domain.errors import Unreadable
from encaiss_dashboard.domain.letters import BankAccount
from encaiss_dashboard.domain.permissions import AGENCY_ROLES, HOUSE, Role
from encaiss_dashboard.domain.terms import Term
from encaiss_dashboard.locales import LANGUAGES, text
from encaiss_dashboard.services import agencies, people
from encaiss_dashboard.services.accounts import factors


@click.command(cls=Command)
@click.option("--name", required=True, help="As it stands on letters.")
@click.option("--email", required=True, help="Sender of every letter, and where answers are read.")
@click.option("--enterprise-number", default="", help="With or without BE and dots.")
@click.option("--address", default="", help="As on an envelope; \\n between lines.")
@click.option("--phone", default="", help="As dialled.")
def agency(*, name: str, email: str, enterprise_number: str, address: str, phone: str, lang: str) -> Answer:
    """Say who the agency is: the sender of every letter."""
    with house().begin(HOUSE) as work:
        agencies.identify(
            work,
            name=name,
            email=email,
            enterprise_number=enterprise_number,
            address=_lines(address),
            phone=phone,
        )
    return Answer({"name": name, "email": email}, [text(lang, "cli.agency_set", name=name, email=email)])


@click.group()
def client() -> None:
    """The agency's clients."""


@client.command("add", cls=Command)
@click.argument("slug")
@click.option("--name", required=True, help="As it stands on letters.")
@click.option("--iban", default="", help="Where its debtors pay.")
@click.option("--bic", default="", help="Of that bank, where it is needed.")
@click.option("--email", default="", help="Where the client is written to.")
@click.option("--enterprise-number", default="", help="With or without BE and dots.")
@click.option("--language", type=click.Choice(LANGUAGES), default="fr", help="Of its letters by default.")
@click.option("--country", type=click.Choice(["BE", "FR"]), default="BE", help="Of its debtors by default.")
@click.option("--term", default="30", help="Its usual payment term, such as 30 or 30_EOM.")
@click.option("--address", default="", help="As on an envelope; \\n between lines.")
@click.option("--phone", default="", help="As dialled.")
def add_client(
    *,
    slug: str,
    name: str,
    iban: str,
    bic: str,
    email: str,
    enterprise_number: str,
    language: str,
    country: str,
    term: str,
    address: str,
    phone: str,
    lang: str,
) -> Answer:
    """Add a client; SLUG is its short name on the command line."""
    if iban or bic:
        try:
            account = BankAccount(iban, bic, name)
        except ValueError as error:
            raise CouldNot("account_wrong", iban=iban, bic=bic or "–") from error
        iban, bic = account.iban, account.bic
    details = {
        "iban": iban,
        "bic": bic,
        "email": email,
        "enterprise_number": enterprise_number,
        "language": language,
        "country": country,
        "default_term": Term.parse(term).code,
        "address": _lines(address),
        "phone": phone,
    }
    try:
        with house().begin(HOUSE) as work:
            people.add_client(work, slug, name, **details)
    except Unreadable as error:
        raise CouldNot("slug_wrong", slug=slug) from error
    return Answer({"client": slug, "name": name}, [text(lang, "cli.client_added", slug=slug, name=name)])


@click.group()
def user() -> None:
    """People with a login."""


@user.command("add", cls=Command)
@click.option("--email", required=True, help="With which the person signs in.")
@click.option("--name", required=True, help="As shown in the journal.")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--client", "slug", metavar="SLUG", help="For whom, unless the role is one of the agency's.")
@click.option("--language", type=click.Choice(LANGUAGES), default="fr", help="Of the interface.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of stdin.")
def add_user(
    *, email: str, name: str, role: str, slug: str | None, language: str, password_stdin: bool, lang: str
) -> Answer:
    """Add a person; the password is asked for twice, or read from stdin, and never an argument."""
    # A case manager may be given its first client; an administrator works for all of them.
    if bool(slug) == (Role(role) in AGENCY_ROLES) and not (slug and role == Role.CASE_MANAGER.value):
        raise CouldNot("role_needs_client", role=role)
    with house().begin(HOUSE, write=False) as work:
        if slug:
            client_id(work, slug)
    password = _password(lang, from_stdin=password_stdin)
    with house().begin(HOUSE) as work:
        added = people.add_user(
            work,
            email=email,
            name=name,
            password=password,
            role=Role(role),
            client_slug=slug,
            language=language,
        )
        address = added.email
    facts: dict[str, object] = {"email": address, "name": name, "role": role, "client": slug}
    return Answer(facts, [text(lang, "cli.user_added", email=address)])


@user.command("forget-second-factor", cls=Command)
@click.option("--email", required=True, help="Of the person whose telephone is lost.")
def forget_second_factor(*, email: str, lang: str) -> Answer:
    """Take a lost second factor away; the next sign-in sets another, and the person is told by mail."""
    with house().begin(HOUSE) as work:
        factors.reset(work, None, people.user_id(work, email))
    jobs.deliver_account_mails(house())
    return Answer({"email": email}, [text(lang, "cli.factor_forgotten", email=email)])


def _password(lang: str, *, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise CouldNot("password_unasked")
    asked, again = text(lang, "cli.password"), text(lang, "cli.password_again")
    return click.prompt(asked, type=str, hide_input=True, confirmation_prompt=again, err=True)


def _lines(address: str) -> str:
    # A shell cannot easily type a line break.
    return address.replace("\\n", "\n")
