"""The first screen."""

from __future__ import annotations

from encaiss_dashboard.ui import access
from encaiss_dashboard.services import figures
from encaiss_dashboard.ui.components import top
from encaiss_dashboard.ui.shell import Next, Shell, handler, page
from encaiss_dashboard.ui.i18n import t
import reflex as rx


class Overview(Shell):
    """What the first screen shows."""

    open: str = ""

    @handler
    async def load(self) -> Next:
        """Fill the screen."""
        seen = await access.read(self, figures.overview)
        self.open = str(seen.ageing.open)


def overview_page() -> rx.Component:
    """The page."""
    return page("menu.overview", top(t("menu.overview"), Overview.open))
