"""STIX in any form that an analyst may have, as a list of plain objects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

from hub.errors import ReadingError
from hub.stix.identifiers import OBSERVABLE_TYPES

StixDict = dict[str, Any]

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_DEFINITIONS: Final = ("marking-definition", "extension-definition")


def stix_objects(source: Any, name: str = "") -> list[StixDict]:
    """The objects of a STIX bundle, a TAXII envelope, a list of objects, or a single object.

    `source` consists of dicts or stix2's objects, or is JSON (bytes, or a text that begins like JSON), or the path of a
    file. Messages call it `name`. ReadingError says what cannot be read.
    """
    if isinstance(source, str) and source.lstrip()[:1] not in ("{", "["):
        source = Path(source)
    if isinstance(source, Path):
        name = name or str(source)
        source = _bytes(source, name)
    name = name or "the bundle"
    if isinstance(source, str | bytes):
        source = _parse(source, name)
    objects = [_object(item, number, name) for number, item in enumerate(_items(source, name), 1)]
    if not objects:
        raise ReadingError(f"{name}: there is no object in it")
    return objects


def in_sending_order(objects: Iterable[StixDict]) -> list[StixDict]:
    """The objects that others refer to first: definitions, identities, observables; then all others in their order.

    A hub that gets a bundle in parts then already has the markings and observables that later objects name.
    """
    return sorted(objects, key=_rank)


def encoded(item: Mapping[str, Any]) -> bytes:
    """The shortest JSON of one object. ValueError for values that JSON or UTF-8 cannot represent."""
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _rank(item: StixDict) -> int:
    kind = item.get("type")
    if kind in _DEFINITIONS:
        return 0
    if kind == "identity":
        return 1
    return 2 if kind in OBSERVABLE_TYPES else 3


def _bytes(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ReadingError(f"{name}: {error.strerror}") from None


def _items(source: Any, name: str) -> Iterable[Any]:
    if hasattr(source, "serialize"):  # an object of stix2; this test does not load stix2
        source = json.loads(source.serialize())
    if isinstance(source, Mapping):
        if "objects" in source and source.get("type", "bundle") == "bundle":
            source = source["objects"]
        elif "type" in source and "id" in source:
            source = [source]
        else:
            raise ReadingError(f"{name}: this is neither a STIX bundle nor a STIX object")
    if isinstance(source, str) or not isinstance(source, Iterable):
        raise ReadingError(f"{name}: no STIX objects can be read from {type(source).__name__}")
    return source


def _object(item: Any, number: int, name: str) -> StixDict:
    if hasattr(item, "serialize"):
        item = json.loads(item.serialize())
    if not isinstance(item, Mapping):
        raise ReadingError(f"{name}: object {number} is {type(item).__name__}, not a STIX object")
    content = dict(item)
    try:
        encoded(content)
    except (TypeError, ValueError, RecursionError) as error:
        raise ReadingError(f"{name}: object {number} cannot be sent as JSON: {error}") from None
    return content


def _parse(text: str | bytes, name: str) -> Any:
    try:
        if isinstance(text, bytes):
            text = text.removeprefix(_BYTE_ORDER_MARK).decode()
        return json.loads(text, object_pairs_hook=_pairs, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ReadingError(f"{name}: not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except UnicodeDecodeError as error:
        raise ReadingError(f"{name}: not UTF-8: byte {error.start} cannot be read") from None
    except RecursionError:
        raise ReadingError(f"{name}: nested too deeply to be read") from None
    except ValueError as error:
        raise ReadingError(f"{name}: {error}") from None


def _pairs(pairs: list[tuple[str, Any]]) -> StixDict:
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated_key = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {repeated_key[:40]!r} appears twice in one JSON object; remove one of the two")
    return values


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")
