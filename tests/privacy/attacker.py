"""The attacker: has every release, the register, the press and the code, and guesses each victim.

1. A release says on purpose: its author, perhaps sector and size, and how many people it concerned, from which a size
   follows. Organisations that do not fit are excluded.
2. It says more than it should where one of the register's tokens is in it (`clues`).
3. An item of the press that may be of the same incident says what it says.
4. Releases that show the same pseudonym, or name each other's incidents, are of one victim: what is known from each of
   them is known of it.
5. The guess is the most likely organisation; among equals, a random one.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from hub.home.keys import Key
from hub.release.pseudonym import canonical_name, pseudonym, pseudonym_period
from hub.reports.victims import Victim
from tests.privacy.clues import SUREST, Clue, Clues
from tests.privacy.press import PressItem
from tests.privacy.register import Constituent, Register
from tests.privacy.releasing import AUDIENCES, Case
from tests.privacy.view import View, read_view

_PRESS_TRUST: Final = 0.8  # that an item that fits is of this incident
_COMMON: Final = 0.03  # a word in more than this share of all releases is the product's own
_MONTHS: Final = (1, 3, 6, 12)  # for which a pseudonym may be kept
TRIED_KEY: Final = Key(bytes(32))
"""The key that the attacker tries on pseudonyms, having none of a CERT's."""


@dataclass(frozen=True, slots=True)
class Guess:
    """Whom the attacker takes for the victim, the chance that it is right, and what it had found."""

    case: Case
    key: int
    chance: float
    clues: tuple[Clue, ...]
    trial: str  # the same for all cases that the attacker takes to be of one victim

    @property
    def right(self) -> bool:
        """Whether it is the victim."""
        return self.key == self.case.incident.victim.key


class Attacker:
    """Guesses with everything at hand. `lot` decides among equals: another lot, other guesses among them."""

    def __init__(self, register: Register, press: Iterable[PressItem], lot: str) -> None:
        self._register = register
        self._press: dict[str, list[PressItem]] = defaultdict(list)
        for item in press:
            self._press[item.country].append(item)
        self._lot = lot

    def guess(self, cases: Iterable[Case]) -> Iterator[tuple[View, Guess]]:
        """A guess for each case of which something left. The releases are read as a whole first."""
        views = [(case, read_view(case.objects)) for case in cases if case.versions]
        common = _common_words(view.texts for _, view in views)
        weighed = [self._weigh(view, common) for _, view in views]
        trials = _linked([{str(case.incident.number), *view.handles} for case, view in views])
        of_trial: dict[str, list[Mapping[int, float]]] = defaultdict(list)
        for trial, (weights, _) in zip(trials, weighed, strict=True):
            of_trial[trial].append(weights)
        for (case, view), (_, clues), trial in zip(views, weighed, trials, strict=True):
            yield view, self._choose(case, _joined(of_trial[trial]), clues, trial)

    def _weigh(self, view: View, common: frozenset[str]) -> tuple[Mapping[int, float], tuple[Clue, ...]]:
        """The logarithm of each candidate's likelihood."""
        everybody = self._register[view.author]
        candidates = [candidate for candidate in everybody if view.fits(candidate)] or everybody
        weights = {candidate.key: 0.0 for candidate in candidates}
        clues = _clues_of(everybody)
        matches = (*clues.find(_without(text, common) for text in view.texts), *clues.find_ids(view.ids))
        for clue in matches:
            for key in clue.keys & weights.keys():
                weights[key] += clue.weight
        for candidate in everybody if view.pseudonyms else ():
            if candidate.key in weights and view.pseudonyms & _pseudonyms(
                candidate.registration, view.author, view.began[1]
            ):
                weights[candidate.key] += SUREST
        items = [item for item in self._press[view.author] if view.may_be(item)]
        if items:
            odds = _odds(items, candidates)
            for key in weights:
                weights[key] += math.log(1 - _PRESS_TRUST + _PRESS_TRUST / len(items) * odds[key])
        return weights, tuple(clue for clue in matches if clue.keys & weights.keys())

    def _choose(self, case: Case, weights: Mapping[int, float], clues: tuple[Clue, ...], trial: str) -> Guess:
        highest = max(weights.values())
        equals = sorted(key for key, weight in weights.items() if weight > highest - 1e-9)
        draw = hashlib.sha256(f"{self._lot} {trial}".encode()).digest()
        key = equals[int.from_bytes(draw[:8], "big") % len(equals)]
        chance = 1 / len(equals) if case.incident.victim.key in equals else 0.0
        return Guess(case, key, chance, tuple(clue for clue in clues if key in clue.keys), trial)


@cache
def _pseudonyms(number: str, country: str, released: datetime) -> frozenset[str]:
    """The pseudonyms of the constituent with this registration number under the key that is tried, in any period."""
    canonical = canonical_name(Victim(registration_numbers=(number,)), country) or ""
    return frozenset(
        pseudonym(TRIED_KEY, audience.collection, pseudonym_period(released, months), country, canonical)
        for audience in AUDIENCES.values()
        for months in _MONTHS
    )


def _odds(items: Sequence[PressItem], candidates: Sequence[Constituent]) -> Mapping[int, float]:
    """How much likelier each candidate is if one of the items is of this incident, the items added up."""
    odds = {candidate.key: 0.0 for candidate in candidates}
    for item in items:
        fitting_keys = [candidate.key for candidate in candidates if item.fits(candidate)]
        for key in fitting_keys:
            odds[key] += len(candidates) / len(fitting_keys)
    return odds


@cache
def _clues_of(constituents: tuple[Constituent, ...]) -> Clues:
    """Made once for each country, for all measurements."""
    return Clues(constituents)


def _linked(handles: Sequence[set[str]]) -> list[str]:
    """For each set a name that it shares with those to which it is linked, over however many steps."""
    parent: dict[str, str] = {}

    def top(name: str) -> str:
        while (above := parent.setdefault(name, name)) != name:
            name = above
        return name

    for names in handles:
        first, *others = sorted(top(name) for name in names)
        for other in others:
            parent[other] = first
    return [top(next(iter(names))) for names in handles]


def _joined(weights: Sequence[Mapping[int, float]]) -> Mapping[int, float]:
    """What several releases of one victim say together; who is out in one of them is out."""
    keys = set(weights[0]).intersection(*weights)
    return {key: sum(candidate[key] for candidate in weights) for key in keys} if keys else weights[0]


def _common_words(texts: Iterable[Sequence[str]]) -> frozenset[str]:
    """The words of the product's own sentences: they are in many releases."""
    counted: Counter[str] = Counter()
    number = 0
    for of_one in texts:
        number += 1
        counted.update({word for text in of_one for word in text.split()})
    return frozenset(word for word, times in counted.items() if times > max(3, _COMMON * number))


def _without(text: str, common: frozenset[str]) -> str:
    return " ".join(word for word in text.split() if word not in common)
