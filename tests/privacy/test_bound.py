"""The bound on right guesses is the exact quantile of the Poisson binomial distribution."""

from __future__ import annotations

from itertools import product
from math import prod

import pytest

from tests.privacy.bound import most_by_chance


def _probability(chances: list[float], most: int) -> float:
    """P(S <= most), by adding up every outcome."""
    return sum(
        prod(chance if right else 1 - chance for chance, right in zip(chances, outcome, strict=True))
        for outcome in product((True, False), repeat=len(chances))
        if sum(outcome) <= most
    )


@pytest.mark.parametrize("chances", [[0.2] * 8, [0.01, 0.5, 0.99, 0.2, 0.2], [1.0, 1.0, 0.0], [0.05] * 10, []])
def test_the_bound_is_the_least_number_that_chance_stays_within(chances: list[float]) -> None:
    most = most_by_chance(chances)
    assert _probability(chances, most) >= 0.99
    assert most == 0 or _probability(chances, most - 1) < 0.99


def test_a_thousand_cases_of_one_in_five_allow_230_right_guesses() -> None:
    """As tables of the binomial distribution have it."""
    assert most_by_chance([0.2] * 1_000) == 230


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        most_by_chance([1.2])
