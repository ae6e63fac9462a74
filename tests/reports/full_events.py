"""Feed events with every field that their formats have, for tests that change one field after the other."""

from __future__ import annotations

from typing import Any, Final

_SIDE: Final[dict[str, Any]] = {
    "abuse_contact": "a@net.example", "account": "root", "allocated": "2020-01-01T00:00:00+00:00", "as_name": "NET",
    "asn": 64500, "domain_suffix": "example", "geolocation.cc": "ID", "geolocation.city": "Bandung",
    "geolocation.country": "Indonesia", "geolocation.latitude": 1.5, "geolocation.longitude": 2.5,
    "geolocation.region": "Java", "geolocation.state": "JB", "local_hostname": "HQ-1", "local_ip": "10.0.0.5",
    "network": "198.51.100.0/24", "port": 22, "registry": "APNIC", "tor_node": True, "urlpath": "/a",
}  # fmt: skip
INTELMQ: Final[dict[str, Any]] = {
    **{f"destination.{key}": value for key, value in _SIDE.items()},
    **{f"source.{key}": value for key, value in _SIDE.items()},
    "source.geolocation.cc": "VN", "source.port": 4444, "source.ip": "203.0.113.81", "source.fqdn": "c2.example",
    "source.reverse_dns": "rr.example", "source.url": "http://c2.example/x", "destination.ip": "198.51.100.9",
    "destination.fqdn": "www.klinik.example", "destination.reverse_dns": "r.klinik.example",
    "destination.url": "http://www.klinik.example/a", "classification.identifier": "ssh", "classification.taxonomy": "x",
    "comment": "seen", "constituency": "gov", "event_description.target": "Bank Rekaan", "event_description.text": "text",
    "event_description.url": "https://t.example/1", "event_hash": "AA", "extra": {"a": 1, "b": "c"}, "feed.accuracy": 90,
    "feed.code": "c", "feed.documentation": "http://f.example/d", "feed.name": "n", "feed.provider": "p",
    "feed.url": "http://f.example/", "malware.hash": "x", "malware.hash.md5": "1" * 32, "malware.hash.sha1": "1" * 40,
    "malware.hash.sha256": "1" * 64, "malware.name": "emotet", "malware.version": "4", "output": "o", "raw": "e30=",
    "misp.attribute_uuid": "6f1f3c52-7d0a-4a8e-9a51-0d8f6d1c2b3a", "misp.event_uuid": "6f1f3c52-7d0a-4a8e-9a51-0d8f6d1c2b3b",
    "product.full_name": "Acme Widget 1.0", "product.name": "Widget", "product.vendor": "Acme", "product.version": "1.0",
    "product.vulnerabilities": "CVE-2024-3400;CVE-2024-3401", "protocol.application": "https", "protocol.transport": "tcp",
    "rtir_id": 4, "screenshot_url": "http://s.example/", "severity": "high", "status": "online", "tlp": "GREEN",
    "time.observation": "2026-03-02T00:00:00+00:00", "time.source": "2026-03-01T00:00:00+00:00",
}  # fmt: skip
N6: Final[dict[str, Any]] = {
    "id": "1" * 32, "rid": "2" * 32, "source": "a.b", "restriction": "public", "confidence": "low",
    "time": "2026-03-01 00:00:00", "until": "2026-03-02 00:00:00", "modified": "2026-03-02 00:00:00",
    "expires": "2026-04-02 00:00:00", "count": 3, "count_actual": 4,
    "address": [{"ip": "203.0.113.81", "asn": 64500, "cc": "VN", "rdns": "r.example", "ipv6": "2001:db8::1"}],
    "dip": "198.51.100.7", "dport": 22, "adip": "x.x.5.17", "sport": 4444, "proto": "tcp", "fqdn": "c2.example",
    "url": "http://c2.example/a", "url_pattern": "x*", "name": "emotet", "md5": "1" * 32, "sha1": "1" * 40,
    "sha256": "1" * 64, "x509fp_sha1": "1" * 40, "target": "Bank Rekaan", "username": "azman", "email": "a@b.example",
    "phone": "+44 20 7946 0000", "iban": "GB82WEST12345698765432", "registrar": "r", "status": "active",
    "replaces": "3" * 32, "injects": [{"a": 1}], "action": "a", "origin": "c2", "additional_data": "x",
    "description": "d", "device_vendor": "Acme", "tags": ["a"], "internal_ip": "10.0.0.1", "user_agent": "curl",
    "sender": "s@b.example", "botid": "b1", "method": "GET", "referer": "http://r.example/", "header": "h",
}  # fmt: skip
