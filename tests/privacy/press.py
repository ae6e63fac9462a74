"""The press: what newspapers print of incidents, never whom they happened to.

An item says when (the day it became known), what (in a reader's words), in which country, how many people it concerned
and, at times, what kind of organisation was hit. From the number of people a reader concludes how large it must be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from tests.privacy.incidents import Incident
from tests.privacy.register import Constituent, Register, size_for

MAX_DELAY: Final = 2  # days until it is known
_SIGNIFICANT: Final = 2  # digits of a number in the press


@dataclass(frozen=True, slots=True)
class PressItem:
    """One item. `sector` is empty where the paper does not say what kind of organisation it was."""

    country: str
    day: date
    kind: str
    people: int
    sector: str = ""

    @property
    def size(self) -> str:
        """How large an organisation must be that holds data of so many people."""
        return size_for(self.people)

    def fits(self, constituent: Constituent) -> bool:
        """Whether the constituent is one of those of whom the paper could be speaking."""
        return (constituent.country, constituent.size) == (self.country, self.size) and self.sector in (
            "",
            constituent.sector,
        )

    def crowd(self, register: Register) -> int:
        """How many constituents it could be speaking of: what its reader knows without any release."""
        return sum(map(self.fits, register[self.country]))


def press_number(people: int) -> int:
    """A number as the press prints it: two digits, and zeros."""
    unit: int = 10 ** max(len(str(people)) - _SIGNIFICANT, 0)
    return people // unit * unit


def make_press(
    incidents: Iterable[Incident], share: float, sector_share: float, random: Random
) -> Mapping[int, PressItem]:
    """Items on a share of the incidents, by their number; of those, a share says the kind of organisation."""
    items = {}
    for incident in incidents:
        if random.random() < share:
            items[incident.number] = PressItem(
                country=incident.victim.country,
                day=incident.started.date() + timedelta(days=random.randint(0, MAX_DELAY)),
                kind=incident.kind,
                people=press_number(incident.people),
                sector=incident.victim.sector if random.random() < sector_share else "",
            )
    return items
