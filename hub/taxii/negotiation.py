"""Content negotiation (TAXII 2.1, 3.1; RFC 7231, 5.3.2): what a client accepts, and what it sent."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from werkzeug.http import parse_accept_header, parse_options_header

from hub.errors import NotAcceptableError, UnsupportedMediaError
from hub.taxii import protocol

_READABLE: Final = (protocol.TAXII, protocol.STIX)
_REMEMBERED: Final = 256  # Accept headers: a client sends the same one with each poll


def check_accept(header: str | None) -> None:
    """Return if the client accepts `application/taxii+json;version=2.1`; NotAcceptableError if it does not.

    No header accepts all. The most specific range that fits decides, and q=0 there is a refusal.
    """
    if header is None or not header.strip() or _accepts(header):
        return
    raise NotAcceptableError(
        f"The hub answers in {protocol.CONTENT_TYPE}, and the Accept header allows no such answer: "
        f"send `Accept: {protocol.CONTENT_TYPE}`."
    )


@lru_cache(maxsize=_REMEMBERED)
def _accepts(header: str) -> bool:
    decided = (-1, 0.0)
    for text, quality in parse_accept_header(header):
        media_type, parameters = parse_options_header(text)
        decided = max(decided, (_specificity(media_type.lower(), parameters), quality))
    return decided[0] >= 0 and decided[1] > 0


def _specificity(media_type: str, parameters: Mapping[str, str]) -> int:
    """How closely a range fits the hub's one media type; -1 if it does not. The parameter q is not among them."""
    version = parameters.get("version")
    if media_type == protocol.TAXII and version in (None, protocol.VERSION):
        return 2 if version is None else 3
    return {"application/*": 1, "*/*": 0}.get(media_type, -1)


def check_content_type(header: str | None) -> None:
    """Return if the hub reads a body of this media type; UnsupportedMediaError if it does not.

    A body without a Content-Type is read: what it holds is checked anyway.
    """
    if header is None or not header.strip():
        return
    media_type, parameters = parse_options_header(header)
    if media_type.lower() in _READABLE and parameters.get("version", protocol.VERSION) == protocol.VERSION:
        return
    raise UnsupportedMediaError(
        f"The hub reads {protocol.CONTENT_TYPE} and {protocol.STIX_CONTENT_TYPE}, not {header[:80]!r}."
    )
