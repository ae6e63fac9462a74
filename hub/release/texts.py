"""The sentences that replace the report's own texts. They consist of vocabulary words only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from hub.release import rounding
from hub.release.allowed_words import SECTOR_HINTS
from hub.release.ladder import Detail, Rung
from hub.rendering import wording
from hub.rendering.methods import RATES
from hub.rendering.wording import FIRST_WORDING, WORDING
from hub.reports.knowledge import Flood
from hub.reports.report import Report, ReportKind
from hub.stix.methods import FLOOD_VECTORS


@dataclass(frozen=True, slots=True)
class Texts:
    """The sentences about the incident as a whole."""

    kind: str
    status: str
    victim_class: str  # "a healthcare organisation in Malaysia", or empty
    author: str
    note: str  # an explanation of pseudonyms, or empty
    flood: str = ""  # the kinds and highest rates of a flood, or empty

    @property
    def title(self) -> str:
        """The title: `Ransomware at a healthcare organisation in Malaysia`."""
        return f"{self.kind} at {self.victim_class}" if self.victim_class else self.kind

    @property
    def description(self) -> str:
        """The description of the incident, which can be understood without the title."""
        return f"{self.title} ({self.status}).{self.flood} Shared by {self.author}.{self.note}"


def texts_for(report: Report, rung: Rung, author: str, pseudonyms: tuple[str, ...], period_text: str) -> Texts:
    """The sentences for a release; `period_text` says for how long `pseudonyms` stay the same."""
    severity = rounding.criticality(report.severity.criticality) if report.severity else None
    victim_class = ""
    if report.kind is ReportKind.CASE and rung.detail is not Detail.NOTHING:
        victim_class = wording.victim_phrase(rung.sector, rung.country, rung.region, rung.size, person=rung.person)
    note = ""
    if pseudonyms:
        names = " and ".join(pseudonyms)
        note = f" The name {names} is a pseudonym: in this collection it means the same victim {period_text}."
    # A type of incident that occurs in one sector only would reveal the sector.
    types = tuple(word for word in report.incident_types if rung.sector or word not in SECTOR_HINTS)
    kind = wording.incident_kind(replace(report, incident_types=types))
    return Texts(kind, wording.status_text(report, severity), victim_class, author, note, _flood_sentence(report.flood))


def _flood_sentence(flood: Flood | None) -> str:
    """The sentence about a flood: its kinds, from a closed list, and its rates as powers of ten, so that readers can prepare."""
    if flood is None:
        return ""
    kinds = ", ".join(vector.replace("-", " ") for vector in flood.vectors if vector in FLOOD_VECTORS)
    figures = ((name, getattr(flood, field)) for field, name in RATES.items())
    rates = ", ".join(wording.rate(name, rounding.magnitude(figure)) for name, figure in figures if figure)
    parts = [kinds, f"at least {rates}" if rates else ""]
    return f" Flood: {'; '.join(part for part in parts if part)}."


_REQUEST: Final = "Recipients must not try to identify or contact the victim."
_FIRST_REQUEST: Final = "Recipients do not try to identify or contact the victim."


def handling(author: str, contact: str | None, wording: int = WORDING) -> str:
    """The handling statement for everything that is released. `wording` is the version of the sentences."""
    addressee = f"{author} ({contact})" if contact else author
    return f"The victim's identity is withheld by the publishing CERT. {_FIRST_REQUEST if wording == FIRST_WORDING else _REQUEST} Questions go to {addressee}."
