"""Incidents that Indonesia's CERT publishes with the producer's library, at every level, one withdrawn and one of a drill."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hub.stix.tlp import TLP
from tests.producer.offices import Office, Region

MALWARE: Final = ("Emotet", "TrickBot", "QakBot")  # public names, so that release lets them out
VICTIM: Final = "Balai Rekaan Utama"


@dataclass(frozen=True)
class Incident:
    """A published incident, and what of it is to arrive."""

    report_id: str
    level: TLP
    collection: str
    address: str
    domain: str
    malware: str
    links_malware: bool = False  # to its indicators
    withdrawn: bool = False
    exercise: bool = False


def publish(region: Region, folder: Path) -> list[Incident]:
    """Publish them all, from forms, of which some say to what their indicators point, and from a MISP event."""
    office = region.offices["ID"]
    incidents = [
        _form(office, folder, number, level, "incidents" if level <= TLP.AMBER else "id", links_malware=number % 2 == 0)
        for number, level in enumerate((TLP.CLEAR, TLP.GREEN, TLP.AMBER, TLP.AMBER_STRICT), start=1)
    ]
    incidents.append(_misp_event(office, folder, 5))
    withdrawn = _form(office, folder, 6, TLP.GREEN, "incidents", withdrawn=True)
    office.hub("withdraw", withdrawn.report_id, "--yes")
    drills = region.url.replace("asean", "exercise")
    drill = _form(office, folder, 7, TLP.GREEN, "incidents", "--exercise", "--url", drills, exercise=True)
    return [*incidents, withdrawn, drill]


def _incident(number: int, level: TLP, collection: str, **about: bool) -> Incident:
    malware = MALWARE[number % len(MALWARE)]
    level = max(level, TLP.GREEN)  # no lower does a report leave for members, in which a class of victims is named
    report_id = f"ID-2026-{number:04}"
    return Incident(report_id, level, collection, f"198.51.100.{number}", f"c2-{number}.example", malware, **about)


def _form(
    office: Office, folder: Path, number: int, level: TLP, collection: str, *options: str, **about: bool
) -> Incident:
    incident = _incident(number, level, collection, **about)
    arrow = f" -> {incident.malware}" if incident.links_malware else ""
    row = {
        "report_id": incident.report_id,
        "title": f"Intrusion at {VICTIM} {number}",
        "incident_class": "intrusions",
        "incident_type": "system-compromise",
        "status": "open",
        "determination": "confirmed",
        "severity": "3",
        "tlp": level.word,
        "country": "ID",
        "detected_at": f"{datetime.now(UTC):%Y-%m-%d}T00:00Z",
        "victim_name": VICTIM,
        "victim_domain": "balai-rekaan.example",
        "victim_sector": "healthcare",
        "consent": "sector-only",
        "malware": incident.malware,
        "attack_techniques": "T1566.001",
        "indicators": f"ip:{incident.address}{arrow};domain:{incident.domain}{arrow}",
    }
    file = folder / f"{number}.csv"
    with file.open("w", encoding="utf-8", newline="") as sheet:
        writer = csv.DictWriter(sheet, row)
        writer.writeheader()
        writer.writerow(row)
    office.hub("publish", file, "--to", collection, "--yes", *options)
    return incident


def _misp_event(office: Office, folder: Path, number: int) -> Incident:
    """As an analyst's MISP exports it: GREEN, the malware as a galaxy on its attributes."""
    incident = replace(_incident(number, TLP.GREEN, "incidents"), links_malware=True)
    tags = ["tlp:green", 'rsit:intrusions="system-compromise"']
    seconds = str(int(datetime.now(UTC).timestamp()))
    attributes = [("ip-dst", incident.address, 1), ("domain", incident.domain, 2)]
    event = {
        "uuid": f"00000000-0000-4000-9000-{number:012}",
        "info": f"Intrusion at {VICTIM}",
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "timestamp": seconds,
        "analysis": "2",
        "threat_level_id": "1",
        "Orgc": {"name": "Id-SIRTII/CC", "uuid": "00000000-0000-4000-9000-0000000000ee"},
        "Tag": [{"name": name} for name in tags],
        "Attribute": [
            {
                "uuid": f"00000000-0000-4000-9000-{number:04}{place:08}",
                "type": kind,
                "category": "Network activity",
                "value": value,
                "to_ids": True,
                "timestamp": seconds,
                "comment": f"command and control of {incident.malware}",
                "Tag": [{"name": f'misp-galaxy:malpedia="{incident.malware}"'}],
            }
            for kind, value, place in attributes
        ],
        "Object": [
            {
                "uuid": f"00000000-0000-4000-9000-{number:04}{9:08}",
                "name": "victim",
                "meta-category": "misc",
                "timestamp": seconds,
                "Attribute": [
                    {"type": "target-org", "object_relation": "name", "value": VICTIM, "timestamp": seconds},
                    {"type": "text", "object_relation": "sectors", "value": "healthcare", "timestamp": seconds},
                    {"type": "text", "object_relation": "regions", "value": "Indonesia", "timestamp": seconds},
                ],
            }
        ],
    }
    file = folder / f"{number}.json"
    file.write_text(json.dumps({"Event": event}), encoding="utf-8")
    office.hub("publish", file, "--to", incident.collection, "--yes")
    return incident


def with_what_it_names(objects: Sequence[Mapping[str, Any]], report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A report with all that it refers to, as an analyst picks one out of a poll."""
    by_id = {obj["id"]: obj for obj in objects}
    ids: set[str] = set()
    queue = [str(report["id"])]
    while queue:
        identifier = queue.pop()
        if identifier not in ids and identifier in by_id:
            ids.add(identifier)
            for key, value in by_id[identifier].items():
                if key.endswith("_refs"):
                    queue += value
                elif key.endswith("_ref"):
                    queue.append(value)
    return [obj for obj in objects if obj["id"] in ids]
