"""``python -m encaiss_dashboard.cli``."""

from encaiss_dashboard.cli import main

main()
