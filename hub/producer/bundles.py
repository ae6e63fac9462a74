"""STIX in whatever form an analyst holds it, as a list of plain objects."""

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
    """The objects of a STIX bundle, of a TAXII envelope, of a list of objects, or one object alone.

    `source` is made of dicts or of stix2's objects, or is JSON (bytes, or a text that begins like JSON), or the path
    of a file. `name` stands for it in messages. ReadingError says what cannot be read.
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
    """What others refer to first: definitions, identities, observables; the rest as it stood.

    A hub that gets a bundle in parts then knows the markings and observables that later objects name.
    """
    return sorted(objects, key=_rank)


def encoded(item: Mapping[str, Any]) -> bytes:
    """The JSON of one object, as short as it goes. ValueError for what JSON or UTF-8 cannot carry."""
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
    if hasattr(source, "serialize"):  # one of stix2's, without loading stix2 to ask
        source = json.loads(source.serialize())
    if isinstance(source, Mapping):
        if "objects" in source and source.get("type", "bundle") == "bundle":
            source = source["objects"]
        elif "type" in source and "id" in source:
            source = [source]
        else:
            raise ReadingError(f"{name}: this is neither a STIX bundle nor a STIX object")
    if isinstance(source, str) or not isinstance(source, Iterable):
        raise ReadingError(f"{name}: {type(source).__name__} is nothing that STIX objects can be taken from")
    return source


def _object(item: Any, number: int, name: str) -> StixDict:
    if hasattr(item, "serialize"):
        item = json.loads(item.serialize())
    if not isinstance(item, Mapping):
        raise ReadingError(f"{name}: object {number} is {type(item).__name__}, not a STIX object")
    plain = dict(item)
    try:
        encoded(plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise ReadingError(f"{name}: object {number} cannot be sent as JSON: {error}") from None
    return plain


def _parse(text: str | bytes, name: str) -> Any:
    try:
        if isinstance(text, bytes):
            text = text.removeprefix(_BYTE_ORDER_MARK).decode()
        return json.loads(text, object_pairs_hook=_pairs, parse_constant=_no_constant)
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
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice[:40]!r} appears twice in one JSON object; remove one of the two")
    return values


def _no_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")
