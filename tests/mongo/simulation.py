"""Seeded runs of the commit protocol over `model.Model`: writers, deleters, readers and sweepers, and the faults that they meet."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from hub.audit.state import Seals, TrailState
from hub.errors import HubError
from hub.store import trail
from hub.store.base import Deletion
from hub.store.batch import Batch, Outcome, Verdict
from hub.store.histories import compute_standings
from hub.store.mongo import changes, steps
from hub.store.mongo import commit as protocol
from hub.store.mongo import rows as mongo_rows
from hub.store.query import EVERY, LAST, Query
from tests.mongo.model import TRAIL_KEY, Guards, LostError, Model, perform
from tests.server.making import an_id
from tests.store.making import START, batch, candidate

COLLECTIONS: Final = ("c1", "c2")
MEMBERS: Final = ("ID", "MY", "TH")
SKEW: Final = 300_000  # milliseconds by which a process's clock may be wrong, either way
NEWS: Final = 40  # of a thousand ticks, those with a rollback or a killed process
Steps = Generator[steps.Step, Any, Any]


@dataclass(eq=False)
class Actor:
    """One process's work on one request."""

    name: str
    work: Steps
    ended: Callable[[Any], None]  # told the value, or the HubError
    performing: Generator[None, None, Any] | None = None
    step: steps.Step | None = None
    wakes: int = 0
    alive: bool = True

    def advance(self, model: Model) -> None:
        """Continue to the next moment at which something else may happen."""
        try:
            if self.step is None:
                self.step = next(self.work)
            if self.performing is None:
                self.performing = perform(model, self.step)
            next(self.performing)
        except StopIteration as end:
            if self.performing is None:
                self._end(end.value)
            else:
                self._answer(end.value)
        except LostError:
            self.performing = None  # again

    def _answer(self, value: Any) -> None:
        self.performing = None
        try:
            self.step = self.work.send(value)
        except StopIteration as end:
            self._end(end.value)
        except HubError as error:
            self._end(error)

    def _end(self, value: Any) -> None:
        self.alive = False
        self.ended(value)


@dataclass
class Story:
    """What was sent, answered and seen: everything that the laws are about."""

    sent: dict[tuple[str, str], set[bytes]] = field(default_factory=lambda: defaultdict(set))  # (coll, id) -> bodies
    added: list[tuple[str, Outcome]] = field(default_factory=list)  # acknowledged: (coll, outcome)
    statuses: set[str] = field(default_factory=set)  # acknowledged
    deleted: set[tuple[str, str]] = field(default_factory=set)  # (coll, id) somebody asked to delete
    records_read: dict[tuple[str, str, int], list[tuple[int, str, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    wrong: list[str] = field(default_factory=list)


class Simulation:
    """One run: everything in it follows from the seed."""

    def __init__(self, seed: int, guards: type[Guards] = Guards, requests: int = 14) -> None:
        self.random = random.Random(seed)
        self.model = Model(guards)
        self.story = Story()
        self.actors: list[Actor] = []
        self.zombies: list[tuple[int, Generator[None, None, Any]]] = []  # writes that arrive late, again
        self.tick = 0
        self.names = 0
        self.waiting = [self._request() for _ in range(requests)]

    # -------------------------------------------------------------------------------------------------------- actors

    def _name(self, what: str) -> str:
        self.names += 1
        return f"{what}{self.names}"

    def _clock(self) -> Callable[[], int]:
        skew = self.random.randint(-SKEW, SKEW)
        return lambda: START + self.tick + skew

    def _request(self) -> Callable[[], None]:
        kind = self.random.choices(("add", "delete", "sweep"), (10, 2, 1))[0]
        collection = self.random.choice(COLLECTIONS)
        if kind == "sweep":
            return lambda: self._start(self._name("sweep"), protocol.finished_tip(collection), lambda _value: None)
        member = self.random.choice(MEMBERS)
        if kind == "delete":
            object_id = an_id(self.random.randint(1, 5))
            return lambda: self._delete(collection, object_id, member)
        candidates = [self._candidate(member) for _ in range(self.random.randint(1, 4))]
        return lambda: self._add(batch(*candidates, collection=collection, publisher=member))

    def _candidate(self, member: str) -> Any:
        number, version = self.random.randint(1, 5), self.random.randint(1, 4)
        owner = "" if number == 5 else member
        return candidate(number, version, self.random.randint(0, 4), owner=owner, note=f"{number} {version}")

    def _start(self, name: str, work: Steps, ended: Callable[[Any], None]) -> None:
        self.actors.append(Actor(name, work, ended))

    def _add(self, batch: Batch) -> None:
        name = self._name("add")
        batch = replace(batch, status_id=f"status of {name}")
        for new in batch.candidates:
            self.story.sent[batch.collection, new.id].add(new.body)

        def ended(value: Any) -> None:
            if isinstance(value, HubError):
                self.waiting.append(lambda: self._add(batch))  # the client tries again
                return
            assert batch.status_id is not None
            self.story.statuses.add(batch.status_id)
            for outcome in value.outcomes:
                if outcome.verdict is not Verdict.REFUSED:
                    self.story.added.append((batch.collection, outcome))

        self._start(name, protocol.append(batch, name, self._clock()), ended)

    def _delete(self, collection: str, object_id: str, member: str) -> None:
        self.story.deleted.add((collection, object_id))
        name = self._name("delete")

        def ended(value: Any) -> None:
            if not isinstance(value, HubError) and value.verdict is Deletion.DELETED and not value.count:
                self.story.wrong.append("a deletion of nothing was confirmed")

        self._start(
            name, changes.remove(removal(collection, object_id, member), name, lambda: START + self.tick), ended
        )

    def _read(self, collection: str, versions: str, clearance: int) -> None:
        """One page of a follower, who keeps its place."""
        name = f"reader {collection} {versions} {clearance}"
        if any(actor.name == name for actor in self.actors):
            return  # it waits for its page
        records_read = self.story.records_read[collection, versions, clearance]
        after = records_read[-1][0] if records_read else 0
        query = Query(collection, clearance, after, limit=3, versions=EVERY if versions == "every" else LAST)

        def ended(value: Any) -> None:
            rows, more = value
            if more and not rows:
                self.story.wrong.append("an empty page said that there is more")
            records_read.extend((row["place"], row["id"], row["version_text"]) for row in rows)

        self._start(name, protocol.page(query, None), ended)

    def _look(self, collection: str) -> None:
        """A reader reads everything, and asks for one object."""
        before = {o.id for c, o in self.story.added if c == collection and (c, o.id) not in self.story.deleted}
        everything = Query(collection, 4, 0, limit=10_000, versions=EVERY)

        def whole(value: Any) -> None:
            seen = {row["_id"] for row in value[0]}
            for (where, n), (_, plan) in self.model.committed.items():
                own_rows = {r["_id"] for r in plan.rows if (where, r["id"]) not in self.story.deleted}
                if where == collection and own_rows & seen and not own_rows <= seen:
                    self.story.wrong.append(f"commit {where} {n} was visible in part")

        self._start("whole", protocol.page(everything, None), whole)
        for object_id in sorted(before)[:2]:
            query = Query(collection, 4, 0, limit=10, ids=(object_id,), versions=LAST)

            def check_object(value: Any, object_id: str = object_id) -> None:
                if not value[0] and (collection, object_id) not in self.story.deleted:
                    self.story.wrong.append(f"{object_id} was acknowledged, and neither old nor new was there")

            self._start("object", protocol.page(query, None), check_object)

    # ------------------------------------------------------------------------------------------------------- running

    def run(self) -> list[str]:
        """Run everything; return what broke the laws."""
        while (self.waiting or self.actors) and self.tick < 20_000:
            self.tick += 1
            self._happen()
        self._settle()
        self._judge()
        return self.story.wrong

    def _happen(self) -> None:
        dice = self.random.randint(0, 999)
        if dice < NEWS // 2:
            self.model.roll_back()
        elif dice < NEWS and self.actors:
            self._kill(self.random.choice(self.actors))
        elif dice < 250:
            self.model.replicate()
        elif dice < 290 and self.waiting:
            self._read(
                self.random.choice(COLLECTIONS), self.random.choice(("every", "last")), self.random.choice((1, 4))
            )
        elif dice < 300 and self.waiting:
            self._look(self.random.choice(COLLECTIONS))
        elif dice < 330 and self.waiting and len(self.actors) < 12:
            self.waiting.pop(self.random.randrange(len(self.waiting)))()
        for due, write in list(self.zombies):
            if due <= self.tick:
                self.zombies.remove((due, write))
                _exhaust(write, self.model)
        if awake := [actor for actor in self.actors if actor.wakes <= self.tick]:
            self._advance(self.random.choice(awake))

    def _advance(self, actor: Actor) -> None:
        before = actor.performing
        actor.advance(self.model)
        self.actors = [living for living in self.actors if living.alive]
        if actor.performing is not before and self.random.random() < 0.03:
            actor.wakes = self.tick + self.random.choice((20, 100, 500, 2_000))  # stopped, and woken later
        if actor.step is not None and actor.performing is None and before is not None:
            self._lose(actor)

    def _lose(self, actor: Actor) -> None:
        """Sometimes an answer does not come: the step is repeated, and sometimes it also arrives a third time, late."""
        done = actor.step
        if done is None or isinstance(done, steps.ReadRange) or self.random.random() > 0.05:
            return
        self.zombies.append((self.tick + self.random.choice((5, 50, 500, 3_000)), perform(self.model, done)))

    def _kill(self, actor: Actor) -> None:
        if actor.name.startswith(("reader", "whole", "object")):
            return
        self.actors.remove(actor)
        actor.work.close()
        if actor.name.startswith("add") and self.random.random() < 0.7:
            ended = actor.ended
            ended(HubError("killed"))  # the client sees its connection end, and tries again

    def _settle(self) -> None:
        """Everybody wakes, all is finished, and the followers read to the end."""
        for _, write in self.zombies:
            _exhaust(write, self.model)
        for collection in COLLECTIONS:
            self._exhaust_actor(protocol.finished_tip(collection))
        for collection in COLLECTIONS:
            for versions in ("every", "last"):
                for clearance in (1, 4):
                    while True:
                        records_read = self.story.records_read[collection, versions, clearance]
                        count = len(records_read)
                        self._read(collection, versions, clearance)
                        actor = self.actors.pop()
                        while actor.alive:
                            actor.advance(self.model)
                            self.model.replicate()
                        if len(records_read) == count:
                            break

    def _exhaust_actor(self, work: Steps) -> None:
        actor = Actor("last", work, lambda _value: None)
        while actor.alive:
            actor.advance(self.model)
            self.model.replicate()

    # ------------------------------------------------------------------------------------------------------- judging

    def _judge(self) -> None:
        wrong = self.story.wrong
        if self.waiting or self.actors:
            wrong.append(f"{len(self.waiting)} requests and {len(self.actors)} processes never came to an end")
        owners: dict[str, set[str]] = defaultdict(set)
        for collection in COLLECTIONS:
            rows = self.model.rows(collection)
            held = Counter((row["id"], row["version"]) for row in rows)
            wrong += [f"{key} is held {times} times in {collection}" for key, times in held.items() if times > 1]
            for row in rows:
                owners[row["id"]].add(row["owner"])
                if row["body"] not in self.story.sent[collection, row["id"]]:
                    wrong.append(f"{row['id']} in {collection} was never sent")
            self._judge_counts(collection)
            self._judge_levels(collection)
            self._judge_readers(collection)
            self._judge_commits(collection)
            versions_held = {(row["id"], row["version_text"]) for row in rows}
            for where, outcome in self.story.added:
                key = (outcome.id, outcome.version_text)
                if where == collection and key not in versions_held and (where, outcome.id) not in self.story.deleted:
                    wrong.append(f"{key} was acknowledged in {collection}, and is lost")
        self._judge_trail()
        wrong += [
            f"{object_id} belongs to {owners_of_id}"
            for object_id, owners_of_id in owners.items()
            if len(owners_of_id) > 1
        ]
        statuses_held = {status["_id"] for status in self.model.of("statuses")}
        wrong += [f"{status} is lost" for status in self.story.statuses - statuses_held]

    def _judge_trail(self) -> None:
        """One entry for each commit, in the order of the commits, and the last seal of each place is that of its record."""
        wrong = self.story.wrong
        state = TrailState().read(self.model.trail(), TRAIL_KEY)
        wrong += [f"{finding.location} of the trail: {finding.message}" for finding in state.findings]
        names = [value["name"] for value in self.model.of("trail")]
        for collection in COLLECTIONS:
            commits = [n for where, n in sorted(self.model.committed) if where == collection]
            due = [mongo_rows.entry_id(collection, n) for n in commits if self.model.committed[collection, n][1].note]
            noted = [name for name in names if name.startswith(f"{collection}:")]
            if noted != due:
                wrong.append(f"the trail notes {noted}, and {collection} has {due}")
            seals = state.seals.get(collection, Seals())
            rows = {row["place"]: mongo_rows.record_of(row) for row in self.model.rows(collection)}
            if trail.seals_of(TRAIL_KEY, rows.values()) != {place: seals.get(place) for place in seals.places()}:
                wrong.append(f"the trail's seals are not those of the records in {collection}")
        entries = b"".join(entry.text for entry in self.model.trail())
        wrong += [f"{status} is not noted" for status in self.story.statuses if f'"{status}"'.encode() not in entries]

    def _judge_counts(self, collection: str) -> None:
        entries = [value["entry"] for value in self.model.of("log") if value["entry"].collection == collection]
        if entries:
            levels = Counter(row["governing"] for row in self.model.rows(collection))
            held = max(entries, key=lambda entry: int(entry.n)).counts
            if held != tuple(levels[level] for level in range(len(held))):
                self.story.wrong.append(f"{collection} counts {held}, and holds {dict(levels)}")

    def _judge_levels(self, collection: str) -> None:
        versions: dict[str, list[Any]] = defaultdict(list)
        for row in self.model.rows(collection):
            versions[row["id"]].append(row)
        for object_id, rows in versions.items():
            rows.sort(key=lambda row: int(row["version"]))
            levels = compute_standings([mongo_rows.version_of(row) for row in rows])
            if levels != [mongo_rows.standing_of(row) for row in rows]:
                self.story.wrong.append(f"versions of {object_id} in {collection} do not know their neighbours")

    def _judge_readers(self, collection: str) -> None:
        for versions in ("every", "last"):
            for clearance in (1, 4):
                records_read = self.story.records_read[collection, versions, clearance]
                places = [place for place, _, _ in records_read]
                if places != sorted(set(places)):
                    self.story.wrong.append(f"a reader of {collection} met records twice or out of order")
                code = (0 if versions == "last" else 10) + clearance
                # deleting the last version makes an older one the last again, where followers have passed it already
                due = [row for row in self.model.rows(collection) if code in row["views"]]
                if versions == "last":
                    due = [row for row in due if (collection, row["id"]) not in self.story.deleted]
                missed = {row["place"] for row in due} - set(places)
                if missed:
                    self.story.wrong.append(f"a reader of {collection} ({versions}, {clearance}) missed {len(missed)}")
                for _, object_id, _ in records_read:
                    if not self.story.sent.get((collection, object_id)):
                        self.story.wrong.append(f"a reader met {object_id}, which nobody sent")

    def _judge_commits(self, collection: str) -> None:
        rows = {row["_id"]: row for row in self.model.of("rows")}
        last = 0
        for (where, n), (entry, plan) in sorted(self.model.committed.items(), key=lambda item: item[0]):
            if where != collection:
                continue
            places = [row["place"] for row in plan.rows]
            if places != sorted(set(places)) or any(place <= last for place in places):
                self.story.wrong.append(f"commit {where} {n} gave places out that were given before")
            last = max([last, *places])
            if entry.place < last:
                self.story.wrong.append(f"the head of {where} went down")
            for key, fields in plan.touches:
                if not fields and "views" in rows.get(key, {}):
                    self.story.wrong.append(f"{key} was deleted, and is back")


def removal(collection: str, object_id: str, member: str) -> changes.Removal:
    """What a member asks to delete."""
    act = trail.delete_act(TRAIL_KEY, collection, object_id, account="someone", member=member)
    return changes.Removal(collection, object_id, member, act)


def _exhaust(write: Generator[None, None, Any], model: Model) -> None:
    try:
        while True:
            next(write)
            model.replicate()
    except (StopIteration, LostError):
        return
