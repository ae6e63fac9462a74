"""The impacts in the columns of the form: confidentiality, integrity, availability and costs."""

from __future__ import annotations

import re
from datetime import timedelta

from hub.reports.formats.form.row import FormRow
from hub.reports.formats.form.synonyms import YES_NO, synonym_key
from hub.reports.impacts import AvailabilityImpact, ConfidentialityImpact, EconomicImpact, Impact, IntegrityImpact
from hub.reports.moments import Moment, Timeline
from hub.reports.reading import values
from hub.stix.vocabularies import (
    ALTERATIONS,
    AVAILABILITY_LEVELS,
    INFORMATION_TYPES,
    LOSS_TYPES,
)


def read_impacts(row: FormRow, timeline: Timeline) -> tuple[Impact, ...]:
    """Return every impact of the row; add problems to the row."""
    impacts: list[Impact] = []
    kinds = row.list("information_types", lambda text: values.vocabulary_word(text, INFORMATION_TYPES))
    loss, records = row.word("data_loss", LOSS_TYPES), row.read("records", values.whole_number)
    if loss and loss != "none" and not kinds and row.text("information_types") is None:
        row.add_problem("information_types", None, f"what kind of data, since data_loss is {loss}")
    if loss == "none":
        impacts.append(ConfidentialityImpact(loss_type="none"))
    else:
        # The count is the total of all kinds, so only the first impact gets it.
        impacts += [
            ConfidentialityImpact(
                loss_type=loss or "suspected-loss", information_type=kind, record_count=records if not index else None
            )
            for index, kind in enumerate(kinds)
        ]
    if records is not None and (loss == "none" or not kinds):
        row.draft.note_unused("records", records, "is used only beside information_types")
    alteration = row.word("integrity", ALTERATIONS)
    if alteration:
        impacts.append(
            IntegrityImpact(
                alteration=alteration, information_type=None if alteration == "none" else (kinds or ("system",))[0]
            )
        )
    impacts += _availability(row, timeline)
    return (*impacts, *_costs(row))


def _availability(row: FormRow, timeline: Timeline) -> list[Impact]:
    level, hours = (
        row.read("availability_impact", _level),
        row.read("downtime_hours", lambda text: values.number(text, most=100_000)),
    )
    if level is None:
        row.draft.note_unused("downtime_hours", hours, "is used only beside availability_impact")
        return []
    start = timeline.started or timeline.detected
    end = Moment(start.instant + timedelta(hours=hours), start.fidelity) if start and hours else None
    text = f"Downtime: {hours:g} hours." if hours is not None else None
    return [AvailabilityImpact(level=level, start=start, end=end, description=text)]


def _costs(row: FormRow) -> list[Impact]:
    impacts: list[Impact] = []
    low, high = row.read("cost_min", values.number), row.read("cost_max", values.number)
    currency = row.read("currency", _currency)
    if low is not None or high is not None:
        low, high = low if low is not None else high, high if high is not None else low
        if low is not None and high is not None and low > high:
            row.add_problem("cost_max", high, "an amount not below cost_min")
        impacts.append(EconomicImpact(variety="uncategorized", currency=currency, min_amount=low, max_amount=high))
    for column, variety in (("ransom_demand", "ransom-demand"), ("ransom_paid", "ransom-payment")):
        text = synonym_key(row.text(column) or "no")
        if YES_NO.get(text) is False:
            continue
        amount = None if YES_NO.get(text) else row.read(column, values.number)
        impacts.append(
            EconomicImpact(
                variety=variety, currency=currency if amount is not None else None, min_amount=amount, max_amount=amount
            )
        )
    amounts = any(isinstance(impact, EconomicImpact) and impact.min_amount is not None for impact in impacts)
    if amounts and currency is None and row.text("currency") is None:
        row.add_problem("currency", None, "the currency of the amounts (ISO 4217), such as IDR, MYR or USD")
    return impacts


def _level(text: str) -> int:
    word = "-".join(text.casefold().replace("_", " ").split())
    if word in AVAILABILITY_LEVELS:
        return AVAILABILITY_LEVELS[word]
    try:
        return values.whole_number(text, most=100)
    except ValueError:
        raise ValueError(f"0 to 100, or one of {', '.join(AVAILABILITY_LEVELS)}") from None


def _currency(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", text, re.ASCII):
        raise ValueError("a currency code (ISO 4217), such as IDR, MYR or USD")
    return text.upper()
