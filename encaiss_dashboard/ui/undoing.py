"""Taking an import back or discarding an upload: a dialog that says what will be gone, or what forbids it."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from encaiss_dashboard.domain.errors import Refusal
from encaiss_dashboard.locales import text
from encaiss_dashboard.services import imports
from encaiss_dashboard.services.imports import BuiltUpon, Imported, Obstacle
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.components import button
from encaiss_dashboard.ui.deciding import Overlay
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.shell import Next, Shell, handler
from encaiss_dashboard.work import Work

_GONE: Final = ("created", "credit_notes", "updated", "new_debtors")


class Undoing(Shell):
    """The dialog; the screens that open it are its substates."""

    undoing: str = ""
    undoing_file: str = ""
    undoing_what: str = ""
    undoing_obstacles: list[str] = []
    undoing_problem: str = ""
    undoing_busy: bool = False
    _undoing_id: int = 0

    @handler
    async def wait_undoing(self) -> Next:
        """Show at once that something is being done; the handler after it sends the end of it."""
        self.undoing_busy = True

    @handler
    async def confirm_undoing(self) -> Next:
        """Do what the dialog says, then show the screen anew."""
        self.undoing_busy = False
        kind, batch_id = self.undoing, self._undoing_id
        try:
            if kind == "take_back":
                await access.act(self, imports.take_back, batch_id)
            elif kind == "discard":
                await access.act(self, imports.discard, batch_id)
        except BuiltUpon:
            # Something was built on it while the dialog was open.
            await self._open_undoing(kind, batch_id)
            return None
        except Refusal as refusal:
            if isinstance(refusal, access.SignedOut):
                return self._tell(refusal)
            self.undoing_problem = text(self._language(), f"refusal.{refusal.code}", **refusal.facts)
            return None
        self.undoing = ""
        if not kind:  # closed: only a hand-made event comes here
            return None
        return self._undone(kind)

    @handler
    async def cancel_undoing(self) -> Next:
        """Close the dialog; nothing happened."""
        self.undoing = ""

    def _undone(self, kind: str) -> Next:
        """Where to go once it is done; the screen says so."""
        return self._done(f"import.done_{kind}")

    async def _open_undoing(self, kind: str, batch_id: int) -> None:
        """Ask before doing it."""
        upload, found = await access.read(self, _look, batch_id)
        lang = self._language()
        counts = [(name, int(upload.result.get(name) or 0)) for name in _GONE]
        gone = ", ".join(text(lang, f"import.count_{name}", n=n) for name, n in counts if n)
        self._undoing_id = batch_id
        self.undoing_file, self.undoing_problem = upload.file_name, ""
        self.undoing_what = gone if kind == "take_back" else ""
        self.undoing_obstacles = [
            text(lang, f"obstacle.{one.code}", n=one.count, numbers=", ".join(one.numbers))
            for one in found
            if kind == "take_back"
        ]
        self.undoing, self.undoing_busy = kind, False


def _look(work: Work, client_id: int | None, batch_id: int) -> tuple[Imported, tuple[Obstacle, ...]]:
    upload = imports.about(work, client_id, batch_id)
    return upload, imports.obstacles(work, client_id, batch_id) if upload.imported_at else ()


def undone_on(screen: rx.Component) -> rx.Component:
    """A screen with the dialog over it; while it is open nothing else can be reached."""
    shut = Undoing.undoing != ""
    return rx.fragment(
        rx.el.div(screen, custom_attrs={"inert": shut}),
        rx.cond(shut, _dialog()),
    )


def _dialog() -> rx.Component:
    takes_back = Undoing.undoing == "take_back"
    forbidden = Undoing.undoing_obstacles.length() > 0
    return Overlay.create(
        rx.el.div(class_name="shade", on_click=Undoing.cancel_undoing, aria_hidden="true"),
        rx.el.div(
            rx.el.div(
                rx.el.h2(
                    rx.cond(takes_back, t("import.take_back"), t("import.discard")),
                    id="undoing-title",
                ),
                rx.el.p(Undoing.undoing_file, class_name="strong wrap"),
                rx.cond(
                    forbidden,
                    _obstacles(),
                    rx.el.p(
                        rx.cond(takes_back, t("import.take_back_lead"), t("import.discard_lead")),
                        class_name="muted",
                    ),
                ),
                rx.cond(
                    ~forbidden & (Undoing.undoing_what != ""),
                    rx.el.p(t("import.take_back_gone"), " ", Undoing.undoing_what),
                ),
                rx.cond(
                    Undoing.undoing_problem != "",
                    rx.el.p(Undoing.undoing_problem, class_name="note n-bad", role="alert"),
                ),
                rx.el.div(
                    button(
                        rx.cond(forbidden, t("import.close_dialog"), t("import.keep_it")),
                        on_click=Undoing.cancel_undoing,
                        auto_focus=True,
                    ),
                    rx.cond(~forbidden, _confirm(takes_back)),
                    class_name="end",
                ),
                class_name="sheet",
            ),
            role="dialog",
            custom_attrs={"aria-modal": "true", "aria-labelledby": "undoing-title"},
            class_name="holder",
        ),
        on_key_down=lambda key, _: rx.cond(key == "Escape", Undoing.cancel_undoing(), rx.noop()),
        class_name="over",
        lang=Undoing.lang,
    )


def _obstacles() -> rx.Component:
    return rx.el.div(
        rx.el.p(t("import.take_back_not")),
        rx.el.ul(rx.foreach(Undoing.undoing_obstacles, rx.el.li), class_name="obstacles"),
        class_name="note n-warn",
    )


def _confirm(takes_back: Any) -> rx.Component:
    return rx.el.button(
        rx.cond(
            Undoing.undoing_busy,
            t("import.working"),
            rx.cond(takes_back, t("import.take_back_go"), t("import.discard_go")),
        ),
        type="button",
        on_click=[Undoing.wait_undoing, Undoing.confirm_undoing],
        disabled=Undoing.undoing_busy,
        aria_busy=Undoing.undoing_busy,
        class_name="btn d",
    )
