"""Controls: the same attacker while one protection is switched off. What protects must be missed.

A protection is switched off from outside, by replacing the functions of the product for the time of one measurement;
the product itself has no such switch. Each control says in which incidents the protection matters.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import pytest

from hub.home.keys import Key
from hub.release import ladder, policy, rounding
from hub.release.scan import Scanner
from hub.reports.observables import Role
from hub.reports.report import Report
from tests.privacy import releasing
from tests.privacy.attacker import TRIED_KEY
from tests.privacy.incidents import Plan
from tests.privacy.measure import Result, World, make_world, measure
from tests.privacy.register import Register
from tests.privacy.releasing import Members, by_cert, release_one

FORMS: Final = ("yaml", "csv")
MACHINES: Final = ("iodef", "xarf", "intelmq", "n6")
LEAST_RAISE: Final = 0.02
"""By how much the attacker's rate must rise where a protection is switched off."""
_COUNTRIES: Final = ("BN", "KH", "MM", "SG")  # a few, of which one declares its constituents only by counting them
_NO_TRACES: Final = {0: 1}


def replace_everywhere(patch: pytest.MonkeyPatch, original: object, replacement: object) -> None:
    """Put the replacement wherever a module of the product has the original under any name."""
    places = [
        (module, name)
        for module in list(sys.modules.values())
        if module.__name__.partition(".")[0] == "hub"
        for name, value in list(vars(module).items())
        if value is original
    ]
    if not places:
        raise LookupError(f"{original!r} stands in no module of the product.")
    for module, name in places:
        patch.setattr(module, name, replacement)


def _no_search(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks for what identifies."""
    patch.setattr(Scanner, "hits", lambda *_args, **_named: [])


def _no_roles(patch: pytest.MonkeyPatch) -> None:
    """Every observable counts as the adversary's."""
    read_incident = releasing.read_incident

    def without_roles(*args: Any, **options: Any) -> Any:
        for report in read_incident(*args, **options):
            yield _all_of_adversary(report)

    patch.setattr(releasing, "read_incident", without_roles)


def _all_of_adversary(report: Report) -> Report:
    hostile = tuple(
        replace(item, role=Role.ADVERSARY, as_indicator=True, hold_reason=None) for item in report.observables
    )
    return replace(report, observables=hostile)


def _no_k(patch: pytest.MonkeyPatch) -> None:
    """One organisation is a crowd."""
    for profile, terms in policy.TERMS.items():
        patch.setitem(cast(dict[policy.AudienceProfile, policy.Terms], policy.TERMS), profile, replace(terms, k=1))


def _no_rounding(patch: pytest.MonkeyPatch) -> None:
    """Times and numbers leave as they are."""
    replace_everywhere(patch, rounding.floor, lambda text, _unit: text)
    replace_everywhere(patch, rounding.ceiling, lambda text, _unit: text)
    replace_everywhere(patch, rounding.coarser_fidelity, lambda result, _other: result)
    replace_everywhere(patch, rounding.magnitude, int)


def _no_consent(patch: pytest.MonkeyPatch) -> None:
    """The sector leaves, whatever the victim agreed to."""
    replace_everywhere(patch, ladder.highest_detail, lambda *_args: (ladder.Detail.CLASS, "nobody was asked"))


def _known_key(patch: pytest.MonkeyPatch) -> None:
    """The CERTs have the key that the attacker tries: pseudonyms are as good as plain hashes of names."""
    derive = Key.derive
    patch.setattr(Key, "derive", lambda _key, purpose: derive(TRIED_KEY, purpose))


@dataclass(frozen=True, slots=True)
class Control:
    """One protection: how it is switched off, and incidents in which it matters, without other ways to the victim."""

    name: str
    switch_off: Callable[[pytest.MonkeyPatch], None]
    plan: Plan
    audience: str = "regional"


CONTROLS: Final = (
    Control("search", _no_search, Plan(20, countries=_COUNTRIES, traces={1: 1}, consents={"cert-only": 1}, press_share=0)),
    Control(
        "roles",
        _no_roles,
        Plan(20, formats=MACHINES, countries=("LA", "MM", "PH"), traces=_NO_TRACES, press_share=0),
    ),
    Control("k", _no_k, Plan(25, formats=FORMS, countries=_COUNTRIES, traces=_NO_TRACES, consents={"sector-only": 1}, press_share=0)),
    Control(
        "rounding",
        _no_rounding,
        Plan(
            40,
            days=4,
            formats=FORMS,
            countries=("ID",),
            traces=_NO_TRACES,
            consents={"cert-only": 1},
            press_share=1,
            press_sector_share=1,
        ),
    ),
    Control("consent", _no_consent, Plan(25, formats=FORMS, countries=_COUNTRIES, traces=_NO_TRACES, consents={"cert-only": 1}, press_share=0)),
    Control(
        "keyed pseudonyms",
        _known_key,
        Plan(12, formats=FORMS, countries=_COUNTRIES, traces=_NO_TRACES, consents={"pseudonym": 1}, press_share=0),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """The attacker's rates over the same incidents, with a protection and without it."""

    name: str
    cases: int
    rate_with: float
    rate_without: float

    @property
    def raised(self) -> bool:
        """Whether the protection is missed: by two guesses in a hundred at the least."""
        return self.rate_without >= self.rate_with + LEAST_RAISE


def compare(control: Control, register: Register, members: Members, seed: str) -> Comparison:
    """Measure twice, the second time while the protection is switched off. Where nothing leaves, nothing is guessed."""
    world = make_world(register, members, control.plan, f"{seed} {control.name}")
    results = _measured(world, control.audience)
    with pytest.MonkeyPatch.context() as patch:
        control.switch_off(patch)
        unprotected = _measured(world, control.audience)
    count = len(world.incidents)
    return Comparison(
        control.name,
        count,
        *(sum(result.guess.chance for result in results_of) / count for results_of in (results, unprotected)),
    )


def _measured(world: World, audience: str) -> tuple[Result, ...]:
    cases = (
        release_one(incident, world.members[incident.victim.country, incident.has_register], audience)
        for incident in by_cert(world.incidents)
    )
    return measure(world, audience, cases)
