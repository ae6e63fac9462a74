"""Connections in one MISP event: ObjectReferences, and the tags and galaxies that say what a value indicates.

1. While attributes and objects are read, each registers its uuid and the uuids that it refers to.
2. At the end, references become relations. A reference to something outside the report is noted as unused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hub.reports.markings import TlpWord, strictest
from hub.reports.observables import Observable, Relation
from hub.reports.reading.draft import Draft

End = tuple[str, str]
_READ_KEYS = frozenset({
    "relationship_type", "referenced_uuid", "comment", "deleted", "uuid", "object_uuid", "id", "event_id", "object_id",
    "source_uuid", "referenced_id", "referenced_type", "timestamp", "Object", "Attribute",
})  # fmt: skip
"""Keys of a reference that are read, and those that only its MISP needs."""


@dataclass(frozen=True, slots=True)
class _Reference:
    source: str
    kind: str
    target: str
    level: TlpWord | None
    place: str


def end_of(item: Observable) -> End:
    """Return (kind, name) of an observable for relations."""
    return ("observable", " ".join(item.key))


@dataclass
class Links:
    """Collects the relations of one event."""

    _ends: dict[str, tuple[End, TlpWord | None]] = field(default_factory=dict)  # uuid -> end, level
    _references: list[_Reference] = field(default_factory=list)
    _indications: dict[Relation, None] = field(default_factory=dict)

    def register(self, item: Mapping[str, Any], end: End, level: TlpWord | None = None) -> None:
        """Register what an attribute or object became, under its uuid. The first registration counts."""
        uuid = str(item.get("uuid") or "").casefold()
        if uuid and end[0]:
            self._ends.setdefault(uuid, (end, level))

    def indicate(self, item: Observable, end: End) -> None:
        """Add something that an observable indicates, besides its malware."""
        self._indications[Relation(end_of(item), "indicates", end, item.tlp)] = None

    def add_references(self, item: Mapping[str, Any], place: str, draft: Draft, level: TlpWord | None) -> None:
        """Add the ObjectReferences of an object."""
        references = item.get("ObjectReference")
        for reference in references if isinstance(references, list) else []:
            if not isinstance(reference, Mapping) or str(reference.get("deleted")).casefold() in {"1", "true"}:
                continue
            kind = "-".join(
                str(reference.get("relationship_type") or "related-to").casefold().replace("_", " ").split()
            )
            target = str(reference.get("referenced_uuid") or "").casefold()
            self._references.append(_Reference(str(item.get("uuid") or "").casefold(), kind, target, level, place))
            for key in reference.keys() - _READ_KEYS:
                draft.note_unused(f"ObjectReference.{key}", reference[key], place=place)
            draft.note_unused(
                "ObjectReference.comment",
                reference.get("comment"),
                "is not used: of a relation, only its kind is",
                place=place,
            )

    def rename(self, old: End, new: End) -> None:
        """Replace ``old``, which became a part of ``new``: a hash is a part of its file."""
        self._ends = {uuid: (new if end == old else end, level) for uuid, (end, level) in self._ends.items()}
        self._indications = {
            replace(item, source=new) if item.source == old else item: None for item in self._indications
        }

    def relations(self, draft: Draft) -> tuple[Relation, ...]:
        """Return the relations; note references that cannot become one as unused."""
        relations = dict(self._indications)
        for item in self._references:
            source, target = self._ends.get(item.source), self._ends.get(item.target)
            if source is None or target is None:
                end_name = "source" if source is None else "target"
                text = f"{item.kind} {item.target}"
                draft.note_unused(
                    "ObjectReference", text, f"the {end_name} of this reference is not in the report", place=item.place
                )
            elif source[0] != target[0]:
                relations[Relation(source[0], item.kind, target[0], strictest(item.level, source[1], target[1]))] = None
        return tuple(relations)
