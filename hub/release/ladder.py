"""The generalisation ladder: how much a release says about a victim, by consent, profile and k.

    L0 name  ->  L1 pseudonym, sector, country  ->  L2 class of sector and country  ->  L3 sector and region  ->  L4 nothing

1. Consent and profile set the highest rung. Without recorded consent it is L2; cert-only is L4.
2. At least k organisations in the CERT's own counts must share what the release says. If there are fewer, the release
   drops the size, then takes the wider sector, then drops the sector, then takes the region instead of the country (L3).
   A sector needs k organisations of the victim's size, or without a counted size, because numbers and the press often
   reveal the size.
3. A sector is said only if enough organisations of the author's country are in it, also at L3: readers know the author,
   so "an airline in South-eastern Asia" means an airline of that country. Without counts no sector is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from hub.home.member import OwnMember
from hub.home.register import Cell
from hub.release.policy import Approvals, Audience, AudienceProfile, Terms
from hub.reports.victims import Consent, Victim
from hub.stix.places import REGIONS
from hub.stix.vocabularies import INDUSTRY_SECTORS


class Detail(IntEnum):
    """How much detail a rung gives, most detail first."""

    NAMED = 0
    PSEUDONYM = 1
    CLASS = 2
    REGION = 3
    NOTHING = 4


_DETAIL_BY_CONSENT: Final[Mapping[Consent | None, Detail]] = {
    Consent.NAMED: Detail.NAMED,
    Consent.PSEUDONYM: Detail.PSEUDONYM,
    Consent.SECTOR_ONLY: Detail.CLASS,
    None: Detail.CLASS,
    Consent.CERT_ONLY: Detail.NOTHING,
    Consent.NONE: Detail.NOTHING,
}
_WIDER_SECTORS: Final[Mapping[str, str]] = {
    "dams": "infrastructure",
    "nuclear": "infrastructure",
    "water": "infrastructure",
} | {sector: "government" for sector in INDUSTRY_SECTORS if sector.startswith("government-")}


@dataclass(frozen=True, slots=True)
class Rung:
    """What a release may say about a victim. With `NOTHING` all other fields are empty. `reason` is for the preview."""

    detail: Detail
    sector: str | None = None
    country: str | None = None
    region: str | None = None
    size: str | None = None
    reason: str = ""
    person: bool = False


@dataclass(frozen=True, slots=True)
class Crowd:
    """The organisations among which a victim stays anonymous: the author's counts and country, and the numbers required."""

    counts: Mapping[Cell, int]
    author_country: str
    terms: Terms

    def has_enough(self, country: str, sector: str | None, size: str | None) -> bool:
        """Whether enough organisations of the country share the sector and size (None: any)."""
        return self._count(country, sector, _sizes(size)) >= (self.terms.sector_k if sector else self.terms.k)

    def hides(self, country: str, sector: str | None, size: str | None) -> bool:
        """Whether a victim of this size is anonymous in a sector: enough share it, and k of them may have this size."""
        return self.has_enough(country, sector, None) and self._count(country, sector, _sizes(size, "")) >= self.terms.k

    def _count(self, country: str, sector: str | None, sizes: frozenset[str] | None) -> int:
        return sum(
            number
            for (cell_country, cell_sector, cell_size), number in self.counts.items()
            if cell_country == country
            and (sector is None or cell_sector == sector or _WIDER_SECTORS.get(cell_sector) == sector)
            and (sizes is None or cell_size in sizes)
        )


def _sizes(size: str | None, *more_sizes: str) -> frozenset[str] | None:
    return None if size is None else frozenset({size, *more_sizes})


def release_crowd(member: OwnMember, audience: Audience) -> Crowd:
    """The crowd of a release."""
    return Crowd(member.constituents, member.country, audience.terms)


def highest_detail(consent: Consent | None, audience: Audience, approvals: Approvals) -> tuple[Detail, str]:
    """The highest rung that consent and profile allow, and the reason (step 1)."""
    detail = _DETAIL_BY_CONSENT[consent]
    reason = f"consent {consent}" if consent else "no consent recorded"
    if detail is Detail.NAMED:
        if audience.protected:
            return _limit_to_profile(Detail.PSEUDONYM, audience, "the collection is protected: nobody is named in it")
        if not approvals.named_by:
            return _limit_to_profile(Detail.PSEUDONYM, audience, "the victim's consent to be named is not recorded")
    return _limit_to_profile(detail, audience, reason)


def _limit_to_profile(detail: Detail, audience: Audience, reason: str) -> tuple[Detail, str]:
    if audience.profile is AudienceProfile.PUBLIC and detail < Detail.REGION:
        return Detail.REGION, "the public learns the region only"
    return detail, reason


def choose_rung(victim: Victim, limit: tuple[Detail, str], crowd: Crowd) -> Rung:
    """The rung for one victim. `limit` is the result of `highest_detail`."""
    detail, reason = limit
    if detail is Detail.NOTHING:
        return Rung(detail, reason=reason)
    sector = next((word for word in victim.sectors if word in INDUSTRY_SECTORS), None)
    country = victim.countries[0] if victim.countries else None
    if detail is Detail.NAMED:
        return Rung(detail, sector, country, None, victim.size, reason)
    region = REGIONS.get(country or "")
    if victim.is_person:
        # A country always has more than k people. The sector of a person's work would reveal more than it helps.
        return Rung(detail, None, country if detail < Detail.REGION else None, region, None, reason, person=True)
    if detail < Detail.REGION:
        properties = _shared_properties(crowd, country, sector, victim.size)
        if properties is not None:
            return Rung(detail, properties[0], country, None, properties[1], reason)
        reason = f"fewer than {crowd.terms.k} organisations like this one are counted in the country"
    if region is None or country is None:
        return Rung(Detail.NOTHING, reason=f"{reason}; no region is known")
    return Rung(Detail.REGION, _regional_sector(crowd, country, sector, victim.size), None, region, None, reason)


def _shared_properties(
    crowd: Crowd, country: str | None, sector: str | None, size: str | None
) -> tuple[str | None, str | None] | None:
    """The first (sector, size) by step 2 that enough organisations share; None if the country has too few."""
    if country is None:
        return None
    if crowd.has_enough(country, sector, size):
        return sector, size
    for candidate in (sector, _WIDER_SECTORS.get(sector or "", sector)):
        if candidate is not None and crowd.hides(country, candidate, size):
            return candidate, None
    return (None, None) if crowd.has_enough(country, None, None) else None


def _regional_sector(crowd: Crowd, country: str, sector: str | None, size: str | None) -> str | None:
    """The sector at L3. It must fit enough organisations of the author's country and of the victim's own country."""
    wider_sector = _WIDER_SECTORS.get(sector or "", sector)
    if wider_sector is None:
        return None
    return (
        wider_sector
        if all(crowd.hides(country, wider_sector, size) for country in {crowd.author_country, country})
        else None
    )


def is_anonymous(rung: Rung, crowd: Crowd) -> bool:
    """Whether enough organisations share what a rung says: the last look, independent of how the rung was chosen."""
    if rung.person or rung.detail in (Detail.NAMED, Detail.NOTHING):
        return True
    if rung.detail is Detail.REGION:
        return rung.sector is None or crowd.has_enough(crowd.author_country, rung.sector, None)
    return rung.country is not None and crowd.has_enough(rung.country, rung.sector, rung.size)
