"""The pages are built when something they are made of changed, then served with everything on one port.

The build is Reflex's own ``export`` in a process of its own. Serving calls what ``reflex run`` itself
calls after its build: the command has no way to leave the build out and still serve the pages.
"""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final

from reflex.istate.manager import reset_disk_state_manager
from reflex.utils import exec as reflex_exec
from reflex.utils.prerequisites import get_web_dir
from reflex_base.constants import Env
from reflex_base.environment import environment

ROOT: Final = Path(__file__).resolve().parents[2]
_INGREDIENTS: Final = (
    "rxconfig.py",
    "encaiss_dashboard/**/*.py",
    "encaiss_dashboard/locales/**/*.toml",
    "assets/**/*",
    "reflex.lock/*",
)
_TAIL: Final = 12


def stamp(public_url: str) -> str:
    """A digest of everything that goes into the pages."""
    digest = hashlib.sha256(f"{version('reflex')} {public_url}".encode())
    for pattern in _INGREDIENTS:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file() and path.relative_to(ROOT).parts[:2] != ("assets", "external"):
                digest.update(f"\0{path.relative_to(ROOT).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()


@contextmanager
def building(public_url: str) -> Iterator[Callable[[], str] | None]:
    """Build the pages beside what the block does, unless they are built from what is there now.

    Gives what waits for the end, None when nothing is built: "" or the last words of a builder that failed.
    """
    kept = _stamp_file()
    if kept.exists() and kept.read_text(encoding="ascii") == stamp(public_url):
        yield None
        return
    kept.unlink(missing_ok=True)
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip", "--loglevel", "error"]
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        builder = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)  # noqa: S603 - our words

        def finish() -> str:
            if builder.wait():
                said.seek(0)
                return "\n".join(said.read().strip().splitlines()[-_TAIL:])
            # Taken afterwards: the build itself may settle the JavaScript lock.
            kept.write_text(stamp(public_url), encoding="ascii")
            return ""

        try:
            yield finish
        finally:
            if builder.poll() is None:
                builder.terminate()
                builder.wait()


def port_trouble(host: str, port: int) -> str:
    """Why nothing can listen there, "" when something can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def serve(host: str, port: int) -> None:
    """Serve pages, socket and routes in production mode until SIGTERM or SIGINT."""
    os.chdir(ROOT)
    environment.REFLEX_ENV_MODE.set(Env.PROD)
    environment.REFLEX_SKIP_COMPILE.set(True)
    # States of another release may not fit, and they hold nothing to keep.
    reset_disk_state_manager()  # type: ignore[no-untyped-call]  # Reflex's omission
    reflex_exec.run_backend_prod(host, port, mount_frontend_compiled_app=True)


def _stamp_file() -> Path:
    folder = get_web_dir()
    return (folder if folder.is_absolute() else ROOT / folder) / "encaiss-build"
