"""The commands of ``encaiss``, put together."""

from __future__ import annotations

import click

from encaiss_dashboard.cli.backups import backup, backup_key, restore
from encaiss_dashboard.cli.banking import bank, payments
from encaiss_dashboard.cli.calc import calc
from encaiss_dashboard.cli.importing import import_command
from encaiss_dashboard.cli.journal import journal, permissions
from encaiss_dashboard.cli.people import agency, client, user
from encaiss_dashboard.cli.privacy import privacy
from encaiss_dashboard.cli.reminding import delegate, remind
from encaiss_dashboard.cli.remitting import remittances_command
from encaiss_dashboard.cli.reports import report
from encaiss_dashboard.cli.running import demo, migrate, serve, worker


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def encaiss() -> None:
    """The receivables dashboard of a collection agency, from the command line.

    Every command takes --json: one object on stdout, money as decimal strings, dates as year-month-day.
    Settings come from the environment (README.md). Exit code 0: done; 2: could not, and one sentence on
    stderr says why.
    """


for command in (
    import_command,
    bank,
    payments,
    report,
    delegate,
    remind,
    remittances_command,
    calc,
    agency,
    client,
    user,
    journal,
    permissions,
    privacy,
    migrate,
    backup,
    backup_key,
    restore,
    demo,
    worker,
    serve,
):
    encaiss.add_command(command)
