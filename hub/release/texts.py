"""The sentences that stand where the report's own words stood. They are made of vocabulary words only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from hub.release import rounding
from hub.release.ladder import Level, Rung
from hub.release.words import SECTOR_HINTS
from hub.rendering import wording
from hub.rendering.wording import WORDING
from hub.reports.report import Report, ReportKind


@dataclass(frozen=True, slots=True)
class Texts:
    """What may be said of the incident as a whole."""

    kind: str
    standing: str
    about: str  # "a healthcare organisation in Malaysia", or empty
    author: str
    note: str  # on how to read a pseudonym, or empty

    @property
    def title(self) -> str:
        """`Ransomware at a healthcare organisation in Malaysia`."""
        return f"{self.kind} at {self.about}" if self.about else self.kind

    @property
    def description(self) -> str:
        """The incident's, which stands alone."""
        return f"{self.title} ({self.standing}). Shared by {self.author}.{self.note}"


def texts_for(report: Report, rung: Rung, author: str, pseudonyms: tuple[str, ...], span: str) -> Texts:
    """The sentences for a release; `span` says for how long `pseudonyms` stay the same."""
    severity = rounding.criticality(report.severity.criticality) if report.severity else None
    about = ""
    if report.kind is ReportKind.CASE and rung.level is not Level.NOTHING:
        about = wording.someone(rung.sector, rung.country, rung.region, rung.size, person=rung.person)
    note = ""
    if pseudonyms:
        names = " and ".join(pseudonyms)
        note = f" The name {names} is a pseudonym: in this collection it means the same victim {span}."
    # A type that only one sector has would tell the sector.
    types = tuple(word for word in report.incident_types if rung.sector or word not in SECTOR_HINTS)
    kind = wording.incident_kind(replace(report, incident_types=types))
    return Texts(kind, wording.standing(report, severity), about, author, note)


_DEMAND: Final = {
    1: "Recipients do not try to identify or contact the victim.",
    2: "Recipients must not try to identify or contact the victim.",
}


def handling(author: str, contact: str | None, wording: int = WORDING) -> str:
    """The statement that travels with what is released; `wording` as in `rendering.wording`."""
    to = f"{author} ({contact})" if contact else author
    return f"The victim's identity is withheld by the publishing CERT. {_DEMAND[wording]} Questions go to {to}."
