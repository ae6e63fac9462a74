"""Reading envelopes (TAXII 2.1, 3.7) and bundles (STIX 2.1, 8): bytes to a list of parsed objects."""

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
    """The content of one request."""

    objects: list[Any]  # parsed JSON, in their order, not yet checked
    other_keys: Mapping[str, Any]  # keys that neither TAXII nor STIX defines: only a level in them counts


def parse_envelope(body: bytes, limits: Limits) -> Envelope:
    """The content of an envelope or bundle.

    MalformedError if the body is no JSON object with a list `objects`, UnprocessableError if that list has more objects
    than the limit. Other keys of the envelope are ignored (TAXII 2.1, 7.1.1), except levels.
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
    """Any JSON value; an object with a repeated key becomes `DuplicateKeys`. MalformedError says where the JSON is broken.

    The fast parser does not report repeated keys, and its messages are poor. So its result counts only if it lost nothing;
    otherwise the body goes to the slow parser.
    """
    try:
        value = orjson.loads(body)
        rewritten_body = orjson.dumps(value)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # the latter if it is nested too deeply
        return _parse_slowly(body)
    return value if _has_no_repeated_key(body, rewritten_body) else _parse_slowly(body)


def _has_no_repeated_key(body: bytes, rewritten_body: bytes) -> bool:
    r"""Whether no key is repeated, by counting quotation marks: the parser drops one of two equal keys with its marks.

    Every other quotation mark, around a text or after a backslash, is written again as one. Only \u0022 becomes a mark that
    was not there before, so a body that contains it goes to the slow parser.
    """
    return body.count(b'"') == rewritten_body.count(b'"') and b"\\u0022" not in body


def _parse_slowly(body: bytes) -> Any:
    try:
        text = body.removeprefix(BYTE_ORDER_MARK).decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError(f"The body is not UTF-8: byte {error.start} cannot be read.") from None
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise MalformedError(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise MalformedError("The body is nested too deeply to be read.") from None
    except ValueError as error:  # an integer with too many digits for Python, or a constant such as NaN
        raise MalformedError(f"The body is not JSON that can be read: {error}.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else DuplicateKeys(members)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
