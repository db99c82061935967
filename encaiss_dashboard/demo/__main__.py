"""``python -m encaiss_dashboard.demo``: migrate, fill, print the logins."""

from __future__ import annotations

from rich.console import Console

from encaiss_dashboard import demo
from encaiss_dashboard.wiring import house, migrate

console = Console()
migrate(house().settings.database_url)
for login in demo.fill(house(), console.print):
    console.print(f"{login.email}  {login.password}  {login.role} {login.client}", highlight=False)
