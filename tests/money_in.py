"""Movements, books of what is open, and a slow way to book them that knows nothing of the quick one."""

from datetime import date, timedelta
from itertools import combinations

from encaiss_dashboard.domain.bank import Movement
from encaiss_dashboard.domain.booking import Book, OpenItem, Policy, Rules, propose
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.references import make_ogm, ogm_digits

ON = date(2026, 6, 30)
PETIT, LEROY, JANSSENS = 1, 2, 3
NAMES = {PETIT: "Garage Petit SRL", LEROY: "Boulangerie Leroy", JANSSENS: "Bakkerij Janssens BV"}
IBANS = {PETIT: "BE71096123456769", LEROY: "BE68539007547034", JANSSENS: ""}


def ogm(n):
    """The twelve digits of the n-th reference."""
    return ogm_digits(make_ogm(f"{n:010d}"))


def open_item(id_, cents, days_late=10, **more):
    """One open item of the first debtor, due so many days ago."""
    due = more.pop("due", ON - timedelta(days=days_late))
    facts = {
        "number": f"2026/{id_:04d}",
        "debtor": PETIT,
        "client": 1,
        "currency": "EUR",
        "reference": "",
        **more,
    }
    return OpenItem(
        id_,
        facts["debtor"],
        facts["client"],
        facts["number"],
        more.get("issue", due - timedelta(days=30)),
        due,
        Money(cents, facts["currency"]),
        facts["reference"],
        facts.get("accessories", ()),
        facts.get("delegated", True),
    )


def row(item):
    """As a book takes it in."""
    return (
        item.invoice_id,
        item.debtor_id,
        item.number,
        item.reference,
        item.issue,
        item.due,
        item.open.currency,
        item.open.cents,
        item.delegated,
    )


def book_of(*items, learnt=(), names=None, ibans=None, clients=None):
    """A book of some items; debtors are named as above where nothing else is said."""
    names, ibans = {**NAMES, **(names or {})}, {**IBANS, **(ibans or {})}
    debtors = [(key, (clients or {}).get(key, 1), name, ibans.get(key, "")) for key, name in names.items()]
    asked = {one.invoice_id: one.accessories for one in items if one.accessories}
    return Book(debtors, map(row, items), learnt, asked)


def paid(cents, text="", **more):
    """What a bank tells of money that came in."""
    amount = Money(cents, more.pop("currency", "EUR"))
    on = more.pop("on", ON)
    return Movement(1, "line 1", on, on, amount, text=text, **more)


def proposed(movement, book, **rules):
    """What is proposed by the rules of one client, the default ones where nothing is said."""
    return propose(movement, book, {1: Rules(**rules)})


def settled(proposal):
    """Cents that a proposal takes off each invoice."""
    found = {}
    for share in proposal.shares:
        for part in share.parts:
            found[part.invoice_id] = found.get(part.invoice_id, 0) + part.amount.cents
    return found


def settled_cent_by_cent(amount, items, policy, named=(), tolerance=0):
    """What a clerk settles who moves one cent after the other: cents by invoice and kind."""
    owed = {}
    known = {one.invoice_id: one for one in items}
    order = [known[key] for key in named if key in known]
    rest = sorted(
        (i for i in items if i.invoice_id not in named), key=lambda i: (i.due, i.issue, i.invoice_id)
    )
    if policy in {Policy.STRICT, Policy.AS_TOLD}:
        rest = []
    total = sum(one.open.cents for one in order)
    quoted = bool(order) and total - tolerance <= amount <= total
    for one in [*order, *rest]:
        if policy is Policy.INTEREST_FIRST and not (quoted and one in order):
            for kind in ("interest", "indemnity", "costs"):
                owed[one.invoice_id, kind] = sum(m.cents for k, m in one.accessories if k == kind)
        owed[one.invoice_id, "principal"] = one.open.cents
    given = dict.fromkeys(owed, 0)
    for _ in range(amount):
        for key, cents in owed.items():
            if given[key] < cents:
                given[key] += 1
                break
    return {key: cents for key, cents in given.items() if cents}


def subsets(amounts, target):
    """Every choice of places whose amounts add up to a target."""
    places = range(len(amounts))
    return [
        chosen
        for size in range(1, len(amounts) + 1)
        for chosen in combinations(places, size)
        if sum(amounts[n] for n in chosen) == target
    ]
