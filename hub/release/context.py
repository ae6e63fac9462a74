"""The context of a rule of the allow-list: the release, and the object whose property the rule rewrites.

Both are immutable, so no rule can change what another rule reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from hub.home.member import OwnMember
from hub.release import rounding
from hub.release.allowed_words import SECTOR_HINTS
from hub.release.patterns import APPROVABLE_KINDS, identifying_spans
from hub.release.policy import Approvals, Audience, AudienceProfile, Terms, text_key
from hub.release.scan import Scanner
from hub.release.suspicious import suspicious_spans
from hub.release.texts import Texts
from hub.rendering.builder import Origin
from hub.rendering.versions import Content
from hub.rendering.wording import WORDING
from hub.reports.moments import Fidelity
from hub.reports.report import Report, ReportKind
from hub.stix.tlp import TLP

# Properties that may contain the report's own text.
_TEXT_PROPERTIES: Final = ("name", "description", "goal", "abstract", "content")


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings of the search in a text: `refusals` prevent an approval, `suspicions` need a reason as well."""

    refusals: tuple[str, ...] = ()
    suspicions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ", ".join((*self.refusals, *self.suspicions))


@dataclass(frozen=True, slots=True)
class ReleaseContext:
    """One release of one report for one audience.

    `texts` are the sentences that replace the report's own. `origins` say to whom each value belongs; `adversary_values`
    leave as the adversary's, and may therefore also occur in approved texts. `first_release` is the time of the first
    release, `case_start` the time at which a case began, from which later times are counted. `sector` is the released
    sector of the victim, `wording` the version of the sentences, `families` the names of malware that may leave.
    """

    report: Report
    member: OwnMember
    audience: Audience
    approvals: Approvals
    scanner: Scanner
    texts: Texts
    origins: Mapping[str, Origin] = field(repr=False)
    adversary_values: frozenset[str] = field(repr=False)
    first_release: str
    case_start: str | None = None
    start_is_released: bool = False
    sector: str | None = None
    wording: int = WORDING
    families: Mapping[str, str] = field(default_factory=dict)

    @property
    def unit(self) -> Fidelity:
        """The unit to which times are rounded."""
        terms = self.audience.terms
        return terms.incident_times if self.report.kind is ReportKind.CASE else terms.feed_times

    def rounded_time(self, time: str, unit: Fidelity) -> tuple[str, Fidelity]:
        """The released form of a time, and its fidelity."""
        return rounding.round_since_start(self.case_start, time, unit, start_is_released=self.start_is_released)

    def may_say(self, word: str) -> bool:
        """Whether a word of a vocabulary may leave: words that reveal the sector leave only with the sector."""
        return self.sector is not None or word not in SECTOR_HINTS

    def is_clean_name(self, text: str) -> bool:
        """Whether nothing in a public name identifies somebody."""
        return not self.scanner.hits(text) and not any(
            span.kind not in ("host name", "identity number (SG)") for span in identifying_spans(text)
        )

    def findings(self, text: str) -> Findings:
        """The findings in a text of the report that may identify a victim, a person, or a machine not of the adversary's."""
        hits = self.scanner.hits(text)
        refused_spans = [
            span
            for span in identifying_spans(text)
            if span.kind not in APPROVABLE_KINDS and span.text not in self.adversary_values
        ]
        values = [value for value in self.adversary_values if value in text]
        suspicions = [
            suspicion
            for suspicion in suspicious_spans(text, (hit for hit in hits if not hit.is_exact))
            if not any(suspicion.text in value for value in values)
            and not any(span.start <= suspicion.start and suspicion.end <= span.end for span in refused_spans)
        ]
        # For a public release, "the only port" is as good as a name, so no reason makes it approvable.
        is_public = self.audience.profile is AudienceProfile.PUBLIC
        superlatives = [suspicion for suspicion in suspicions if is_public and suspicion.kind == "superlative"]
        return Findings(
            refusals=(*(str(hit) for hit in hits if hit.is_exact), *map(str, refused_spans), *map(str, superlatives)),
            suspicions=tuple(str(suspicion) for suspicion in suspicions if suspicion not in superlatives),
        )

    def evidence(self, identifier: str) -> str:
        """The field of the report that decided an observable's role; "" for other objects."""
        origin = self.origins.get(identifier)
        return origin.observable.evidence if origin is not None and origin.observable is not None else ""

    def may_leave(self, text: str) -> bool:
        """Whether an officer approved exactly this text, and gave a reason if something in it is suspicious."""
        if not self.approvals.allows(text):
            return False
        return self.approvals.insists(text_key(text)) or not self.findings(text).suspicions


@dataclass(frozen=True, slots=True)
class ObjectContext:
    """One object of a release, with the level at which it leaves.

    `released_ids` maps ids at the CERT to the released ids of all objects decided so far, `place_ids` to the objects that
    represent places and victims. `leaving_ids` is for the container, which comes last: the ids that it may name.
    """

    release: ReleaseContext
    content: Content
    level: TLP
    released_ids: Mapping[str, str] = field(repr=False)
    place_ids: Mapping[str, str] = field(default_factory=dict)
    leaving_ids: tuple[str, ...] = ()

    @property
    def terms(self) -> Terms:
        """The numbers of the profile."""
        return self.release.audience.terms

    def validity(self) -> tuple[str, str]:
        """The released start and end of an indicator's validity. For a case, the end is computed from the released start."""
        start, end, unit = self.content["valid_from"], self.content["valid_until"], self.release.unit
        if self.release.report.kind is not ReportKind.CASE:
            return rounding.floor(start, unit), rounding.ceiling(end, unit)
        released_start, _ = self.release.rounded_time(start, unit)
        return released_start, rounding.ceiling(rounding.round_validity_end(start, end, released_start), unit)

    def released_id(self, ref: str) -> str | None:
        """The released id of an object at the CERT; None if it does not leave."""
        return self.place_ids.get(ref) or self.released_ids.get(ref)

    def refusal(self, text: str) -> str:
        """The reason why a text may not leave although an officer approved it; "" if it may."""
        refusals = self.release.findings(text).refusals
        if not refusals:
            return ""
        place = f"{self.content['type']} ({text_key(text)})"
        return f"The approved text of the {place} contains {', '.join(refusals)}: write it without."

    def keeps_own_text(self) -> bool:
        """Whether the released object contains an approved text of the report."""
        texts = [self.content.get(name) for name in _TEXT_PROPERTIES]
        if self.content["type"] == "report":
            texts += [self.release.report.title, self.release.report.description]
        return any(isinstance(text, str) and self.release.may_leave(text) for text in texts)
