"""What is held, as `line.settle` asks it, in steps. No I/O here."""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hub.store.batch import Batch
from hub.store.levels import Known, Link, Questions, questions
from hub.store.mongo import rows as mongo_rows
from hub.store.mongo.rows import CONTAINED, DESCRIBED, NAMED, WITHDRAWN, Document
from hub.store.mongo.steps import LookUp, Mentions, ReadBodies, Step
from hub.store.ownership import bodies_to_read

_CONTAINERS: Final = (CONTAINED, CONTAINED + WITHDRAWN)
_NAMINGS: Final = (NAMED, CONTAINED, DESCRIBED)


@dataclass(slots=True)
class LookedUpRows:
    """What was looked up for one batch: as `settle` takes it, and the documents themselves by key."""

    known: Known = field(default_factory=Known)
    rows: dict[str, Document] = field(default_factory=dict)


def look_up(batch: Batch) -> Generator[Step, Any, LookedUpRows | None]:
    """All that has to be known to decide the batch; None where part of it was deleted meanwhile."""
    looked_up = LookedUpRows()
    known = looked_up.known
    while open_questions := questions(batch, known):
        if open_questions.rows or open_questions.descriptions:
            ids, described = tuple(sorted(open_questions.rows)), tuple(sorted(open_questions.descriptions))
            rows: list[Document] = yield LookUp(ids, described)
            _take(looked_up, open_questions, batch.collection, {row["_id"]: row for row in rows})
        if open_questions.containers:
            links = yield from _links(batch.publisher, open_questions.containers, _CONTAINERS, (), highest=True)
            known.containers.update(links)
        if open_questions.namings:
            # what the batch may bring a newer version of is known by its rows
            own = [row.key for candidate in batch.candidates for row in known.rows[candidate.id] if row.names]
            links = yield from _links(batch.publisher, open_questions.namings, _NAMINGS, own, highest=False)
            known.namings.update(links)
    keys = bodies_to_read(batch, known.rows)
    bodies: Mapping[str, bytes] = (yield ReadBodies(tuple(sorted(keys)))) if keys else {}
    known.bodies = bodies
    return looked_up if keys <= bodies.keys() else None


def _take(looked_up: LookedUpRows, open_questions: Questions, collection: str, rows: Mapping[str, Document]) -> None:
    by_id = mongo_rows.by_id(row for row in rows.values() if row["id"] in open_questions.rows)
    looked_up.known.rows.update({identifier: by_id.get(identifier, ()) for identifier in open_questions.rows})
    looked_up.rows.update((key, row) for key, row in rows.items() if row["id"] in open_questions.rows)
    describing: dict[str, list[str]] = {identifier: [] for identifier in open_questions.descriptions}
    for row in rows.values():
        if row["coll"] == collection and not row["withdrawn"] and row["describes"] in describing:
            describing[row["describes"]].append(row["id"])
    looked_up.known.descriptions.update({name: tuple(dict.fromkeys(ids)) for name, ids in describing.items()})


def _links(
    publisher: str, names: Collection[str], kinds: tuple[int, ...], leaving_out: Collection[str], *, highest: bool
) -> Generator[Step, Any, dict[str, Link | None]]:
    """By id, the highest or the lowest of this publisher's records that mention it."""
    marks = {mongo_rows.mention(kind, publisher, name): name for name in names for kind in kinds}
    rows: Mapping[str, Document] = yield Mentions(tuple(sorted(marks)), tuple(sorted(leaving_out)), highest)
    links: dict[str, Link | None] = dict.fromkeys(names)
    for mark, row in rows.items():
        link, before = Link(row["governing"], row["id"]), links[marks[mark]]
        if before is None or (link.level > before.level if highest else link.level < before.level):
            links[marks[mark]] = link
    return links
