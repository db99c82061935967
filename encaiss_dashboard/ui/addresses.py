"""Whose machine a request comes from, as far as somebody we trust says so."""

from __future__ import annotations

from collections.abc import MutableMapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

from encaiss_dashboard import wiring

# What one household or server is given: its holder may write from any address of it.
_IPV6_PREFIX: Final = 64


def client_address(scope: MutableMapping[str, Any]) -> str:
    """The address of the client of an ASGI request or socket, "" when it has none (a Unix socket).

    Without proxies (``ENCAISS_PROXIES=0``) it is the other end of the line and no header counts.
    Behind N proxies it is the N-th from the right of X-Forwarded-For: each proxy of ours wrote one,
    and whatever stands further left was written by the client itself. A request that came with fewer
    did not pass all of them: the other end of the line is then the only address that nobody made up.
    """
    peer = str((scope.get("client") or ("",))[0])
    proxies = wiring.house().settings.proxies
    found = forwarded(scope["headers"], proxies) if proxies else None
    return str(found or _address(peer) or peer)


def forwarded(headers: list[tuple[bytes, bytes]], proxies: int) -> IPv4Address | IPv6Address | None:
    """The N-th address from the right of X-Forwarded-For (RFC 7239, 7.4), None when it is none."""
    written = b",".join(value for name, value in headers if name == b"x-forwarded-for")
    entries = [entry.strip() for entry in written.decode("latin-1").split(",")]
    return _address(entries[-proxies]) if len(entries) >= proxies else None


def network(address: str) -> str:
    """What limits are counted for: an IPv4 address alone, of an IPv6 address its /64."""
    parsed = _address(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed), _IPV6_PREFIX), strict=False))
    return address


def _address(written: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it: bare, with a port, or in brackets."""
    bare = written.partition("]")[0].removeprefix("[") if written.startswith("[") else written
    host, colon, port = bare.partition(":")
    if colon and port.isdecimal() and "." in host:
        bare = host
    try:
        parsed = ip_address(bare)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed
