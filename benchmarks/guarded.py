"""What signing in and the guard cost, beside a Reflex app that has neither; both served, in one run.

Two servers without pages: ours with one signed-in person, and the smallest Reflex app there is. The same
program sends one event after another over a websocket to each in turn, and waits for its answer.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from urllib.error import URLError
from urllib.request import urlopen
from uuid import uuid4

import httpx
import socketio

ROOT = Path(__file__).resolve().parents[1]
EVENTS, WARM_UP, SIGN_INS = 1500, 50, 40
COUNTER = "reflex___state____state.bare___bare____counter.dismiss"
PASSWORD = "correct horse battery"
EMAIL = "bench@bench.example"
BARE = """
import reflex as rx


class Counter(rx.State):
    notice: str = ""

    @rx.event
    async def dismiss(self):
        self.notice = ""

    @rx.event
    async def say(self, words: str):
        self.notice = words


{app}
app.add_page(lambda: rx.el.p(Counter.notice), route="/")
"""
PLAIN = "app = rx.App()"
GUARDED = """
from encaiss_dashboard.ui.access import Guard
from encaiss_dashboard.ui.edge import Edge


class Edged(rx.App):
    def __call__(self):
        return Edge(super().__call__())


app = Edged()
app.add_middleware(Guard(), index=0)
"""
SERVE = """
import sys
from reflex.utils import exec as reflex_exec
from reflex_base.constants import Env
from reflex_base.environment import environment
environment.REFLEX_ENV_MODE.set(Env.PROD)
environment.REFLEX_SKIP_COMPILE.set(True)
reflex_exec.run_backend_prod("127.0.0.1", int(sys.argv[1]), mount_frontend_compiled_app=False)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(folder: Path, port: int, environment: dict[str, str]) -> Iterator[str]:
    """A production server of the app in a folder, without its pages."""
    with tempfile.NamedTemporaryFile("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(port)],
            cwd=folder,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait(f"http://127.0.0.1:{port}/ping", process, Path(log.name))
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(15)


def wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(url, timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    sys.exit(f"The server did not start:\n{log.read_text(errors='replace')[-3000:]}")


class Line:
    """One browser tab's socket."""

    def __init__(self, base: str, cookie: str = "") -> None:
        self.base, self.cookie = base, cookie
        self.sio = socketio.AsyncClient(reconnection=False)
        self.answered = asyncio.Event()

    async def open(self) -> None:
        self.sio.on("*", self._heard, namespace="/_event")
        headers = {"Origin": self.base} | (
            {"Cookie": f"encaiss_session={self.cookie}"} if self.cookie else {}
        )
        await self.sio.connect(
            f"{self.base}?token={uuid4()}",
            headers=headers,
            transports=["websocket"],
            socketio_path="/_event",
            namespaces=["/_event"],
        )

    async def _heard(self, *_: object) -> None:
        self.answered.set()

    async def ask(self, name: str, payload: dict[str, object]) -> float:
        """Send an event; seconds until its answer."""
        self.answered.clear()
        router = {"pathname": "/", "asPath": "/", "query": {}}
        start = time.perf_counter()
        event = {"name": name, "payload": payload, "router_data": router}
        await self.sio.emit("event", event, namespace="/_event")
        await asyncio.wait_for(self.answered.wait(), 10)
        return time.perf_counter() - start


async def events(lines: list[tuple[Line, str]]) -> list[list[float]]:
    """Seconds of each event of each line's handler, in turns."""
    for line, _ in lines:
        await line.open()
    times: list[list[float]] = [[] for _ in lines]
    for turn in range(WARM_UP + EVENTS):
        for (line, handler), some in zip(lines, times, strict=True):
            seconds = await line.ask(handler, {})
            if turn >= WARM_UP:
                some.append(seconds)
    for line, _ in lines:
        await line.sio.disconnect()
    return times


def sign_ins(base: str, check: Callable[[], object]) -> tuple[list[float], list[float]]:
    """Seconds of signing in over HTTP, and of the bare check of a password."""
    house, bare = [], []
    for _ in range(SIGN_INS):
        with httpx.Client(base_url=base, headers={"Origin": base}) as browser:
            start = time.perf_counter()
            answer = browser.post("/auth/login", data={"email": EMAIL, "password": PASSWORD})
            house.append(time.perf_counter() - start)
            assert answer.headers["location"] == "/auth/start", answer.headers
        start = time.perf_counter()
        check()
        bare.append(time.perf_counter() - start)
    return house, bare


def p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


def line(title: str, house: float, bare: float, against: str) -> None:
    print(f"{title:<44} {house * 1000:>9.1f} ms {house / bare:>8.1f} x  {against} ({bare * 1000:.1f} ms)")


def bare_app(folder: Path, app: str) -> None:
    """The smallest Reflex app, as it is or behind our edge and guard."""
    (folder / "bare").mkdir()
    (folder / "bare" / "__init__.py").touch()
    (folder / "bare" / "bare.py").write_text(BARE.replace("{app}", app))
    config = 'import reflex as rx\nconfig = rx.Config(app_name="bare", telemetry_enabled=False)\n'
    (folder / "rxconfig.py").write_text(config)


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as ours,
        tempfile.TemporaryDirectory() as other,
        tempfile.TemporaryDirectory() as third,
    ):
        port, ports = free_port(), [free_port(), free_port()]
        environment = {
            "ENCAISS_DATA_DIR": ours,
            "ENCAISS_SECRET": secrets.token_hex(32),
            "ENCAISS_PORT": str(port),
            "ENCAISS_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "ENCAISS_RATE_FACTOR": "1000",
            "REFLEX_TELEMETRY_ENABLED": "false",
            "REFLEX_CHECK_LATEST_VERSION": "false",
            "REFLEX_STATES_WORKDIR": f"{ours}/states",
        }
        os.environ |= environment
        from reflex_base.registry import RegistrationContext  # noqa: PLC0415 - after the environment

        import encaiss_dashboard.encaiss_dashboard  # noqa: F401, PLC0415 - registers the handlers
        from encaiss_dashboard import wiring  # noqa: PLC0415
        from encaiss_dashboard.domain.permissions import HOUSE, Role  # noqa: PLC0415
        from encaiss_dashboard.services import people  # noqa: PLC0415

        handler = next(n for n in RegistrationContext.get().event_handlers if n.endswith("shell.dismiss"))
        house = wiring.house()
        wiring.migrate(house.settings.database_url)
        with house.begin(HOUSE) as work:
            people.add_client(work, "bench", "Bench SA")
            user = people.add_user(
                work, email=EMAIL, name="Bench", password=PASSWORD, role=Role.OWNER, client_slug="bench"
            )
            kept = user.password_hash
        bare_app(Path(other), PLAIN)
        bare_app(Path(third), GUARDED)
        own = {"PYTHONPATH": str(ROOT), "ENCAISS_PUBLIC_URL": f"http://127.0.0.1:{ports[1]}"}
        with (
            served(ROOT, port, environment) as base,
            served(Path(other), ports[0], {"REFLEX_STATES_WORKDIR": f"{other}/states"}) as bare,
            served(Path(third), ports[1], own | {"REFLEX_STATES_WORKDIR": f"{third}/states"}) as behind,
        ):
            signed, checked = sign_ins(base, lambda: house.passwords.verify(kept, PASSWORD))
            with httpx.Client(base_url=base, headers={"Origin": base}) as browser:
                browser.post("/auth/login", data={"email": EMAIL, "password": PASSWORD})
                cookie = browser.cookies["encaiss_session"]
            lines = [(Line(behind, cookie), COUNTER), (Line(base, cookie), handler), (Line(bare), COUNTER)]
            guarded, house_event, plain = asyncio.run(events(lines))
        house.engine.dispose()
    line("signing in, 95th percentile", p95(signed), p95(checked), "argon2 alone")
    same = "the same handler without guard and edge"
    line("one guarded event, median", median(guarded), median(plain), same)
    line("one guarded event, 95th percentile", p95(guarded), p95(plain), same)
    line(
        "an event of the house, median", median(house_event), median(plain), "a handler of a bare Reflex app"
    )


if __name__ == "__main__":
    main()
