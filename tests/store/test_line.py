"""What every store asks before it writes: pure decisions about one batch."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hub.store.base import Deletion
from hub.store.batch import Verdict
from hub.store.deletion import remove_publisher
from hub.store.histories import Version, compute_standings
from hub.store.line import settle
from hub.store.questions import Answers, questions
from hub.store.records import NO_LEVEL, HeldVersion, Standing
from tests.server.making import an_id
from tests.store.making import START, batch, candidate, nobodys, verdicts

VERSIONS = 10_000


def _held(key: int, publishers: tuple[str, ...] = ("ID",), **changes: object) -> HeldVersion:
    row = HeldVersion(
        collection="shared", id=an_id(1), version=key, level=1, owner="ID", publishers=publishers, revoked=False,
        digest=b"", key=key,
    )  # fmt: skip
    row = replace(row, **changes)  # type: ignore[arg-type] # fields of HeldVersion
    standing = Standing(row.level, newest=True, preceding_level=NO_LEVEL, withdrawn=False)
    return replace(row, standing=standing, lowest_level=row.level)


@given(st.lists(st.integers(0, 4), max_size=12))
def test_a_version_has_the_highest_level_among_it_and_all_newer_ones(levels: list[int]) -> None:
    """It never rises from old to new; NO_LEVEL is before the oldest."""
    all_standings = compute_standings([Version(level, False, ("ID",)) for level in levels])
    assert [standing.governing for standing in all_standings] == [max(levels[index:]) for index in range(len(levels))]
    assert [standing.preceding_level for standing in all_standings] == [
        NO_LEVEL,
        *(standing.governing for standing in all_standings),
    ][: len(levels)]
    assert [standing.newest for standing in all_standings] == [index == len(levels) - 1 for index in range(len(levels))]


def test_an_envelope_full_of_versions_of_one_object_is_settled() -> None:
    """Each costs the same however many there are: the writers' turn does not last for minutes (law L9)."""
    effect = settle(batch(*(candidate(1, version) for version in range(VERSIONS))), Answers(), START, START)
    assert set(verdicts(effect.outcomes)) == {Verdict.ADDED}
    ends = [new.standing for new in (effect.new_records[0], effect.new_records[-1])]
    assert [(standing.newest, standing.preceding_level) for standing in ends] == [(False, NO_LEVEL), (True, 1)]
    again = settle(
        batch(*(candidate(1, version, note="other") for version in range(VERSIONS))), Answers(), START, START
    )
    assert again.head == START + VERSIONS


def test_a_long_chain_of_names_is_refused_link_by_link() -> None:
    """Each object lowers the next one's SCO, the last names what is held higher: all are refused, in one pass each."""
    answers = Answers({an_id(n, "file"): [_held(n, id=an_id(n, "file"), owner="", level=4)] for n in range(VERSIONS)})
    # each lower copy would open the way for the next: they belong to nobody, and ID published the higher ones
    chain = [nobodys(n, None, 1, type="file", named_ids=(an_id(n + 1, "file"),)) for n in range(VERSIONS - 1)]
    effect = settle(batch(*chain), answers, START, START)
    assert set(verdicts(effect.outcomes)) == {Verdict.REFUSED}
    assert (effect.new_records, effect.head) == ([], START)


def test_what_is_looked_up_are_the_ids_and_what_they_name() -> None:
    """Nothing else can change a verdict."""
    open_questions = questions(batch(candidate(1, named_ids=(an_id(2), an_id(3)))), Answers())
    assert open_questions.rows == {an_id(1), an_id(2), an_id(3)}
    assert not open_questions.containers, "a marked object has its level by itself"
    assert not questions(batch(), Answers())


def test_deciding_does_not_change_its_arguments() -> None:
    """The same arguments give the same answer."""
    answers = Answers({an_id(1): [_held(1)]})
    sent_batch = batch(candidate(1, 2), candidate(1, 3))
    assert settle(sent_batch, answers, START, START) == settle(sent_batch, answers, START, START)
    assert answers == Answers({an_id(1): [_held(1)]})


def test_a_withdrawal_takes_one_publishers_part() -> None:
    """Records are removed when no publisher is left; where others are, the outcome says so."""
    both = remove_publisher([_held(1), _held(2, ("SG", "ID")), _held(3, ("SG",))], "ID")
    assert (both.verdict, both.removed_keys, both.remaining_publishers) == (Deletion.OTHERS_REMAIN, [1], {2: ("SG",)})
    assert remove_publisher([_held(1)], "ID").verdict is Deletion.DELETED
    assert remove_publisher([], "ID").verdict is Deletion.MISSING
