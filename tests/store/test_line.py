"""What every store asks before it writes: pure decisions about one batch."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hub.store.base import NO_LEVEL, Deletion, HeldVersion, Verdict
from hub.store.line import ids_to_look_up, neighbour_levels, settle, withdraw
from tests.store.making import START, an_id, batch, candidate, nobodys, verdicts

VERSIONS = 10_000


def _held(key: int, publishers: tuple[str, ...] = ("ID",), **changes: object) -> HeldVersion:
    row = HeldVersion(
        collection="shared", id=an_id(1), version=key, level=1, owner="ID", publishers=publishers, revoked=False,
        digest=b"", key=key,
    )  # fmt: skip
    return replace(row, **changes)  # type: ignore[arg-type] # fields of HeldVersion


@given(st.lists(st.integers(0, 4), max_size=12))
def test_neighbour_levels_are_the_lowest_on_either_side(levels: list[int]) -> None:
    """Newer ones for superseded, older ones for preceded; NO_LEVEL where there are none."""
    expected = [
        (min(levels[index + 1 :], default=NO_LEVEL), min(levels[:index], default=NO_LEVEL))
        for index in range(len(levels))
    ]
    assert neighbour_levels(levels) == expected


def test_an_envelope_full_of_versions_of_one_object_is_settled() -> None:
    """Each costs the same however many there are: the writers' turn is not held for minutes (law L9)."""
    settled = settle(batch(*(candidate(1, version) for version in range(VERSIONS))), {}, START, START)
    assert set(verdicts(settled.outcomes)) == {Verdict.ADDED}
    assert [(new.superseded_level, new.preceded_level) for new in (settled.new[0], settled.new[-1])] == [
        (1, NO_LEVEL),
        (NO_LEVEL, 1),
    ]
    again = settle(batch(*(candidate(1, version, note="other") for version in range(VERSIONS))), {}, START, START)
    assert again.head == START + VERSIONS


def test_a_long_chain_of_names_is_refused_link_by_link() -> None:
    """Each object lowers the next one's SCO, the last names what is held higher: all fall, in one pass each."""
    held = {an_id(n, "file"): [_held(n, id=an_id(n, "file"), owner="", level=4)] for n in range(VERSIONS)}
    chain = [nobodys(n, None, 1, type="file", names=(an_id(n + 1, "file"),)) for n in range(VERSIONS - 1)]
    settled = settle(batch(*chain), held, START, START)
    assert set(verdicts(settled.outcomes)) == {Verdict.REFUSED}
    assert (settled.new, settled.head) == ([], START)


def test_what_is_looked_up_are_the_ids_and_what_they_name() -> None:
    """Nothing else can change a verdict."""
    assert ids_to_look_up(batch(candidate(1, names=(an_id(2), an_id(3))))) == {an_id(1), an_id(2), an_id(3)}


def test_deciding_changes_nothing_that_it_was_told() -> None:
    """The same arguments give the same answer."""
    held = {an_id(1): [_held(1)]}
    asked = batch(candidate(1, 2), candidate(1, 3))
    assert settle(asked, held, START, START) == settle(asked, held, START, START)
    assert held == {an_id(1): [_held(1)]}


def test_a_withdrawal_takes_one_publishers_part() -> None:
    """Records go when nobody is left behind them; where others are, it says so."""
    both = withdraw([_held(1), _held(2, ("SG", "ID")), _held(3, ("SG",))], "ID")
    assert (both.verdict, both.gone, both.left) == (Deletion.OTHERS_REMAIN, [1], {2: ("SG",)})
    assert withdraw([_held(1)], "ID").verdict is Deletion.DELETED
    assert withdraw([], "ID").verdict is Deletion.MISSING
