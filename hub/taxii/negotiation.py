"""Content negotiation (TAXII 2.1, 3.1; RFC 7231, 5.3.2): the media types that a client accepts and sends."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from werkzeug.datastructures import Headers
from werkzeug.http import parse_accept_header, parse_options_header

from hub.errors import NotAcceptableError, UnsupportedMediaError
from hub.taxii import protocol

_READABLE: Final = (protocol.TAXII, protocol.STIX)
_CACHED_HEADERS: Final = 256  # Accept headers, since a client sends the same one with each poll


def check_accept(header: str | None) -> None:
    """Return if the client accepts `application/taxii+json;version=2.1`; NotAcceptableError if it does not.

    A missing header accepts everything. The most specific matching range decides, and q=0 in it is a refusal.
    """
    if header is None or not header.strip() or _accepts(header):
        return
    raise NotAcceptableError(
        f"The hub answers in {protocol.CONTENT_TYPE}, and the Accept header allows no such answer: "
        f"send `Accept: {protocol.CONTENT_TYPE}`."
    )


def check_taxii_accept(header: str | None) -> None:
    """As `check_accept`, but also accept a client that asks for plain JSON: it gets TAXII's media type, which is JSON.

    TAXII 2.1, 3.1: if the Accept header has no media type that is defined for the address, a server may answer with 406 or
    with its latest version.
    """
    try:
        check_accept(header)
    except NotAcceptableError:
        if not _takes_json(header or ""):
            raise


def older_client(headers: Headers) -> str:
    """A sentence for clients of TAXII 1.x and 2.0, which begins with a space; empty for all others."""
    version = _older_version(headers)
    if not version:
        return ""
    return (
        f" This is a TAXII {protocol.VERSION} server, and the client speaks TAXII {version}: use a client of TAXII "
        f"{protocol.VERSION}, and begin at {protocol.DISCOVERY_PATH}."
    )


def _older_version(headers: Headers) -> str:
    accept, content_type = headers.get("Accept", ""), headers.get("Content-Type", "")
    xml = parse_options_header(content_type)[0].lower() in protocol.TAXII_1_MEDIA
    if xml or any(name in headers for name in protocol.TAXII_1_HEADERS):
        return "1.x"
    # a client that also accepts 2.1 has another problem than its version
    if _names_2_0(content_type) or (_names_2_0(accept) and not _accepts(accept)):
        return "2.0"
    return ""


def _names_2_0(header: str) -> bool:
    ranges = [parse_options_header(text) for text, _ in parse_accept_header(header)]
    return any(
        media_type.lower() in protocol.MEDIA_2_0
        or (media_type.lower() == protocol.TAXII and parameters.get("version") == "2.0")
        for media_type, parameters in ranges
    )


@lru_cache(maxsize=_CACHED_HEADERS)
def _accepts(header: str) -> bool:
    best_range = (-1, 0.0)  # (specificity, quality)
    for text, quality in parse_accept_header(header):
        media_type, parameters = parse_options_header(text)
        best_range = max(best_range, (_specificity(media_type.lower(), parameters), quality))
    return best_range[0] >= 0 and best_range[1] > 0


@lru_cache(maxsize=_CACHED_HEADERS)
def _takes_json(header: str) -> bool:
    """Whether the client accepts JSON, and does not refuse TAXII's type by name."""
    ranges = [(parse_options_header(text)[0].lower(), quality) for text, quality in parse_accept_header(header)]
    return (protocol.TAXII, 0) not in ranges and any(kind == protocol.JSON and quality > 0 for kind, quality in ranges)


def _specificity(media_type: str, parameters: Mapping[str, str]) -> int:
    """How specifically a range matches the hub's media type; -1 if it does not. `parameters` do not include q."""
    version = parameters.get("version")
    if media_type == protocol.TAXII and version in (None, protocol.VERSION):
        return 2 if version is None else 3
    return {"application/*": 1, "*/*": 0}.get(media_type, -1)


def check_content_type(header: str | None) -> None:
    """Return if the hub reads a body of this media type; UnsupportedMediaError if it does not, or if the header is missing.

    TAXII 2.1, 5.5: a POST has the Content-Type of an envelope; STIX's own type is accepted, too, since common platforms
    send it.
    """
    text = (header or "").strip()
    media_type, parameters = parse_options_header(text)
    if media_type.lower() in _READABLE and parameters.get("version", protocol.VERSION) == protocol.VERSION:
        return
    reason = f"not {text[:80]!r}" if text else "and the request names no Content-Type"
    raise UnsupportedMediaError(
        f"The hub reads {protocol.CONTENT_TYPE} and {protocol.STIX_CONTENT_TYPE}, {reason}: "
        f"send `Content-Type: {protocol.CONTENT_TYPE}` (TAXII 2.1, 5.5)."
    )
