"""The columns of the sheet as fields of a form: in groups, with the vocabularies as choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hub.desk.labels import LABELS
from hub.pages.texts import gettext, marked
from hub.protocol.labels import Stage
from hub.reports import rsit
from hub.reports.formats.form.columns import COLUMNS, REQUIRED_COLUMNS
from hub.reports.report import Determination, ReportStatus
from hub.reports.victims import SIZES, Consent
from hub.stix.incident import DETECTION_METHODS, RECOVERABILITIES, TIMESTAMP_FIDELITIES
from hub.stix.vocabularies import (
    ALTERATIONS,
    AVAILABILITY_LEVELS,
    INDUSTRY_SECTORS,
    INFORMATION_TYPES,
    LOSS_TYPES,
    ROOT_CAUSES,
)

_YES_NO: Final = ("yes", "no")
TLP_WORDS: Final = ("clear", "green", "amber", "amber+strict", "red")
CHOICES: Final[Mapping[str, Sequence[str]]] = {
    "stage": tuple(Stage),
    "incident_class": rsit.CLASSES,
    "incident_type": tuple(dict.fromkeys(kind for _, kind in rsit.RSIT)),
    "status": tuple(ReportStatus),
    "determination": tuple(Determination),
    "severity": ("1", "2", "3", "4", "5"),
    "tlp": TLP_WORDS,
    "pap": ("clear", "green", "amber", "red"),
    "cross_border": _YES_NO,
    "started_precision": TIMESTAMP_FIDELITIES,
    "detection_method": DETECTION_METHODS,
    "victim_sector": tuple(sorted(INDUSTRY_SECTORS)),
    "victim_size": SIZES,
    "critical_infrastructure": _YES_NO,
    "consent": tuple(Consent),
    "information_types": tuple(sorted(INFORMATION_TYPES)),
    "data_loss": tuple(sorted(LOSS_TYPES)),
    "integrity": tuple(sorted(ALTERATIONS)),
    "availability_impact": tuple(AVAILABILITY_LEVELS),
    "recoverability": RECOVERABILITIES,
    "suspected_malicious": ("yes", "no", "unknown"),
    "root_cause": tuple(ROOT_CAUSES),
}
_LONG: Final = frozenset(
    {"description", "indicators", "actions_taken", "lessons", "recommended_actions", "detection_advice"}
)
# (heading, columns); most reports need only the first groups.
GROUPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        marked("What happened"),
        (
            "report_id", "stage", "title", "description", "incident_class", "incident_type", "status", "determination",
            "severity", "tlp", "country", "detected_at", "reported_at",
        ),
    ),
    (marked("Who was attacked"), ("victim_name", "victim_sector", "consent", "victim_domain", "victim_ip_ranges")),
    (marked("What others can block"), ("indicators", "attack_techniques", "malware", "cves", "actor")),
    (
        marked("More about the victim"),
        (
            "victim_registration_no", "victim_abbreviations", "victim_brands", "victim_people", "victim_hosts",
            "victim_subsector", "victim_size", "critical_infrastructure",
        ),
    ),
    (
        marked("More about the incident"),
        (
            "language", "pap", "other_countries", "cross_border", "started_at", "started_precision", "resolved_at",
            "ended_at", "detection_method", "suspected_malicious", "root_cause", "confidence", "related_reports",
        ),
    ),
    (
        marked("What it did"),
        (
            "affected_individuals", "affected_systems", "affected_organisations", "information_types", "records",
            "data_loss", "integrity", "availability_impact", "downtime_hours", "recoverability", "cost_min", "cost_max",
            "currency", "ransom_demand", "ransom_paid",
        ),
    ),
    (
        marked("How it was done, and what helps"),
        (
            "indicator_first_seen", "indicator_last_seen", "entry_vector", "tool", "packages", "attack_vector",
            "attack_rate", "actions_taken", "lessons", "recommended_actions", "mitigation", "fixed_in",
            "detection_advice",
        ),
    ),
    (marked("Whom to ask"), ("contact_name", "contact_email", "contact_phone")),
)  # fmt: skip
OPEN_GROUPS: Final = 3  # groups that are unfolded at first


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the form for one column. `kind` is line, text or choice; `problems` say what has to be corrected."""

    column: str
    label: str
    hint: str  # what to write in the column
    kind: str
    value: str
    required: bool
    choices: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Fields under one heading."""

    heading: str
    fields: tuple[Field, ...]
    open: bool


def groups(values: Mapping[str, str], problems: Mapping[str, Sequence[str]]) -> list[Group]:
    """The form with these values, and what is wrong with them by column. A group with a problem is unfolded."""
    form_groups = []
    for number, (heading, columns) in enumerate(GROUPS):
        fields = tuple(_field(column, values.get(column, ""), problems.get(column, ())) for column in columns)
        is_open = number < OPEN_GROUPS or any(field.problems for field in fields)
        form_groups.append(Group(heading, fields, is_open))
    return form_groups


def _field(column: str, value: str, problems: Sequence[str]) -> Field:
    choices = tuple(CHOICES.get(column, ()))
    if choices and value and value not in choices:
        choices = (value, *choices)  # keep the word in the file until the officer chooses another one
    return Field(
        column=column,
        label=gettext(LABELS[column]),
        hint=gettext(COLUMNS[column]),
        kind="choice" if choices else "text" if column in _LONG else "line",
        value=value,
        required=column in REQUIRED_COLUMNS,
        choices=choices,
        problems=tuple(problems),
    )
