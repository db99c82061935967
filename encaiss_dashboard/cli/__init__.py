"""``encaiss …``: the same services as the browser's, for cron and scripts."""

from __future__ import annotations

import gc
import json
import sys
from importlib import import_module
from typing import Final

_COULD_NOT: Final = 2


def main() -> None:
    """The entry point. Settings are read on import, and a wrong one must not end in a traceback."""
    try:
        commands = import_module("encaiss_dashboard.cli.commands")
    except RuntimeError as error:  # SettingsError, which lives in the very module that failed
        if "--json" in sys.argv:
            sys.stdout.write(json.dumps({"error": str(error)}, ensure_ascii=False) + "\n")
        sys.stderr.write(f"{error}\n")
        sys.exit(_COULD_NOT)
    # Modules live as long as the process: the collector need not go through them again and again.
    gc.freeze()
    commands.encaiss(prog_name="encaiss")
