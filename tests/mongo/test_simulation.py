"""The commit protocol of `hub/store/mongo/commit.py` keeps the laws whatever happens, and each of its guards is needed.

The runs are seeded, and a failure names its seed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from hub.errors import HubError
from hub.store import chain
from hub.store.batch import Verdict
from hub.store.chain import Act
from hub.store.mongo import changes, notes, steps
from hub.store.mongo import commit as protocol
from hub.store.query import EVERY, Query
from hub.store.records import NOBODY
from tests.mongo.model import Guards, LostError, Model, perform
from tests.mongo.simulation import COLLECTIONS, Actor, Simulation, removal
from tests.server.making import an_id
from tests.store.making import START, batch, candidate
from tests.summary import Figures

PATIENCE: Final = 600  # seeds within which a missing guard has to be found out
Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: Patch) -> None:
    """Other processes finish commits at once, and the log is tidied so soon that a stopped process finds its number free again."""
    monkeypatch.setattr(protocol, "POLITE_WAITS", 1)
    monkeypatch.setattr(protocol, "KEPT_ENTRIES", 2)


@pytest.mark.parametrize("seeds", [60, pytest.param(10_000, marks=pytest.mark.soak)])
def test_nothing_is_lost_doubled_reordered_or_shown_in_part(seeds: int, figures: Figures) -> None:
    """Processes killed and stopped, answers lost and late, rollbacks, clocks minutes apart."""
    for seed in range(seeds):
        assert Simulation(seed).run() == [], f"seed {seed}"
    figures.note({"simulated runs": seeds, "violations": 0})


# ------------------------------------------------------------------------------------------------ each guard is needed


def found_out(guards: type[Guards] = Guards, known: int = 0) -> bool:
    """Whether some run goes wrong; the run of seed `known` comes first, which makes the others unnecessary as long as the protocol stays."""
    return any(Simulation(seed, guards).run() for seed in (known, *range(PATIENCE)))


def guard_names() -> list[str]:
    return [name for name in vars(Guards) if not name.startswith("_")]


@pytest.mark.parametrize("name", guard_names())
def test_without_this_promise_of_the_server_or_the_operations_a_law_is_broken(name: str) -> None:
    """A simulation that finds nothing wrong with a broken protocol would prove nothing."""
    assert found_out(type("Less", (Guards,), {name: False}))


def unfinished_tip(collection: str) -> Generator[steps.Step, Any, steps.LogEntry]:
    """Step 1 without finishing what another began."""
    entries: list[steps.LogEntry] = yield steps.ReadTip(collection)
    return entries[0] if entries else steps.LogEntry(collection, 0, "", 0, visible=True, done=True)


def shown_too_early(entry: steps.LogEntry, plan: steps.Plan) -> Generator[steps.Step, Any, None]:
    """Step 6 before 5."""
    yield steps.Show(entry.collection, entry.n)
    yield steps.InsertRows(plan.rows)
    yield steps.KeepStatuses(plan.statuses)
    yield steps.Touch(entry.collection, entry.n, plan.touches)
    yield from notes.note_commit(entry, plan)
    yield steps.Finish(entry.collection, entry.n)


def closed_too_early(entry: steps.LogEntry, plan: steps.Plan) -> Generator[steps.Step, Any, None]:
    """Step 7 before 6."""
    yield steps.InsertRows(plan.rows)
    yield steps.KeepStatuses(plan.statuses)
    yield steps.Touch(entry.collection, entry.n, plan.touches)
    yield steps.Show(entry.collection, entry.n)
    yield from notes.note_commit(entry, plan)
    yield steps.Finish(entry.collection, entry.n)


def never_closed(entry: steps.LogEntry, plan: steps.Plan) -> Generator[steps.Step, Any, None]:
    """No step 7."""
    yield steps.InsertRows(plan.rows)
    yield steps.KeepStatuses(plan.statuses)
    yield steps.Show(entry.collection, entry.n)
    yield from notes.note_commit(entry, plan)
    yield steps.Finish(entry.collection, entry.n)


def never_noted(entry: steps.LogEntry, plan: steps.Plan) -> Generator[steps.Step, Any, None]:
    """No step 8."""
    yield from plainly_carried_out(entry, plan)
    yield steps.Finish(entry.collection, entry.n)


def noted_too_late(entry: steps.LogEntry, plan: steps.Plan) -> Generator[steps.Step, Any, None]:
    """Step 9 before 8."""
    yield from plainly_carried_out(entry, plan)
    yield steps.Finish(entry.collection, entry.n)
    yield from notes.note_commit(entry, plan)


def noted_too_early(entry: steps.LogEntry, plan: steps.Plan) -> Generator[steps.Step, Any, None]:
    """Step 8 before 7: with the seals of before."""
    yield steps.InsertRows(plan.rows)
    yield steps.KeepStatuses(plan.statuses)
    yield steps.Show(entry.collection, entry.n)
    yield from notes.note_commit(entry, plan)
    yield steps.Touch(entry.collection, entry.n, plan.touches)
    yield steps.Finish(entry.collection, entry.n)


def plainly_carried_out(entry: steps.LogEntry, plan: steps.Plan) -> Generator[steps.Step, Any, None]:
    """Steps 5 to 7."""
    yield steps.InsertRows(plan.rows)
    yield steps.KeepStatuses(plan.statuses)
    yield steps.Show(entry.collection, entry.n)
    yield steps.Touch(entry.collection, entry.n, plan.touches)


def added_blindly(act: Act, at: int, name: str) -> Generator[steps.Step, Any, None]:
    """An entry of the trail without a look whether it is there."""
    key = yield steps.ReadTrailKey()
    while True:
        head = yield steps.ReadTrailEnd()
        (entry,) = chain.make_entries([act], head, key=key, now=at)
        if (yield steps.AddEntry(entry, name)) == name:
            return


def looked_too_early(act: Act, at: int, name: str) -> Generator[steps.Step, Any, None]:
    """The look before the end of the trail is read."""
    key = yield steps.ReadTrailKey()
    while True:
        if (yield steps.IsNoted(name)):
            return
        head = yield steps.ReadTrailEnd()
        (entry,) = chain.make_entries([act], head, key=key, now=at)
        if (yield steps.AddEntry(entry, name)) == name:
            return


def unchecked_commit(tip: steps.LogEntry, entry: steps.LogEntry, plan: steps.Plan) -> Generator[steps.Step, Any, bool]:
    """Step 4 without looking whether the number was free only because the log was tidied."""
    if (yield steps.Insert(entry, plan)) != entry.batch:
        return False
    yield from protocol.carry_out(entry, plan)
    if entry.n % 2 == 0:
        yield steps.Tidy(entry.collection, entry.n - 2)
    return True


def nobody_else(_mine: steps.Intent) -> Generator[steps.Step, Any, None]:
    """Step 2 without looking at what others announce."""
    yield steps.Wait()


def unbounded_page(query: Query, max_bytes: int | None) -> Generator[steps.Step, Any, Any]:
    """A reader that does not ask how far the line is shown."""
    return (yield steps.ReadRange(query, 1 << 60, max_bytes))


def page_once(query: Query, max_bytes: int | None) -> Generator[steps.Step, Any, Any]:
    """A reader that does not look again on the last page."""
    upto = yield from protocol.visible_place(query.collection)
    return (yield steps.ReadRange(query, upto, max_bytes))


@pytest.mark.parametrize(
    ("name", "worse", "known"),
    [
        ("finished_tip", unfinished_tip, 0),
        ("carry_out", never_noted, 0),
        ("carry_out", noted_too_late, 0),
        ("carry_out", noted_too_early, 0),
        ("mongo_notes.add_entry", added_blindly, 0),
        ("mongo_notes.add_entry", looked_too_early, 0),
        ("carry_out", shown_too_early, 0),
        ("carry_out", closed_too_early, 127),
        ("carry_out", never_closed, 0),
        ("commit", unchecked_commit, 2814),
        ("_settle_conflicts", nobody_else, 0),
        ("page", unbounded_page, 1),
        ("page", page_once, 183),
    ],
)
def test_without_this_step_of_the_protocol_a_law_is_broken(
    name: str, worse: Callable[..., Any], known: int, monkeypatch: Patch
) -> None:
    """Each function is the protocol's except the one thing that its sentence says."""
    monkeypatch.setattr(f"{protocol.__name__}.{name}", worse)
    assert found_out(known=known)


# ---------------------------------------------------------------------------------- every place to stop, one by one


def the_sleepers_work(name: str = "sleeper") -> Any:
    """A batch that adds an object and a newer version of one that is held."""
    return protocol.append(batch(candidate(1, 2), candidate(2, 1), collection="c1"), name, lambda: START)


def first_version() -> Any:
    """What is held before all this."""
    return protocol.append(batch(candidate(1, 1), collection="c1"), "first", lambda: START)


def others(name: str) -> Iterator[tuple[str, Any]]:
    """What happens meanwhile: the same objects are superseded, and deleted, and the log is tidied."""
    yield (
        f"{name} supersedes",
        protocol.append(batch(candidate(1, 3), candidate(2, 2), collection="c1"), f"{name}1", lambda: 0),
    )
    yield f"{name} deletes", changes.remove(removal("c1", an_id(1), "ID"), f"{name}2", lambda: 0)
    for number in range(3, 6):
        yield f"{name} adds", protocol.append(batch(candidate(number), collection="c1"), f"{name}{number}", lambda: 0)


def finish(model: Model, actor: Actor) -> None:
    while actor.alive:
        actor.advance(model)
        model.replicate()


def stopped(model: Model, work: Any, moments: int, on_end: Callable[[Any], None]) -> Actor:
    """A process that stops after so many moments."""
    actor = Actor("stopped", work, on_end)
    for _ in range(moments):
        if actor.alive:
            actor.advance(model)
            model.replicate()
    return actor


def moments_of(work: Any) -> int:
    model = Model()
    finish(model, Actor("first", first_version(), ignore))
    actor = Actor("counted", work, ignore)
    count = 0
    while actor.alive:
        actor.advance(model)
        model.replicate()
        count += 1
    return count


def ignore(_value: Any) -> None:
    pass


@pytest.mark.parametrize("rolled_back", [False, True])
@pytest.mark.parametrize("again", [False, True])
def test_a_writer_stopped_anywhere_and_a_helper_stopped_anywhere_do_no_harm_when_they_wake(
    again: bool, rolled_back: bool
) -> None:
    """All pairs of moments: the writer stops, a helper steps in and stops, others go on, then both wake."""
    for first in range(moments_of(the_sleepers_work()) + 1):
        for second in range(moments_of(the_sleepers_work()) + 1):
            simulation = Simulation(0, requests=0)
            model, story = simulation.model, simulation.story
            for number, version in ((1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1), (4, 1), (5, 1)):
                story.sent["c1", an_id(number)].add(candidate(number, version).body)
            answers: list[Any] = []
            finish(model, Actor("first", first_version(), ignore))
            writer = stopped(model, the_sleepers_work(), first, answers.append)
            helper = stopped(model, protocol.finished_tip("c1"), second, ignore)
            if second and not helper.alive:
                break  # it had nothing left to stop at
            if rolled_back:
                model.roll_back()
            for _name, work in others("other"):
                finish(model, Actor("other", work, ignore))
            for sleeper in (helper, writer) if again else (writer, helper):
                finish(model, sleeper)
            story.deleted.add(("c1", an_id(1)))
            if isinstance(answers[0], HubError):  # it slept so long that nobody can tell: its client sends again
                finish(model, Actor("again", the_sleepers_work("again"), answers.append))
            story.added += [
                ("c1", outcome) for outcome in answers[-1].outcomes if outcome.verdict is not Verdict.REFUSED
            ]
            simulation._settle()
            simulation._judge()
            assert story.wrong == [], f"writer stopped at {first}, helper at {second}"


def test_two_that_claim_one_id_in_two_collections_are_never_both_believed() -> None:
    """All pairs of moments at which the two stop, whichever goes on first."""
    for first in range(25):
        for second in range(25):
            simulation = Simulation(0, requests=0)
            model = simulation.model
            answers: list[Any] = []
            works = [
                protocol.append(
                    batch(candidate(1, owner=member, level=1), collection=collection, publisher=member),
                    member,
                    lambda: START,
                )
                for collection, member in zip(COLLECTIONS, ("ID", "MY"), strict=True)
            ]
            for collection in COLLECTIONS:
                simulation.story.sent[collection, an_id(1)].add(candidate(1).body)
            actors = [
                stopped(model, work, moments, answers.append)
                for work, moments in zip(works, (first, second), strict=True)
            ]
            for actor in actors:
                finish(model, actor)
            assert sorted(outcome.verdict.value for appended in answers for outcome in appended.outcomes) == [
                "added",
                "refused",
            ]
            simulation._settle()
            simulation._judge()
            assert simulation.story.wrong == []


def naming_and_named(first: int, second: int) -> list[str]:
    """The verdicts where a member names an observable in one collection while it adds it, higher, to another."""
    model = Model()
    answers: list[Any] = []
    name = an_id(1, "ipv4-addr")
    observable = batch(candidate(1, None, 3, type="ipv4-addr", owner=NOBODY), collection=COLLECTIONS[0])
    naming = batch(candidate(2, level=1, named_ids=(name,)), collection=COLLECTIONS[1])
    works = [
        protocol.append(replace(content, readable_levels=dict.fromkeys(COLLECTIONS, 3)), f"{number}", lambda: START)
        for number, content in enumerate((observable, naming))
    ]
    actors = [
        stopped(model, work, moments, answers.append) for work, moments in zip(works, (first, second), strict=True)
    ]
    for actor in actors:
        finish(model, actor)
    return sorted(outcome.verdict.value for appended in answers for outcome in appended.outcomes)


def test_an_observable_is_not_named_lower_in_another_collection_at_the_same_moment(monkeypatch: Patch) -> None:
    """Law L5 e, for all pairs of moments at which the two stop; without step 2, both would sometimes be accepted."""
    verdicts = [naming_and_named(first, second) for first in range(20) for second in range(20)]
    assert {tuple(pair) for pair in verdicts} == {("added", "refused")}
    monkeypatch.setattr("hub.store.mongo.commit._settle_conflicts", nobody_else)
    assert ["added", "added"] in [naming_and_named(first, second) for first in range(20) for second in range(20)]


def never_still(_tip: steps.LogEntry) -> Generator[steps.Step, Any, bool]:
    """Step 3 without looking whether a batch that moves nothing was decided on one state."""
    yield steps.Wait()
    return True


def repeats_acknowledged_unseen() -> int:
    """All pairs of moments: a client sends what another is sending; how often it gets "held" for what no reader sees."""
    unseen = 0
    for first in range(moments_of(the_sleepers_work()) + 1):
        for second in range(moments_of(the_sleepers_work()) + 1):
            model = Model()
            finish(model, Actor("first", first_version(), ignore))
            repeater = stopped(model, the_sleepers_work("repeater"), first, ignore)
            stopped(model, the_sleepers_work(), second, ignore)
            finish(model, repeater)
            pages: list[Any] = []
            everything = Query("c1", 4, 0, 10, versions=EVERY)
            finish(model, Actor("reader", protocol.page(everything, None), pages.append))
            unseen += len(pages[0][0]) < 3
    return unseen


def test_a_repeat_is_acknowledged_only_when_readers_see_what_it_repeats(monkeypatch: Patch) -> None:
    """Another's commit may be half carried out while a batch that moves nothing is decided."""
    assert repeats_acknowledged_unseen() == 0
    monkeypatch.setattr(protocol, "is_still_tip", never_still)
    assert repeats_acknowledged_unseen() > 0


def test_a_lost_answer_is_told_apart_from_a_step_that_was_not_taken() -> None:
    """The same entry again is the same commit; another's stays another's."""
    model = Model()
    entry = steps.LogEntry("c1", 1, "mine", START)
    for _ in range(2):
        assert performed(model, steps.Insert(entry, steps.Plan())) == "mine"
    other_entry = steps.LogEntry("c1", 1, "theirs", START)
    assert performed(model, steps.Insert(other_entry, steps.Plan())) == "mine"


def test_a_write_that_a_majority_never_had_is_repeated_after_the_primary_stepped_down() -> None:
    """The writer does not build on what may be rolled back."""
    model = Model()
    performing = perform(model, steps.Insert(steps.LogEntry("c1", 1, "mine", START), steps.Plan()))
    next(performing)
    next(performing)
    assert ("log", "c1:000000000000001") in model.local
    model.roll_back()
    with pytest.raises(LostError):
        next(performing)
    assert model.durable == {}


def performed(model: Model, step: steps.Step) -> Any:
    performing = perform(model, step)
    try:
        while True:
            next(performing)
            model.replicate()
    except StopIteration as end:
        return end.value


def test_the_simulated_readers_ask_as_the_store_does() -> None:
    """An empty line answers without a range: an idle poll costs one look at the log."""
    assert next(protocol.page(Query("c1", 4, 0, 1, versions=EVERY), None)) == steps.ReadTip("c1")
