"""How things of one MISP event are connected: ObjectReferences, and what tags and galaxies say a value points to.

1. While attributes and objects are read, each says under which uuid it is known, and to which uuids it refers.
2. At the end references become relations. One to what is no part of the report is named with its value and reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hub.reports.markings import TLP_WORDS, TlpWord
from hub.reports.observables import Observable, Relation
from hub.reports.reading.draft import Draft

End = tuple[str, str]
_READ = frozenset({
    "relationship_type", "referenced_uuid", "comment", "deleted", "uuid", "object_uuid", "id", "event_id", "object_id",
    "source_uuid", "referenced_id", "referenced_type", "timestamp", "Object", "Attribute",
})  # fmt: skip
"""Keys of a reference that are read, or that are numbers of MISP's own."""


@dataclass(frozen=True, slots=True)
class _Reference:
    source: str
    kind: str
    target: str
    level: TlpWord | None
    place: str


def end_of(item: Observable) -> End:
    """The name under which relations know an observable."""
    return ("observable", " ".join(item.key))


@dataclass
class Links:
    """The growing relations of one event."""

    _ends: dict[str, tuple[End, TlpWord | None]] = field(default_factory=dict)  # uuid -> what it is, and its level
    _references: list[_Reference] = field(default_factory=list)
    _indicated: dict[Relation, None] = field(default_factory=dict)

    def know(self, item: Mapping[str, Any], end: End, level: TlpWord | None = None) -> None:
        """Say what an attribute or object became, under its uuid. The first counts."""
        uuid = str(item.get("uuid") or "").casefold()
        if uuid and end[0]:
            self._ends.setdefault(uuid, (end, level))

    def indicate(self, item: Observable, end: End) -> None:
        """Say what an observable points to, besides its malware."""
        self._indicated[Relation(end_of(item), "indicates", end, item.tlp)] = None

    def refer(self, item: Mapping[str, Any], place: str, draft: Draft, level: TlpWord | None) -> None:
        """Take the ObjectReferences of an object."""
        listed = item.get("ObjectReference")
        for reference in listed if isinstance(listed, list) else []:
            if not isinstance(reference, Mapping) or str(reference.get("deleted")).casefold() in {"1", "true"}:
                continue
            kind = "-".join(
                str(reference.get("relationship_type") or "related-to").casefold().replace("_", " ").split()
            )
            target = str(reference.get("referenced_uuid") or "").casefold()
            self._references.append(_Reference(str(item.get("uuid") or "").casefold(), kind, target, level, place))
            for key in reference.keys() - _READ:
                draft.note_unused(f"ObjectReference.{key}", reference[key], place=place)
            draft.note_unused(
                "ObjectReference.comment", reference.get("comment"), "of a relation, only its kind is kept", place=place
            )

    def rename(self, old: End, new: End) -> None:
        """Say that what was known as ``old`` is a part of ``new``: a hash, of its file."""
        self._ends = {uuid: (new if end == old else end, level) for uuid, (end, level) in self._ends.items()}
        self._indicated = {replace(item, source=new) if item.source == old else item: None for item in self._indicated}

    def relations(self, draft: Draft) -> tuple[Relation, ...]:
        """The relations; what cannot be one is named."""
        targets = dict(self._indicated)
        for item in self._references:
            source, target = self._ends.get(item.source), self._ends.get(item.target)
            if source is None or target is None:
                which = "that it refers from" if source is None else "that it refers to"
                text = f"{item.kind} {item.target}"
                draft.note_unused(
                    "ObjectReference", text, f"the thing {which} is no part of the report", place=item.place
                )
            elif source[0] != target[0]:
                targets[Relation(source[0], item.kind, target[0], _strictest(item.level, source[1], target[1]))] = None
        return tuple(targets)


def _strictest(*levels: TlpWord | None) -> TlpWord | None:
    return max((level for level in levels if level), key=TLP_WORDS.index, default=None)
