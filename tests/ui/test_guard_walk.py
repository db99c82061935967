"""Every handler there is, called by everybody who may not: nothing comes out and nothing changes.

The list of handlers is Reflex's own registry, so a handler written tomorrow is walked tomorrow.
"""

import inspect
import re
import secrets

import pytest
from reflex_base.registry import RegistrationContext

from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.encaiss_dashboard import app
from encaiss_dashboard.services.accounts import signing, team

HANDLERS = dict(sorted(RegistrationContext.get().event_handlers.items()))
OURS = {name for name, one in HANDLERS.items() if one.states[0].__module__.startswith("encaiss_dashboard.")}
PAGES = sorted("/" + ("" if route == "index" else route) for route in app._unevaluated_pages)
HYDRATE = next(name for name in HANDLERS if name.endswith(".hydrate"))
HYDRATE_AND_LOAD = next(name for name in HANDLERS if name.endswith(".hydrate_and_load"))
ON_LOAD = next(name for name in HANDLERS if name.endswith(".on_load_internal"))
UPDATE_VARS = next(name for name in HANDLERS if name.endswith(".update_vars_internal"))

DEEP = [[[[[[[[[[{"a": [{"b": None}]}]]]]]]]]]]
HOSTILE = (
    None,
    True,
    -1,
    0,
    2**31,
    10**40,
    1.5,
    "",
    "x" * 20_000,
    "%_'\"\\;--",
    "a\0b",
    "\ud800",
    [],
    {},
    DEEP,
)
FORMS = (
    lambda key: key,
    lambda key: [str(key)],
    str,
    lambda key: [key],
    lambda key: {"debtor_id": key, "id": key},
)
"""How somebody's id may be given."""
WORDS = ("2026-11-22", "9999-12-31", "delegate", "withdraw", "pause", "open", "due", "fr", "due_date", "1")

# The guard refuses whoever is not signed in before it looks at arguments: there a few are as good as all.
REFUSED_AT_ONCE = {"thorough": False, "forms": FORMS[:2]}


def parameters(name):
    function = inspect.unwrap(HANDLERS[name].handler.fn)
    return [one for one in inspect.signature(function).parameters if one != "self"]


def payloads(name, ids, *, thorough, forms):
    """Nothing, wrong types everywhere, plausible words, and the ids of somebody's records."""
    named = parameters(name)
    yield {}
    yield {"unasked": 1}
    if not named:
        return
    for value in (*HOSTILE, *WORDS) if thorough else ("1", DEEP):
        yield dict.fromkeys(named, value)
    for key in ids:
        for form in forms:
            yield dict.fromkeys(named, form(key))
        for word in ("2026-11-22", "delegate") if thorough and len(named) > 1 else ():
            for place in named:
                yield {**dict.fromkeys(named, word), place: key}
                yield {**dict.fromkeys(named, word), place: [key]}


async def walk(tab, ids, *, thorough=True, forms=FORMS):
    """Call everything with everything, on every page; returns all that came back."""
    said = []
    for page in PAGES:
        # A dynamic page is asked for with somebody's own ids in its address.
        for key in ids if "[" in page else (0,):
            path = "/".join(str(key) if part.startswith("[") else part for part in page.split("/"))
            await tab.send(HYDRATE_AND_LOAD, {"vars": {}}, path)
            await tab.send(ON_LOAD, {}, path)
            await tab.send(HYDRATE, {}, path)
    said.append(await tab.quiet())
    for number, name in enumerate(HANDLERS, start=1):
        for payload in payloads(name, ids, thorough=thorough, forms=forms):
            await tab.send(name, payload)
        if number % 24 == 0:
            said.append(await tab.quiet())
            assert tab.sio.connected, f"the line was cut by a call of {name} or one just before"
    return "".join([*said, await tab.quiet()])


def test_the_walk_meets_every_screen_of_the_house():
    """A page whose State the registry did not know would be walked past."""
    loads = {event for events in app._load_events.values() for event in map(full_name, events)}
    assert len(PAGES) > 6
    assert len(loads) > 6
    assert loads <= set(HANDLERS)


def full_name(event):
    handler = getattr(event, "handler", event)
    return f"{handler.state.get_full_name()}.{handler.fn.__name__}"


def test_no_state_computes_a_var_from_more_than_its_own_vars():
    """Reflex sends the computed vars of all States to every new socket, before any guard is asked."""
    states = {HANDLERS[name].states[0] for name in OURS}
    assert len(states) > 6
    computed = {(state, name): var for state in states for name, var in state.computed_vars.items()}
    for (state, name), var in computed.items():
        named = {*inspect.unwrap(var.fget).__code__.co_names}
        assert not inspect.iscoroutinefunction(var.fget), f"{state.__name__}.{name} waits for something"
        assert not named & {"access", "wiring", "services", "queries", "open"}, f"{state.__name__}.{name}"


async def test_a_stranger_gets_nothing_and_changes_nothing(server, tab, ardenne, baltique):
    before = server.house.dump()
    async with tab() as stranger:
        said = await walk(stranger, ardenne.ids[:2], **REFUSED_AT_ONCE)
    assert ardenne.mark not in said
    assert baltique.mark not in said
    assert server.house.dump() == before


async def test_a_person_who_signed_out_gets_nothing_and_changes_nothing(server, tab, ardenne):
    """Signed out while the tab stays open, and again with the old cookie in a new one."""
    cookie = server.house.session("owner@walkardenne.example", secrets.token_urlsafe(32))
    async with tab(cookie) as left_open:
        assert ardenne.mark in await left_open.ask(HYDRATE_AND_LOAD, {"vars": {}}, "/")
        sign_out(server, cookie)
        before = server.house.dump()
        said = await walk(left_open, ardenne.ids[:2], **REFUSED_AT_ONCE)
        token = left_open.token
    async with tab(cookie, token) as again:
        said += await walk(again, ardenne.ids[:2], **REFUSED_AT_ONCE)
    assert ardenne.mark not in said
    assert server.house.dump() == before


def sign_out(server, cookie):
    with server.house.wiring.begin(HOUSE) as work:
        signing.sign_out(work, server.house.wiring.digest(cookie))


@pytest.mark.parametrize(
    "who", ["an ex-member", "a case manager of nothing", "a signatory before the second factor"]
)
async def test_who_is_signed_in_and_may_nothing_gets_nothing_and_changes_nothing(
    tab, ardenne, baltique, limited, business, who
):
    person = limited[who]
    before = business(person.email)
    async with tab(person.session()) as theirs:
        # Before the second factor the guard refuses as it refuses a stranger.
        ids, options = (ardenne.ids[:2], REFUSED_AT_ONCE) if "signatory" in who else (ardenne.ids, {})
        said = await walk(theirs, ids, **({"thorough": who == "a case manager of nothing"} | options))
    assert ardenne.mark not in without_own(said, ardenne, who)
    assert baltique.mark not in said
    assert business(person.email) == before


def without_own(said, ardenne, who):
    """The signatory's own name carries the mark, and is all of it that may be said to the signatory."""
    return said.replace(f"{ardenne.mark} signatory", "") if "signatory" in who else said


async def test_who_is_taken_out_of_a_team_gets_nothing_more_in_the_tab_that_stayed_open(
    server, tab, ardenne, business
):
    house, email = server.house, "leaving@walkardenne.example"
    leaving = house.user(Role.OWNER, "walkardenne", email, "Leaving")
    cookie = house.session(email, secrets.token_urlsafe(32))
    async with tab(cookie) as left_open:
        for page in PAGES:
            await left_open.send(HYDRATE_AND_LOAD, {"vars": {}}, page)
        assert ardenne.mark in await left_open.quiet()
        with house.wiring.begin(HOUSE) as work:
            team.remove(work, ardenne.client_id, leaving.user_id)
        before = business(email)
        said = await walk(left_open, ardenne.ids[:2], thorough=False)
    assert ardenne.mark not in said
    assert business(email) == before


async def test_another_clients_owner_gets_nothing_of_it_and_changes_nothing(
    tab, server, ardenne, baltique, business
):
    email, own = "owner@walkbaltique.example", (baltique.client_id,)
    before = business(email, own)
    async with tab(server.house.session(email, secrets.token_urlsafe(32))) as owner:
        said = await walk(owner, ardenne.ids)
    assert baltique.mark in said  # it did see its own
    assert ardenne.mark not in said
    assert business(email, own) == before


async def test_a_reader_sees_but_changes_nothing(server, tab, ardenne, business):
    email = "walking@walkardenne.example"
    server.house.user(Role.READER, "walkardenne", email, "Walking")
    before = business(email)
    async with tab(server.house.session(email, secrets.token_urlsafe(32))) as reader:
        said = await walk(reader, ardenne.ids)
    assert ardenne.mark in said
    assert business(email) == before


async def test_what_a_browser_claims_it_may_do_gives_it_nothing(server, tab, ardenne, baltique, business):
    """Every var of every State set to what helps most, by the events that carry browser storage."""
    claims = {}
    for state in {HANDLERS[name].states[0] for name in OURS}:
        for name in state.base_vars:
            value = True if name.startswith(("may_", "is_")) else str(baltique.client_id)
            claims[f"{state.get_full_name()}.{name}"] = value
            claims[f"{state.get_full_name()}.{name}_rx_state_"] = value
    assert any("may_remind" in name for name in claims)
    email = "claiming@walkardenne.example"
    server.house.user(Role.READER, "walkardenne", email, "Claiming")
    before = business(email)
    async with tab(server.house.session(email, secrets.token_urlsafe(32))) as reader:
        said = await reader.ask(UPDATE_VARS, {"vars": claims})
        said += await reader.ask(HYDRATE_AND_LOAD, {"vars": claims})
        assert '"may_remind_rx_state_": true' not in said
        said += await walk(reader, [*baltique.ids, *ardenne.ids], thorough=False)
    assert baltique.mark not in said
    assert business(email) == before


async def test_what_is_no_handler_cannot_be_called(tab, ardenne):
    shell = next(one for one in OURS if one.endswith(".choose_client")).rpartition(".")[0]
    inner = (
        "_tell",
        "_say",
        "_language",
        "reset",
        "get_state",
        "dict",
        "set_client_id",
        "setvar",
        "__init__",
    )
    async with tab(ardenne.cookies["owner"]) as owner:
        await owner.ask(HYDRATE)
        for name in inner:
            await owner.send(
                f"{shell}.{name}", {"key": "menu.overview", "value": "1", "var_name": "client_id"}
            )
        said = await owner.quiet()
    assert ardenne.mark not in said


def test_no_hostile_call_broke_anything(server):
    """Refusals are answers; a traceback of ours is a bug, and might carry what was private."""
    _, *broken = server.log.read_text(errors="replace").split("a handler broke\n")
    traces = [re.match(r"Traceback.*?^(?=\S*Error)[^\n]*", text, re.DOTALL | re.MULTILINE) for text in broken]
    ours = {trace.group() for trace in traces if trace and "/encaiss_dashboard/" in trace.group()}
    assert not ours, "\n\n".join("\n".join(one.splitlines()[-6:]) for one in ours)
