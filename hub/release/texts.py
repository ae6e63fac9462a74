"""The sentences that stand where the report's own words stood. They are made of vocabulary words only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from hub.release import rounding
from hub.release.allowed_words import SECTOR_HINTS
from hub.release.ladder import Level, Rung
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
    standing: str
    victim_class: str  # "a healthcare organisation in Malaysia", or empty
    author: str
    note: str  # on how to read a pseudonym, or empty
    flood: str = ""  # its kinds and highest rates, or empty

    @property
    def title(self) -> str:
        """`Ransomware at a healthcare organisation in Malaysia`."""
        return f"{self.kind} at {self.victim_class}" if self.victim_class else self.kind

    @property
    def description(self) -> str:
        """The incident's, which stands alone."""
        return f"{self.title} ({self.standing}).{self.flood} Shared by {self.author}.{self.note}"


def texts_for(report: Report, rung: Rung, author: str, pseudonyms: tuple[str, ...], period_text: str) -> Texts:
    """The sentences for a release; `period_text` says for how long `pseudonyms` stay the same."""
    severity = rounding.criticality(report.severity.criticality) if report.severity else None
    victim_class = ""
    if report.kind is ReportKind.CASE and rung.level is not Level.NOTHING:
        victim_class = wording.someone(rung.sector, rung.country, rung.region, rung.size, person=rung.person)
    note = ""
    if pseudonyms:
        names = " and ".join(pseudonyms)
        note = f" The name {names} is a pseudonym: in this collection it means the same victim {period_text}."
    # A type that only one sector has would tell the sector.
    types = tuple(word for word in report.incident_types if rung.sector or word not in SECTOR_HINTS)
    kind = wording.incident_kind(replace(report, incident_types=types))
    return Texts(kind, wording.standing(report, severity), victim_class, author, note, _flood_sentence(report.flood))


def _flood_sentence(flood: Flood | None) -> str:
    """The kinds of a flood, of a closed list, and its rates as powers of ten: receivers prepare for the size."""
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
    """The statement that travels with what is released; `wording` as in `rendering.wording`."""
    addressee = f"{author} ({contact})" if contact else author
    return f"The victim's identity is withheld by the publishing CERT. {_FIRST_REQUEST if wording == FIRST_WORDING else _REQUEST} Questions go to {addressee}."
