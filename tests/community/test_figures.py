"""Counts, medians and percentiles of samples that come and go, against what the definition says."""

from __future__ import annotations

import math
import random
import statistics

from hub.community.figures import Figures, Sample


def test_figures_agree_with_their_definition_after_any_events() -> None:
    """Per member and in all; a clock that still runs counts as one that did not stop."""
    chance = random.Random(3)
    figures = Figures()
    samples: list[Sample] = []
    for _ in range(200):
        removed = [samples.pop(chance.randrange(len(samples))) for _ in range(min(len(samples), chance.randrange(4)))]
        new: list[Sample] = [
            ("fetch", chance.choice("AB"), chance.choice([None, chance.randrange(100_000)]))
            for _ in range(chance.randrange(6))
        ]
        figures.change(removed, new)
        samples += new
        for member in ("A", "B", ""):
            own_samples = [took for _, whose, took in samples if member in ("", whose)]
            durations = sorted(took for took in own_samples if took is not None)
            shown = figures.by_clock(member)["fetch"]
            assert (shown["of"], shown["done"]) == (len(own_samples), len(durations))
            if durations:
                assert shown["median_seconds"] == round(statistics.median(durations) / 1000, 3)
                assert shown["p90_seconds"] == round(durations[math.ceil(0.9 * len(durations)) - 1] / 1000, 3)
