"""One measurement: a world, what leaves of its incidents, the attacker's guesses, and what chance would allow.

The chance of a case is 1 / k, where k is the number of constituents that fit what the release says on purpose (never
counted as fewer than the audience's k, which is what the ladder promises), or what the press says by itself where that
is fewer. So the bound is kept only if a release adds nothing to the two: no token, and nothing that becomes less than k
once it is put beside the press or beside another release.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from tests.privacy.attacker import Attacker, Guess
from tests.privacy.bound import most_by_chance
from tests.privacy.incidents import Incident, Plan, draw_incidents
from tests.privacy.press import PressItem, make_press
from tests.privacy.register import Register
from tests.privacy.releasing import AUDIENCES, Case, Members, by_cert, release_one
from tests.privacy.view import View

NAMED: Final = "named by consent"
PSEUDONYM: Final = "pseudonym by consent"
EVERYTHING: Final = "all without these"


@dataclass(frozen=True, slots=True)
class World:
    """What happened, who knows of it, and the CERTs that release it. `press` is by the number of the incident."""

    register: Register
    incidents: tuple[Incident, ...]
    press: Mapping[int, PressItem]
    members: Members


def make_world(register: Register, members: Members, plan: Plan, seed: str) -> World:
    """The same world for the same seed."""
    incidents = tuple(draw_incidents(register, plan, Random(f"{seed} incidents")))
    press = make_press(incidents, plan.press_share, plan.press_sector_share, Random(f"{seed} press"))
    return World(register, incidents, press, members)


@dataclass(frozen=True, slots=True)
class Result:
    """One case, guessed."""

    view: View
    guess: Guess
    crowd: int  # constituents that fit what is said on purpose
    least: int  # that the audience promises
    by_press: int  # constituents of whom the press may be speaking; 0 where it is silent

    @property
    def rung(self) -> str:
        """How much the release says of the victim on purpose."""
        if self.view.names:
            return NAMED
        if self.view.pseudonyms:
            return PSEUDONYM
        properties = [name for name, there in (("sector", self.view.sectors), ("size", self.view.size)) if there]
        return " and ".join(["country", *properties])

    @property
    def chance(self) -> float:
        """What a guess may have by chance."""
        if self.rung == NAMED:
            return 1
        return max(1 / max(self.crowd, self.least), 1 / self.by_press if self.by_press else 0)


@dataclass(frozen=True, slots=True)
class Row:
    """The results of one rung, counted by trials."""

    audience: str
    rung: str
    results: tuple[Result, ...]

    @property
    def trials(self) -> tuple[Result, ...]:
        """One result for each trial: of several cases that are linked, the one that says most."""
        groups: dict[str, Result] = {}
        for result in self.results:
            if (best_result := groups.get(result.guess.trial)) is None or best_result.chance < result.chance:
                groups[result.guess.trial] = result
        return tuple(groups.values())

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
        telling = [
            result for result in self.results if result.rung != NAMED and (result.view.sectors or result.view.size)
        ]
        return tuple(result for result in telling if result.crowd < result.least)

    @property
    def by_chance(self) -> float:
        """How many right guesses are to be expected."""
        return sum(result.chance for result in self.trials)

    @property
    def most(self) -> int:
        """How many right guesses chance allows."""
        return most_by_chance(result.chance for result in self.trials)

    @property
    def holds(self) -> bool:
        """Whether chance explains the right guesses, and k fit wherever something is said."""
        return self.right <= self.most and not self.too_few

    @property
    def rate(self) -> float:
        """The share of right guesses that the attacker can expect, whatever the lot."""
        return sum(result.guess.chance for result in self.trials) / len(self.trials) if self.trials else 0.0


def release_world(world: World) -> Mapping[str, tuple[Case, ...]]:
    """What leaves of the world's incidents, for each audience; the region's readers have what is public, too."""
    regional, public = [], []
    for incident in by_cert(world.incidents):
        member = world.members[incident.victim.country, incident.has_register]
        regional_case, public_case = (release_one(incident, member, audience) for audience in ("regional", "public"))
        regional.append(replace(regional_case, versions=regional_case.versions + public_case.versions))
        public.append(public_case)
    return {"regional": tuple(regional), "public": tuple(public)}


def measure(world: World, audience: str, cases: Iterable[Case]) -> tuple[Result, ...]:
    """Let the attacker guess, and count who else it could have been."""
    attacker = Attacker(world.register, world.press.values(), lot=audience)
    return tuple(_result(world, audience, view, guess) for view, guess in attacker.guess(cases))


def _result(world: World, audience: str, view: View, guess: Guess) -> Result:
    terms = AUDIENCES[audience].terms
    item = world.press.get(guess.case.incident.number)
    return Result(
        view=view,
        guess=guess,
        crowd=sum(map(view.fits, world.register[view.author])),
        least=terms.sector_k if view.sectors else terms.k,
        by_press=item.crowd(world.register) if item else 0,
    )


def rows(audience: str, results: Iterable[Result]) -> Iterator[Row]:
    """A row for each rung, and one for all cases without the victim's consent to be known."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.rung, []).append(result)
        if result.rung not in (NAMED, PSEUDONYM):
            groups.setdefault(EVERYTHING, []).append(result)
    for rung in sorted(groups):
        yield Row(audience, rung, tuple(groups[rung]))
