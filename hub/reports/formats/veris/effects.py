"""Read the impacts of a VERIS incident, and how it was detected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from hub.reports.formats.veris import tables
from hub.reports.impacts import AvailabilityImpact, ConfidentialityImpact, EconomicImpact, Impact, IntegrityImpact
from hub.reports.moments import Fidelity, Moment, Timeline
from hub.reports.reading import values
from hub.reports.reading.draft import Draft, Fields, distinct
from hub.reports.report import Severity
from hub.stix.vocabularies import ECONOMIC_VARIETIES

# Unit: its days, and the fidelity of a time that is calculated with it.
UNITS: Final = {
    "Seconds": (1 / 86_400, Fidelity.SECOND), "Minutes": (1 / 1_440, Fidelity.MINUTE), "Hours": (1 / 24, Fidelity.HOUR),
    "Days": (1.0, Fidelity.DAY), "Weeks": (7.0, Fidelity.DAY), "Months": (30.0, Fidelity.MONTH),
    "Years": (365.0, Fidelity.YEAR),
}  # fmt: skip


NOTES: Final = "is a note of the analyst, and stays at the CERT"


def time_after(start: Moment | None, span: Fields, draft: Draft) -> Moment | None:
    """Return ``start`` plus a VERIS duration, with the fidelity of its unit at most; None if one of them is unknown."""
    unit, amount = span.text("unit"), span.read("value", values.number)
    span.drop(NOTES, "note", "notes")
    span.note_remaining()
    if start is None or amount is None or unit not in UNITS:
        draft.note_unused(span.path("value"), amount, "has no known start or unit")
        draft.note_unused(span.path("unit"), unit if unit not in UNITS else None, "is no known unit of time")
        return None
    days, fidelity = UNITS[unit]
    try:
        return Moment(
            start.instant + timedelta(days=amount * days), max(start.fidelity, fidelity, key=list(Fidelity).index)
        )
    except OverflowError:
        draft.note_unused(span.path("value"), amount, "is too long")
        return None


def read_confidentiality(fields: Fields, draft: Draft) -> list[Impact]:
    """Return an impact for each type of information, with its count."""
    loss = fields.word("data_disclosure", tables.LOSSES)
    disclosed = fields.peek("data_disclosure")
    total = fields.read("data_total", _count)
    data = [Fields(item, draft, fields.path("data")) for item in fields.list("data") if isinstance(item, Mapping)]
    fields.drop(NOTES, "notes")
    fields.note_remaining()
    for item in data:
        item.ignore("variety", "amount")  # read below
        item.note_remaining()
    if any(item.text("amount") for item in data):
        draft.note_unused(fields.path("data_total"), total, "is the sum of the amounts")
    if not disclosed and not data:
        return []
    loss = loss or tables.LOSSES["Unknown"]
    if loss == "none":
        return [ConfidentialityImpact(loss_type="none")]
    counts: dict[str, int | None] = {}
    for item in data:
        word = item.text("variety") or ""
        kind, amount = tables.DATA_TYPES.get(word, "proprietary"), item.read("amount", _count)
        if word not in tables.DATA_TYPES:
            draft.note_unused(item.path("variety"), word, "is counted as proprietary")
        sum_of_amounts = counts.get(kind)
        counts[kind] = sum_of_amounts if amount is None else amount + (sum_of_amounts or 0)
    if not counts:
        counts = {"proprietary": None}
    if total is not None and all(count is None for count in counts.values()):
        counts[next(iter(counts))] = total
    return [
        ConfidentialityImpact(loss_type=loss, information_type=kind, record_count=count)
        for kind, count in counts.items()
    ]


def _count(text: str) -> int:
    return values.whole_number(text)


def read_integrity(attribute: Fields, timeline: Timeline, draft: Draft) -> list[Impact]:
    """Return the integrity impact, if there is one."""
    fields = attribute.mapping("integrity")
    varieties = fields.texts("variety")
    fields.drop(NOTES, "notes")
    fields.note_remaining()
    if not varieties:
        return []
    is_modified = any(word == "Defacement" or word.startswith("Modify") for word in varieties)
    alteration = "partial-modification" if is_modified else "potential-modification"
    draft.note_unused(fields.path("variety"), list(varieties), f"is counted as {alteration}")
    return [
        IntegrityImpact(
            alteration=alteration,
            information_type="system",
            start=timeline.started,
        )
    ]


def read_availability(attribute: Fields, timeline: Timeline, draft: Draft) -> list[Impact]:
    """Return the availability impact; destruction is an integrity impact."""
    fields = attribute.mapping("availability")
    varieties = fields.words("variety", {*tables.AVAILABILITY, "Destruction"}, {"unknown", "other", "na"})
    end = time_after(timeline.started, fields.mapping("duration"), draft)
    fields.drop(NOTES, "notes")
    fields.note_remaining()
    impacts: list[Impact] = []
    levels = [tables.AVAILABILITY[word] for word in varieties if word in tables.AVAILABILITY]
    if levels:
        impacts.append(AvailabilityImpact(level=max(levels), start=timeline.started, end=end))
    if "Destruction" in varieties:
        impacts.append(
            IntegrityImpact(alteration="full-destruction", information_type="system", start=timeline.started)
        )
    return impacts


def read_impact(fields: Fields, draft: Draft) -> tuple[Severity | None, list[Impact]]:
    """Return the overall rating and the economic impacts."""
    rating = fields.text("overall_rating") or ""
    severity = Severity(tables.RATINGS[rating], "VERIS overall rating", rating) if rating in tables.RATINGS else None
    if severity is None and rating not in {"Unknown", "NA"}:
        draft.note_unused(fields.path("overall_rating"), rating, "is no rating of VERIS")
    currency = fields.text("iso_currency_code")
    impacts: list[Impact] = []
    for item in fields.list("loss"):
        loss = Fields(item if isinstance(item, Mapping) else {}, draft, fields.path("loss"))
        word = "-".join((loss.text("variety") or "").casefold().replace("&", "and").split())
        amount, low, high = (loss.read(key, values.number) for key in ("amount", "min_amount", "max_amount"))
        loss.drop("is a rating beside the amount", "rating")
        if word not in ECONOMIC_VARIETIES:
            draft.note_unused(loss.path("variety"), word, "is counted as uncategorized")
        low, high = low if low is not None else amount, high if high is not None else amount
        has_amounts = low is not None and high is not None and low <= high and bool(currency)
        impacts.append(
            EconomicImpact(
                variety=word if word in ECONOMIC_VARIETIES else "uncategorized",
                currency=currency if has_amounts else None,
                min_amount=low if has_amounts else None,
                max_amount=high if has_amounts else None,
            )
        )
        loss.note_remaining()
    fields.drop("has no place in an incident report", "overall_amount", "overall_min_amount", "overall_max_amount")
    fields.drop(NOTES, "notes")
    fields.note_remaining()
    return severity, impacts


def read_discovery(value: Any, draft: Draft) -> tuple[str, ...]:
    """Return detection methods, from the string of 1.3 ("Int - reported by employee") or the mapping of 1.4.

    A variety that is more exact than its method is noted as unused.
    """
    pairs: list[tuple[str, str]] = []
    if isinstance(value, str):
        side, _, variety = value.casefold().partition(" - ")
        pairs = [(side, variety)]
    elif isinstance(value, Mapping):
        for side, inner in value.items():
            inner_fields = Fields(inner if isinstance(inner, Mapping) else {}, draft, f"discovery_method.{side}")
            varieties = inner_fields.take("variety")
            inner_fields.drop(NOTES, "notes")
            inner_fields.note_remaining()
            if not isinstance(inner, Mapping):
                draft.note_unused(f"discovery_method.{side}", inner, "expected a mapping with a variety")
            pairs += [
                (str(side).casefold(), str(word).casefold())
                for word in (varieties if isinstance(varieties, list) else [""])
            ]
    methods = []
    for side, variety in pairs:
        if variety == "actor disclosure":
            methods.append("message-from-attacker")
        elif side in {"int", "internal"} and variety in tables.INTERNAL_DISCOVERY:
            methods.append(tables.INTERNAL_DISCOVERY[variety])
        else:
            method = tables.DISCOVERY.get(side, "")
            methods.append(method)
            text = " - ".join(part for part in (side, variety) if part)
            if text not in {"unknown", "other"} and (variety not in {"", "unknown", "other"} or not method):
                reason = f"is counted as {method}" if method else "is no known discovery method"
                draft.note_unused("discovery_method", text, reason)
    return distinct(methods)
