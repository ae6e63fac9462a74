"""VERIS incidents, in the likeness of the community database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from tests.privacy.incidents import Incident
from tests.privacy.writing.parts import malware, own_values, story, values_at, victim_name

_NAICS: Final[Mapping[str, str]] = {
    "financial-services": "522110", "healthcare": "622110", "education": "611310", "government-local": "921190",
    "manufacturing": "332710", "retail": "445110", "telecommunications": "517311", "energy": "221112",
    "transportation": "488310", "insurance": "524113", "water": "221310", "aerospace": "336411",
}  # fmt: skip
_VERIS_SIZES: Final = {"micro": "1 to 10", "small": "11 to 100", "medium": "101 to 1000", "large": "1001 to 10000"}


def veris_incident(incident: Incident) -> str:
    victim = incident.victim
    domain, address, digest = own_values(incident)
    actions: dict[str, dict[str, Any]] = {
        "ransomware": {"malware": {"variety": ["Ransomware"], "name": malware(incident)}},
        "phishing": {"social": {"variety": ["Phishing"], "vector": ["Email"]}},
        "ddos": {"hacking": {"variety": ["DoS"]}},
        "data-leak": {"error": {"variety": ["Misdelivery"]}},
        "system-compromise": {"hacking": {"variety": ["Exploit vuln"]}},
    }
    action = actions[incident.kind]
    for name in values_at(incident, "malware"):
        action["malware"] = {"variety": ["Ransomware"], "name": name}
    actor: dict[str, Any] = {"variety": ["Organized crime"], "motive": ["Financial"]}
    actor |= {"name": texts} if (texts := values_at(incident, "actor")) else {}
    return json.dumps(
        {
            "schema_version": "1.4.0",
            "incident_id": incident.report_id,
            "security_incident": "Confirmed",
            "summary": story(incident),
            "timeline": {"incident": {"year": incident.started.year, "month": incident.started.month, "day": incident.started.day}},
            "victim": {
                "victim_id": victim_name(incident), "industry": _NAICS[victim.sector], "employee_count": _VERIS_SIZES[victim.size],
                "country": [victim.country], "secondary": {"victim_id": [victim.brands[0], victim.latin], "amount": 1}, "government": ["Local"] if victim.sector == "government-local" else ["NA"],
            },
            "actor": {"external": actor},
            "action": action,
            "asset": {"assets": [{"variety": "S - Database", "amount": 1}]},
            "attribute": {"confidentiality": {"data_disclosure": "Yes", "data_total": incident.people, "data": [{"variety": "Personal", "amount": incident.people}]}},
            "ioc": [{"indicator": text} for text in (domain, address, digest, *values_at(incident, "domain", "url"))],
            "discovery_method": {"external": {"variety": ["Customer"]}},
            "notes": story(incident),
        },
        ensure_ascii=False,
    )  # fmt: skip
