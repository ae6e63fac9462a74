"""Counts, medians and percentiles of samples that come and go, against what the definition says."""

from __future__ import annotations

import math
import random
import statistics

from hub.community.figures import Figures, Sample


def test_figures_agree_with_their_definition_whatever_comes_and_goes() -> None:
    """Per member and in all; a clock that still runs counts as one that did not stop."""
    chance = random.Random(3)
    figures = Figures()
    held: list[Sample] = []
    for _ in range(200):
        gone = [held.pop(chance.randrange(len(held))) for _ in range(min(len(held), chance.randrange(4)))]
        new: list[Sample] = [
            ("fetch", chance.choice("AB"), chance.choice([None, chance.randrange(100_000)]))
            for _ in range(chance.randrange(6))
        ]
        figures.change(gone, new)
        held += new
        for member in ("A", "B", ""):
            mine = [took for _, whose, took in held if member in ("", whose)]
            taken = sorted(took for took in mine if took is not None)
            told = figures.of(member)["fetch"]
            assert (told["of"], told["done"]) == (len(mine), len(taken))
            if taken:
                assert told["median_seconds"] == round(statistics.median(taken) / 1000, 3)
                assert told["p90_seconds"] == round(taken[math.ceil(0.9 * len(taken)) - 1] / 1000, 3)
