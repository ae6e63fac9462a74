"""Victims and places in a release: each is described as its rung of the ladder allows, and nowhere in more detail.

1. The rung of the report as a whole is the one with the least detail among its victims. It applies to titles and places.
2. A victim becomes its name, a pseudonym, a class of organisations, or nothing.
3. The place of a sighting becomes a class of organisations if k allows it, else the CERT.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from hub.home.member import OwnMember
from hub.release import constituents, ladder
from hub.release.ladder import Crowd, Detail, Rung
from hub.release.policy import Approvals, Audience, AudienceProfile
from hub.release.pseudonym import canonical_name, pseudonym, pseudonym_period
from hub.rendering import wording
from hub.rendering.versions import Content
from hub.reports.report import Report
from hub.reports.victims import Size, Victim
from hub.stix.places import REGIONS, country_name, region_name

VictimStatement = tuple[str, str, str]
"""Sector, country and region that a release states about a victim; "" for what it does not state."""
_ACTOR_TYPES = frozenset({"threat-actor", "intrusion-set"})


@dataclass(frozen=True, slots=True)
class Disclosure:
    """How much one release may say about its victims.

    `limit` is the highest rung that consent and audience allow, with the reason. `rung` applies to the incident as a whole,
    `victims` has the rung of each victim. A pseudonym stays the same during `pseudonym_period`.
    """

    member: OwnMember
    audience: Audience
    crowd: Crowd
    limit: tuple[Detail, str]
    rung: Rung
    victims: tuple[Rung, ...]
    pseudonym_period: str


def rung_limit(report: Report, audience: Audience, approvals: Approvals, *, incidents: bool) -> tuple[Detail, str]:
    """The highest rung that a release may use, and the reason. `incidents` says whether the release contains incidents."""
    if not incidents:
        return Detail.NOTHING, "this collection takes no incidents, and so no victims"
    limit = ladder.highest_detail(report.consent, audience, approvals)
    if limit[0] is Detail.NAMED and len(report.victims) != 1:
        return Detail.PSEUDONYM, "consent to be named is one victim's own, and the report has several"
    return limit


def decide_disclosure(  # noqa: PLR0913, PLR0917  what decides the rungs of a release
    report: Report,
    member: OwnMember,
    audience: Audience,
    limit: tuple[Detail, str],
    first_release: str,
    statements: Collection[VictimStatement] = (),
) -> Disclosure:
    """The rungs of a release (1). `first_release` is the time of the first stage, `statements` are those of earlier stages."""
    crowd = ladder.release_crowd(member, audience)
    victims = tuple(
        _choose_or_repeat_rung(add_register_size(victim, member), limit, crowd, statements)
        for victim in _keep_one_sector(report.victims)
    )
    if victims:
        rung = max(victims, key=lambda rung: (rung.detail, rung.country is None, rung.sector is None))
    else:
        detail, reason = limit
        unknown_victim = Victim(countries=report.countries)
        rung = ladder.choose_rung(unknown_victim, (max(detail, Detail.CLASS), reason), crowd)
    period = pseudonym_period(datetime.fromisoformat(first_release), member.pseudonym_months)
    return Disclosure(member, audience, crowd, limit, rung, victims, period)


def victim_statement(rung: Rung) -> VictimStatement:
    """What a rung states about a victim, for the record."""
    return (rung.sector or "", rung.country or "", rung.region or "")


def _choose_or_repeat_rung(
    victim: Victim, limit: tuple[Detail, str], crowd: Crowd, statements: Collection[VictimStatement]
) -> Rung:
    """The rung of a victim. A statement of an earlier stage is repeated, even if the victim's size became known since then.

    Readers still have the earlier stage: without the sector, they would learn that few organisations have this size.
    """
    rung = ladder.choose_rung(victim, limit, crowd)
    without_size = ladder.choose_rung(replace(victim, size=None), limit, crowd)
    reveals_less = victim_statement(rung) != victim_statement(without_size)
    return without_size if reveals_less and victim_statement(without_size) in statements else rung


def _keep_one_sector(victims: Sequence[Victim]) -> list[Victim]:
    """The victims, with only the first sector left among the victims without a name.

    A report without names and with two sectors may mean one organisation that is in both, and far fewer than k are.
    """
    kept_victims: list[Victim] = []
    has_sector = False  # whether a victim without a name has a sector
    for victim in victims:
        if victim.name:
            kept_victims.append(victim)
        else:
            kept_victims.append(replace(victim, sectors=()) if has_sector else victim)
            has_sector = has_sector or bool(victim.sectors)
    return kept_victims


def add_register_size(victim: Victim, member: OwnMember) -> Victim:
    """The victim with the size from the CERT's register, if the report gives none."""
    if victim.size is not None:
        return victim
    sizes = {constituent.size for constituent in constituents.victim_constituents(victim, member.register)}
    return replace(victim, size=cast(Size, sizes.pop())) if len(sizes) == 1 and "" not in sizes else victim


def victim_identity(victim: Victim, rung: Rung, disclosure: Disclosure) -> Content | None:
    """The identity that represents a victim (2), without id and markings; None if nothing may be said about the victim."""
    if rung.detail is Detail.NOTHING:
        return None
    victim_name = canonical_name(victim, rung.country) if rung.country else None
    if rung.detail is Detail.NAMED and victim.name:
        name = victim.name
    elif rung.detail <= Detail.PSEUDONYM and victim_name is not None and rung.country is not None:
        name = pseudonym(
            disclosure.member.key,
            disclosure.audience.collection,
            disclosure.pseudonym_period,
            rung.country,
            victim_name,
        )
    else:
        return class_identity(rung)
    identity_class = "individual" if victim.is_person else "organization"
    content: Content = {"type": "identity", "spec_version": "2.1", "name": name, "identity_class": identity_class}
    return content | ({"sectors": [rung.sector]} if rung.sector else {})


def class_identity(rung: Rung) -> Content:
    """The identity for the class of organisations to which a victim belongs."""
    name = wording.class_name(rung.sector, rung.country, rung.region, person=rung.person)
    content: Content = {"type": "identity", "spec_version": "2.1", "name": name, "identity_class": "class"}
    return content | ({"sectors": [rung.sector]} if rung.sector else {})


def sighting_rung(sector: str | None, country: str | None, disclosure: Disclosure) -> Rung:
    """The rung for the place of a sighting (3)."""
    detail, reason = disclosure.limit
    victim = Victim(sectors=(sector,) if sector else (), countries=(country,) if country else ())
    return ladder.choose_rung(victim, (max(detail, Detail.CLASS), reason), disclosure.crowd)


def released_location(
    source_type: str, country: str, disclosure: Disclosure, *, with_name: bool = True
) -> Content | None:
    """The location to which a relationship may point: that of the incident by its rung, or the country of an actor.

    `with_name` adds the name, which tools show. Reports that were released without it keep their location.
    """
    if source_type == "incident":
        if disclosure.rung.detail is Detail.NOTHING:
            return None
        keeps_country = disclosure.rung.country == country
    elif source_type in _ACTOR_TYPES:
        keeps_country = disclosure.audience.profile is not AudienceProfile.PUBLIC
    else:
        return None
    if not keeps_country and country not in REGIONS:
        return None
    properties = {"country": country} if keeps_country else {"region": REGIONS[country]}
    name = {"name": country_name(country) if keeps_country else region_name(REGIONS[country])} if with_name else {}
    return {"type": "location", "spec_version": "2.1", **name, **properties}
