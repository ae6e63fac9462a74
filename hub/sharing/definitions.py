"""The objects that the hub itself adds to every collection, so that readers can resolve all references to them.

Marking and extension definitions come from OASIS and FIRST: their ids, names, versions and times are as registered; the
descriptions are written for the hub. None of them ever changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.protocol.notes import REQUEST
from hub.sharing.catalogue import Catalogue, Collection
from hub.sharing.members import identity_object
from hub.stix.incident import EVENT, IMPACT, INCIDENT_CORE, TASK
from hub.stix.timestamps import parse_timestamp
from hub.stix.tlp import (
    BY_WORD,
    PAP_EXTENSION,
    PAP_IDS,
    TLP,
    TLP1_IDS,
    TLP2_EXTENSION,
    tlp1_definition,
    tlp2_definition,
)

_OASIS: Final = "https://github.com/oasis-open/cti-stix-common-objects/tree/main/extension-definition-specifications"
_INCIDENT_AUTHOR: Final = "identity--8ce3f695-d5a4-4dc8-9e93-a65af453a31a"
_MARKING_AUTHOR: Final = "identity--b3bca3c2-1f3d-4b54-b44f-dac42c3a8f01"
_PROJECT: Final = "identity--4d4c5d72-b49b-412c-a2de-56f4e8a2583f"

_COPY_PROPERTIES: Final = frozenset({"created", "modified", "created_by_ref", "object_marking_refs"})

# `created` of the PAP markings, each as registered.
_PAP_CREATED: Final = {
    "clear": "2022-10-01T00:00:00.000Z",
    "white": "2022-10-01T00:00:00.000Z",
    "green": "2022-10-09T00:00:00.000Z",
    "amber": "2022-10-02T00:00:00.000Z",
    "red": "2022-10-06T00:00:00.000Z",
}


def definitions(catalogue: Catalogue, collection: Collection) -> tuple[dict[str, Any], ...]:
    """The objects that the hub adds to a collection: markings, extensions, and the identities of its root's members.

    TLP and PAP only up to the collection's highest level: common clients tag each report with all definitions of a poll.
    """
    members = (catalogue.members[code] for code in catalogue.roots[collection.root].members)
    return (*_builtin_definitions(collection.highest_tlp), *(identity_object(member) for member in members))


def own_objects(catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    """By id, all objects that the hub adds to any collection, and that only the hub may publish (law L4)."""
    members = (identity_object(member) for member in catalogue.members.values())
    return {content["id"]: content for content in (*_builtin_definitions(TLP.RED), *members)}


def is_same(hub_object: Mapping[str, Any], copy: Mapping[str, Any]) -> bool:
    """Whether a valid copy is equal to the hub's own object; its times may be written differently."""
    return _with_instants(hub_object) == _with_instants(copy)


def adds_nothing(hub_object: Mapping[str, Any], copy: Mapping[str, Any]) -> bool:
    """Whether a copy has no property that differs from the hub's own object, apart from its author, times and markings."""
    return all(hub_object.get(name) == value for name, value in copy.items() if name not in _COPY_PROPERTIES)


def _with_instants(content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: parse_timestamp(value) if name in ("created", "modified") else value for name, value in content.items()
    }


def _builtin_definitions(highest: TLP) -> tuple[dict[str, Any], ...]:
    """The objects that a collection with that highest level has in every hub."""
    return (
        *(definition for definition, level in _markings() if level <= highest),
        *(_extension_definition(extension) for extension in _EXTENSIONS),
    )


def surplus_ids(collection: Collection) -> tuple[str, ...]:
    """The ids of the hub's marking definitions that are above the collection's highest level."""
    return tuple(definition["id"] for definition, level in _markings() if level > collection.highest_tlp)


def _markings() -> Iterator[tuple[dict[str, Any], TLP]]:
    """The marking definitions of TLP and PAP, each with the level that its word names."""
    yield from ((tlp2_definition(level), level) for level in TLP)
    yield from ((tlp1_definition(level), level) for level in TLP1_IDS)
    yield from ((_pap_definition(word), BY_WORD[word]) for word in PAP_IDS)


def _pap_definition(word: str) -> dict[str, Any]:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": PAP_IDS[word],
        "created": _PAP_CREATED[word],
        "name": f"PAP:{word.upper()}",
        "extensions": {PAP_EXTENSION: {"extension_type": "property-extension", "pap": word}},
    }


@dataclass(frozen=True, slots=True)
class _Extension:
    """A registered extension."""

    id: str
    name: str
    description: str
    schema: str
    author: str
    created: str
    modified: str
    version: str = "1.0.0"
    kind: str = "property-extension"


_EXTENSIONS: Final = (
    _Extension(
        id=TLP2_EXTENSION,
        name="TLP 2.0",
        description="Carries the Traffic Light Protocol 2.0 of FIRST in marking definitions.",
        schema=f"{_OASIS}/tlp-2.0",
        author=_MARKING_AUTHOR,
        created="2022-10-01T00:00:00.000Z",
        modified="2022-10-01T00:00:00.000Z",
    ),
    _Extension(
        id=PAP_EXTENSION,
        name="PAP",
        description="Carries the Permissible Actions Protocol in marking definitions.",
        schema=f"{_OASIS}/pap-marking-definition-f8d",
        author=_MARKING_AUTHOR,
        created="2022-11-28T00:00:00.000Z",
        modified="2022-11-28T00:00:00.000Z",
    ),
    _Extension(
        id=INCIDENT_CORE,
        name="Incident Core Extension",
        description="Gives incidents their determination, status, criticality, and links to events, impacts and tasks.",
        schema=f"{_OASIS}/incident-core",
        author=_INCIDENT_AUTHOR,
        created="2020-10-19T20:51:00.000Z",
        modified="2022-10-27T15:09:00.000Z",
        version="1.1.0",
    ),
    _Extension(
        id=EVENT,
        name="Event Extension",
        description="Adds the object type event: what happened in an incident, and when.",
        schema=f"{_OASIS}/incident-core/event",
        author=_INCIDENT_AUTHOR,
        created="2023-05-16T20:47:23.388576Z",
        modified="2023-05-16T20:47:23.388576Z",
        kind="new-sdo",
    ),
    _Extension(
        id=IMPACT,
        name="Impact Extension",
        description="Adds the object type impact: the harm that an incident did, by its kind.",
        schema=f"{_OASIS}/incident-core/impact",
        author=_INCIDENT_AUTHOR,
        created="2023-05-16T21:01:53.607242Z",
        modified="2023-05-16T21:01:53.607242Z",
        kind="new-sdo",
    ),
    _Extension(
        id=TASK,
        name="Task Extension",
        description="Adds the object type task: what was done, or is to be done, about an incident.",
        schema=f"{_OASIS}/incident-core/task",
        author=_INCIDENT_AUTHOR,
        created="2023-05-16T21:24:16.596743Z",
        modified="2023-05-16T21:24:16.596743Z",
        kind="new-sdo",
    ),
    _Extension(
        id=REQUEST,
        name="Request for help",
        description="On a note labelled request:open: which members are asked for what, by when, and how urgent it is.",
        schema=(
            'asked: list of identity ids, or ["all"], required. what: text, required. due: timestamp, optional: '
            "without it, the deadline follows from the incident's criticality. priority: whole number from 0 to 100, optional."
        ),
        author=_PROJECT,
        created="2026-01-01T00:00:00.000Z",
        modified="2026-02-01T00:00:00.000Z",
        version="1.1.0",
    ),
)


def _extension_definition(extension: _Extension) -> dict[str, Any]:
    """The extension definition object (STIX 2.1, 7.3)."""
    return {
        "type": "extension-definition",
        "spec_version": "2.1",
        "id": extension.id,
        "created_by_ref": extension.author,
        "created": extension.created,
        "modified": extension.modified,
        "name": extension.name,
        "description": extension.description,
        "schema": extension.schema,
        "version": extension.version,
        "extension_types": [extension.kind],
    }
