"""From an incident to what leaves of it, by the product's own way: read, render, release.

Each country's CERT has a home of its own: a member.toml with its identity, the counts of its constituents and, unless
it declares counts only, the constituents themselves.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from hub.home.member import OwnMember, load_member
from hub.release.policy import Approvals, Audience, AudienceProfile
from hub.release.record import ReleaseRecord
from hub.release.step import Released, release
from hub.rendering.render import render
from hub.reports.read import ReadOptions, Report, read_reports
from hub.stix.tlp import TLP
from tests.privacy.incidents import Incident
from tests.privacy.register import Constituent, Register, sizes_of
from tests.privacy.writing.parts import shared_values
from tests.privacy.writing.write import write

AUDIENCES: Final[Mapping[str, Audience]] = {
    "regional": Audience("privacy-regional", AudienceProfile.REGIONAL, TLP.AMBER_STRICT),
    "public": Audience("privacy-public", AudienceProfile.PUBLIC, TLP.GREEN),
}
_NAMESPACE: Final = UUID("6f1d1c52-9d0a-4b1e-8d8b-4f8c3c1f9a11")

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """What left of one incident for one audience, version by version; nothing left where `versions` is empty."""

    incident: Incident
    audience: str
    versions: tuple[tuple[Object, ...], ...]
    reason: str = ""  # why nothing left

    @property
    def held_back(self) -> tuple[str, ...]:
        """The attacker's own values in the report that did not leave, though they say nothing of the victim."""
        report = write(self.incident).decode()
        released_text = json.dumps(self.objects)
        return tuple(value for value in shared_values(self.incident) if value in report and value not in released_text)

    @property
    def objects(self) -> tuple[Object, ...]:
        """The objects of all versions."""
        return tuple(content for version in self.versions for content in version)


Members = Mapping[tuple[str, bool], OwnMember]
"""The CERT of each country, as it is where it declares its constituents (True) and where it only counts them."""


def make_members(folder: Path, register: Register) -> Members:
    """The CERT of each country, as it is where it declares its constituents (True) and where it only counts them."""
    members = {}
    for country, constituents in register.items():
        for has_register in (True, False):
            home = folder / f"{country}-{has_register}"
            home.mkdir(parents=True)
            (home / "member.toml").write_text(
                _member_toml(country, constituents, has_register=has_register), encoding="utf-8"
            )
            (home / "constituents.csv").write_text(_register_csv(constituents), encoding="utf-8")
            members[country, has_register] = load_member(home)
    return members


def _member_toml(country: str, constituents: tuple[Constituent, ...], *, has_register: bool) -> str:
    identity = f"identity--{uuid5(_NAMESPACE, country)}"
    lines = ["[identity]", f'id = "{identity}"', f'name = "CERT-{country}"', f'country = "{country}"']
    if has_register:
        people = _toml(person for constituent in constituents for person in constituent.people)
        hosts = _toml(host for constituent in constituents for host in constituent.hosts)
        return "\n".join(
            [*lines, "[deny]", f"people = {people}", f"hosts = {hosts}", "[register]", 'file = "constituents.csv"']
        )
    for (sector, size), count in sorted(sizes_of(constituents).items()):
        lines += ["[[constituents]]", f'country = "{country}"', f'sector = "{sector}"', f'size = "{size}"']
        lines += [f"count = {count}"]
    return "\n".join(lines)


def _register_csv(constituents: tuple[Constituent, ...]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("name", "short names", "domains", "ranges", "sector", "size"))
    for constituent in constituents:
        short_names = ";".join((constituent.short, constituent.latin, *constituent.brands))
        writer.writerow(
            (constituent.name, short_names, constituent.domain, constituent.range, constituent.sector, constituent.size)
        )
    return out.getvalue()


def _toml(texts: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{text}"' for text in dict.fromkeys(texts)) + "]"


def by_cert(incidents: Iterable[Incident]) -> list[Incident]:
    """CERT by CERT: so each of them makes its register ready to be searched for once."""
    return sorted(incidents, key=lambda incident: (incident.victim.country, incident.has_register))


def release_one(incident: Incident, member: OwnMember, audience: str) -> Case:
    """What leaves of one incident, stage by stage."""
    to = AUDIENCES[audience]
    if incident.consent == "named" and audience == "regional":
        to = replace(to, protected=False)  # the one kind of collection in which a victim may be named
    versions: list[tuple[Object, ...]] = []
    reason, rendering, record = "", None, ReleaseRecord()
    for early in (True, False) if incident.has_stages else (False,):
        for report in read_incident(incident, member, early=early):
            rendered = render(report, member, record=rendering, now=incident.released)
            result = release(
                rendered, report, member, to, approvals=_approvals(incident), record=record, now=incident.released
            )
            if not isinstance(result, Released):
                reason = result.reason
                continue
            rendering, record = rendered.record, result.record
            versions += [version for version in (result.contents, result.lone_contents) if version]
    return Case(incident, audience, tuple(versions), reason)


def _approvals(incident: Incident) -> Approvals:
    """The victim's yes to being named, where it said so: all that anybody approves here."""
    return Approvals(officer="Officer", named_by="Officer") if incident.consent == "named" else Approvals()


def read_incident(incident: Incident, member: OwnMember, *, early: bool) -> Iterator[Report]:
    """The reports of the incident; a format's reader that cannot read one of ours fails the test."""
    options = ReadOptions(default_tlp="green", default_country=member.country)
    for reading in read_reports(
        write(incident, early=early), name=f"{incident.format} {incident.number}", options=options
    ):
        if not isinstance(reading, Report):
            raise AssertionError(f"A synthetic report cannot be read: {reading}")  # noqa: TRY004
        yield reading
