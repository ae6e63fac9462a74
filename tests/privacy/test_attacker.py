"""An attacker who has every release, a register of constituents, the press and the code guesses no victim better than by lot.

The short form of `make privacy`, always with the same world. What is counted, and what chance allows, is said in
`measure.py`; decision 60 says why.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.privacy.controls import CONTROLS, Control, compare
from tests.privacy.incidents import Plan
from tests.privacy.measure import NAMED, Row, World, make_world, measure, release_world, rows
from tests.privacy.register import Register, make_register
from tests.privacy.releasing import AUDIENCES, Case, Members, make_members
from tests.privacy.report import describe

SEED = "short form"
INCIDENTS = 120


@pytest.fixture(scope="module")
def register() -> Register:
    return make_register(SEED)


@pytest.fixture(scope="module")
def members(register: Register, tmp_path_factory: pytest.TempPathFactory) -> Members:
    return make_members(tmp_path_factory.mktemp("homes"), register)


@pytest.fixture(scope="module")
def world(register: Register, members: Members) -> World:
    return make_world(register, members, Plan(INCIDENTS), SEED)


@pytest.fixture(scope="module")
def cases(world: World) -> Mapping[str, tuple[Case, ...]]:
    return release_world(world)


@pytest.fixture(scope="module")
def measured(world: World, cases: Mapping[str, tuple[Case, ...]]) -> tuple[Row, ...]:
    return tuple(row for audience in AUDIENCES for row in rows(audience, measure(world, audience, cases[audience])))


def test_no_rung_lets_the_attacker_guess_better_than_by_lot(measured: tuple[Row, ...]) -> None:
    """Right guesses stay within the one-sided 99 % bound of chance, for each audience and rung, by consent ones too."""
    assert {row.audience for row in measured} == set(AUDIENCES)
    better = [
        f"{row.audience}, {row.rung}: {row.right} of {len(row.trials)}" for row in measured if row.right > row.most
    ]
    assert not better


def test_whatever_is_said_of_a_victim_fits_k_constituents(measured: tuple[Row, ...]) -> None:
    """Counted by the attacker, with the size that the numbers tell."""
    assert not [describe(result) for row in measured for result in row.too_few]


def test_no_victim_is_found_by_a_token(measured: tuple[Row, ...]) -> None:
    """No word of the register that is in a release is the victim's, in any disguise."""
    assert not [describe(result) for row in measured if row.rung != NAMED for result in row.by_clue]


def test_a_victim_that_agreed_to_be_named_is_named(measured: tuple[Row, ...]) -> None:
    """Or else the attacker would be right for a reason that is not its own."""
    (named_row,) = [row for row in measured if row.rung == NAMED]
    assert named_row.right == len(named_row.trials) > 0


@pytest.mark.parametrize("audience", AUDIENCES)
def test_what_is_the_attackers_alone_leaves(cases: Mapping[str, tuple[Case, ...]], audience: str) -> None:
    """Silence protects, too, and helps nobody."""
    held_back = [f"{case.incident.report_id}: {value}" for case in cases[audience] for value in case.held_back]
    assert not held_back


@pytest.mark.parametrize("control", CONTROLS, ids=[control.name for control in CONTROLS])
def test_each_protection_is_missed_once_it_is_switched_off(
    register: Register, members: Members, control: Control
) -> None:
    """The attacker sees what is missing, so that it would see what is broken."""
    comparison = compare(control, register, members, SEED)
    assert comparison.raised, comparison
