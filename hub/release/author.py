"""The CERT as the author of what leaves: the ids, author and markings under which each object goes.

Ids of what belongs to one report follow from the id at the CERT and a key of the audience, so that nobody can compute
them or join two audiences (privacy, derived ids). Ids of what many reports share follow from the content and that key.
Observables have the id that STIX derives from their value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from hub.home.keys import Key
from hub.home.member import OwnMember
from hub.release import texts
from hub.release.policy import Audience
from hub.rendering.versions import COMMON_TIME, Content, Version
from hub.rendering.wording import HANDLING_FOR_ALL, KNOWN_BY_TOOLS
from hub.stix import identifiers, tlp

_STATEMENT: Final = "Victim withheld"


@dataclass(frozen=True, slots=True)
class Author:
    """The CERT towards one audience. `earlier_versions` are the versions released before, `statement` the handling statement."""

    identity: str
    key: Key = field(repr=False)
    earlier_versions: Mapping[str, Version] = field(repr=False)
    statement: Content
    _ids: dict[tuple[str, ...], str] = field(default_factory=dict, repr=False)

    def own_object(self, source: Content, properties: Content, level: tlp.TLP) -> Content:
        """An object of this report alone, under the released id of `source`, from which it was made."""
        revoked = {"revoked": True} if source.get("revoked") else {}
        return self._complete_object(
            properties, self.released_id(source), revoked, self._marks(level, pap_markings(source))
        )

    def common_object(self, properties: Content, level: tlp.TLP, pap: list[str] | None = None) -> Content:
        """An object that many releases share: its id follows from its content."""
        marks = self._marks(level, pap or [])
        text = _canonical({**properties, "object_marking_refs": marks})
        identifier = self.key.identifier(properties["type"], "common", text)
        return self._complete_object(properties, identifier, {"created": COMMON_TIME, "modified": COMMON_TIME}, marks)

    def observable_object(self, properties: Content, level: tlp.TLP) -> Content:
        """An SCO. Its id follows from what leaves of its value: a part of it may have stayed behind."""
        marks = {"object_marking_refs": [tlp.TLP2_IDS[level]]}
        identifier = identifiers.derived_id(properties)
        if identifier is None:
            # To a hub a type that STIX lacks has no versions: marked otherwise in another report it is another object.
            hashed_properties = (
                properties | marks if properties["type"] in identifiers.OPENCTI_OBSERVABLES else properties
            )
            identifier = self.key.identifier(properties["type"], "value", _canonical(hashed_properties))
        return {"type": properties["type"], "id": identifier, **properties, **marks}

    def lone_object(self, source: Content, properties: Content, level: tlp.TLP) -> Content:
        """A lone indicator; no marking but the level, which would lead to the other objects of the release."""
        return self._complete_object(properties, self._lone_id(source), {}, [tlp.TLP2_IDS[level]])

    def lone_version(self, source: Content) -> Version | None:
        """The version of the lone indicator that was released before, which stays valid for as long as it said."""
        return self.earlier_versions.get(self._lone_id(source))

    def _lone_id(self, source: Content) -> str:
        # Of this report: another one's, of the same pattern, is revoked apart from it.
        return self._current_id(source["type"], "lone", source["id"])

    def released_id(self, source: Content) -> str:
        """The id under which an object of the report leaves.

        Where the object under it was revoked before, it comes back under another one.
        """
        if source.get("revoked"):
            return self.key.identifier(source["type"], source["id"])
        return self._current_id(source["type"], source["id"])

    def _current_id(self, object_type: str, *parts: str) -> str:
        # asked for by the object itself and by each that names it
        if (identifier := self._ids.get((object_type, *parts))) is None:
            identifier = self._ids[object_type, *parts] = self._compute_current_id(object_type, *parts)
        return identifier

    def _compute_current_id(self, object_type: str, *parts: str) -> str:
        identifier, generation = self.key.identifier(object_type, *parts), 0
        while (version := self.earlier_versions.get(identifier)) is not None and version.revoked:
            generation += 1
            identifier = self.key.identifier(object_type, *parts, f"again {generation}")
        return identifier

    def _complete_object(self, properties: Content, identifier: str, extra: Content, marks: list[str]) -> Content:
        head = {"type": properties["type"], "spec_version": "2.1", "id": identifier, "created_by_ref": self.identity}
        return {**head, **extra, **properties, "object_marking_refs": marks}

    def _marks(self, level: tlp.TLP, pap: list[str]) -> list[str]:
        return [tlp.TLP2_IDS[level], *pap, self.statement["id"]]


def release_author(
    member: OwnMember, audience: Audience, earlier_versions: Mapping[str, Version], wording: int
) -> Author:
    """The CERT as the author of a release for this audience, in this version of the sentences."""
    key = member.key.derive(f"release|{audience.purpose}")
    statement = texts.handling(member.name, member.contact, wording)
    # The definition has no versions: with a name, which tools show, it is another one.
    name = {"name": _STATEMENT} if wording >= KNOWN_BY_TOOLS else {}
    # Unmarked, it would be shown to national CERTs alone, and constituents that read the objects must heed it, too.
    marking = {"object_marking_refs": [tlp.TLP2_IDS[tlp.TLP.CLEAR]]} if wording >= HANDLING_FOR_ALL else {}
    definition: Content = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": key.identifier("marking-definition", statement, *name.values(), *marking.get("object_marking_refs", ())),
        "created": COMMON_TIME,
        "created_by_ref": member.identity,
        **name,
        "definition_type": "statement",
        "definition": {"statement": statement},
        **marking,
    }
    return Author(member.identity, key, earlier_versions, definition)


def pap_markings(source: Content) -> list[str]:
    """The PAP markings of an object, which leave with it."""
    return [ref for ref in source.get("object_marking_refs", ()) if ref in tlp.PAP_IDS.values()]


def _canonical(properties: Mapping[str, Any]) -> str:
    return orjson.dumps(properties, option=orjson.OPT_SORT_KEYS).decode()
