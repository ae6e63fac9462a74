"""Levels beyond single objects (law L5): what else in a request changes the level of an object, and what its sender reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

import orjson

from hub.sharing import access
from hub.sharing.catalogue import Catalogue, Collection
from hub.sharing.members import Account
from hub.stix.fault import Fault
from hub.stix.levels import KnownMarkings, StatedLevel, stated_level
from hub.stix.objects import StixObject
from hub.stix.references import contained_in
from hub.stix.tlp import TLP
from hub.store.batch import Bystander, Candidate
from hub.store.records import BY_MARKING, HIDDEN, Record

# Properties that a revocation has in common with each version of its object, or that are its own.
_OF_EACH_VERSION: Final = frozenset(
    "type spec_version id created created_by_ref modified revoked object_marking_refs granular_markings".split()
)
MARKING: Final = "marking-definition"
_ENVELOPE: Final = "the envelope"
_NO_STATEMENT: Final = StatedLevel()
_UNMARKED: Final = -1  # below every level
_SHOWN_PROPERTIES: Final = 5  # in one refusal
_SHORT_BYTES: Final = 6  # of a text with its quotation marks: a text this short, such as a country, proves nothing


class HeldObjects(Protocol):
    """The questions to a store about single objects before the batch is decided."""

    def holds(self, collection: str, object_id: str, clearance: int) -> bool: ...  # noqa: D102 - as Store documents them

    def history(self, collection: str, object_id: str) -> tuple[Record, ...]: ...  # noqa: D102


def collections_read(catalogue: Catalogue, account: Account, excluded: Collection) -> dict[str, int]:
    """The other collections that the account reads, each with the highest level that it may read there."""
    levels = ((collection.id, access.readable_level(account, collection)) for collection in catalogue)
    return {name: level for name, level in levels if level is not None and name != excluded.id}


def bystanders(
    values: Sequence[Any],
    parse_results: Sequence[StixObject | tuple[Fault, ...]],
    refused_indexes: Iterable[int],
    known_markings: KnownMarkings,
) -> Iterator[Bystander]:
    """The refused objects of an envelope that still set the level of others: containers and marking definitions.

    `refused_indexes` has their indexes.
    """
    for index in refused_indexes:
        value, obj = values[index], parse_results[index]
        if isinstance(obj, StixObject):
            if obj.references.contained_ids:
                own_level = obj.own_level
                level = HIDDEN if own_level.unclear_text else own_level.level
                yield Bystander(obj.id, obj.type, level, own_level.markings, obj.references.contained_ids)
            elif obj.type == MARKING:
                level, markings = _stated_in(obj.content, known_markings)
                yield Bystander(obj.id, MARKING, level, markings)
        elif isinstance(value, dict) and ((contains := contained_in(value)) or value.get("type") == MARKING):
            yield _unreadable(value, contains, known_markings)


def envelope_bystanders(
    content: Mapping[str, Any], candidates: Sequence[Candidate], known_markings: KnownMarkings
) -> Iterator[Bystander]:
    """An envelope that states a level itself, like a bundle with `object_marking_refs`, for its unmarked objects."""
    level, markings = _stated_in(content, known_markings)
    if level is not None or markings:
        unmarked = tuple(candidate.id for candidate in candidates if candidate.level is None)
        yield Bystander(_ENVELOPE, "bundle", level, markings, unmarked, raises_held=False)


def twin_bystanders(
    parse_results: Sequence[StixObject | tuple[Fault, ...]],
    held_objects: HeldObjects,
    collection: Collection,
    member: str,
) -> Iterator[Bystander]:
    """The objects whose content an unmarked object repeats, as if they contained it (law L5 c).

    (1) An indicator that is `based-on` another object of the envelope has the values of that object in its pattern.
    (2) MISP writes one attribute as an observed-data and an indicator with the same UUID, and may mark only the first. The
    observed-data is in the envelope, or stored from the same member.
    """
    objects = {obj.id: obj for obj in parse_results if isinstance(obj, StixObject)}
    for obj in objects.values():
        if obj.type == "relationship" and obj.content.get("relationship_type") == "based-on":
            # (1)
            copy, original = objects.get(obj.content["source_ref"]), objects.get(obj.content["target_ref"])
            if copy is not None and original is not None and copy.own_level == _NO_STATEMENT:
                yield _as_container(original, copy.id)
        elif obj.level is None and obj.type == "indicator" and obj.own_level == _NO_STATEMENT:
            # (2)
            observed = f"observed-data--{obj.id.rpartition('--')[2]}"
            if (original := objects.get(observed)) is not None:
                yield _as_container(original, obj.id)
                continue
            for record in held_objects.history(collection.id, observed)[-1:]:
                if record.source == BY_MARKING and member in record.publishers:
                    yield Bystander(observed, record.type, record.level, (), (obj.id,))


def _as_container(original: StixObject, copy: str) -> Bystander:
    own_level = original.own_level
    return Bystander(
        original.id, original.type, HIDDEN if own_level.unclear_text else own_level.level, own_level.markings, (copy,)
    )


def _unreadable(value: Mapping[str, Any], contains: tuple[str, ...], known_markings: KnownMarkings) -> Bystander:
    """An invalid object: its level and references still count, as far as they can be read."""
    level, markings = _stated_in(value, known_markings)
    identifier, kind = (str(value.get(name)) for name in ("id", "type"))
    return Bystander(
        identifier if identifier.isascii() else "", kind if kind.isascii() else "", level, markings, contains
    )


def _stated_in(value: Mapping[str, Any], known_markings: KnownMarkings) -> tuple[int | None, tuple[str, ...]]:
    """(level, other markings) of any JSON object; HIDDEN if a marking is not understood, or it is nested too deeply."""
    try:
        orjson.dumps(value, default=str)  # raises for what is no valid JSON, or is nested too deeply
        own_level = stated_level(value, known_markings)
    except (orjson.JSONEncodeError, RecursionError):
        return HIDDEN, ()
    return HIDDEN if own_level.unclear_text else own_level.level, own_level.markings


def contradicted(candidates: Sequence[Candidate]) -> dict[int, str]:
    """By index, why a candidate is refused whose version is in the same envelope with a higher marking, or with one at all.

    Two exports of one object, put together in one bundle, contradict each other; the first one would be stored.
    """
    if len({candidate.id for candidate in candidates}) == len(candidates):
        return {}
    versions = [
        (candidate.index, (candidate.id, candidate.version), _UNMARKED if candidate.level is None else candidate.level)
        for candidate in candidates
        if candidate.version is not None
    ]
    highest_levels: dict[tuple[str, int], int] = {}
    for _, version, level in versions:
        highest_levels[version] = max(highest_levels.get(version, level), level)
    return {
        index: (
            f"The envelope has this version twice, and the other one is marked {TLP(highest_levels[version]).label}: "
            "send one of them."
        )
        for index, version, level in versions
        if highest_levels[version] > level
    }


def raises_meaning(records: Sequence[Record], definition: StixObject, known_markings: KnownMarkings) -> str:
    """Why a newer version of a marking definition is refused, if it states a higher level; empty otherwise.

    `records` are the stored versions. Objects that are marked with the definition keep their level, so readers below the new
    level could still read them.
    """
    level = definition.own_level.level
    if level is None or not records:
        return ""
    meanings = [_stated_in(orjson.loads(record.body), known_markings)[0] for record in records]
    stored_level = max((meaning for meaning in meanings if meaning is not None), default=None)
    if stored_level is not None and stored_level >= level:
        return ""
    stored_label = "no level" if stored_level is None else TLP(stored_level).label
    return (
        f"It states {level.label}, and the version of it that is stored states {stored_label}: what is marked with it would stay readable as "
        "before. Give the new meaning a new id, and mark the objects with that in newer versions."
    )


def repeats_higher(records: Sequence[Record], revocation: StixObject, level: TLP | None) -> str:
    """Why a revocation is refused, if it repeats values that only versions above its level have; empty otherwise.

    `records` are the stored versions. A reader of a lower version may learn that the object is revoked, and nothing from
    later versions (law L5 d).
    """
    if not records:
        return ""
    lowest_level = min(record.lowest_level for record in records)
    revocation_level = lowest_level if level is None else level
    higher_records = [record for record in records if record.lowest_level > revocation_level]
    if not higher_records:
        return ""
    readable_leaves = {
        leaf
        for record in records
        if record.lowest_level <= revocation_level
        for leaf in _leaves_and_texts(orjson.loads(record.body))
    }
    higher_leaves = {
        leaf for record in higher_records for leaf in _leaves_and_texts(orjson.loads(record.body))
    } - readable_leaves
    repeated_names = dict.fromkeys(
        name
        for name, value in _leaves(revocation.content)
        if (name, value) in higher_leaves or ("", value) in higher_leaves
    )
    if not repeated_names:
        return ""
    names = ", ".join(list(repeated_names)[:_SHOWN_PROPERTIES])
    lowest_record = min(records, key=lambda record: record.lowest_level)
    return (
        f"It revokes {revocation.id} at {TLP(revocation_level).label} and repeats what only a version with a higher level says ({names}): revoke "
        f"with the content of the version of {lowest_record.version_text}, marked {TLP(lowest_level).label}."
        if lowest_level < HIDDEN
        else f"It revokes {revocation.id}, which is shown to nobody until the hub's operator decides: ask for that first."
    )


def _leaves_and_texts(content: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Like `_leaves`; in addition, each longer text under an empty name, so that it is compared under every property."""
    for name, value in _leaves(content):
        yield name, value
        if value.startswith(b'"') and len(value) > _SHORT_BYTES:
            yield "", value


def _leaves(content: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """(property, value) of each single value in an object, at any depth."""
    for name, value in content.items():
        if name not in _OF_EACH_VERSION:
            yield from ((name, leaf) for leaf in _values(value))


def _values(value: Any) -> Iterator[bytes]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _values(item)
    elif isinstance(value, list):
        for item in value:
            yield from _values(item)
    else:
        yield orjson.dumps(value)
