"""What conforming producers really send is accepted: a MISP event as misp-stix renders it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
import stix2

from hub.stix.schema import faults
from tests.stix.building import Content

# In a process of its own: misp-stix registers its custom types with stix2, for the whole process.
CONVERT = """
import json, sys, warnings
warnings.simplefilter("ignore")
from misp_stix_converter import MISPtoSTIX21Parser
parser = MISPtoSTIX21Parser()
parser.parse_misp_event(json.load(sys.stdin))
print(json.dumps([json.loads(found.serialize()) for found in parser.stix_objects]))
"""
TAGS = ["tlp:amber", 'rsit:malicious-code="ransomware"', "PAP:GREEN"]
VALUES = [
    ("ip-dst", "198.51.100.3", True),
    ("ip-src", "2001:db8::1", False),
    ("ip-dst|port", "198.51.100.4|8443", True),
    ("domain", "c2.example", True),
    ("hostname", "www.c2.example", True),
    ("domain|ip", "c2.example|198.51.100.5", True),
    ("url", "https://c2.example/login?a=b", True),
    ("email-src", "lure@example.com", True),
    ("email-subject", "Invoice", False),
    ("md5", "0cc175b9c0f1b6a831c399e269772661", True),
    ("filename", "invoice.pdf.exe", False),
    ("filename|sha256", "a.exe|" + "ab" * 32, True),
    ("mac-address", "00:00:5e:00:53:af", False),
    ("regkey|value", "HKEY_LOCAL_MACHINE\\Software\\X|1", True),
    ("mutex", "__LOCK__", False),
    ("AS", "AS64496", False),
    ("x509-fingerprint-sha1", "ef" * 20, True),
    ("sigma", "title: nothing", True),
    ("yara", "rule a { condition: true }", True),
    ("vulnerability", "CVE-2026-0001", False),
    ("btc", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", True),
    ("text", "Seen at two members.", False),
    ("comment", "It's an 'odd' one\\n", False),
]


def misp_event() -> dict[str, Any]:
    """An event of our own in the form in which MISP exports one."""

    def uuid(number: int) -> str:
        return f"5f3b0c5e-3d4a-4f6b-8c1d-{number:012d}"

    attributes = [
        {
            "uuid": uuid(number),
            "type": kind,
            "category": "Network activity",
            "value": value,
            "to_ids": to_ids,
            "timestamp": "1772420000",
            "comment": "from the proxy",
            "Tag": [{"name": "tlp:green"}],
        }
        for number, (kind, value, to_ids) in enumerate(VALUES)
    ]
    transaction = {
        "uuid": uuid(900),
        "name": "bank-account",
        "meta-category": "financial",
        "timestamp": "1772420000",
        "Attribute": [
            {
                "uuid": uuid(901),
                "type": "text",
                "object_relation": "account",
                "value": "12345",
                "to_ids": False,
                "timestamp": "1772420000",
            }
        ],
    }
    return {
        "Event": {
            "uuid": uuid(999),
            "info": "Ransomware at a hospital",
            "date": "2026-03-02",
            "timestamp": "1772420000",
            "published": True,
            "publish_timestamp": "1772420000",
            "Orgc": {"uuid": uuid(998), "name": "National CERT"},
            "Tag": [{"name": name} for name in TAGS],
            "Attribute": attributes,
            "Object": [transaction],
        }
    }


@pytest.fixture(scope="module")
def rendered() -> list[Content]:
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CONVERT],
        input=json.dumps(misp_event()),
        capture_output=True,
        check=True,
        text=True,
    )
    objects: list[Content] = json.loads(answer.stdout)
    return objects


def test_what_misp_stix_renders_is_accepted(rendered: list[Content]) -> None:
    """Indicators, observed data, SCOs, relationships, the report, markings, and MISP's own custom types."""
    refused = {content["id"]: findings for content in rendered if (findings := faults(content))}
    assert refused == {}
    kinds = Counter(content["type"] for content in rendered)
    assert kinds["indicator"] >= 10
    assert kinds["x-misp-attribute"] >= 1
    assert kinds["x-misp-object"] == 1
    for content in rendered:
        stix2.parse(content, allow_custom=True)
