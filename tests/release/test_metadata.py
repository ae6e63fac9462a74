"""Metadata of feeds and reports (place, operator, names in DNS, contacts) identifies the owner of a host: none of it leaves."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from hub.release.step import Released
from hub.reports.read import ReadOptions
from tests.release.releasing import PUBLIC, REGIONAL, release_outcome
from tests.reports.making_reports import a_member
from tests.reports.reading_reports import only_report

ADVERSARY = "203.0.113.66"
CITY, OPERATOR, NAME = "Kotalama", "Jaringanraya", "gudang7.pemilik.example"
CLUES = (
    CITY,
    OPERATOR,
    "gudang7",
    "pemilik",
    "AS64511",
    "64511",
    "198.51.100",
    "1.2345",
    "103.8765",
    "thailand",
    '"th"',
)

INTELMQ = {
    "__type": "Event", "classification.type": "infected-system", "time.source": "2026-05-01T00:00:00+00:00",
    "source.ip": "198.51.100.7", "source.port": 49152, "source.asn": 64511, "source.as_name": OPERATOR,
    "source.reverse_dns": NAME, "source.local_hostname": "GUDANG7-PC", "source.network": "198.51.100.0/24",
    "source.abuse_contact": "abuse@pemilik.example", "source.geolocation.cc": "TH", "source.geolocation.city": CITY,
    "source.geolocation.country": "Thailand", "source.geolocation.latitude": 1.2345, "source.geolocation.longitude": 103.8765,
    "source.registry": "APNIC", "source.account": "pemilik", "extra.organization": OPERATOR, "extra.city": CITY,
    "destination.ip": ADVERSARY, "destination.port": 443, "malware.name": "qakbot", "event_description.text": f"in {CITY}",
    "protocol.transport": "tcp", "feed.name": OPERATOR, "feed.provider": OPERATOR,
}  # fmt: skip
N6 = {
    "id": "0" * 32, "source": "a.b", "restriction": "public", "confidence": "low", "category": "bots", "name": "qakbot",
    "time": "2026-05-01 00:00:00", "address": [{"ip": "198.51.100.7", "asn": 64511, "cc": "TH", "rdns": NAME}],
    "dip": ADVERSARY, "dport": 443, "proto": "tcp", "target": OPERATOR, "adip": "x.x.100.7",
}  # fmt: skip
PARTY = {"org": OPERATOR, "contact": "abuse@pemilik.example", "domain": "pemilik.example"}
XARF = {
    "xarf_version": "4.2.0", "report_id": "3f2b8c1e-5d7a-4e9b-8c3d-2a1b4c5d6e7f", "timestamp": "2026-05-01T06:05:33Z",
    "reporter": PARTY, "sender": PARTY, "source_identifier": "198.51.100.7", "source_port": 49152, "category": "infrastructure",
    "type": "botnet", "evidence_source": "honeypot", "source_country": "TH", "source_asn": 64511, "source_as_name": OPERATOR,
    "source_organization": OPERATOR, "source_city": CITY, "reverse_dns": NAME, "asn_name": OPERATOR, "geo": {"city": CITY},
    "c2_server": ADVERSARY, "malware_family": "qakbot", "description": f"a host of {OPERATOR} in {CITY}", "tags": [f"city:{CITY}"],
}  # fmt: skip
IODEF = f"""<IODEF-Document version="2.00" lang="en" xmlns="urn:ietf:params:xml:ns:iodef-2.0">
<Incident purpose="reporting"><IncidentID name="pemilik.example">1</IncidentID><GenerationTime>2026-05-01T00:00:00Z</GenerationTime>
<Assessment><IncidentCategory>infected-system</IncidentCategory><SystemImpact type="takeover-system"/></Assessment>
<Contact role="creator" type="organization"><ContactName>{OPERATOR}</ContactName>
<RegistryHandle registry="apnic">AS64511</RegistryHandle><Email><EmailTo>abuse@pemilik.example</EmailTo></Email></Contact>
<EventData><Flow><System category="source"><Node><DomainData><Name>{NAME}</Name></DomainData>
<Address category="ipv4-addr">198.51.100.7</Address><Address category="asn">64511</Address>
<Location>{CITY}, Thailand</Location></Node><AssetID>GUDANG7</AssetID></System>
<System category="target"><Node><Address category="ipv4-addr">{ADVERSARY}</Address></Node></System></Flow></EventData>
</Incident></IODEF-Document>"""


def _attribute(kind: str, relation: str, value: str) -> dict[str, Any]:
    return {"type": kind, "object_relation": relation, "value": value, "category": "Other", "to_ids": False}


MISP = {
    "Event": {
        "uuid": "7b1c5c1e-2b58-4a5e-9f30-0d5a2a3b4c5d", "info": f"Infected host at {OPERATOR}", "date": "2026-05-01",
        "Org": {"name": OPERATOR, "uuid": "7b1c5c1e-2b58-4a5e-9f30-0d5a2a3b4c5e"}, "Orgc": {"name": OPERATOR},
        "event_creator_email": "abuse@pemilik.example",
        "Tag": [{"name": "tlp:clear"}, {"name": f'city:name="{CITY}"'}, {"name": f'misp-galaxy:target-information="{OPERATOR}"'}],
        "Attribute": [
            {"type": "ip-dst", "value": ADVERSARY, "category": "Network activity", "to_ids": True, "comment": "C2"},
            {"type": "target-location", "value": CITY, "category": "Targeting data"},
            {"type": "AS", "value": "AS64511", "category": "Network activity", "to_ids": True},
            {"type": "whois-registrant-org", "value": OPERATOR, "category": "Attribution"},
        ],
        "Object": [
            {"name": "geolocation", "Attribute": [_attribute("text", "city", CITY), _attribute("float", "latitude", "1.2345"), _attribute("text", "country", "Thailand")]},
            {"name": "asn", "Attribute": [_attribute("AS", "asn", "AS64511"), _attribute("text", "description", OPERATOR), _attribute("ip-src", "subnet-announced", "198.51.100.0/24")]},
            {"name": "whois", "Attribute": [_attribute("whois-registrant-org", "registrant-org", OPERATOR), _attribute("domain", "domain", "pemilik.example")]},
        ],
    }
}  # fmt: skip


@pytest.mark.parametrize("audience", [REGIONAL, PUBLIC], ids=["members", "everybody"])
@pytest.mark.parametrize("body", [json.dumps(INTELMQ), json.dumps(N6), json.dumps(XARF), IODEF, json.dumps(MISP)], ids=["intelmq", "n6", "xarf", "iodef", "misp"])  # fmt: skip
def test_no_place_operator_name_or_contact_leaves_with_the_adversarys_value(body: str, audience: Any) -> None:
    """The command server leaves; the place and owner of the infected host do not."""
    report = only_report(body.encode(), options=ReadOptions(default_country="MY", default_tlp="clear"))
    outcome = release_outcome(replace(report, tlp="clear"), audience, member=a_member())
    assert isinstance(outcome, Released), outcome.reason
    released_text = json.dumps([*outcome.contents, *outcome.lone_contents], ensure_ascii=False).casefold()
    assert ADVERSARY in released_text
    assert [clue for clue in CLUES if clue.casefold() in released_text] == []


@pytest.mark.parametrize("country", ["TH", "th", "MY"])
def test_the_country_of_a_source_in_xarf_decides_and_does_not_leave(country: str) -> None:
    """A scanning host in the CERT's own country was probably hacked. From another country it leaves, without the country."""
    scan = XARF | {"category": "connection", "type": "port_scan", "source_country": country}
    keys = (
        "xarf_version",
        "report_id",
        "timestamp",
        "reporter",
        "sender",
        "source_identifier",
        "category",
        "type",
        "source_country",
    )
    options = ReadOptions(default_country="MY", default_tlp="clear")
    report = only_report({key: scan[key] for key in keys}, options=options)
    outcome = release_outcome(report, member=a_member())
    released_text = json.dumps(outcome.contents).casefold() if isinstance(outcome, Released) else ""
    assert ("198.51.100.7" in released_text) is (country != "MY")
    assert "thailand" not in released_text
    assert '"th"' not in released_text
