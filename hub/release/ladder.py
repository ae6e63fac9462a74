"""The generalisation ladder: how much of a victim leaves, by consent, profile and k.

    L0 name  ->  L1 pseudonym, sector, country  ->  L2 class of sector and country  ->  L3 sector and region  ->  L4 nothing

1. Consent and profile set the highest rung. Without any recorded consent that is L2; cert-only is L4.
2. At least k organisations of the CERT's own counts must share what is said. If not: drop the size, then take the
   wider sector, then drop the sector, then take the region for the country (and L3 for the rung).
3. Without counts for the country, size and country are dropped, and a sector with a wider one is widened: in a small
   country a "nuclear" organisation is one organisation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from hub.home.register import Cell
from hub.release.policy import Approvals, Audience, Profile
from hub.reports.victims import Consent, Victim
from hub.stix.places import REGIONS
from hub.stix.vocabularies import INDUSTRY_SECTORS


class Level(IntEnum):
    """The rungs, most telling first."""

    NAMED = 0
    PSEUDONYM = 1
    CLASS = 2
    REGION = 3
    NOTHING = 4


_BY_CONSENT: Final[Mapping[Consent | None, Level]] = {
    Consent.NAMED: Level.NAMED,
    Consent.PSEUDONYM: Level.PSEUDONYM,
    Consent.SECTOR_ONLY: Level.CLASS,
    None: Level.CLASS,
    Consent.CERT_ONLY: Level.NOTHING,
    Consent.NONE: Level.NOTHING,
}
_WIDER: Final[Mapping[str, str]] = {
    "dams": "infrastructure",
    "nuclear": "infrastructure",
    "water": "infrastructure",
} | {sector: "government" for sector in INDUSTRY_SECTORS if sector.startswith("government-")}


@dataclass(frozen=True, slots=True)
class Rung:
    """What may be said of a victim. At `NOTHING` all else is empty; `why` is for the preview."""

    level: Level
    sector: str | None = None
    country: str | None = None
    region: str | None = None
    size: str | None = None
    why: str = ""
    person: bool = False


def highest(consent: Consent | None, audience: Audience, approvals: Approvals) -> tuple[Level, str]:
    """The highest rung that consent and profile allow, and why (step 1)."""
    level = _BY_CONSENT[consent]
    why = f"consent {consent}" if consent else "no consent recorded"
    if level is Level.NAMED:
        if audience.protected:
            return _lower(Level.PSEUDONYM, audience, "the collection is protected: nobody is named in it")
        if not approvals.named_by:
            return _lower(Level.PSEUDONYM, audience, "the victim's yes to being named is not recorded")
    return _lower(level, audience, why)


def _lower(level: Level, audience: Audience, why: str) -> tuple[Level, str]:
    if audience.profile is Profile.PUBLIC and level < Level.REGION:
        return Level.REGION, "the public learns the region only"
    return level, why


def choose(victim: Victim, top: tuple[Level, str], counts: Mapping[Cell, int], k: int) -> Rung:
    """The rung for one victim. `top` is from `highest`; `counts` are the CERT's constituents."""
    level, why = top
    if level is Level.NOTHING:
        return Rung(level, why=why)
    sector = next((word for word in victim.sectors if word in INDUSTRY_SECTORS), None)
    country = victim.countries[0] if victim.countries else None
    if level is Level.NAMED:
        return Rung(level, sector, country, None, victim.size, why)
    if victim.is_person:
        # There are always more than k people in a country; what they work in says more than it helps.
        return Rung(
            level, None, country if level < Level.REGION else None, REGIONS.get(country or ""), None, why, person=True
        )
    if level < Level.REGION:
        found = _crowd(counts, country, sector, victim.size, k)
        if found is not None:
            return Rung(level, found[0], country, None, found[1], why)
        why = f"fewer than {k} organisations like this one are counted in the country"
    region = REGIONS.get(country or "")
    if region is None:
        return Rung(Level.NOTHING, why=f"{why}; no region is known")
    wide = _WIDER.get(sector or "", sector)
    # The CERT's own counts bound the region's from below; where they are there, and too few, the sector goes, too.
    counted = any(cell[0] == country for cell in counts)
    if counted and _total(counts, country, wide, None) < k:
        wide = None
    return Rung(Level.REGION, wide, None, region, None, why)


def _crowd(
    counts: Mapping[Cell, int], country: str | None, sector: str | None, size: str | None, k: int
) -> tuple[str | None, str | None] | None:
    """The first (sector, size) on the way down that k organisations share; None where not even the country has k."""
    if country is None:
        return None
    wider = _WIDER.get(sector or "")
    tries: list[tuple[str | None, str | None]] = [(sector, size), (sector, None), (wider or sector, None), (None, None)]
    for try_sector, try_size in tries:
        if _total(counts, country, try_sector, try_size) >= k:
            return try_sector, try_size
    return None


def _total(counts: Mapping[Cell, int], country: str | None, sector: str | None, size: str | None) -> int:
    return sum(
        number
        for (of_country, of_sector, of_size), number in counts.items()
        if of_country == country
        and (sector is None or of_sector == sector or _WIDER.get(of_sector) == sector)
        and (size is None or of_size == size)
    )


def satisfied(rung: Rung, counts: Mapping[Cell, int], k: int) -> bool:
    """Whether k organisations share what a rung says of one: the last look, apart from how the rung was chosen."""
    if rung.level not in (Level.PSEUDONYM, Level.CLASS) or rung.person:
        return True
    return rung.country is not None and _total(counts, rung.country, rung.sector, rung.size) >= k
