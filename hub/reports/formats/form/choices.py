"""The order of the columns in the blank sheet, and the words that its cells offer.

A cell accepts other words, too: the form also reads words of the region's languages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from hub.reports.formats.form.columns import COLUMNS
from hub.reports.rsit import RSIT

FIRST_COLUMNS: Final = (
    "report_id", "title", "incident_class", "incident_type", "status", "determination", "tlp", "country", "detected_at",
    "reported_at", "victim_sector", "victim_name", "consent", "indicators",
)  # fmt: skip
"""The most important columns: the required ones, the victim, its consent, and the indicators."""

COLUMN_ORDER: Final = (*FIRST_COLUMNS, *(column for column in COLUMNS if column not in FIRST_COLUMNS))

_YES_NO: Final = ("yes", "no")
CHOICES: Final[Mapping[str, Sequence[str]]] = {
    "stage": ("early", "update", "final"),
    "incident_class": tuple(dict.fromkeys(line.rsit_class for line in RSIT.values())),
    "status": ("new", "open", "closed"),
    "determination": ("suspected", "confirmed", "blocked", "failed-attempt", "false-positive"),
    "severity": ("1", "2", "3", "4", "5"),
    "tlp": ("clear", "green", "amber", "amber+strict", "red"),
    "pap": ("clear", "green", "amber", "red"),
    "country": ("BN", "ID", "KH", "LA", "MM", "MY", "PH", "SG", "TH", "TL", "VN"),
    "cross_border": _YES_NO,
    "started_precision": ("second", "minute", "hour", "day", "month", "year"),
    "victim_size": ("micro", "small", "medium", "large"),
    "critical_infrastructure": _YES_NO,
    "consent": ("none", "cert-only", "sector-only", "pseudonym", "named"),
    "data_loss": ("none", "suspected-loss", "confirmed-loss", "contained", "exploited-loss"),
    "recoverability": ("regular", "supplemented", "extended", "not-recoverable", "not-applicable"),
    "suspected_malicious": ("yes", "no", "unknown"),
    "root_cause": (
        "malicious-actions",
        "system-failures",
        "human-errors",
        "natural-phenomena",
        "third-party-failures",
    ),
    "confidence": ("low", "medium", "high"),
}  # fmt: skip - a table
"""Each list fits the 255 characters that a spreadsheet stores with a cell. A longer list would need a second sheet, which
the reader would report as unread."""
