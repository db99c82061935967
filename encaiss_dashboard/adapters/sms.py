"""Texts for telephones, through a provider that takes them as JSON over HTTPS."""

from __future__ import annotations

import json
from typing import Final

import httpx

from encaiss_dashboard.domain.letters import Delivered, DeliveryFailed, Gone, ShortMessage

_SECONDS: Final = 30.0
_WORDS_MAX: Final = 300
# What the provider says about this house or about now, whatever the text: a key that is wrong, nothing
# left on the account, too much at once.
_FOR_ALL: Final = frozenset({401, 402, 403, 404, 405, 407, 408, 425, 429})
_NO_SUCH_NUMBER: Final = frozenset({410, 422})


class HttpTexts:
    """Asks a provider of texts, ``POST`` with a bearer token.

    The body is ``{"reference", "to", "from", "text"}``; the reference, which is also the header
    ``Idempotency-Key``, is the message's id and the same on every attempt: by it a provider that saw
    the first attempt sends no second text. Providers of other habits need a bridge of a few lines.
    """

    def __init__(self, url: str, token: str, sender: str, *, seconds: float = _SECONDS) -> None:
        """Remember where to ask; nothing is opened yet."""
        self._url, self._sender, self._seconds = url, sender, seconds
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def write(self, message_id: str, to: str, text: str) -> ShortMessage:
        """The text with the bytes that the provider will be handed."""
        body = {"reference": message_id, "to": to, "from": self._sender, "text": text}
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return ShortMessage(message_id, to, text, content)

    def deliver(self, message: ShortMessage) -> Delivered:
        """Hand one text over; the detail is the provider's answer.

        Raises:
            DeliveryFailed: permanent for a 4xx answer about this text, else temporary; doubtful when the
                provider had all of it and did not answer.
        """
        headers = self._headers | {
            "Content-Type": "application/json",
            "Idempotency-Key": message.message_id,
        }
        try:
            answer = httpx.post(
                self._url, content=message.content, headers=headers, timeout=httpx.Timeout(self._seconds)
            )
        except (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.UnsupportedProtocol,
        ) as error:
            reason = f"{type(error).__name__}: {error}"
            raise DeliveryFailed(permanent=False, reason=reason, for_all=True) from error
        except httpx.HTTPError as error:
            reason = f"no answer to what was sent, it may have arrived: {error or type(error).__name__}"
            raise DeliveryFailed(permanent=False, reason=reason, for_all=True, doubtful=True) from error
        said = f"{answer.status_code} {' '.join(answer.text.split())}"[:_WORDS_MAX].rstrip()
        if answer.is_success:
            return Delivered(said)
        if wait := answer.headers.get("retry-after"):
            said += f" (Retry-After: {wait[:40]})"
        for_all = answer.status_code in _FOR_ALL or not answer.is_client_error
        gone = (Gone(message.to, said),) if answer.status_code in _NO_SUCH_NUMBER else ()
        raise DeliveryFailed(permanent=not for_all, reason=said, for_all=for_all, gone=gone)
