"""Reads a request: its body within the limits, its query as pairs, the address it was sent to."""

from __future__ import annotations

import zlib
from typing import IO, Final
from urllib.parse import parse_qsl

import flask

from hub.errors import MalformedError, TooLargeError, UnsupportedMediaError
from hub.settings import Limits

_GZIP_WINDOW: Final = 31  # zlib's number for "gzip, largest window"
_GZIP_MEMBERS: Final = 100  # in one body; each costs a copy of all bytes after it


def current_request() -> flask.Request:
    """The request object. `flask.request` is a proxy for it, and each access through it costs about a microsecond."""
    request: flask.Request = flask.request._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001 - as Flask's manual does
    return request


def read_body(request: flask.Request, limits: Limits, max_content_length: int) -> bytes:
    """The whole body, unpacked if it is gzip. TooLargeError as soon as a limit is exceeded."""
    packed = _read(request, max_content_length)
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return packed
    if encoding in ("gzip", "x-gzip"):
        return _unpack(packed, limits.unpacked_bytes)
    raise UnsupportedMediaError(f"The hub accepts plain bodies and gzip, not Content-Encoding {encoding[:40]!r}.")


def base_url(request: flask.Request, public_url: str) -> str:
    """The address at which this client reaches the hub: the one in the settings, or the one in the request.

    Empty if the Host header is missing or not valid: addresses are then relative, which TAXII allows (4.1.1).
    """
    return public_url or (request.host_url if request.host else "")


def query_pairs(request: flask.Request, limits: Limits) -> list[tuple[str, str]]:
    """The query as (name, value) pairs, in order, percent-decoded; blank values are kept."""
    query = request.query_string
    if len(query) > limits.query_characters:
        raise MalformedError(
            f"The query has {len(query)} characters, and the limit is {limits.query_characters}: ask in parts."
        )
    try:
        return parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=100, errors="replace")
    except ValueError as error:
        raise MalformedError(f"The query cannot be read: {error}.") from None


def _read(request: flask.Request, max_bytes: int) -> bytes:
    too_large = TooLargeError(
        f"The body is larger than the {max_bytes} bytes that this API root accepts (its max_content_length): send it in parts."
    )
    if request.content_length is not None and request.content_length > max_bytes:
        raise too_large
    stream: IO[bytes] = request.stream
    chunks: list[bytes] = []
    size = 0
    while chunk := stream.read(max_bytes + 1 - size):  # usually all at once, since the front has read it
        chunks.append(chunk)
        size += len(chunk)
        if size > max_bytes:
            raise too_large
    if request.content_length is not None and size < request.content_length:
        raise MalformedError("The body is shorter than its Content-Length: it was cut on the way; send it again.")
    return b"".join(chunks)


def _unpack(packed: bytes, max_bytes: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    remaining = packed
    while remaining:  # a gzip file may have several members, one after another (RFC 1952, 2.2)
        if len(parts) == _GZIP_MEMBERS:
            raise MalformedError(f"The gzip body has more than {_GZIP_MEMBERS} members: pack it as one.")
        unpacker = zlib.decompressobj(_GZIP_WINDOW)
        try:
            parts.append(unpacker.decompress(remaining, max_bytes + 1 - size))
        except zlib.error as error:
            raise MalformedError(f"The body says it is gzip and cannot be unpacked: {error}.") from None
        size += len(parts[-1])
        if size > max_bytes:
            raise TooLargeError(f"The body is larger than {max_bytes} bytes after unpacking: send it in parts.")
        if not unpacker.eof:
            raise MalformedError("The gzip body ends in the middle: it was cut on the way; send it again.")
        remaining = unpacker.unused_data
    return b"".join(parts)
