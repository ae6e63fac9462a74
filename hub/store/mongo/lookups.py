"""Looking up the answers that `line.settle` needs, in steps. No I/O here."""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hub.store.batch import Batch
from hub.store.mongo import rows as mongo_rows
from hub.store.mongo.rows import CONTAINED, DESCRIBED, NAMED, WITHDRAWN, Document
from hub.store.mongo.steps import FindMentions, LookUp, ReadBodies, Step
from hub.store.ownership import bodies_to_read
from hub.store.questions import Answers, Link, Questions, questions

_CONTAINERS: Final = (CONTAINED, CONTAINED + WITHDRAWN)
_NAMINGS: Final = (NAMED, CONTAINED, DESCRIBED)


@dataclass(slots=True)
class LookedUpRows:
    """The result of looking up one batch: the answers for `settle`, and the documents by key."""

    answers: Answers = field(default_factory=Answers)
    rows: dict[str, Document] = field(default_factory=dict)


def look_up(batch: Batch) -> Generator[Step, Any, LookedUpRows | None]:
    """The answers to all questions about the batch; None if a needed row was deleted meanwhile."""
    looked_up = LookedUpRows()
    answers = looked_up.answers
    while open_questions := questions(batch, answers):
        if open_questions.rows or open_questions.descriptions:
            ids, described = tuple(sorted(open_questions.rows)), tuple(sorted(open_questions.descriptions))
            rows: list[Document] = yield LookUp(ids, described)
            _add_rows(looked_up, open_questions, batch.collection, {row["_id"]: row for row in rows})
        if open_questions.containers:
            links = yield from _links(batch.publisher, open_questions.containers, _CONTAINERS, (), highest=True)
            answers.containers.update(links)
        if open_questions.namings:
            # objects of which the batch may bring a newer version are left out: their rows are read above
            own_keys = [
                row.key for candidate in batch.candidates for row in answers.rows[candidate.id] if row.named_ids
            ]
            links = yield from _links(batch.publisher, open_questions.namings, _NAMINGS, own_keys, highest=False)
            answers.namings.update(links)
    keys = bodies_to_read(batch, answers.rows)
    bodies: Mapping[str, bytes] = (yield ReadBodies(tuple(sorted(keys)))) if keys else {}
    answers.bodies = bodies
    return looked_up if keys <= bodies.keys() else None


def _add_rows(
    looked_up: LookedUpRows, open_questions: Questions, collection: str, rows: Mapping[str, Document]
) -> None:
    by_id = mongo_rows.by_id(row for row in rows.values() if row["id"] in open_questions.rows)
    looked_up.answers.rows.update({identifier: by_id.get(identifier, ()) for identifier in open_questions.rows})
    looked_up.rows.update((key, row) for key, row in rows.items() if row["id"] in open_questions.rows)
    describing: dict[str, list[str]] = {identifier: [] for identifier in open_questions.descriptions}
    for row in rows.values():
        if row["coll"] == collection and not row["withdrawn"] and row["describes"] in describing:
            describing[row["describes"]].append(row["id"])
    looked_up.answers.descriptions.update({name: tuple(dict.fromkeys(ids)) for name, ids in describing.items()})


def _links(
    publisher: str, names: Collection[str], kinds: tuple[int, ...], excluded_keys: Collection[str], *, highest: bool
) -> Generator[Step, Any, dict[str, Link | None]]:
    """By id, the highest or the lowest of this publisher's records that mention it."""
    marks = {mongo_rows.mention(kind, publisher, name): name for name in names for kind in kinds}
    rows: Mapping[str, Document] = yield FindMentions(tuple(sorted(marks)), tuple(sorted(excluded_keys)), highest)
    links: dict[str, Link | None] = dict.fromkeys(names)
    for mark, row in rows.items():
        link, known_link = Link(row["governing"], row["id"]), links[marks[mark]]
        if known_link is None or (link.level > known_link.level if highest else link.level < known_link.level):
            links[marks[mark]] = link
    return links
