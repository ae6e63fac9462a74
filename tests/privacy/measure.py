"""One measurement: a world, what leaves of its incidents, the attacker's guesses, and what chance would allow.

The chance of a case is 1 / k, where k is the number of constituents that fit what the release says on purpose (never
counted as fewer than the audience's k, which is what the ladder promises), or what the press says by itself where that
is fewer. So the bound is kept only if a release adds nothing to the two: no token, and nothing that becomes less than k
once it is put beside the press or beside another release.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from hub.home.member import OwnMember
from tests.privacy.attacker import Attacker, Guess, View
from tests.privacy.bound import most_by_chance
from tests.privacy.incidents import Incident, Plan, draw_incidents
from tests.privacy.press import PressItem, make_press
from tests.privacy.register import Register
from tests.privacy.releasing import AUDIENCES, Case, make_members, release_all

NAMED: Final = "named by consent"
PSEUDONYM: Final = "pseudonym by consent"
EVERYTHING: Final = "all without these"


@dataclass(frozen=True, slots=True)
class World:
    """What happened, who knows of it, and the CERTs that release it. `press` is by the number of the incident."""

    register: Register
    incidents: tuple[Incident, ...]
    press: Mapping[int, PressItem]
    members: Mapping[tuple[str, bool], OwnMember]


def make_world(register: Register, plan: Plan, seed: str, folder: Path) -> World:
    """The same world for the same seed."""
    incidents = tuple(draw_incidents(register, plan, Random(f"{seed} incidents")))
    press = make_press(incidents, plan.press_share, plan.press_sector_share, Random(f"{seed} press"))
    return World(register, incidents, press, make_members(folder, register))


@dataclass(frozen=True, slots=True)
class Result:
    """One case, guessed."""

    read: View
    guess: Guess
    crowd: int  # constituents that fit what is said on purpose
    least: int  # that the audience promises
    by_press: int  # constituents of whom the press may be speaking; 0 where it is silent

    @property
    def rung(self) -> str:
        """How much the release says of the victim on purpose."""
        if self.read.names:
            return NAMED
        if self.read.pseudonyms:
            return PSEUDONYM
        said = [name for name, there in (("sector", self.read.sectors), ("size", self.read.size)) if there]
        return " and ".join(["country", *said])

    @property
    def chance(self) -> float:
        """What a guess may have by chance."""
        if self.rung == NAMED:
            return 1
        return max(1 / max(self.crowd, self.least), 1 / self.by_press if self.by_press else 0)

    @property
    def trial(self) -> str:
        """Cases of one pseudonym are one trial: a guess is right for all of them, or for none."""
        return "".join(sorted(self.read.pseudonyms)) or str(self.guess.case.incident.number)


@dataclass(frozen=True, slots=True)
class Row:
    """The results of one rung, counted by trials."""

    audience: str
    rung: str
    results: tuple[Result, ...]

    @property
    def trials(self) -> tuple[Result, ...]:
        """One result for each trial: of a pseudonym, the case that says most."""
        found: dict[str, Result] = {}
        for result in self.results:
            if (known := found.get(result.trial)) is None or known.chance < result.chance:
                found[result.trial] = result
        return tuple(found.values())

    @property
    def right(self) -> int:
        """How many guesses are right."""
        return sum(result.guess.right for result in self.trials)

    @property
    def by_clue(self) -> tuple[Result, ...]:
        """Guesses that are right and had a token of the victim to go by."""
        return tuple(result for result in self.results if result.guess.right and result.guess.clues)

    @property
    def too_few(self) -> tuple[Result, ...]:
        """Cases in which something is said on purpose that fewer than k fit."""
        return tuple(one for one in self.results if one.crowd < one.least and (one.read.sectors or one.read.size))

    @property
    def by_chance(self) -> float:
        """How many right guesses are to be expected."""
        return sum(result.chance for result in self.trials)

    @property
    def most(self) -> int:
        """How many right guesses chance allows."""
        return most_by_chance(result.chance for result in self.trials)

    @property
    def kept(self) -> bool:
        """Whether chance explains the right guesses, and k fit wherever something is said."""
        return self.right <= self.most and not self.too_few

    @property
    def rate(self) -> float:
        """The share of right guesses that the attacker can expect, whatever the lot."""
        return sum(result.guess.chance for result in self.trials) / len(self.trials) if self.trials else 0.0


def measure(world: World, audience: str, cases: Iterable[Case] | None = None) -> tuple[Result, ...]:
    """Release, guess, and count who else it could have been."""
    released = release_all(world.incidents, world.members, audience) if cases is None else cases
    attacker = Attacker(world.register, world.press.values(), lot=audience)
    return tuple(_result(world, audience, read, guess) for read, guess in attacker.guess(released))


def _result(world: World, audience: str, read: View, guess: Guess) -> Result:
    item = world.press.get(guess.case.incident.number)
    return Result(
        read=read,
        guess=guess,
        crowd=sum(map(read.fits, world.register[read.author])),
        least=AUDIENCES[audience].terms.k,
        by_press=item.crowd(world.register) if item else 0,
    )


def rows(audience: str, results: Iterable[Result]) -> Iterator[Row]:
    """A row for each rung, and one for all cases without the victim's consent to be known."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.rung, []).append(result)
        if result.rung not in (NAMED, PSEUDONYM):
            found.setdefault(EVERYTHING, []).append(result)
    for rung in sorted(found):
        yield Row(audience, rung, tuple(found[rung]))
