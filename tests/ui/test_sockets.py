"""What may come in over the socket: what a page of ours sends; for the rest its own line is cut, no other."""

import asyncio
import json
import time

import httpx
import pytest
from reflex_base.registry import RegistrationContext

import encaiss_dashboard.encaiss_dashboard  # noqa: F401 - registers the handlers
from encaiss_dashboard.ui.limits import MESSAGE_CHARACTERS_MAX
from encaiss_dashboard.ui.sockets import is_ours

HYDRATE = next(n for n in RegistrationContext.get().event_handlers if n.endswith(".hydrate_and_load"))


def event(payload, name=HYDRATE):
    router = {"pathname": "/", "asPath": "/", "query": {}}
    return "42/_event," + json.dumps(["event", {"name": name, "payload": payload, "router_data": router}])


HEAD = '42/_event,["event",{"name":"x","payload":{"a":'
BOMBS = {
    "5 megabytes": (event({"a": "x" * 5_000_000}), 1009),
    "a million keys": (event({str(key): 1 for key in range(1_000_000)}), 1009),
    "forty thousand values": (HEAD + "[" + "1," * 40_000 + "1]}}]", 1008),
    "brackets a hundred thousand deep": (HEAD + "[" * 100_000 + "]" * 100_000 + "}}]", 1008),
    "brackets outside of any event": ("4" + "[" * 100_000, 1008),
    "objects in objects": (HEAD + '{"a":' * 200 + "1" + "}" * 200 + "}}]", 1008),
    "a number of 5,000 digits": (HEAD + "9" * 5000 + "}}]", 1008),
    "an announced attachment": ('451-/_event,["event",{"_placeholder":true,"num":0}]', 1008),
    "bytes": (b"\x04" * 1000, 1003),
    "bytes written as text": ("b" + "A" * 1000, 1008),
    "nothing": ("", 1008),
    "no packet": ("hello", 1008),
    "an event that is none": ('42/_event,["event","x"]', 1008),
    "an event without a name": ('42/_event,["event",{}]', 1008),
    "a payload that is a list": ('42/_event,["event",{"name":"x","payload":[]}]', 1008),
    "a query that is a text": ('42/_event,["event",{"name":"x","router_data":{"query":"x"}}]', 1008),
    "brackets side by side": (HEAD + "[]" * 120_000 + "}}]", 1008),
    "quotes that end nothing": (HEAD + '\\"' * 120_000 + "}}]", 1008),
    "a first event that is none": ('40/_event,{"event":[1]}', 1008),
    "half an event": ('42/_event,["event",', 1008),
}


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_message_that_no_page_sends_closes_its_own_line_and_no_other(server, line, bomb):
    before = server.log.read_text(errors="replace").count("Traceback")
    message, code = BOMBS[bomb]
    async with line() as hostile, line() as neighbour:
        await (hostile.ws.send_bytes if isinstance(message, bytes) else hostile.ws.send_str)(message)
        assert await hostile.closed() == code
        assert await neighbour.answers()
    assert server.log.read_text(errors="replace").count("Traceback") == before


async def test_what_a_page_sends_is_answered(line, ardenne):
    async with line() as own:
        await own.ws.send_str(event({"vars": {}}))
        async with asyncio.timeout(5):
            while ardenne.mark not in await own.ws.receive_str():
                pass
        assert await own.answers()


@pytest.mark.parametrize(
    "message",
    [
        "3",
        "2probe",
        "40/_event,",
        '40/_event,{"event":{"name":"x","payload":{},"router_data":{}},"stateSchema":"a"}',
        "41/_event,",
        '42/_event,["ping"]',
        '42/_event,17["ping"]',
        '42/_event,["client_error",{"message":"x"}]',
        event({"text": '[{"' * 5000 + "9" * 5000 + "," * 9000 + "\\"}),
        event({"key": 10**40, "rows": list(range(1000))}),
    ],
)
def test_a_page_may_say(message):
    assert is_ours(message)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_there_is_no_way_to_the_socket_but_a_socket(server, ardenne, method):
    headers = {"Origin": server.base, "Cookie": f"encaiss_session={ardenne.cookies['reader']}"}
    body = b"4" * 5_000_000 if method == "POST" else None
    for query in ("transport=polling", "transport=polling&sid=x", "transport=websocket"):
        try:
            answer = httpx.request(
                method, f"{server.base}/_event/?EIO=4&{query}", content=body, headers=headers
            )
        except httpx.TransportError:
            continue  # the server had answered and closed the line
        assert (answer.status_code, answer.content) == (403, b"")


@pytest.mark.parametrize("part", ['"', '\\"', "\\", "[]", "{", "9" * 100 + "a", '"a', ",", "é", "1-", "\n"])
def test_no_message_takes_long_to_look_at(part):
    message = (HEAD + part * MESSAGE_CHARACTERS_MAX)[:MESSAGE_CHARACTERS_MAX]
    started = time.process_time()
    is_ours(message)
    is_ours("4" + message)
    assert time.process_time() - started < 0.2
