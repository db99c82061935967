"""How much of a table is read at once, and how much of one is too much to be meant as one."""

from __future__ import annotations

from typing import Final

BLOCK_BYTES: Final = 8 << 20
"""So much of a file is worked on at once: about 60,000 rows."""
LINE_BYTES: Final = 1 << 20
"""A longer line is no row of a table."""
COLUMNS: Final = 1_000
ROWS: Final = 20_000_000
"""What is kept of each row to find repeats must stay in memory: 8 bytes."""
LISTED_OF_A_WARNING: Final = 1_000
LISTED: Final = 100_000
HOPELESS_AFTER: Final = 50_000
HOPELESS_SHARE: Final = 100
"""Once so many rows are seen and not one in so many can be read, the rest is not tried."""
DISTINCT: Final = 200_000
"""So many different cells prove a convention as well as more would."""
WORKBOOK_BYTES: Final = 512 << 20
"""What the parts of a workbook may hold together, unpacked."""
WORKBOOK_PARTS: Final = 10_000
WORKBOOK_RATIO: Final = 200
"""What unpacks to more than so many times its size, and to more than `WORKBOOK_SMALL`, is a bomb."""
WORKBOOK_SMALL: Final = 64 << 20
WORKBOOK_MEMORY: Final = 1 << 30
"""Bytes that the process which opens a workbook may take."""
WORKBOOK_SECONDS: Final = 300
"""Of processor time for the same."""
