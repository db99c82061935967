"""The application: its edge, its guard and its site map."""

from __future__ import annotations

import gc
from typing import Any

import reflex as rx

from encaiss_dashboard.ui.access import Guard
from encaiss_dashboard.ui.agency import Colleagues, agency_page
from encaiss_dashboard.ui.bank_history import BankHistory, agency_bank_history_page, bank_history_page
from encaiss_dashboard.ui.calendar import calendar_page
from encaiss_dashboard.ui.calendar_state import Ahead
from encaiss_dashboard.ui.calls import calls_page
from encaiss_dashboard.ui.calls_state import Calls
from encaiss_dashboard.ui.debtor_file import (
    Debtor,
    Merging,
    OfDebtor,
    Paid,
    Replies,
    Stopping,
    debtor_file_page,
)
from encaiss_dashboard.ui.debtors import Debtors, debtors_page
from encaiss_dashboard.ui.desk import desk_page
from encaiss_dashboard.ui.desk_mail import Mail
from encaiss_dashboard.ui.desk_state import Desk
from encaiss_dashboard.ui.edge import Edge
from encaiss_dashboard.ui.figures import figures_page
from encaiss_dashboard.ui.figures_state import Figures
from encaiss_dashboard.ui.import_history import ImportHistory, import_history_page
from encaiss_dashboard.ui.import_state import Import
from encaiss_dashboard.ui.imports import import_page
from encaiss_dashboard.ui.invoices import Invoices, invoices_page
from encaiss_dashboard.ui.journal import Journal, journal_page
from encaiss_dashboard.ui.link import Link, link_page
from encaiss_dashboard.ui.login import Login, forgot_page, login_page
from encaiss_dashboard.ui.message import message_page
from encaiss_dashboard.ui.message_state import Told
from encaiss_dashboard.ui.overview import overview_page
from encaiss_dashboard.ui.overview_state import Overview
from encaiss_dashboard.ui.payments import payments_page
from encaiss_dashboard.ui.payments_state import Payments
from encaiss_dashboard.ui.plan import plan_page
from encaiss_dashboard.ui.plan_state import Terms
from encaiss_dashboard.ui.post import post_page
from encaiss_dashboard.ui.post_state import Post
from encaiss_dashboard.ui.privacy import Privacy
from encaiss_dashboard.ui.privacy_page import privacy_page
from encaiss_dashboard.ui.queue import agency_queue_page, queue_page
from encaiss_dashboard.ui.queue_state import Queue
from encaiss_dashboard.ui.reminders import reminders_page
from encaiss_dashboard.ui.reminders_state import Reminders
from encaiss_dashboard.ui.remittances import remittance_page, remittances_page
from encaiss_dashboard.ui.remittances_state import PaidOnPage, Remittances
from encaiss_dashboard.ui.remitting import remitting_page
from encaiss_dashboard.ui.remitting_state import Remitting
from encaiss_dashboard.ui.routes import routes
from encaiss_dashboard.ui.second_factor import SecondFactor, second_factor_page
from encaiss_dashboard.ui.security import Security, security_page
from encaiss_dashboard.ui.shell import Shell, on_trouble
from encaiss_dashboard.ui.software import Software, software_page
from encaiss_dashboard.ui.team import Team, team_page
from encaiss_dashboard.ui.texts import texts_page
from encaiss_dashboard.ui.texts_state import Words
from encaiss_dashboard.ui.up_to_date import UpToDate


class House(rx.App):
    """The application behind its edge."""

    def __call__(self) -> Any:
        """Reflex's application, wrapped as a whole: not even its own errors go out past the edge."""
        return Edge(super().__call__())


_SHEETS = (
    "tokens",
    "app",
    "invoices",
    "debtors",
    "figures",
    "accounts",
    "desk",
    "privacy",
    "merging",
    "stops",
    "plan",
    "texts",
    "calendar",
    "remittances",
    "payments",
)

app = House(
    api_transformer=routes(),
    stylesheets=[f"/{sheet}.css" for sheet in _SHEETS],
    head_components=[
        rx.el.link(rel="icon", type="image/svg+xml", href="/favicon.svg"),
        rx.el.script(src="/focus.js", defer=True),
    ],
    html_lang="fr",
    backend_exception_handler=on_trouble,
)
# First of all: even the snapshot that a new socket is greeted with comes after the guard.
app.add_middleware(Guard(), index=0)

app.add_page(login_page, route="/login", title="Encaiss", on_load=Login.load)
app.add_page(forgot_page, route="/forgot", title="Encaiss", on_load=Login.load)
app.add_page(
    second_factor_page, route="/second-factor", title="Encaiss", on_load=[Login.load, SecondFactor.begin]
)
app.add_page(link_page, route="/link/[token]", title="Encaiss", on_load=[Login.load, Link.read])
app.add_page(security_page, route="/security", title="Encaiss", on_load=[Shell.load, Security.load])
app.add_page(team_page, route="/team", title="Encaiss", on_load=[Shell.load, Team.load])
app.add_page(software_page, route="/software", title="Encaiss", on_load=[Shell.load, Software.load])
app.add_page(
    journal_page, route="/journal", title="Encaiss", on_load=[Shell.load, Journal.load, Journal.check]
)
app.add_page(desk_page, route="/desk", title="Encaiss", on_load=[Shell.load, Desk.load, Mail.load])
app.add_page(agency_page, route="/agency", title="Encaiss", on_load=[Shell.load, Colleagues.load])
app.add_page(overview_page, route="/", title="Encaiss", on_load=[Shell.load, Overview.load, UpToDate.load])
app.add_page(debtors_page, route="/debtors", title="Encaiss", on_load=[Shell.load, Debtors.load])
app.add_page(
    debtor_file_page,
    route="/debtors/[debtor]",
    title="Encaiss",
    on_load=[Shell.load, Debtor.load, Merging.load, Stopping.load, Replies.load, OfDebtor.load, Paid.load],
)
app.add_page(invoices_page, route="/invoices", title="Encaiss", on_load=[Shell.load, Invoices.load])
app.add_page(
    import_page, route="/invoices/import/[batch]", title="Encaiss", on_load=[Shell.load, Import.load]
)
app.add_page(
    import_history_page, route="/invoices/imports", title="Encaiss", on_load=[Shell.load, ImportHistory.load]
)
app.add_page(
    payments_page, route="/payments", title="Encaiss", on_load=[Shell.load, Payments.load, UpToDate.load]
)
app.add_page(queue_page, route="/payments/match", title="Encaiss", on_load=[Shell.load, Queue.load])
app.add_page(
    bank_history_page, route="/payments/imports", title="Encaiss", on_load=[Shell.load, BankHistory.load]
)
app.add_page(figures_page, route="/figures", title="Encaiss", on_load=[Shell.load, Figures.load])
app.add_page(
    reminders_page, route="/reminders", title="Encaiss", on_load=[Shell.load, Reminders.load, UpToDate.load]
)
app.add_page(calendar_page, route="/reminders/calendar", title="Encaiss", on_load=[Shell.load, Ahead.load])
app.add_page(message_page, route="/messages/[message]", title="Encaiss", on_load=[Shell.load, Told.load])
app.add_page(plan_page, route="/reminders/plan", title="Encaiss", on_load=[Shell.load, Terms.load])
app.add_page(texts_page, route="/reminders/texts", title="Encaiss", on_load=[Shell.load, Words.load])
app.add_page(post_page, route="/desk/post", title="Encaiss", on_load=[Shell.load, Post.load])
app.add_page(agency_queue_page, route="/desk/payments", title="Encaiss", on_load=[Shell.load, Queue.load])
app.add_page(
    agency_bank_history_page,
    route="/desk/payments/imports",
    title="Encaiss",
    on_load=[Shell.load, BankHistory.load],
)
app.add_page(calls_page, route="/desk/calls", title="Encaiss", on_load=[Shell.load, Calls.load])
app.add_page(remitting_page, route="/desk/remittances", title="Encaiss", on_load=[Shell.load, Remitting.load])
app.add_page(remittances_page, route="/remittances", title="Encaiss", on_load=[Shell.load, Remittances.load])
app.add_page(
    remittance_page,
    route="/remittances/[remittance]",
    title="Encaiss",
    on_load=[Shell.load, PaidOnPage.load],
)
app.add_page(privacy_page, route="/privacy", title="Encaiss", on_load=[Shell.load, Privacy.load])

# Modules live as long as the process: the collector need not go through them again and again.
gc.freeze()
