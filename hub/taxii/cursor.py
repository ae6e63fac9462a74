"""The `next` token (TAXII 2.1, 3.5) as a signed value that any worker can read, now and after a restart (law L8).

It contains everything that a page needs, since some clients send nothing else with it: the collection, the last place,
where the poll began, and the match filters. It never expires, and a client may send it again and gets the same page.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any, Final

from hub.errors import MalformedError
from hub.taxii.filters import Match, VersionMatch

_FORM: Final = 1  # increases when the form of the payload changes; the hub must then still read tokens of older forms
_SIGNATURE_BYTES: Final = 16
_PURPOSE: Final = (
    b"hub cursor\x00"  # signed with the payload, so that nothing else signed with the secret passes as a cursor
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The progress of one poll of one collection. Places are milliseconds since 1970."""

    collection: str
    place: int  # of the last object sent
    began_after: int  # the added_after of the first request, as a place; 0 if it had none
    match: Match


def seal(cursor: Cursor, secret: bytes) -> str:
    """The token for a cursor: opaque to clients, safe in a URL."""
    match, versions = cursor.match, cursor.match.versions
    payload = json.dumps(
        [
            _FORM,
            cursor.collection,
            cursor.place,
            cursor.began_after,
            match.ids,
            match.types,
            match.spec_versions,
            None if versions is None else [versions.last, versions.first, versions.every, versions.instants],
        ],
        separators=(",", ":"),
    ).encode()  # fmt: skip - the order is the token's form
    return base64.urlsafe_b64encode(_signature(payload, secret) + payload).rstrip(b"=").decode()


def unseal(token: str, secret: bytes) -> Cursor:
    """The cursor in a token; MalformedError if this hub did not make it, or if it was damaged on the way."""
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise _damaged() from None
    signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(payload, secret)):
        raise _damaged()
    _form, collection, place, began_after, ids, types, spec_versions, versions = json.loads(payload)
    return Cursor(
        collection=collection,
        place=place,
        began_after=began_after,
        match=Match(
            ids=_tuple(ids),
            types=_tuple(types),
            spec_versions=_tuple(spec_versions),
            versions=None if versions is None else _version_match(*versions),
        ),
    )


def _version_match(last: bool, first: bool, every: bool, instants: list[int]) -> VersionMatch:
    return VersionMatch(last, first, every, tuple(instants))


def _signature(payload: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, _PURPOSE + payload, hashlib.sha256)[:_SIGNATURE_BYTES]


def _tuple(values: list[Any] | None) -> tuple[Any, ...] | None:
    return None if values is None else tuple(values)


def _damaged() -> MalformedError:
    return MalformedError(
        "next is not a token of this hub: send the `next` of the last answer unchanged, as a URL parameter, or "
        "leave it out and poll with added_after."
    )
