"""What each format can say of a value, as the smallest report that says it: from these the page on roles is made."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from hub.reports.observables import Observable
from hub.reports.read import Report, read_reports

FORM: Final = {
    "report_id": "X-1", "title": "x", "incident_class": "fraud", "incident_type": "phishing", "status": "open",
    "determination": "confirmed", "tlp": "green", "country": "ID", "detected_at": "2026-03-01",
    "victim_sector": "healthcare",
}  # fmt: skip
# an event of IntelMQ in its hierarchical output
HIERARCHICAL: Final = {
    "feed": {"name": "honeynet", "accuracy": 90.0},
    "time": {"source": "2026-03-01T03:12:44+00:00"},
    "classification": {"type": "c2-server", "identifier": "samplebot"},
    "source": {"ip": "203.0.113.9", "port": 8443, "geolocation": {"cc": "VN"}},
    "malware": {"hash": {"md5": "1" * 32}},
    "protocol": {"transport": "tcp", "application": "https"},
}
ADDRESS: Final = "198.51.100.7"
OTHER: Final = "203.0.113.9"


@dataclass(frozen=True)
class Specimen:
    """A report, and the value in it that the row of the page is about."""

    format: str
    says: str
    report: bytes
    value: str

    def observable(self) -> Observable:
        """The observable as the reader gives it."""
        (report,) = read_reports(self.report, name="specimen")
        assert isinstance(report, Report), str(report)
        return next(item for item in report.observables if item.value == self.value)


def form(says: str, value: str, **cells: Any) -> Specimen:
    return Specimen("The form", says, json.dumps(FORM | cells).encode(), value)


def misp(
    says: str, value: str, *attributes: dict[str, Any], tags: tuple[str, ...] = (), template: str = ""
) -> Specimen:
    event: dict[str, Any] = {"uuid": "6f1f3c52-7d0a-4a8e-9a51-0d8f6d1c2b3a", "info": "x", "date": "2026-03-01"}
    event["Tag"] = [{"name": tag} for tag in tags]
    event |= (
        {"Object": [{"name": template, "Attribute": list(attributes)}]} if template else {"Attribute": list(attributes)}
    )
    return Specimen("MISP", says, json.dumps({"Event": event}).encode(), value)


def attribute(kind: str, value: str, category: str, *, to_ids: bool = True, relation: str = "") -> dict[str, Any]:
    return {"type": kind, "value": value, "category": category, "to_ids": to_ids, "object_relation": relation or None}


def intelmq(says: str, value: str, **fields: str) -> Specimen:
    event = {key.replace("__", "."): text for key, text in fields.items()}
    return Specimen("IntelMQ", says, json.dumps({"time.source": "2026-03-01T00:00:00Z"} | event).encode(), value)


def n6(says: str, value: str, category: str, **fields: Any) -> Specimen:
    event = {"id": "0" * 32, "source": "a.b", "restriction": "public", "confidence": "low", "category": category}
    return Specimen("n6", says, json.dumps(event | {"time": "2026-03-01 00:00:00"} | fields).encode(), value)


def iodef(says: str, value: str, body: str, purpose: str = "reporting") -> Specimen:
    text = f'<IODEF-Document><Incident purpose="{purpose}"><IncidentID name="c">1</IncidentID>{body}</Incident></IODEF-Document>'
    return Specimen("IODEF", says, text.encode(), value)


def system(category: str, value: str, more: str = "") -> str:
    return f'<System category="{category}"{more}><Node><Address category="ipv4-addr">{value}</Address></Node></System>'


def assessed(category: str, *systems: str) -> str:
    flow = "".join(systems)
    return f"<Assessment><IncidentCategory>{category}</IncidentCategory></Assessment><EventData><Flow>{flow}</Flow></EventData>"


def xarf(says: str, value: str, category: str, kind: str, **fields: Any) -> Specimen:
    party = {"org": "Example", "contact": "abuse@example.net", "domain": "example.net"}
    report = {
        "xarf_version": "4.2.0", "report_id": "0d7f6d2a-5f0e-4c53-9d51-3a3f6d1f9a10", "reporter": party, "sender": party,
        "timestamp": "2026-03-01T00:00:00Z", "category": category, "type": kind, "source_identifier": ADDRESS,
    }  # fmt: skip
    return Specimen("X-ARF", says, json.dumps(report | fields).encode(), value)


def veris(says: str, value: str, **fields: Any) -> Specimen:
    incident = {"incident_id": "1", "security_incident": "Confirmed", "action": {"malware": {"variety": ["C2"]}}}
    return Specimen("VERIS", says, json.dumps(incident | {"victim": {}, "actor": {}} | fields).encode(), value)


_NETWORK: Final = "Network activity"
SPECIMENS: Final = (
    form("`indicators`: a value without a mark", ADDRESS, indicators=f"ip:{ADDRESS}"),
    form("`indicators`: `@victim`", ADDRESS, indicators=f"ip:{ADDRESS}@victim"),
    form("`indicators`: `@thirdparty`", ADDRESS, indicators=f"ip:{ADDRESS}@thirdparty"),
    form("`indicators`: `@unknown`", ADDRESS, indicators=f"ip:{ADDRESS}@unknown"),
    form(
        "`indicators`: a host without a mark, every `incident_type` of RSIT's class vulnerable", ADDRESS,
        incident_class="vulnerable", incident_type="vulnerable-system", indicators=f"ip:{ADDRESS}",
    ),
    form("`indicators`: a host in `victim_domain` or `victim_ip_ranges`", ADDRESS, victim_ip_ranges="198.51.100.0/24", indicators=f"ip:{ADDRESS}"),
    misp("category Targeting data, Person or Internal reference", "a.example", attribute("domain", "a.example", "Targeting data")),
    misp("a recipient: `email-dst`; relation `to`, `cc`, `bcc`", "me@a.example", attribute("email-dst", "me@a.example", _NETWORK)),
    misp("relation `target…`, `victim…`, `impersonated…`, `legitimate…`", "https://a.example/", attribute("url", "https://a.example/", _NETWORK, relation="target-url"), template="phishing"),
    misp("`to_ids` and a category of what the malware delivers, drops or talks to", "c2.example", attribute("domain", "c2.example", _NETWORK)),
    misp("such a category, without `to_ids`: a host, mailbox or subject", "c2.example", attribute("domain", "c2.example", _NETWORK, to_ids=False)),
    misp("such a category, without `to_ids`: any other value", "Global\\x", attribute("mutex", "Global\\x", "Artifacts dropped", to_ids=False)),
    misp("`to_ids` and any other category", "c2.example", attribute("domain", "c2.example", "Other")),
    misp("a sender", "me@evil.example", attribute("email-src", "me@evil.example", "Payload delivery")),
    misp("a sender of the recipients' domain", "boss@a.example", attribute("email-src", "boss@a.example", "Payload delivery"), attribute("email-dst", "me@a.example", _NETWORK)),
    misp("a sender under the country domain of a member", "boss@a.co.id", attribute("email-src", "boss@a.co.id", "Payload delivery")),
    misp("`ip-src` of an event of class infected-system", ADDRESS, attribute("ip-src", ADDRESS, _NETWORK), tags=('rsit:malicious-code="infected-system"',)),
    misp("a host of an event whose every class is of RSIT's class vulnerable", ADDRESS, attribute("ip-dst", ADDRESS, _NETWORK), tags=('rsit:vulnerable="vulnerable-system"',)),
    misp("a page or domain of an event of class unauthorised-information-modification", "a.example", attribute("domain", "a.example", _NETWORK), tags=('rsit:information-content-security="unauthorised-information-modification"',)),
    misp("a page or domain of an event of class application-compromise", "a.example", attribute("domain", "a.example", _NETWORK), tags=('rsit:intrusions="application-compromise"',)),
    misp("a page or domain of an event of a flood", "a.example", attribute("domain", "a.example", _NETWORK), tags=('rsit:availability="ddos"',)),
    misp("the source of a connection of an object to a host of the adversary's, in an event of a class whose hosts serve an attack", ADDRESS, attribute("ip-src", ADDRESS, _NETWORK, relation="ip-src"), attribute("ip-dst", OTHER, _NETWORK, relation="ip-dst"), tags=('rsit:fraud="phishing"',), template="network-connection"),
    misp("`ip-dst` beside an `ip-src`, in an event of scanning, brute force or denial of service", OTHER, attribute("ip-dst", OTHER, _NETWORK), attribute("ip-src", ADDRESS, _NETWORK), tags=('rsit:availability="ddos"',)),
    misp("`ip-dst` of an event with one of those classes and one of another kind, which put the host on both sides", OTHER, attribute("ip-dst", OTHER, _NETWORK), tags=('rsit:malicious-code="infected-system"', 'rsit:availability="ddos"')),
    misp("`ip-src` of category Network activity, where no class says that it attacked", ADDRESS, attribute("ip-src", ADDRESS, _NETWORK)),
    misp("`ip-src` of an event of a class that attacks", ADDRESS, attribute("ip-src", ADDRESS, _NETWORK), tags=('rsit:intrusion-attempts="brute-force"',)),
    misp("a comment with a word of victims (`hub/reports/reading/role_words.py`)", ADDRESS, attribute("ip-dst", ADDRESS, _NETWORK) | {"comment": "server korban"}),
    misp("a comment with a word of compromise", "http://shop.example/x.php", attribute("url", "http://shop.example/x.php", "Payload delivery") | {"comment": "webshell on hacked site"}),
    misp("a comment with a word of victims and one of the adversary's", ADDRESS, attribute("ip-dst", ADDRESS, _NETWORK) | {"comment": "C2 of the victim's network"}),
    misp("a URL under a member's country with a path of a content management system", "http://shop.a.co.id/wp-content/x.php", attribute("url", "http://shop.a.co.id/wp-content/x.php", _NETWORK)),
    misp("an autonomous system", "AS64496", attribute("AS", "AS64496", _NETWORK)),
    intelmq("`source.*` of a type that attacks", ADDRESS, classification__type="c2-server", source__ip=ADDRESS),
    intelmq("`destination.*` of a type that attacks", OTHER, classification__type="brute-force", source__ip=ADDRESS, destination__ip=OTHER),
    intelmq("`source.*` of a type whose host is a victim's", ADDRESS, classification__type="vulnerable-system", source__ip=ADDRESS),
    intelmq("`destination.*` of infected-system; held as a possible sinkhole unless the event names the malware or says that it is a command server", OTHER, classification__type="infected-system", source__ip=ADDRESS, destination__ip=OTHER),
    intelmq("`source.*` of an attack that others' machines carry out (spam, scanner, ddos, brute-force), named under a member's country", ADDRESS, classification__type="scanner", source__ip=ADDRESS, source__reverse_dns="pc9.a.co.id"),
    intelmq("`source.ip` beside a `source.url` of a hacked site", ADDRESS, classification__type="phishing", source__ip=ADDRESS, source__url="http://shop.a.co.id/wp-includes/login.php"),
    intelmq("`source.*` of any other type", ADDRESS, classification__type="undetermined", source__ip=ADDRESS),
    intelmq("`source.url` or `source.fqdn` of the older types malware and ransomware", "http://drop.example/a", classification__type="malware", source__url="http://drop.example/a"),
    intelmq("`source.reverse_dns` of a type that attacks", "host.example", classification__type="c2-server", source__ip=ADDRESS, source__reverse_dns="host.example"),
    n6("`address` of a category that attacks", ADDRESS, "cnc", address=[{"ip": ADDRESS}]),
    n6("`address` of bots, amplifier, vulnerable, exposed, backdoor, deface, leak", ADDRESS, "bots", address=[{"ip": ADDRESS}]),
    n6("`address` of dos-victim", ADDRESS, "dos-victim", address=[{"ip": ADDRESS}]),
    n6("`fqdn`, `url` and `dip` of bots and dns-query; a sinkhole by `origin` is left out", "c2.example", "bots", fqdn="c2.example", origin="c2"),
    n6("`x509fp_sha1` of a category whose host attacks; of any other it is that host's", "ab" * 20, "cnc", address=[{"ip": ADDRESS}], x509fp_sha1="ab" * 20),
    n6("`address` of flow, flow-anomaly, other", ADDRESS, "flow", address=[{"ip": ADDRESS}]),
    iodef("`System@category=source` where the Assessment says infected-system", ADDRESS, assessed("infected-system", system("source", ADDRESS), system("target", OTHER))),
    iodef("`System@category=target` of an infected source", OTHER, assessed("infected-system", system("source", ADDRESS), system("target", OTHER))),
    iodef("`System@category=source` of an attack", ADDRESS, assessed("brute-force", system("source", ADDRESS), system("target", OTHER))),
    iodef("`System@category=target` of an attack", OTHER, assessed("brute-force", system("source", ADDRESS), system("target", OTHER))),
    iodef("`System@category=source` of a compromise without a target", ADDRESS, assessed("system-compromise", system("source", ADDRESS))),
    iodef("any system where every class is of RSIT's class vulnerable", ADDRESS, assessed("vulnerable-system", system("source", ADDRESS))),
    iodef("`System@category=source` without a classification", ADDRESS, assessed("our-own-word", system("source", ADDRESS))),
    iodef("`System@category=source`, `Incident@purpose=watch`", ADDRESS, f"<EventData><Flow>{system('source', ADDRESS)}</Flow></EventData>", "watch"),
    iodef("`System@spoofed=yes`", ADDRESS, assessed("brute-force", system("source", ADDRESS, ' spoofed="yes"'), system("target", OTHER))),
    iodef("`System@category=intermediate` or `infrastructure`", ADDRESS, assessed("brute-force", system("intermediate", ADDRESS))),
    iodef(
        "`DomainData@system-status=innocent-hacked` of an attacking source", "shop.example",
        assessed("phishing", '<System category="source"><Node><DomainData system-status="innocent-hacked"><Name>shop.example</Name></DomainData></Node></System>'),
    ),
    iodef(
        "`DomainData@system-status=fraudulent` of a target", "c2.example",
        assessed("other", system("source", ADDRESS), '<System category="target"><Node><DomainData system-status="fraudulent"><Name>c2.example</Name></DomainData></Node></System>'),
    ),
    iodef("`Indicator`", OTHER, f'<IndicatorData><Indicator><Observable><Address category="ipv4-addr">{OTHER}</Address></Observable></Indicator></IndicatorData>'),
    iodef("`EmailTo` of an Indicator", "me@a.example", "<IndicatorData><Indicator><Observable><EmailData><EmailTo>me@a.example</EmailTo></EmailData></Observable></Indicator></IndicatorData>"),
    xarf("`source_identifier`, `url`, `domain` of a type that attacks", ADDRESS, "connection", "login_attack", first_seen="2026-03-01T00:00:00Z", protocol="tcp"),
    xarf("`source_identifier` of the categories vulnerability and infrastructure, of infected_host and remote_compromise", ADDRESS, "infrastructure", "botnet"),
    xarf("`source_identifier` of a flood whose `attack_vector` is a reflection or amplification", ADDRESS, "connection", "ddos", first_seen="2026-03-01T00:00:00Z", protocol="udp", attack_vector="ntp_amplification"),
    xarf("`destination_ip` of a type that attacks", OTHER, "connection", "login_attack", first_seen="2026-03-01T00:00:00Z", protocol="tcp", destination_ip=OTHER),
    xarf("`c2_server`; version 3: `RpzDomain`", "c2.example", "infrastructure", "botnet", c2_server="c2.example"),
    xarf("`smtp_to`", "me@a.example", "messaging", "spam", protocol="smtp", smtp_from="x@evil.example", smtp_to="me@a.example"),
    xarf("`smtp_from`", "x@evil.example", "messaging", "spam", protocol="smtp", smtp_from="x@evil.example"),
    xarf("`smtp_from` under the country domain of a member, and the server that sent it", ADDRESS, "messaging", "spam", protocol="smtp", smtp_from="x@a.co.id"),
    veris("`ioc`", OTHER, ioc=[{"indicator": OTHER}]),
)  # fmt: skip
"""In the order of the page."""
