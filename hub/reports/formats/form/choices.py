"""The order of the blank sheet's columns, and the words that it offers in a cell.

An offer is no rule: what else the form takes, such as words of the region's languages, may be typed over it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from hub.reports.formats.form.columns import COLUMNS
from hub.reports.rsit import RSIT

FIRST: Final = (
    "report_id", "title", "incident_class", "incident_type", "status", "determination", "tlp", "country", "detected_at",
    "reported_at", "victim_sector", "victim_name", "consent", "indicators",
)  # fmt: skip
"""The columns that matter first: those that must be filled, whom it struck, what the victim agreed to, what to detect."""

ORDER: Final = (*FIRST, *(column for column in COLUMNS if column not in FIRST))

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
"""Each list fits the 255 characters that a spreadsheet keeps beside a cell; longer ones would need a sheet of their own,
of which the reader would have to ask what it is."""
