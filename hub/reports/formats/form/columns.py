"""The columns of the form in their order, with a description for errors and for the blank sheet."""

from __future__ import annotations

from typing import Final

COLUMNS: Final[dict[str, str]] = {
    "report_id": "an id, unique at your CERT",
    "stage": "early, update or final",
    "title": "a short title",
    "description": "what happened",
    "language": "the language of title and description (BCP 47)",
    "incident_class": "a class of RSIT such as fraud or malicious-code",
    "incident_type": "a type of RSIT such as phishing or infected-system",
    "status": "new, open or closed",
    "determination": "suspected, confirmed, blocked, failed-attempt or false-positive",
    "severity": "1 to 5",
    "tlp": "clear, green, amber, amber+strict or red",
    "pap": "clear, green, amber or red",
    "country": "a two-letter country code",
    "other_countries": "two-letter country codes",
    "cross_border": "yes or no",
    "started_at": "a time with its zone, or a date",
    "started_precision": "second, minute, hour, day, month or year",
    "detected_at": "a time with its zone, or a date",
    "reported_at": "a time with its zone, or a date",
    "resolved_at": "a time with its zone, or a date",
    "ended_at": "a time with its zone, or a date",
    "detection_method": "words of detection-methods-ov",
    "victim_name": "the victim's name (never leaves without consent)",
    "victim_registration_no": "the national registration number (never leaves)",
    "victim_abbreviations": "short names of the victim such as BCB (never leave)",
    "victim_brands": "brands, products and services of the victim (never leave)",
    "victim_people": "people of the victim who are named in this report (never leave)",
    "victim_hosts": "machines of the victim by name (never leave)",
    "victim_domain": "the victim's domains (never leave)",
    "victim_ip_ranges": "the victim's addresses (never leave)",
    "victim_sector": "a sector of STIX such as healthcare or financial-services",
    "victim_subsector": "a finer sector, in words",
    "victim_size": "micro, small, medium, large, or a band of staff",
    "critical_infrastructure": "yes or no",
    "consent": "none, cert-only, sector-only, pseudonym or named",
    "affected_individuals": "a whole number",
    "affected_systems": "a whole number",
    "affected_organisations": "a whole number",
    "information_types": "words of information-type-ov such as pii or phi",
    "records": "a whole number",
    "data_loss": "none, suspected-loss, confirmed-loss, contained or exploited-loss",
    "integrity": "a word of integrity-alteration-enum such as partial-modification",
    "availability_impact": "0 to 100, or none, minimal, significant, denial, loss-of-control",
    "downtime_hours": "a number",
    "cost_min": "a number",
    "cost_max": "a number",
    "currency": "a currency code (ISO 4217)",
    "ransom_demand": "a number, or yes or no",
    "ransom_paid": "a number, or yes or no",
    "recoverability": "regular, supplemented, extended, not-recoverable or not-applicable",
    "suspected_malicious": "yes, no or unknown",
    "actor": "names",
    "malware": "names",
    "tool": "legitimate tools that were misused, by name",
    "entry_vector": "how the attacker came in: vectors or varieties of VERIS such as Phishing or Use of stolen creds",
    "packages": "programs or packages concerned: package URLs such as pkg:npm/left-pad@1.3.0, or CPE 2.3 names",
    "attack_vector": "kinds of flood such as syn-flood or dns-amplification",
    "attack_rate": "highest rates with their unit, such as 1.2 Gbps;250000 pps",
    "attack_techniques": "ATT&CK techniques such as T1566.001",
    "cves": "CVE ids",
    "indicators": "type:value, such as ip:198.51.100.7 or url:hxxp://host[.]example/a; -> and a name of malware, tool, actor, "
    "attack_techniques or cves says what it points to: ip:198.51.100.7 -> Akira",
    "indicator_first_seen": "a time with its zone, or a date",
    "indicator_last_seen": "a time with its zone, or a date",
    "root_cause": "malicious-actions, system-failures, human-errors, natural-phenomena or third-party-failures",
    "actions_taken": "what was done",
    "lessons": "what was learnt",
    "recommended_actions": "what others should do",
    "mitigation": "what helps: mitigations of ATT&CK such as M1032 or Multi-factor Authentication",
    "fixed_in": "versions that mend it: package URLs or CPE 2.3 names with a version, or numbers such as KB5034441",
    "detection_advice": "where others can see it: data sources of ATT&CK such as DS0017 or Network Traffic",
    "confidence": "0 to 100, or low, medium, high",
    "contact_name": "whom to ask (never leaves)",
    "contact_email": "a mail address (never leaves)",
    "contact_phone": "a telephone number (never leaves)",
    "related_reports": "ids of your other reports",
}

REQUIRED_COLUMNS: Final = (
    "report_id", "title", "incident_class", "incident_type", "status", "determination", "tlp", "country",
    "victim_sector",
)  # fmt: skip
"""Columns that must be filled in every row, in addition to detected_at or reported_at."""

LIST_COLUMNS: Final = frozenset({
    "incident_type", "other_countries", "detection_method", "victim_registration_no", "victim_abbreviations",
    "victim_brands", "victim_people", "victim_hosts", "victim_domain", "victim_ip_ranges", "victim_sector",
    "information_types", "actor", "malware", "attack_techniques", "cves", "indicators", "recommended_actions",
    "contact_email", "contact_phone", "related_reports", "tool", "entry_vector", "packages", "attack_vector", "attack_rate",
    "mitigation", "fixed_in", "detection_advice",
})  # fmt: skip
"""Columns that may contain several values, separated by semicolons."""

COMMA_COLUMNS: Final = frozenset(
    {"other_countries", "detection_method", "information_types", "attack_techniques", "cves"}
)
"""Columns whose values contain no comma, so that commas separate them, too."""
