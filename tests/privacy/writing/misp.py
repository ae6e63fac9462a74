"""MISP events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from tests.privacy.incidents import Incident
from tests.privacy.writing.parts import RSIT, malware, own_values, story, traces, uuid, victim_name

_MISP: Final[Mapping[str, tuple[str, str]]] = {
    "domain": ("domain", "Network activity"), "url": ("url", "Network activity"), "website": ("url", "Payload delivery"),
    "filename": ("filename", "Payload delivery"), "malware": ("malware-type", "Payload type"),
    "actor": ("threat-actor", "Attribution"), "mutex": ("mutex", "Artifacts dropped"),
    "user-agent": ("user-agent", "Network activity"), "subject": ("email-subject", "Payload delivery"),
    "yara": ("yara", "Payload installation"), "snort": ("snort", "Network activity"),
    "sender": ("email-src", "Payload delivery"), "recipient": ("email-dst", "Network activity"),
}  # fmt: skip


def misp_event(incident: Incident) -> str:
    victim = incident.victim
    rsit_class, rsit_type = RSIT[incident.kind]
    domain, address, digest = own_values(incident)
    own = [
        ("domain", "Network activity", domain),
        ("ip-src" if incident.kind == "ddos" else "ip-dst", "Network activity", address),
        ("sha256", "Payload delivery", digest),
    ]
    own += [(*_MISP[trace.place], text) for trace, text in traces(incident)]
    target = {
        "name": ("target-org", victim_name(incident)), "sectors": ("text", victim.sector), "domain": ("domain", victim.domain),
        "node": ("target-machine", victim.hosts[0]), "user": ("target-user", victim.people[0]),
        "email": ("target-email", victim.mailboxes[0]), "external": ("target-external", victim.registration),
    }  # fmt: skip
    tags = ["tlp:green", f'rsit:{rsit_class}="{rsit_type}"']
    tags += [f'misp-galaxy:ransomware="{malware(incident)}"'] if incident.kind == "ransomware" else []
    event = {
        "uuid": uuid(incident, "event"),
        "info": f"{incident.kind} at {victim_name(incident)}",
        "date": f"{incident.started:%Y-%m-%d}",
        "timestamp": str(int(incident.released.timestamp())),
        "threat_level_id": "2",
        "analysis": "2",
        "distribution": "1",
        "Tag": [{"name": tag} for tag in tags],
        "Attribute": [
            {"uuid": uuid(incident, f"attribute {number}"), "type": kind, "category": category, "to_ids": True, "value": text, "comment": story(incident)}
            for number, (kind, category, text) in enumerate(own)
        ],
        "Object": [
            {
                "name": "victim",
                "uuid": uuid(incident, "object"),
                "Attribute": [
                    {"object_relation": relation, "type": kind, "category": "Targeting data", "to_ids": False, "value": text}
                    for relation, (kind, text) in target.items()
                ],
            }
        ],
    }  # fmt: skip
    return json.dumps({"Event": event}, ensure_ascii=False)
