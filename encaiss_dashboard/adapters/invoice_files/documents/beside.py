"""Which invoice a file beside it is of, by its name: the same stem, or a name that holds its number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import accumulate
from typing import Final

_RUNS: Final = re.compile(r"[^\W_]+")
_RUNS_MAX: Final = 20
_TELLING_CHARS: Final = 3


def stem(name: str) -> str:
    """A name with its folders and without its extension, as compared."""
    folder, _, last = name.replace("\\", "/").rpartition("/")
    return f"{folder}/{last.rpartition('.')[0] or last}".casefold()


class Names:
    """Invoices by their numbers, to be found in the names of files."""

    def __init__(self, numbers: Iterable[tuple[str, int]]) -> None:
        """Take the numbers and the lines they stand on; a number on two lines tells neither."""
        self._lines: dict[str, int | None] = {}
        for number, line in numbers:
            key = "".join(_RUNS.findall(number.casefold()))
            self._lines[key] = line if key not in self._lines else None

    def named_in(self, name: str) -> int | None:
        """The line of the one invoice whose number stands in a name, apart from other letters and digits.

        The longest number counts; one of one or two characters only where it is the whole name.
        """
        last = stem(name).rpartition("/")[2]
        runs = _RUNS.findall(last)[:_RUNS_MAX]
        whole = "".join(runs)
        joined = {part for start in range(len(runs)) for part in accumulate(runs[start:])}
        found = [p for p in joined if p in self._lines and (len(p) >= _TELLING_CHARS or p == whole)]
        longest = max(map(len, found), default=0)
        lines = {self._lines[part] for part in found if len(part) == longest}
        return lines.pop() if len(lines) == 1 else None
