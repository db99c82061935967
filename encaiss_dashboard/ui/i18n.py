"""Texts of a page in every language at once, so that switching is live and costs no round trip."""

from __future__ import annotations

from typing import Final

import reflex as rx

from encaiss_dashboard.locales import DEFAULT_LANGUAGE, LANGUAGES, catalogue

LANGUAGE_NAMES: Final = {"fr": "Français", "nl": "Nederlands", "en": "English"}


class Language(rx.State):
    """The language of this browser: the only thing about texts that travels."""

    lang: str = rx.LocalStorage(DEFAULT_LANGUAGE, name="encaiss.lang")

    def _language(self) -> str:
        """The language, whatever the browser claims to have stored."""
        return self.lang if self.lang in LANGUAGES else DEFAULT_LANGUAGE


def t(key: str) -> rx.Var[str]:
    """The text of a catalogue key in the reader's language, chosen in the browser.

    Raises:
        KeyError: at compile time, when a language lacks the key.
    """
    texts = {lang: catalogue(lang)[key] for lang in LANGUAGES}
    return rx.Var.create(texts).to(dict[str, str])[Language.lang].to(str)
