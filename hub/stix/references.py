"""What an object refers to, as far as levels hang on it: observables, what it contains, what it describes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hub.stix import identifiers

_ENDS_AS_ID: Final = re.compile(rb"--%b" % identifiers.UUID.encode())  # searched for by its first two bytes: fast
_HYPHENS: Final = re.compile(rb"--")  # counts them in half the time that bytes.count takes
_TYPE_CHARACTERS: Final = b"abcdefghijklmnopqrstuvwxyz0123456789-"
_TYPE: Final = re.compile(identifiers.TYPE.encode())
_TYPE_BYTES: Final = 250  # STIX 2.1, 3.1: no longer than that
_NEVER_OBSERVABLE: Final = frozenset(name.encode() for name in identifiers.NEVER_OBSERVABLE)
_OBSERVABLE: Final = tuple(name.encode() for name in sorted(identifiers.SCO_TYPES))
# A relationship ties objects together, and a translation describes one: neither brings along what it names.
_NO_CONTAINERS: Final = identifiers.META_TYPES | {"relationship"}
# Who wrote it, how it is marked, and what a sighting saw, which others published before.
_NOT_CONTAINED: Final = ("created_by_ref", "created_by_refs", "marking_ref", "marking_refs", "sighting_of_ref")
_ESCAPES: Final = b"\\"  # in JSON a letter behind it belongs to an escape such as \n


@dataclass(frozen=True, slots=True)
class References:
    """The ids of other objects, each kind in order and without repeats."""

    named_ids: tuple[str, ...] = ()  # possible SCOs whose id stands anywhere in it, in a property or inside a text
    contained_ids: tuple[str, ...] = ()  # what it names as a container
    described_id: str = ""  # the object whose content it repeats


_NONE: Final = References()


def references(content: Mapping[str, Any], body: bytes) -> References:
    """What a valid object refers to; `body` is its JSON."""
    return _NONE if _names_no_other(content, body) else _references(content, _names(body, content["id"]))


def references_in(body: bytes) -> References:
    """The same where only the JSON is at hand, of whatever was taken in earlier days."""
    content = orjson.loads(body)
    return _references(content, _names(body, content.get("id")))


def _references(content: Mapping[str, Any], names: tuple[str, ...]) -> References:
    contains = contained_in(content)
    described = content.get("object_ref") if content.get("type") == "language-content" else None
    if not names and not contains and not described:
        return _NONE
    return References(names, contains, described if isinstance(described, str) else "")


def _names_no_other(content: Mapping[str, Any], body: bytes) -> bool:
    """Whether a glance shows that no other object is named: so it is with most objects.

    Each id has `--` in it, and there are as many as the ids of the object itself, its author and its markings have, all
    of which have a type that is no observable.
    """
    if content["type"] not in identifiers.NEVER_OBSERVABLE:
        return False
    author = content.get("created_by_ref")
    markings = content.get("object_marking_refs", ())
    if len(_HYPHENS.findall(body)) != 1 + (author is not None) + len(markings):
        return False
    if author is not None and not author.startswith("identity--"):
        return False
    for marking in markings:  # noqa: SIM110 - runs for every object that comes in; a generator doubles its time
        if not marking.startswith("marking-definition--"):
            return False
    return True


def contained_in(content: Mapping[str, Any]) -> tuple[str, ...]:
    """What an object brings along, valid or not: all that its references name, but those in `_NOT_CONTAINED`.

    Such are the `object_refs` of a report, grouping, note, opinion or observed-data; what a malware-analysis or a sighting
    rests on; the events, tasks and impacts of an incident, in its extension; the parts of an observable, such as those of a
    mail; and whatever a custom container such as a case lists, however deep inside.
    """
    ids: dict[str, None] = {}
    values: list[Any] = [content]
    while values:  # no recursion: what is not valid may be nested deeper than any limit
        value = values.pop()
        if isinstance(value, list):
            values += value
        elif isinstance(value, Mapping):
            kind = value.get("type")
            if isinstance(kind, str) and kind in _NO_CONTAINERS:
                continue
            for name, inside in value.items():
                items = inside if isinstance(inside, list) else [inside]
                if not name.endswith(_NOT_CONTAINED):
                    values += (item for item in items if not isinstance(item, str))
                    if name.endswith(("_ref", "_refs")):
                        ids.update((item, None) for item in items if isinstance(item, str))
    ids.pop(str(content.get("id")), None)
    return tuple(ref for ref in ids if identifiers.type_of(ref) is not None)


def _names(body: bytes, own: Any) -> tuple[str, ...]:
    identifiers: set[str] = set()
    text = body.lower()
    for match in _ENDS_AS_ID.finditer(text):
        end = match.start()
        # most ids are a whole text, and of a type that is no observable
        start = text.rfind(b'"', max(0, end - _TYPE_BYTES), end)  # no further back: a text of ids would cost its square
        if start < 0 or text[start + 1 : end] not in _NEVER_OBSERVABLE:
            identifiers.update(_ids_before(match))
    identifiers.discard(own)
    return tuple(sorted(identifiers))


def _ids_before(match: re.Match[bytes]) -> Iterator[str]:
    """The ids that end here: a text may run into the type, as in `see-file--…`."""
    text, end = match.string, match.start()
    before = text[max(0, end - _TYPE_BYTES) : end]
    object_type = before[len(before.rstrip(_TYPE_CHARACTERS)) :]
    start = end - len(object_type)
    if start and text[start - 1 : start] == _ESCAPES:
        object_type = object_type[1:]
    if object_type in _NEVER_OBSERVABLE:
        return
    if _TYPE.fullmatch(object_type):
        yield (object_type + match[0]).decode()
    for name in _OBSERVABLE:
        if object_type.endswith(name) and object_type != name:
            yield (name + match[0]).decode()
