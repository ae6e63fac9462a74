"""Envelopes (TAXII 2.1, 3.7) and bundles (STIX 2.1, 8) as they come in: bytes to a list of parsed objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import orjson

from hub.errors import MalformedError, UnprocessableError
from hub.settings import Limits
from hub.stix.objects import DuplicateKeys

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


_OWN_KEYS: Final = frozenset({"objects", "type", "id", "spec_version", "more", "next"})  # of envelopes and bundles


@dataclass(frozen=True, slots=True)
class Envelope:
    """What came in one request."""

    objects: list[Any]  # parsed JSON, in their order; each is yet to be checked
    around: Mapping[str, Any]  # keys that neither TAXII nor STIX defines: they may say a level, and nothing else


def parse_envelope(body: bytes, limits: Limits) -> Envelope:
    """The content of an envelope or bundle.

    MalformedError where the body is no JSON object with a list `objects`, UnprocessableError where that list holds
    more objects than the limit. Other keys of the envelope are ignored (TAXII 2.1, 7.1.1), except levels.
    """
    root = parse_json(body)
    if not isinstance(root, dict):
        raise MalformedError('The body must be a TAXII envelope: a JSON object like {"objects": [ … ]}.')
    if type(root) is DuplicateKeys:
        raise MalformedError("A key appears twice in the envelope; remove one of the two.")
    objects = root.get("objects")
    if objects is None and root.get("type") not in (None, "bundle") and "id" in root:
        raise MalformedError(
            'The body is a single STIX object; put it into an envelope (TAXII 2.1, 3.7): {"objects": [ … ]}.'
        )
    if not isinstance(objects, list) or not objects:
        raise MalformedError('The envelope has no list "objects" with at least one object in it.')
    if len(objects) > limits.envelope_objects:
        raise UnprocessableError(
            f"The envelope contains {len(objects)} objects, and the limit is {limits.envelope_objects}: send it in parts."
        )
    return Envelope(objects, {key: root[key] for key in root.keys() - _OWN_KEYS})


def parse_json(body: bytes) -> Any:
    """Any JSON value; objects with a key that appears twice come as `DuplicateKeys`. MalformedError says where it breaks.

    The fast parser neither tells of keys that stand twice nor says well what is wrong, so what it finds counts only
    where it lost nothing; all else goes the long way.
    """
    try:
        value = orjson.loads(body)
        again = orjson.dumps(value)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # the latter of what is nested deeply
        return _parse_slowly(body)
    return value if _nothing_lost(body, again) else _parse_slowly(body)


def _nothing_lost(body: bytes, again: bytes) -> bool:
    r"""Whether no key stood twice, by what was made of the body and written again: of two equal keys one is dropped.

    With a key go its quotation marks; of all others each comes back as one, around a text or behind a backslash. Only
    one that was written as \u0022 comes back though it was not there: a body with such is not judged.
    """
    return body.count(b'"') == again.count(b'"') and b"\\u0022" not in body


def _parse_slowly(body: bytes) -> Any:
    try:
        text = body.removeprefix(BYTE_ORDER_MARK).decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError(f"The body is not UTF-8: byte {error.start} cannot be read.") from None
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise MalformedError(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise MalformedError("The body is nested too deeply to be read.") from None
    except ValueError as error:  # an integer of more digits than Python converts, or NaN and its like
        raise MalformedError(f"The body is not JSON that can be read: {error}.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else DuplicateKeys(members)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
