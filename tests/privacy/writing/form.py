"""The plain form, as YAML and as CSV."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any, Final

from tests.privacy.incidents import Incident
from tests.privacy.writing.parts import RSIT, at, malware, own_values, story, traces, values_at, victim_name

_STIX_KINDS: Final = {
    "domain": "domain",
    "url": "url",
    "filename": "filename",
    "mutex": "mutex",
    "user-agent": "user-agent",
}


def _form(incident: Incident, early: bool) -> dict[str, Any]:
    victim = incident.victim
    rsit_class, rsit_type = RSIT[incident.kind]
    domain, address, digest = own_values(incident)
    indicators = [
        f"domain:{domain}",
        f"ip:{address}",
        f"sha256:{digest}",
        f"hostname:{victim.hosts[0].lower()}.{victim.domain}@victim",
    ]
    indicators += [f"{_STIX_KINDS[trace.place]}:{text}" for trace, text in traces(incident, *_STIX_KINDS)]
    if any(trace.place == "machine" for trace in incident.traces):
        indicators.append(f"ip:{victim.address}@victim")
    cells: dict[str, Any] = {
        "report_id": incident.report_id,
        "stage": "early" if early else "final",
        "title": f"{incident.kind} at {victim_name(incident)}",
        "description": story(incident),
        "incident_class": rsit_class,
        "incident_type": rsit_type,
        "status": "open" if early else "closed",
        "determination": "suspected" if early else "confirmed",
        "severity": "3",
        "tlp": "green",
        "country": victim.country,
        "started_at": at(incident.started),
        "detected_at": at(incident.started + timedelta(hours=2)),
        "victim_name": victim_name(incident),
        "victim_registration_no": victim.registration,
        "victim_domain": victim.domain,
        "victim_ip_ranges": victim.range,
        "victim_sector": victim.sector,
        "victim_size": victim.size,
        "consent": incident.consent,
        "malware": ";".join(
            [malware(incident) if incident.kind == "ransomware" else "", *values_at(incident, "malware")]
        ).strip(";"),
        "actor": ";".join(values_at(incident, "actor")),
        "indicators": indicators,
        "actions_taken": f"{victim.people[-1]} took {victim.hosts[-1]} off the net.",
        "related_reports": incident.earlier_report,
        "contact_name": victim.people[0],
        "contact_email": victim.mailboxes[0],
    }
    if not early:
        cells |= {
            "affected_individuals": str(incident.people),
            "information_types": "pii",
            "data_loss": "confirmed-loss",
            "records": str(incident.people),
            "availability_impact": "75",
            "downtime_hours": str(incident.people % 90 + 1),
            "cost_min": str(incident.people * 7),
            "cost_max": str(incident.people * 9),
            "currency": "USD",
        }
    return {name: cell for name, cell in cells.items() if cell}


def yaml_form(incident: Incident, early: bool) -> str:
    # JSON's texts and lists are YAML's, too.
    return "".join(f"{name}: {json.dumps(cell, ensure_ascii=False)}\n" for name, cell in _form(incident, early).items())


def csv_form(incident: Incident, early: bool) -> str:
    cells = _form(incident, early)
    cells["indicators"] = ";".join(cells["indicators"])
    out = io.StringIO()
    writer = csv.DictWriter(out, list(cells), lineterminator="\n")
    writer.writeheader()
    writer.writerow(cells)
    return out.getvalue()
