"""Notes about refused containers, so that their level still applies to objects in later envelopes (law L5 b).

Tools send an event in several envelopes: first the report, then the objects that it names, unmarked. If the report is
refused for its level, it is not stored, and nothing would set the level of those objects. So the hub notes, as a fact of the
member, which objects the report named. A version of the report that is accepted, or is in the same envelope, replaces the note.

The same applies to a refused marking definition, if another member published other content with its id: tools send it first,
and the objects that it marks afterwards, even if it was refused.
"""

from __future__ import annotations

from collections.abc import Collection as Container
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import orjson

from hub.sharing.catalogue import Collection
from hub.sharing.levels import MARKING
from hub.store.base import Store
from hub.store.batch import Bystander, Candidate, Outcome, Verdict
from hub.store.records import Fact

KIND: Final = "withheld"  # kind of facts with member/container as keys
_CONTAINERS: Final = 100  # newest notes that count for each member
_ID_CHARACTERS: Final = 300  # of a container's id: a longer one is no STIX id
_REFERENCES: Final = 100_000  # ids in the newest notes of one member


@dataclass(frozen=True, slots=True)
class WithheldNotes:
    """The notes of one member, for one request to one collection."""

    store: Store
    member: str
    collection: Collection
    now: int  # milliseconds since 1970
    lifetime: int  # milliseconds for which a note counts

    def bystanders(self, envelope: Container[str]) -> Iterator[Bystander]:
        """The noted containers that are not in the envelope, each at the collection's default level or higher."""
        default = self.collection.unmarked or 0
        for fact in self._counting_facts(self._facts()):
            bystander = _bystander(fact)
            if bystander.id in envelope:
                continue
            if bystander.type == MARKING:
                yield bystander
            else:
                level = default if bystander.level is None else max(bystander.level, default)
                yield replace(bystander, level=level, raises_held=False)  # it raised stored objects when it came

    def keep(
        self, candidates: Sequence[Candidate], outcomes: Sequence[Outcome], refused_bystanders: Sequence[Bystander]
    ) -> None:
        """Note the containers that were refused, also `refused_bystanders`; drop the notes of accepted ones, and old notes."""
        containers = [candidate for candidate in candidates if candidate.contained_ids or candidate.type == MARKING]
        if not containers and not refused_bystanders:
            return
        refused_indexes = {outcome.index for outcome in outcomes if outcome.verdict is Verdict.REFUSED}
        new_notes = {
            self._key(bystander): self._note_value(bystander)
            for bystander in refused_bystanders
            if self._withholds(bystander)
        }
        new_notes |= {
            self._key(container): self._note_value(container)
            for container in containers
            if container.index in refused_indexes and self._withholds(container)
        }
        facts = self._facts()
        stale_keys = {fact.key for fact in facts} - {fact.key for fact in self._counting_facts(facts)}
        stale_keys |= {fact.key for fact in facts} & {
            self._key(container) for container in containers if container.index not in refused_indexes
        }
        stale_keys -= new_notes.keys()
        if new_notes or stale_keys:
            self.store.put_facts(KIND, new_notes, stale_keys)

    def _withholds(self, container: Bystander | Candidate) -> bool:
        """Whether the container gives an unmarked object a higher level than the collection's default."""
        if not container.id or len(container.id) > _ID_CHARACTERS:
            return False
        if container.type == MARKING:
            return container.level is not None
        default = self.collection.highest_tlp if self.collection.unmarked is None else self.collection.unmarked
        return bool(container.contained_ids) and (
            bool(container.markings) or (container.level is not None and container.level > default)
        )

    def _key(self, container: Bystander | Candidate) -> str:
        return f"{self.member}/{container.id}"

    def _facts(self) -> Sequence[Fact]:
        return self.store.facts(KIND, prefix=f"{self.member}/")

    def _counting_facts(self, facts: Sequence[Fact]) -> list[Fact]:
        """The newest facts that count, within the limits above."""
        counted_facts: list[Fact] = []
        references = 0
        for fact in reversed(facts):
            note = orjson.loads(fact.value)
            references += len(note["contains"])
            if len(counted_facts) == _CONTAINERS or (counted_facts and references > _REFERENCES):
                break
            if abs(self.now - note["at"]) <= self.lifetime:
                counted_facts.append(fact)
        return counted_facts

    def _note_value(self, container: Bystander | Candidate) -> bytes:
        kind, _, uuid = container.id.partition("--")
        # the indicator that MISP writes with it: see `levels.twin_bystanders`
        contains = (
            (*container.contained_ids, f"indicator--{uuid}") if kind == "observed-data" else container.contained_ids
        )
        note = {
            "at": self.now,
            "type": container.type,
            "level": container.level,
            "markings": container.markings,
            "contains": contains,
        }
        return orjson.dumps(note)


def forget(store: Store, object_id: str) -> None:
    """Remove the notes that contain the id: the object is purged, and an observable's id gives its value away."""
    id_bytes = object_id.encode()
    keys = [fact.key for fact in store.facts(KIND) if id_bytes in fact.value or id_bytes in fact.key.encode()]
    if keys:
        store.put_facts(KIND, {}, keys)


def _bystander(fact: Fact) -> Bystander:
    note = orjson.loads(fact.value)
    identifier = fact.key.partition("/")[2]
    return Bystander(identifier, note["type"], note["level"], tuple(note["markings"]), tuple(note["contains"]))
