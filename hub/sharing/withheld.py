"""What refused containers said of levels, noted for the envelopes that follow (law L5 b).

Tools send an event in several envelopes: the report first, what it names after it and unmarked. A report that is refused
for its level is not held, so that nothing would tell the level of what follows. So the hub notes which objects it named,
as a fact of its member. A version of the report that is accepted, or comes in the same envelope, replaces the note.

So it is with a marking definition whose id another member holds in other words: tools send it first, and what it marks
afterwards, without a look at the refusal.
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

KIND: Final = "withheld"  # of the facts, whose keys are member/container
_CONTAINERS: Final = 100  # notes that count for each member, the newest ones
_ID_CHARACTERS: Final = 300  # of a container's id: what is longer is no STIX id
_REFERENCES: Final = 100_000  # ids in the notes of one member, the newest ones


@dataclass(frozen=True, slots=True)
class WithheldNotes:
    """The notes of one member, as a request to one collection uses them."""

    store: Store
    member: str
    collection: Collection
    now: int  # milliseconds since 1970
    lifetime: int  # milliseconds for which a note counts

    def bystanders(self, envelope: Container[str]) -> Iterator[Bystander]:
        """The noted containers that are not in the envelope, each at the collection's default level or higher."""
        default = self.collection.unmarked or 0
        for fact in self._current(self._facts()):
            noted = _bystander(fact)
            if noted.id in envelope:
                continue
            if noted.type == MARKING:
                yield noted
            else:
                level = default if noted.level is None else max(noted.level, default)
                yield replace(noted, level=level, raises=False)  # what is held, it raised when it came

    def keep(self, candidates: Sequence[Candidate], outcomes: Sequence[Outcome], outside: Sequence[Bystander]) -> None:
        """Note the containers that were refused, `outside` among them; drop the notes of those accepted, and old ones."""
        containers = [candidate for candidate in candidates if candidate.contains or candidate.type == MARKING]
        if not containers and not outside:
            return
        refused = {outcome.index for outcome in outcomes if outcome.verdict is Verdict.REFUSED}
        fresh = {self._key(bystander): self._written(bystander) for bystander in outside if self._withholds(bystander)}
        fresh |= {
            self._key(container): self._written(container)
            for container in containers
            if container.index in refused and self._withholds(container)
        }
        facts = self._facts()
        stale = {fact.key for fact in facts} - {fact.key for fact in self._current(facts)}
        stale |= {fact.key for fact in facts} & {
            self._key(container) for container in containers if container.index not in refused
        }
        stale -= fresh.keys()
        if fresh or stale:
            self.store.put_facts(KIND, fresh, stale)

    def _withholds(self, container: Bystander | Candidate) -> bool:
        """Whether it says more than what an unmarked object would have without it."""
        if not container.id or len(container.id) > _ID_CHARACTERS:
            return False
        if container.type == MARKING:
            return container.level is not None
        default = self.collection.highest_tlp if self.collection.unmarked is None else self.collection.unmarked
        return bool(container.contains) and (
            bool(container.markings) or (container.level is not None and container.level > default)
        )

    def _key(self, container: Bystander | Candidate) -> str:
        return f"{self.member}/{container.id}"

    def _facts(self) -> Sequence[Fact]:
        return self.store.facts(KIND, prefix=f"{self.member}/")

    def _current(self, facts: Sequence[Fact]) -> list[Fact]:
        """The newest ones that count, within the bounds."""
        current: list[Fact] = []
        references = 0
        for fact in reversed(facts):
            note = orjson.loads(fact.value)
            references += len(note["contains"])
            if len(current) == _CONTAINERS or (current and references > _REFERENCES):
                break
            if abs(self.now - note["at"]) <= self.lifetime:
                current.append(fact)
        return current

    def _written(self, container: Bystander | Candidate) -> bytes:
        kind, _, uuid = container.id.partition("--")
        # the indicator that MISP writes with it: see `levels.twins`
        contains = (*container.contains, f"indicator--{uuid}") if kind == "observed-data" else container.contains
        note = {
            "at": self.now,
            "type": container.type,
            "level": container.level,
            "markings": container.markings,
            "contains": contains,
        }
        return orjson.dumps(note)


def forget(store: Store, object_id: str) -> None:
    """Drop the notes in which the id stands: it is purged, and an observable's id gives its value away."""
    named = object_id.encode()
    keys = [fact.key for fact in store.facts(KIND) if named in fact.value or named in fact.key.encode()]
    if keys:
        store.put_facts(KIND, {}, keys)


def _bystander(fact: Fact) -> Bystander:
    note = orjson.loads(fact.value)
    identifier = fact.key.partition("/")[2]
    return Bystander(identifier, note["type"], note["level"], tuple(note["markings"]), tuple(note["contains"]))
