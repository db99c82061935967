"""``encaiss migrate``, ``demo``, ``worker`` and ``serve``: what keeps a deployment going."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.markup import escape
from sqlalchemy.engine import make_url

from encaiss_dashboard import demo as demo_data
from encaiss_dashboard import jobs, wiring
from encaiss_dashboard.cli import server
from encaiss_dashboard.cli.calc import Answer
from encaiss_dashboard.cli.command import Command, CouldNot, house, show, table
from encaiss_dashboard.cli.reminding import run_answer
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.jobs import RunResult
from encaiss_dashboard.locales import text
from encaiss_dashboard.services import agencies, people
from encaiss_dashboard.settings import require_secret
from encaiss_dashboard.wiring import Wiring


@click.command(cls=Command)
def migrate(lang: str) -> Answer:
    """Bring the database to the newest revision."""
    url = house().settings.database_url
    wiring.migrate(url)
    _warn_of_fallen_wall(house(), lang)
    shown = make_url(url).render_as_string(hide_password=True)
    return Answer({"migrated": True, "database": shown}, [text(lang, "cli.migrated", database=shown)])


@click.command(cls=Command)
def demo(lang: str) -> Answer:
    """Fill an empty database with made-up data; only where ENCAISS_DEMO=1."""
    wired = house()
    if not wired.settings.demo:
        raise CouldNot("no_demo")
    wiring.migrate(wired.settings.database_url)
    filled = _fill(wired, lang)
    lines = [text(lang, "cli.demo_filled" if filled else "cli.demo_there"), _login_table(lang)]
    lines.append(text(lang, "cli.demo_code"))
    return Answer({"filled": filled, "logins": _logins()}, lines)


@click.command(cls=Command)
@click.option("--once", is_flag=True, help="Run for today, deliver what waits, and stop: for cron.")
def worker(*, once: bool, lang: str) -> Answer:
    """Run the night at ENCAISS_REMIND_AT, Brussels time, and deliver what waits every minute."""
    wired = house()
    require_secret(wired.settings)
    wiring.migrate(wired.settings.database_url)
    _warn_of_fallen_wall(wired, lang)
    _refuse_mixed_data(wired)
    if once:
        result = jobs.remind(wired)
        jobs.purge(wired)
        return run_answer(result, lang)
    as_json = bool(click.get_current_context().meta["as_json"])

    def report(result: RunResult) -> None:
        if result.planned or result.sent or result.held:
            show(run_answer(result, lang), as_json=as_json)
            sys.stdout.flush()

    click.echo(text(lang, "cli.worker_started", at=wired.settings.remind_at), err=True)
    try:
        jobs.work_forever(wired, report)
    except ValueError as error:
        raise CouldNot("remind_at_wrong", value=wired.settings.remind_at) from error
    return Answer({"stopped": True}, [text(lang, "cli.worker_stopped")])


@click.command(cls=Command)
def serve(lang: str) -> Answer:
    """Migrate, build the pages when something changed, and serve everything on one port."""
    wired = house()
    settings = wired.settings
    require_secret(settings)
    reason = server.port_trouble(settings.host, settings.port)
    if reason:
        raise CouldNot("port_taken", port=settings.port, host=settings.host, reason=reason)
    wiring.migrate(settings.database_url)
    _warn_of_fallen_wall(wired, lang)
    _refuse_mixed_data(wired)
    facts: dict[str, object] = {"address": settings.public_url, "demo": settings.demo}
    lines = [text(lang, "cli.serving", address=settings.public_url)]
    with server.building(settings.public_url) as finish:
        if settings.demo:
            _fill_apart(wired, lang)
            facts["logins"] = _logins()
            lines += [_login_table(lang), text(lang, "cli.demo_code")]
        elif not _anybody(wired):
            lines.append(text(lang, "cli.nobody_yet"))
        if finish:
            with _status(text(lang, "cli.building")):
                trouble = finish()
            if trouble:
                raise CouldNot("build_failed", reason=trouble)
    show(Answer(facts, lines), as_json=bool(click.get_current_context().meta["as_json"]))
    sys.stdout.flush()
    wired.engine.dispose()  # the server forks: a connection must not be shared with a child
    server.serve(settings.host, settings.port)
    return Answer({"stopped": True}, [text(lang, "cli.server_stopped")])


def _warn_of_fallen_wall(wired: Wiring, lang: str) -> None:
    """Say so when the database would let this deployment read past row level security."""
    role = wired.role_that_ignores_policies()
    if role:
        click.echo(text(lang, "cli.wall_ignored", role=role), err=True)


def _refuse_mixed_data(wired: Wiring) -> None:
    """Made-up data only where the settings say demo, and nothing else there: its logins are printed."""
    with wired.begin(HOUSE, write=False) as work:
        made_up = agencies.is_made_up(work)
    if made_up is True and not wired.settings.demo:
        raise CouldNot("demo_data_here")
    if made_up is False and wired.settings.demo:
        raise CouldNot("real_data_here")


def _anybody(wired: Wiring) -> bool:
    with wired.begin(HOUSE, write=False) as work:
        return people.anybody(work)


def _fill(wired: Wiring, lang: str) -> bool:
    _refuse_mixed_data(wired)
    if _anybody(wired):
        return False
    with _status(text(lang, "cli.filling")) as tell:
        demo_data.fill(wired, tell)
    return True


def _fill_apart(wired: Wiring, lang: str) -> None:
    """The same in a process of its own, as the server forks its workers from this one.

    Polars has threads once it was used, and a worker forked from beside them waits for them for ever.
    """
    _refuse_mixed_data(wired)
    if not _anybody(wired):
        with _status(text(lang, "cli.filling")):
            command = [sys.executable, "-m", "encaiss_dashboard.demo"]
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - our words


def _logins() -> list[dict[str, str]]:
    return [
        {
            "email": login.email,
            "password": login.password,
            "role": login.role.value,
            "client": login.client,
        }
        for login in demo_data.logins()
    ]


def _login_table(lang: str) -> str:
    columns = [text(lang, f"cli.login_{name}") for name in ("email", "password", "role", "client")]
    return table(columns, [list(login.values()) for login in _logins()], numbers_from=len(columns))


@contextmanager
def _status(title: str) -> Iterator[Callable[[str], None]]:
    """What is going on, on stderr: as it turns on a terminal, as one line elsewhere."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        console.print(title, markup=False)
        yield lambda _what: None
        return
    with console.status(title) as status:
        yield lambda what: status.update(f"{title} {escape(what)}")
