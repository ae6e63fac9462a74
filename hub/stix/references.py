"""The references of an object that matter for levels: observables, contained objects, a described object."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hub.stix import identifiers

_END_OF_ID: Final = re.compile(rb"--%b" % identifiers.UUID.encode())  # fast, since it begins with two fixed bytes
_HYPHENS: Final = re.compile(rb"--")  # counting with it takes half the time of bytes.count
_TYPE_CHARACTERS: Final = b"abcdefghijklmnopqrstuvwxyz0123456789-"
_TYPE: Final = re.compile(identifiers.TYPE.encode())
_TYPE_BYTES: Final = 250  # STIX 2.1, 3.1: no longer than that
_NEVER_OBSERVABLE: Final = frozenset(name.encode() for name in identifiers.NEVER_OBSERVABLE)
_OBSERVABLE: Final = tuple(name.encode() for name in sorted(identifiers.SCO_TYPES))
# A relationship connects objects, and a translation describes one: neither contains the objects that it names.
_NO_CONTAINERS: Final = identifiers.META_TYPES | {"relationship"}
# The author, the markings, and the object of a sighting, which others published before.
_NOT_CONTAINED: Final = ("created_by_ref", "created_by_refs", "marking_ref", "marking_refs", "sighting_of_ref")
_BACKSLASH: Final = b"\\"  # in JSON a letter after it belongs to an escape such as \n


@dataclass(frozen=True, slots=True)
class References:
    """The ids of other objects, each kind in order and without repeats."""

    named_ids: tuple[str, ...] = ()  # of possible SCOs, anywhere in it, in a property or inside a text
    contained_ids: tuple[str, ...] = ()  # that it names as a container
    described_id: str = ""  # the object whose content it repeats


_NONE: Final = References()


def references(content: Mapping[str, Any], body: bytes) -> References:
    """The references of a valid object; `body` is its JSON."""
    return _NONE if _has_no_references(content, body) else _references(content, _named_ids(body, content["id"]))


def references_in(body: bytes) -> References:
    """The references of a stored object, from its JSON alone; it may be invalid by today's rules."""
    content = orjson.loads(body)
    return _references(content, _named_ids(body, content.get("id")))


def _references(content: Mapping[str, Any], named_ids: tuple[str, ...]) -> References:
    contained_ids = contained_in(content)
    described_id = content.get("object_ref") if content.get("type") == "language-content" else None
    if not named_ids and not contained_ids and not described_id:
        return _NONE
    return References(named_ids, contained_ids, described_id if isinstance(described_id, str) else "")


def _has_no_references(content: Mapping[str, Any], body: bytes) -> bool:
    """Whether a quick check shows that the object names no other one, as is true of most objects.

    Each id contains `--`. If there are only as many as the object itself, its author and its markings need, and their types
    are no observables, there are no others.
    """
    if content["type"] not in identifiers.NEVER_OBSERVABLE:
        return False
    author = content.get("created_by_ref")
    markings = content.get("object_marking_refs", ())
    if len(_HYPHENS.findall(body)) != 1 + (author is not None) + len(markings):
        return False
    if author is not None and not author.startswith("identity--"):
        return False
    for marking in markings:  # noqa: SIM110 - runs for every incoming object; a generator doubles its time
        if not marking.startswith("marking-definition--"):
            return False
    return True


def contained_in(content: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids that an object, valid or not, contains: all of its references except those in `_NOT_CONTAINED`.

    Examples: the `object_refs` of a report, grouping, note, opinion or observed-data; the sources of a malware-analysis or
    a sighting; the events, tasks and impacts of an incident, in its extension; the parts of an observable, such as those
    of a mail; and the references in a custom container such as a case, at any depth.
    """
    ids: dict[str, None] = {}
    values: list[Any] = [content]
    while values:  # no recursion: an invalid object may be nested deeper than any limit
        value = values.pop()
        if isinstance(value, list):
            values += value
        elif isinstance(value, Mapping):
            kind = value.get("type")
            if isinstance(kind, str) and kind in _NO_CONTAINERS:
                continue
            for name, member in value.items():
                items = member if isinstance(member, list) else [member]
                if not name.endswith(_NOT_CONTAINED):
                    values += (item for item in items if not isinstance(item, str))
                    if name.endswith(("_ref", "_refs")):
                        ids.update((item, None) for item in items if isinstance(item, str))
    ids.pop(str(content.get("id")), None)
    return tuple(ref for ref in ids if identifiers.type_of(ref) is not None)


def _named_ids(body: bytes, own_id: Any) -> tuple[str, ...]:
    ids: set[str] = set()
    text = body.lower()
    for match in _END_OF_ID.finditer(text):
        end = match.start()
        # most ids are a whole text, and their type is no observable
        start = text.rfind(
            b'"', max(0, end - _TYPE_BYTES), end
        )  # no further back: a text of many ids would cost its square
        if start < 0 or text[start + 1 : end] not in _NEVER_OBSERVABLE:
            ids.update(_possible_ids(match))
    ids.discard(own_id)
    return tuple(sorted(ids))


def _possible_ids(match: re.Match[bytes]) -> Iterator[str]:
    """The possible ids with this end: a text may continue into the type, as in `see-file--…`."""
    text, end = match.string, match.start()
    beginning = text[max(0, end - _TYPE_BYTES) : end]
    object_type = beginning[len(beginning.rstrip(_TYPE_CHARACTERS)) :]
    start = end - len(object_type)
    if start and text[start - 1 : start] == _BACKSLASH:
        object_type = object_type[1:]
    if object_type in _NEVER_OBSERVABLE:
        return
    if _TYPE.fullmatch(object_type):
        yield (object_type + match[0]).decode()
    for name in _OBSERVABLE:
        if object_type.endswith(name) and object_type != name:
            yield (name + match[0]).decode()
