"""Convert X-ARF reports of all versions to the keys of version 4.

Version 3 has the vocabulary of its schemas, and older spellings of some senders. The `xarf` package (an extra) checks
reports of version 4: a faulty field becomes a warning, and the others are read.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
from xarf import parse
from xarf.exceptions import XARFError

from hub.reports.losses import excerpt
from hub.reports.reading.draft import Draft, Problem

# ReportType without capitals and punctuation: category and type of version 4 (`account`, `exploit`, `harassment` are ours).
_TYPES: Final[dict[str, tuple[str, str]]] = {
    "spam": ("messaging", "spam"), "harassment": ("messaging", "harassment"),
    "loginattack": ("connection", "login_attack"), "portscan": ("connection", "port_scan"),
    "ddos": ("connection", "ddos"), "exploit": ("connection", "exploit"), "webcrawler": ("connection", "scraping"),
    "potentiallycompromisedaccount": ("connection", "account"), "bot": ("infrastructure", "botnet"),
    "phishing": ("content", "phishing"), "malware": ("content", "malware"), "fraud": ("content", "fraud"),
    "trademark": ("content", "brand_infringement"), "childabuse": ("content", "csam"),
    "botnet": ("infrastructure", "botnet"), "copyright": ("copyright", "copyright"),
    "openservice": ("vulnerability", "open_service"),
}  # fmt: skip
# Key of Report or AdditionalInfo: key of version 4. If several keys have one meaning, the first counts.
_KEYS: Final[tuple[tuple[str, str], ...]] = (
    ("Date", "timestamp"), ("FirstSeen", "first_seen"), ("LastSeen", "last_seen"), ("SourcePort", "source_port"),
    ("SourceUrl", "url"), ("Url", "url"), ("URL", "url"), ("DestinationIp", "destination_ip"),
    ("DestinationIP", "destination_ip"), ("DestinationPort", "destination_port"), ("TransportProtocol", "protocol"),
    ("Protocol", "protocol"), ("SmtpMailFromAddress", "smtp_from"), ("SMTPFrom", "smtp_from"),
    ("SmtpRcptToAddress", "smtp_to"), ("SmtpMessageSubject", "subject"), ("Subject", "subject"),
    ("MalwareName", "malware_family"), ("MalwareFamily", "malware_family"), ("BotnetName", "malware_family"),
    ("RpzDomain", "c2_server"), ("C2Server", "c2_server"), ("AttackerIp", "attacker_ip"), ("CVE", "cve_id"),
    ("ServiceName", "service"), ("ServiceVersion", "service_version"), ("Occurrences", "attempt_count"),
    ("AttackCount", "attempt_count"), ("AttackDescription", "description"), ("HarassmentDescription", "description"),
    ("ReporterNotes", "notes"), ("TargetBrand", "target_brand"), ("Samples", "evidence"), ("Attachment", "evidence"),
)  # fmt: skip

_ACCOUNT: Final = ("AccountEmail", "AccountIdentifier", "AccountName")
_MAPPINGS: Final = {
    "Source": frozenset({"IP", "Port", "URL", "Type"}), "Account": frozenset(_ACCOUNT), "CVSS": frozenset({"Score"}),
}  # fmt: skip
"""Mappings inside a report -> the keys that are read."""
_NO_MAPPING: Final = "expected a mapping"
_READ_KEYS: Final = frozenset({
    "ReportClass", "ReportType", "ReportSubType", "AdditionalInfo", "Source", "SourceIp", "Account", "CVSS",
})  # fmt: skip


def as_version_4(value: dict[str, Any], draft: Draft) -> dict[str, Any]:
    """Return the report with the keys of version 4. Raises Problem if it cannot be understood."""
    if "MailText" in value:
        return _from_mail(value, draft)
    if "Report-Type" in value:
        return _from_version_02(value, draft)
    if "Report" in value and "xarf_version" not in value:
        return _from_version_3(value, draft)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = parse(value)
    except (XARFError, TypeError, ValueError, AttributeError, KeyError, RecursionError) as error:
        raise Problem("", type(error).__name__, "an X-ARF report in the shape of its schema") from None
    for fault in result.errors:
        if fault.field in {"category", "type"} or (not fault.field and "required" not in fault.message):
            raise Problem("type", value.get("type"), f"a type that X-ARF 4 has in the category {value.get('category')}")
        place = fault.field or "report"
        draft.warn(f"{place} does not follow X-ARF 4 ({excerpt(fault.message)}); it is read as far as possible")
    for warning in result.warnings:
        if "unknown" not in warning.message.casefold():
            draft.warn(warning.message)
    return value


def _from_mail(value: dict[str, Any], draft: Draft) -> dict[str, Any]:
    """Return the report in a mail, with the text of the mail as its notes."""
    report_fields = {key: item for key, item in value.items() if key not in {"MailText", "MailParts"}}
    report = as_version_4(report_fields, draft)
    draft.note_unused("mail part", value.get("MailParts"), "raw evidence stays at the CERT")
    text = value.get("MailText")
    if not text:
        return report
    if report.get("notes"):
        draft.note_unused("mail text", text, "the report has notes of its own")
        return report
    return {**report, "notes": text}


# Key of version 0.2: key of version 4.
_KEYS_02: Final = {
    "Report-Id": "report_id", "Date": "timestamp", "Source": "source_identifier", "Port": "destination_port",
    "Destination": "destination_ip", "Service": "service", "Occurrences": "attempt_count", "Tlp": "tlp",
    "Source-Port": "source_port", "Protocol": "protocol", "First-Seen": "first_seen", "Last-Seen": "last_seen",
    "Malware-Family": "malware_family", "Url": "url", "Subject": "subject",
}  # fmt: skip
_READ_KEYS_02: Final = frozenset({
    "Report-Type", "Category", "Reported-From", "Version", "Schema-Url", "Source-Type", "Destination-Type",
    "User-Agent", "Attachment",
})  # fmt: skip


def _from_version_02(value: dict[str, Any], draft: Draft) -> dict[str, Any]:
    """Convert the flat keys of version 0.2. ``Port`` is the attacked port, ``User-Agent`` the program that wrote the mail."""
    word = re.sub(r"[^a-z]", "", str(value.get("Report-Type") or "").casefold())
    if word not in _TYPES | _TYPES_02:
        raise Problem("Report-Type", value.get("Report-Type"), "a type of X-ARF 0.2 such as login-attack or phishing")
    category, kind = {**_TYPES, **_TYPES_02}[word]
    converted: dict[str, Any] = {"category": category, "type": kind}
    converted |= {name: value[key] for key, name in _KEYS_02.items() if value.get(key)}
    if not converted.get("report_id"):
        converted["report_id"] = f"v3-{_digest(value)}"
    if value.get("Reported-From"):
        converted["reporter"] = {"contact": value["Reported-From"]}
    for key in sorted(value.keys() - _KEYS_02.keys() - _READ_KEYS_02):
        draft.note_unused(key, value[key], "is no known key of X-ARF 0.2")
    for key in ("Attachment", "User-Agent"):
        draft.note_unused(key, value.get(key), "is used only by the sender, and stays at the CERT")
    return converted


_TYPES_02: Final[dict[str, tuple[str, str]]] = {
    "malwareattack": ("connection", "exploit"), "webattack": ("connection", "exploit"),
    "harvesting": ("connection", "scraping"), "regbot": ("connection", "scraping"),
    "rbl": ("reputation", "blocklist"), "portscanning": ("connection", "port_scan"),
    "scan": ("connection", "port_scan"), "dos": ("connection", "ddos"), "infectedhost": ("connection", "infected_host"),
    "botinfection": ("infrastructure", "botnet"), "openproxy": ("vulnerability", "open_service"),
}  # fmt: skip


def _digest(value: dict[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _from_version_3(value: dict[str, Any], draft: Draft) -> dict[str, Any]:
    """1. Type. 2. Known keys. 3. Reported source. 4. Reporters. 5. All other keys, under their own names."""
    report = value["Report"]
    extra = report.get("AdditionalInfo") or {} if isinstance(report, Mapping) else {}
    if not isinstance(report, Mapping) or not isinstance(extra, Mapping):
        raise Problem("Report", report, "a mapping, with a mapping AdditionalInfo if there is one")
    # 1. Version 3 has no id; a digest of the report gives one that stays the same.
    category, kind = _type(report)
    converted: dict[str, Any] = {"category": category, "type": kind, "report_id": f"v3-{_digest(value)}"}
    # 2.
    pairs = [(key, name, item) for key, name in _KEYS for item in (report.get(key), extra.get(key))]
    # 3.
    for key, name, item in (*pairs, *_mapped_values(report)):
        if item not in (None, "", []) and converted.setdefault(name, item) != item:
            draft.note_unused(f"Report.{key}", item, f"the report has a {name.replace('_', ' ')} already")
    for key in _MAPPINGS:
        if not isinstance(report.get(key) or {}, Mapping):
            draft.note_unused(f"Report.{key}", report[key], _NO_MAPPING)
        for name, item in _mapping(report.get(key)).items():
            if name not in _MAPPINGS[key]:
                draft.note_unused(f"Report.{key}.{name}", item)
    converted.setdefault("source_identifier", converted.get("url"))
    # 4.
    converted["reporter"] = _party(value.get("ReporterInfo"), "Reporter", draft)
    converted["complainant"] = _party(value.get("OnBehalfOf"), "Complainant", draft)
    # 5.
    known_keys = {key for key, _ in _KEYS} | _READ_KEYS
    other_items = {_snake(str(key)): item for key, item in {**extra, **report}.items() if key not in known_keys}
    converted = other_items | converted
    for key, item in value.items():
        if key not in {"Report", "ReporterInfo", "OnBehalfOf", "Version", "Disclosure"}:
            draft.note_unused(key, item, "is used only by the sender, and stays at the CERT")
    return converted


def _mapped_values(report: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield (key, key of version 4, value) for the values in nested mappings: the source, the account, the score."""
    source, account, score = (_mapping(report.get(key)) for key in ("Source", "Account", "CVSS"))
    pairs = (
        ("Source.IP", "source_identifier", source.get("IP")),
        ("SourceIp", "source_identifier", report.get("SourceIp")),
        ("Source.Port", "source_port", source.get("Port")),
        ("Source.URL", "url", source.get("URL")),
        ("CVSS.Score", "cvss_score", score.get("Score")),
        ("Account", "account", [text for key in _ACCOUNT if (text := account.get(key))]),
    )
    return ((key, name, item) for key, name, item in pairs if item)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _type(report: Mapping[str, Any]) -> tuple[str, str]:
    word = re.sub(r"[^a-z]", "", str(report.get("ReportType") or "").casefold())
    if word not in _TYPES:
        raise Problem("Report.ReportType", report.get("ReportType"), "a type of X-ARF 3 such as PortScan or Phishing")
    activity = str(report.get("ReportClass") or "").casefold() == "activity"
    if word == "malware" and activity:
        return "connection", "infected_host"  # Malware of the class Activity means an infected host
    return _TYPES[word]


def _party(info: Any, prefix: str, draft: Draft) -> dict[str, Any]:
    """Return a reporter or complainant with the keys of version 4, and the names and telephones that version 3 adds."""
    if not isinstance(info, Mapping):
        draft.note_unused(prefix, info, _NO_MAPPING)
        return {}
    names = {
        "org": f"{prefix}Org", "contact": f"{prefix}ContactEmail", "domain": f"{prefix}OrgDomain",
        "org_email": f"{prefix}OrgEmail", "name": f"{prefix}ContactName", "phone": f"{prefix}ContactPhone",
    }  # fmt: skip
    for key in info.keys() - set(names.values()):
        draft.note_unused(str(key), info[key], "names who reported it, and stays at the CERT")
    return {name: info[key] for name, key in names.items() if info.get(key)}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
