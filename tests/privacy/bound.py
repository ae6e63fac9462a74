"""How many right guesses chance allows: the exact bound for independent cases with a chance each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

CONFIDENCE: Final = 0.99
"""One-sided: where the promise is kept, a run with other victims would stay within the bound 99 times in 100."""


def most_by_chance(chances: Iterable[float], confidence: float = CONFIDENCE) -> int:
    """The least m with P(S <= m) >= confidence, for S the sum of independent trials with these chances.

    S has the Poisson binomial distribution. Its probabilities are computed one trial after the other, exactly except
    the rounding of floats, which is far below what a whole guess makes out.
    """
    masses = [1.0]  # P(S = 0), P(S = 1) … of the trials so far
    for chance in chances:
        if not 0 <= chance <= 1:
            raise ValueError(f"A chance lies between 0 and 1, not at {chance}.")
        stays = [mass * (1 - chance) for mass in masses]
        rises = [mass * chance for mass in masses]
        masses = [stay + rise for stay, rise in zip([*stays, 0.0], [0.0, *rises], strict=True)]
    total = 0.0
    for most, mass in enumerate(masses):
        total += mass
        if total >= confidence:
            return most
    return len(masses) - 1
