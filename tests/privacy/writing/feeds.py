"""X-ARF, IntelMQ and n6: machines tell of the victim's machines, and know nobody's name."""

from __future__ import annotations

import json
from typing import Any

from tests.privacy.incidents import Incident
from tests.privacy.writing.parts import at, malware, own_values, story, traces, uuid, values_at


def xarf_report(incident: Incident) -> str:
    domain, _, _ = own_values(incident)
    party = {"org": "Example Trap", "contact": "a@trap.example", "domain": "trap.example"}
    report: dict[str, Any] = {
        "xarf_version": "4.2.0", "report_id": uuid(incident, "xarf"), "timestamp": at(incident.released), "reporter": party,
        "sender": party, "first_seen": at(incident.started), "evidence_source": "traffic_analysis",
        "source_identifier": incident.victim.address, "source_port": 4025,
    }  # fmt: skip
    subjects, senders = values_at(incident, "subject"), values_at(incident, "sender")
    if subjects or senders:
        report |= {
            "category": "messaging", "type": "spam", "protocol": "smtp", "smtp_from": (*senders, "billing@trap.example")[0],
            "subject": (*subjects, "Invoice")[0], "evidence_source": "spamtrap",
        }  # fmt: skip
    elif urls := values_at(incident, "url"):
        report |= {
            "category": "content",
            "type": "phishing",
            "url": urls[0],
            "source_identifier": own_values(incident)[1],
        }
    else:
        report |= {
            "category": "infrastructure",
            "type": "botnet",
            "malware_family": malware(incident),
            "c2_server": domain,
        }
        report["compromise_evidence"] = story(incident)
    return json.dumps(report, ensure_ascii=False)


def intelmq_events(incident: Incident) -> str:
    domain, address, digest = own_values(incident)
    when = {"time.source": at(incident.started), "time.observation": at(incident.released), "tlp": "GREEN"}
    own = {
        "classification.type": "c2-server",
        "source.fqdn": domain,
        "source.ip": address,
        "malware.hash.sha256": digest,
    }
    events: list[dict[str, Any]] = [when | own]
    victim = {
        "source.ip": incident.victim.address,
        "source.fqdn": f"www.{incident.victim.domain}",
        "source.geolocation.cc": incident.victim.country,
    }
    events.append(
        when
        | victim
        | {"classification.type": "infected-system", "classification.identifier": "c2", "destination.fqdn": domain}
    )
    for trace, text in traces(incident, "url", "domain", "malware"):
        events.append(when | ({
            "url": {"classification.type": "phishing", "source.url": text},
            "domain": {"classification.type": "phishing", "source.fqdn": text},
            "malware": {"classification.type": "c2-server", "source.ip": address, "malware.name": text},
        }[trace.place]))  # fmt: skip
    return "".join(json.dumps({"__type": "Event"} | event, ensure_ascii=False) + "\n" for event in events)


def n6_events(incident: Incident) -> str:
    domain, address, digest = own_values(incident)
    common = {
        "restriction": "public",
        "confidence": "medium",
        "source": "own.trap",
        "time": f"{incident.started:%Y-%m-%d %H:%M:%S}",
    }
    events: list[dict[str, Any]] = [
        {"category": "cnc", "name": "emotet", "address": [{"ip": address}], "fqdn": domain},
        {"category": "malurl", "url": f"http://{domain}/a", "sha256": digest},
    ]
    host = {"ip": incident.victim.address, "cc": incident.victim.country}
    events.append({"category": "bots", "name": "emotet", "origin": "c2", "address": [host], "fqdn": domain})
    events += [
        {"category": "phish", trace.place.replace("domain", "fqdn"): text, "target": incident.victim.latin}
        for trace, text in traces(incident, "url", "domain")
    ]
    return "".join(json.dumps(common | event, ensure_ascii=False) + "\n" for event in events)
