"""Reports of the synthetic incidents, written as CERTs and their feeds write them, each in its own format.

Every report names its victim as far as its format can, and carries the attacker's own values, some of them with traces
of the victim. Nothing in it was approved by anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tests.privacy.incidents import Incident
from tests.privacy.writing.feeds import intelmq_events, n6_events, xarf_report
from tests.privacy.writing.form import csv_form, yaml_form
from tests.privacy.writing.iodef import iodef_document
from tests.privacy.writing.misp import misp_event
from tests.privacy.writing.veris import veris_incident

_WRITERS: Final[Mapping[str, Callable[[Incident], str]]] = {
    "misp": misp_event,
    "iodef": iodef_document,
    "xarf": xarf_report,
    "intelmq": intelmq_events,
    "n6": n6_events,
    "veris": veris_incident,
}
_STAGED: Final[Mapping[str, Callable[[Incident, bool], str]]] = {"yaml": yaml_form, "csv": csv_form}


def write(incident: Incident, *, early: bool = False) -> bytes:
    """The report of the incident; `early`: as it was before much was known, where the format has stages."""
    if incident.report:
        return incident.report
    has_stages = _STAGED.get(incident.format)
    return (has_stages(incident, early) if has_stages else _WRITERS[incident.format](incident)).encode()
