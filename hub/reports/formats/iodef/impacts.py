"""Read the Assessment of IODEF: impacts, confidence and classification of the incident."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element

from hub.reports import rsit
from hub.reports.formats.iodef import tables
from hub.reports.formats.iodef.tree import Tree
from hub.reports.impacts import (
    AvailabilityImpact,
    ConfidentialityImpact,
    EconomicImpact,
    Impact,
    IntegrityImpact,
    PhysicalImpact,
)
from hub.reports.moments import Moment, Timeline
from hub.reports.reading import values
from hub.reports.reading.draft import Draft
from hub.reports.report import Determination, Note

_CRITICALITY: Final = {"low": 15, "medium": 40, "high": 70}
_CURRENCY_CHARS: Final = 3


@dataclass
class Effects:
    """The combined assessments of one incident."""

    impacts: list[Impact] = field(default_factory=list)
    event_types: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    detection: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    occurred: bool = False
    completions: list[str] = field(default_factory=list)
    severity: str = ""
    confidence: int | None = None

    @property
    def criticality(self) -> int:
        """The highest severity, on the scale of Incident Core."""
        return _CRITICALITY.get(self.severity, 0)

    def determination(self) -> Determination:
        """Return failed-attempt if all effects failed, confirmed if the incident occurred, otherwise suspected."""
        if self.completions and all(word == "failed" for word in self.completions):
            return Determination.FAILED_ATTEMPT
        return Determination.CONFIRMED if self.occurred or "succeeded" in self.completions else Determination.SUSPECTED

    def classify(self) -> list[rsit.RsitType]:
        """Return RSIT types by the categories that RSIT has, else by the effects; add other categories to the labels."""
        lines = [line for text in self.categories if (line := rsit.find(text))]
        self.labels += [f'iodef:category="{_key(text)}"' for text in self.categories if not rsit.find(text)]
        effects = [line for kind in self.kinds if (line := rsit.find(_by_prefix(kind)))]
        if (
            not lines
            and "malicious-code" in map(_key, self.categories)
            and any(kind.startswith("takeover") for kind in self.kinds)
        ):
            lines = [rsit.RSIT["malicious-code", "infected-system"]]
        return list(dict.fromkeys(lines or effects)) or [rsit.RSIT["other", "undetermined"]]

    def grade(self, severity: str) -> None:
        """Keep the highest severity."""
        if _CRITICALITY.get(severity, 0) > self.criticality:
            self.severity = severity


def _key(text: str) -> str:
    return "-".join("".join(char if char.isalnum() else " " for char in text.casefold()).split())[:60]


def _by_prefix(kind: str) -> str:
    return next((word for prefix, word in tables.RSIT_TYPES.items() if kind.startswith(prefix)), "")


def read_assessment(assessment: Element, tree: Tree, draft: Draft, timeline: Timeline, effects: Effects) -> None:
    """Read one Assessment into ``effects``."""
    effects.occurred |= assessment.get("occurrence", "").casefold() == "actual"
    effects.categories += [
        text for part in tree.children(assessment, "IncidentCategory") if (text := tree.full_text(part))
    ]
    # In JSON, an Impact wraps each effect; in version 1, Impact is the effect itself.
    parents = [assessment, *tree.children(assessment, "Impact")]
    start = timeline.started
    for parent in parents:
        if parent is not assessment and parent.get("type"):
            _add_system_impact(parent, tree, effects, start)
        for part in tree.children(parent, "SystemImpact"):
            _add_system_impact(part, tree, effects, start)
        for part in tree.children(parent, "BusinessImpact"):
            _add_business_impact(part, tree, effects, start)
        for part in tree.children(parent, "MonetaryImpact"):
            _add_monetary_impact(part, tree, draft, effects)
        for part in tree.children(parent, "TimeImpact"):
            text = f"Time impact: {part.get('metric', '')} {tree.full_text(part) or ''} {part.get('duration', 'hour')}"
            effects.notes.append(Note(" ".join(text.split()), title="Assessment"))
        for part in tree.children(parent, "IntendedImpact"):
            tree.mark_read(part)
            draft.note_unused("Assessment/IntendedImpact", part.get("type"), "was intended, but did not happen")


def _add_system_impact(part: Element, tree: Tree, effects: Effects, start: Moment | None) -> None:
    kind, completion = part.get("type", "unknown").casefold(), part.get("completion", "").casefold()
    severity = part.get("severity", "").casefold()
    text = tree.text(part, "Description") or (tree.full_text(part) if not len(part) else None)
    effects.kinds.append(kind)
    effects.completions += [completion] if completion else []
    effects.grade(severity)
    if kind in tables.EFFECT_EVENTS:
        effects.event_types.append(tables.EFFECT_EVENTS[kind])
    if completion == "failed":
        return
    level = tables.SEVERITY_LEVELS.get(severity, 50)
    if kind.startswith("availability") or kind == "dos":
        effects.impacts.append(AvailabilityImpact(level=level, start=start, description=text))
    elif kind.startswith(("breach-", "monitoring-")) or kind == "info-leak":
        effects.impacts.append(_confidentiality_impact(kind, completion, start, text))
    elif kind.startswith("integrity-") or kind in {"damaged-data", "file"}:
        effects.impacts.append(_integrity_impact(kind, completion, start, text))
    elif kind in {"cps-damage", "damaged-system"}:
        effects.impacts.append(
            PhysicalImpact(
                impact_type="damaged-nonfunctional",
                asset_type="ics-other" if kind == "cps-damage" else "computers-server",
                start=start,
                description=text,
            )
        )


def _confidentiality_impact(kind: str, completion: str, start: Moment | None, text: str | None) -> Impact:
    information = tables.INFORMATION.get(kind.partition("-")[2], "proprietary")
    loss = "confirmed-loss" if completion == "succeeded" else "suspected-loss"
    return ConfidentialityImpact(loss_type=loss, information_type=information, start=start, description=text)


def _integrity_impact(kind: str, completion: str, start: Moment | None, text: str | None) -> Impact:
    degree = "partial" if completion == "succeeded" else "potential"
    effect = "destruction" if kind == "damaged-data" else "modification"
    information = tables.INFORMATION.get(kind.partition("-")[2], "system")
    return IntegrityImpact(alteration=f"{degree}-{effect}", information_type=information, start=start, description=text)


def _add_business_impact(part: Element, tree: Tree, effects: Effects, start: Moment | None) -> None:
    kind, severity = part.get("type", "unknown").casefold(), part.get("severity", "").casefold()
    text = tree.text(part, "Description")
    effects.grade(severity)
    if kind.startswith("breach-"):
        effects.impacts.append(_confidentiality_impact(kind, "", start, text))
    elif kind in {"loss-of-integrity", "asset-manipulation"}:
        effects.impacts.append(_integrity_impact(kind, "", start, text))
    elif kind == "loss-of-service":
        effects.impacts.append(
            AvailabilityImpact(level=tables.SEVERITY_LEVELS.get(severity, 50), start=start, description=text)
        )
    elif kind in tables.ECONOMIC:
        effects.impacts.append(EconomicImpact(variety=tables.ECONOMIC[kind], description=text))


def _add_monetary_impact(part: Element, tree: Tree, draft: Draft, effects: Effects) -> None:
    currency = part.get("currency", "").upper()
    amount = draft.attempt(values.number, "MonetaryImpact", tree.full_text(part))
    effects.grade(part.get("severity", "").casefold())
    if amount is not None and len(currency) == _CURRENCY_CHARS and currency.isalpha():
        effects.impacts.append(
            EconomicImpact(variety="uncategorized", currency=currency, min_amount=amount, max_amount=amount)
        )
    elif amount is not None:
        draft.note_unused("MonetaryImpact", f"{amount} {currency}".strip(), "has no currency of three letters")
