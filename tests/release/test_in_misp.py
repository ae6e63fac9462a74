"""Released bundles in MISP's own importer. It ignores incidents, so other objects must contain what matters."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from hub.release.policy import Audience
from hub.release.step import Released, release
from hub.rendering.render import render
from hub.reports.report import Report
from tests.reports.making_reports import NOW, a_case, a_feed, a_member, a_watch

Snapshot = dict[str, Any]

# A separate process, as in MISP: it has not registered the extension of Incident Core.
IMPORT = """
import json, sys, warnings
warnings.simplefilter("ignore")
import stix2
from misp_stix_converter import ExternalSTIX2toMISPParser
parser = ExternalSTIX2toMISPParser()
parser.load_stix_bundle(stix2.parse(sys.stdin.read(), allow_custom=True))
parser.parse_stix_bundle()
print(parser.misp_event.to_json())
"""


def import_into_misp(report: Report) -> Snapshot:
    member = a_member()
    result = release(render(report, member, now=NOW), report, member, Audience("c"), now=NOW)
    assert isinstance(result, Released)
    process = subprocess.run(
        [sys.executable, "-c", IMPORT],
        input=result.bundle().serialize(),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    event = json.loads(process.stdout)
    tags = {tag["name"] for tag in event["Tag"]}
    return {
        "info": event["info"],
        "tlp": {tag for tag in tags if tag.startswith("tlp:")},
        "tags": {tag for tag in tags if tag.partition(":")[0] in {"rsit", "stage", "determination", "criticality"}},
        "attributes": {(item["type"], item["value"]) for item in event.get("Attribute", ()) if item["to_ids"]},
        "objects": {
            (item["name"], attribute["object_relation"], str(attribute["value"]))
            for item in event.get("Object", ())
            for attribute in item["Attribute"]
            if attribute["object_relation"] in {"dst_ip", "sha256", "yara", "stix2-pattern"}
        },
        "clusters": {
            cluster["value"]
            for galaxy in event.get("Galaxy", ())
            for cluster in galaxy["GalaxyCluster"]
            if "location" not in galaxy["type"]
        },
    }


CASE: Snapshot = {
    "info": "Ransomware at a financial services organisation in Malaysia [confirmed, criticality 70, stage early]",
    "tlp": {"tlp:amber"},
    "tags": {'rsit:malicious-code="infected-system"', "stage:early", "determination:confirmed", "criticality:70"},
    "attributes": {
        ("domain", "kertas-leaks.example"),
        ("email", "support@kertas-leaks.example"),
        ("mutex", "Global\\kertas"),
        ("url", "https://kertas-leaks.example/pay?id=7"),
    },
    "objects": {
        ("network-traffic", "dst_ip", "203.0.113.7"),
        ("file", "sha256", "3f" * 32),
        ("yara", "yara", 'rule kertas { strings: $a = "kertas" condition: $a }'),
        (
            "stix2-pattern",
            "stix2-pattern",
            (
                "[user-agent:value = 'Kertas/1.0 (it\\'s us)' OR "
                "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'Kertas/1.0 (it\\'s us)']"
            ),
        ),
    },
    "clusters": {
        "Financial services organisations in Malaysia",
        "LockBit",
        "Exploit Public-Facing Application",
        "CVE-2024-3400",
        "Lazarus Group",
    },
}
WATCH: Snapshot = {
    "info": "C2 Server [suspected]",
    "tlp": {"tlp:green"},
    "tags": {'rsit:malicious-code="c2-server"'},
    "attributes": {("domain", "heron.example"), ("ip-dst", "203.0.113.7")},
    "objects": set(),
    "clusters": {"Lazarus Group"},
}


@pytest.mark.parametrize(("report", "snapshot"), [(a_case(), CASE), (a_watch(), WATCH)], ids=["case", "watch"])
def test_misp_keeps_title_markings_labels_and_every_indicator(report: Report, snapshot: Snapshot) -> None:
    assert import_into_misp(report) == snapshot


def test_misp_imports_every_indicator_of_a_feed() -> None:
    assert import_into_misp(a_feed())["attributes"] == {("ip-dst", f"203.0.113.{number}") for number in range(12)}
