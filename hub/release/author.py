"""The CERT as the author of released objects: their ids, author and markings.

The id of an object of one report is derived from its id at the CERT and a key for the audience, so that nobody else can
compute it or link two audiences. The id of an object that many reports share is derived from its content and that key.
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
from hub.rendering.wording import HANDLING_FOR_ALL, TOOL_WORDING
from hub.stix import identifiers, tlp

_STATEMENT: Final = "Victim withheld"


@dataclass(frozen=True, slots=True)
class Author:
    """The CERT as author for one audience. `earlier_versions` were released before; `statement` is the handling statement."""

    identity: str
    key: Key = field(repr=False)
    earlier_versions: Mapping[str, Version] = field(repr=False)
    statement: Content
    _ids: dict[tuple[str, ...], str] = field(default_factory=dict, repr=False)

    def own_object(self, source: Content, properties: Content, level: tlp.TLP) -> Content:
        """An object of this report only, with the released id of `source`, its original at the CERT."""
        revoked = {"revoked": True} if source.get("revoked") else {}
        return self._complete_object(
            properties, self.released_id(source), revoked, self._marks(level, pap_markings(source))
        )

    def common_object(self, properties: Content, level: tlp.TLP, pap: list[str] | None = None) -> Content:
        """An object that many releases share. Its id is derived from its content."""
        marks = self._marks(level, pap or [])
        text = _canonical({**properties, "object_marking_refs": marks})
        identifier = self.key.identifier(properties["type"], "common", text)
        return self._complete_object(properties, identifier, {"created": COMMON_TIME, "modified": COMMON_TIME}, marks)

    def observable_object(self, properties: Content, level: tlp.TLP) -> Content:
        """An SCO. Its id is derived from the properties that leave; others may have stayed at the CERT."""
        marks = {"object_marking_refs": [tlp.TLP2_IDS[level]]}
        identifier = identifiers.derived_id(properties)
        if identifier is None:
            # The hub keeps no versions of types that STIX lacks, so another marking in another report needs another id.
            hashed_properties = (
                properties | marks if properties["type"] in identifiers.OPENCTI_OBSERVABLES else properties
            )
            identifier = self.key.identifier(properties["type"], "value", _canonical(hashed_properties))
        return {"type": properties["type"], "id": identifier, **properties, **marks}

    def lone_object(self, source: Content, properties: Content, level: tlp.TLP) -> Content:
        """A lone indicator. It has no marking but the level: others would link it to the other objects of the release."""
        return self._complete_object(properties, self._lone_id(source), {}, [tlp.TLP2_IDS[level]])

    def lone_version(self, source: Content) -> Version | None:
        """The released version of a lone indicator, which stays valid as long as it says; None if there is none."""
        return self.earlier_versions.get(self._lone_id(source))

    def _lone_id(self, source: Content) -> str:
        # The id depends on the report, so that a lone indicator of another report with this pattern is revoked separately.
        return self._current_id(source["type"], "lone", source["id"])

    def released_id(self, source: Content) -> str:
        """The id with which an object of the report leaves. After a revocation, the object returns with another id."""
        if source.get("revoked"):
            return self.key.identifier(source["type"], source["id"])
        return self._current_id(source["type"], source["id"])

    def _current_id(self, object_type: str, *parts: str) -> str:
        # cached: the object itself and each object that refers to it need the id
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
    """The CERT as the author of a release for this audience, with this version of the sentences."""
    key = member.key.derive(f"release|{audience.purpose}")
    statement = texts.handling(member.name, member.contact, wording)
    # A marking definition has no versions, so adding a name, which tools show, makes another definition.
    name = {"name": _STATEMENT} if wording >= TOOL_WORDING else {}
    # If it were unmarked, only national CERTs could read it, but constituents that read the objects must follow it as well.
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
    """The PAP markings of an object; they leave with it."""
    return [ref for ref in source.get("object_marking_refs", ()) if ref in tlp.PAP_IDS.values()]


def _canonical(properties: Mapping[str, Any]) -> str:
    return orjson.dumps(properties, option=orjson.OPT_SORT_KEYS).decode()
