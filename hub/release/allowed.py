"""The allow-list: for each type and property the rule (`rules`) by which it leaves. A property not listed here stays.

Properties that every object has (id, times, author, markings, revocation) are set by `rewrite`, not here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hub.release import allowed_words, rounding
from hub.release.context import ObjectContext
from hub.release.policy import AudienceProfile
from hub.release.replacements import (
    ALL_THAT_LEAVES,
    CONTAINER_NAME,
    CONTAINER_TEXT,
    EVENT_NAME,
    FEED_NAME,
    FIRST_RELEASE,
    INDICATOR_NAME,
    INDICATOR_TEXT,
    LANGUAGE,
    TASK_NAME,
)
from hub.release.rules import (
    ACTION,
    ALIASES,
    APPROVED_TEXT,
    COUNT,
    COUNTS,
    CRITICALITY,
    FILE_NAME,
    FLOOD_RATES,
    HASHES,
    KEEP,
    LABELS,
    MAGNITUDE,
    NAME,
    PHASES,
    PLACES,
    REFERENCES,
    REFS,
    SIGHTING_TIME,
    VALIDITY_END,
    VALIDITY_START,
    VALUE,
    VERSION,
    Change,
    PropertyRule,
    Table,
    apply_rules,
    fidelity_rule,
    port_rule,
    rounded_time_rule,
    sentence_rule,
    vocabulary_or_unknown_rule,
    vocabulary_rule,
)
from hub.stix import incident
from hub.stix.identifiers import OPENCTI_EXTENSION, OPENCTI_OBSERVABLES
from hub.stix.vocabularies import ECONOMIC_VARIETIES, RELATIONSHIP_TYPES

_CURRENCY: Final = re.compile("[A-Z]{3}")


def _incident_core(value: Mapping[str, Any], context: ObjectContext) -> Change | None:
    """The rule for `incident.extensions`: that of Incident Core property by property; all other extensions stay."""
    core = value.get(incident.INCIDENT_CORE)
    if not core:
        return None
    change = apply_rules(core, _CORE[context.release.audience.profile], context, "extensions.core")
    return replace(change, value={incident.INCIDENT_CORE: change.value})


def _impact_extensions(value: Mapping[str, Any], context: ObjectContext) -> Change:
    leaving: dict[str, Any] = {incident.IMPACT: {"extension_type": "new-sdo"}}
    changes = []
    for name, content in value.items():
        if name in _IMPACT_EXTENSIONS:
            change = apply_rules(_bare_amounts(content), _IMPACT_EXTENSIONS[name], context, f"extensions.{name}")
            changes.append(change)
            leaving[name] = change.value
    rows = tuple(row for change in changes for row in change.rows)
    # The first property of each table is required. If its value may not leave, the extension would be invalid without it.
    are_complete = all(
        next(iter(_IMPACT_EXTENSIONS[name])) in leaving[name] for name in leaving if name in _IMPACT_EXTENSIONS
    )
    return Change(leaving if are_complete else None, rows)


def _bare_amounts(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """An economic impact without amounts that must not leave: those of a ransom, which the press prints, and incomplete ones."""
    is_ransom = str(content.get("variety", "")).startswith("ransom")
    highest = content.get("max_amount") or 0
    is_complete = {"currency", "min_amount", "max_amount"} <= content.keys()
    if "variety" in content and (
        is_ransom or highest < 1 or not is_complete or not _CURRENCY.fullmatch(content["currency"])
    ):
        return {"variety": content["variety"]}
    return content


def _new_sdo(extension: str) -> PropertyRule:
    return PropertyRule(lambda _value, _context: {extension: {"extension_type": "new-sdo"}}, "the extension's own mark")


def _new_sco() -> PropertyRule:
    return PropertyRule(
        lambda _value, _context: {OPENCTI_EXTENSION: {"extension_type": "new-sco"}}, "OpenCTI's own mark"
    )


_BASE: Final = {
    "type": KEEP,
    "spec_version": KEEP,
    "confidence": KEEP,
    "labels": LABELS,
    "external_references": REFERENCES,
    "lang": LANGUAGE,
}
_SCO: Final = {"type": KEEP, "spec_version": KEEP}
_SPAN: Final = {
    f"{end}_time{suffix}": fidelity_rule(end) if suffix else rounded_time_rule(end)
    for end in ("start", "end")
    for suffix in ("", "_fidelity")
}
_KNOWLEDGE: Final = _BASE | {
    "name": NAME,
    "description": APPROVED_TEXT,
    "aliases": ALIASES,
    "kill_chain_phases": PHASES,
}
_EVENT: Final = _BASE | _SPAN | {
    "status": vocabulary_rule(frozenset(incident.EVENT_STATUSES)),
    "name": EVENT_NAME,
    "event_types": vocabulary_rule(allowed_words.EVENT_TYPES),
    "next_event_refs": REFS,
    "extensions": _new_sdo(incident.EVENT),
}  # fmt: skip
_REPORT: Final = _BASE | {
    "name": CONTAINER_NAME,
    "description": CONTAINER_TEXT,
    "report_types": KEEP,
    "published": FIRST_RELEASE,
    "object_refs": ALL_THAT_LEAVES,
}

_SCOS: Final[Mapping[str, Table]] = {
    "ipv4-addr": _SCO | {"value": VALUE},
    "ipv6-addr": _SCO | {"value": VALUE},
    "domain-name": _SCO | {"value": VALUE},
    "url": _SCO | {"value": VALUE},
    "email-addr": _SCO | {"value": VALUE},
    "mac-addr": _SCO | {"value": VALUE},
    "autonomous-system": _SCO | {"number": VALUE},
    "mutex": _SCO | {"name": VALUE},
    "software": _SCO | {"name": VALUE, "version": VALUE, "cpe": VALUE},
    **{
        name: _SCO | dict.fromkeys(texts, VALUE) | {"extensions": _new_sco()}
        for name, texts in OPENCTI_OBSERVABLES.items()
    },
    "email-message": _SCO | {"is_multipart": KEEP, "subject": VALUE},
    "windows-registry-key": _SCO | {"key": VALUE},
    "x509-certificate": _SCO | {"hashes": HASHES},
    "file": _SCO | {
        "hashes": HASHES,
        "size": VALUE,
        "mime_type": VALUE,
        "name": FILE_NAME,
    },
    "network-traffic": _SCO | {
        "protocols": VALUE,
        "src_ref": REFS,
        "dst_ref": REFS,
        "src_port": port_rule("src"),
        "dst_port": port_rule("dst"),
    },
}  # fmt: skip

REGIONAL: Final[Mapping[str, Table]] = {
    **_SCOS,
    "incident": _BASE | {
        "name": sentence_rule("title"),
        "description": sentence_rule("description"),
        "extensions": PropertyRule(_incident_core, "Incident Core, property by property"),
    },
    "event": _EVENT | {"description": APPROVED_TEXT, "goal": APPROVED_TEXT},
    "impact": _BASE | _SPAN | {
        "impact_category": vocabulary_rule(frozenset(incident.IMPACT_CATEGORIES)),
        "criticality": CRITICALITY,
        "description": APPROVED_TEXT,
        "impacted_entity_counts": COUNTS,
        "recoverability": vocabulary_rule(frozenset(incident.RECOVERABILITIES)),
        "extensions": PropertyRule(_impact_extensions, "enumerations as they are, numbers in bands"),
    },
    "task": _BASE | _SPAN | {
        "outcome": vocabulary_rule(frozenset(incident.TASK_OUTCOMES)),
        "name": TASK_NAME,
        "task_types": vocabulary_rule(allowed_words.LESSON_TASK_TYPES),
        "description": APPROVED_TEXT,
        "extensions": _new_sdo(incident.TASK),
    },
    "indicator": _BASE | {
        "name": INDICATOR_NAME,
        "description": INDICATOR_TEXT,
        "indicator_types": vocabulary_rule(allowed_words.INDICATOR_TYPES),
        "pattern": VALUE,
        "pattern_type": vocabulary_rule(allowed_words.PATTERN_TYPES),
        "pattern_version": KEEP,
        "valid_from": VALIDITY_START,
        "valid_until": VALIDITY_END,
        "kill_chain_phases": PHASES,
    },
    "malware": _KNOWLEDGE | {"malware_types": vocabulary_rule(allowed_words.MALWARE_TYPES), "is_family": KEEP},
    "tool": _KNOWLEDGE | {"tool_types": vocabulary_rule(allowed_words.TOOL_TYPES), "tool_version": VERSION},
    "attack-pattern": _KNOWLEDGE,
    "vulnerability": _KNOWLEDGE,
    "threat-actor": _KNOWLEDGE | {
        "threat_actor_types": vocabulary_rule(allowed_words.ACTOR_TYPES),
        "primary_motivation": vocabulary_rule(allowed_words.MOTIVATIONS),
    },
    "intrusion-set": _KNOWLEDGE | {"primary_motivation": vocabulary_rule(allowed_words.MOTIVATIONS)},
    "campaign": _KNOWLEDGE,
    "course-of-action": _BASE | {"name": ACTION, "description": APPROVED_TEXT},
    "note": _BASE | {"abstract": APPROVED_TEXT, "content": APPROVED_TEXT, "object_refs": REFS},
    "observed-data": _BASE | {
        "first_observed": SIGHTING_TIME,
        "last_observed": SIGHTING_TIME,
        "number_observed": MAGNITUDE,
        "object_refs": REFS,
    },
    "sighting": _BASE | {
        "sighting_of_ref": REFS,
        "count": COUNT,
        "first_seen": SIGHTING_TIME,
        "last_seen": SIGHTING_TIME,
        "where_sighted_refs": PLACES,
    },
    "relationship": _BASE | {
        "relationship_type": vocabulary_rule(RELATIONSHIP_TYPES),
        "source_ref": REFS,
        "target_ref": REFS,
    },
    "report": _REPORT,
    "grouping": _BASE | {"name": FEED_NAME, "context": KEEP, "object_refs": ALL_THAT_LEAVES},
}  # fmt: skip

# A public release has no impacts, tasks, notes or texts of the report, and no counts except those of sightings.
_NO_PUBLIC_TYPES: Final = frozenset({"impact", "task", "note", "course-of-action"})
_NO_PUBLIC_PROPERTIES: Final = frozenset({"lang"})
PUBLIC: Final[Mapping[str, Table]] = {
    object_type: {
        name: rule for name, rule in table.items() if name not in _NO_PUBLIC_PROPERTIES and rule is not APPROVED_TEXT
    }
    for object_type, table in REGIONAL.items()
    if object_type not in _NO_PUBLIC_TYPES
}
TABLES: Final = {AudienceProfile.REGIONAL: REGIONAL, AudienceProfile.PUBLIC: PUBLIC}

_CORE_PUBLIC: Final[Table] = {
    "extension_type": KEEP,
    "determination": vocabulary_rule(frozenset(incident.DETERMINATIONS)),
    "investigation_status": vocabulary_rule(allowed_words.INVESTIGATION_STATUSES),
    "incident_types": vocabulary_rule(allowed_words.EVENT_TYPES),
    "recoverability": vocabulary_rule(frozenset(incident.RECOVERABILITIES)),
    "criticality": CRITICALITY,
    "event_refs": REFS,
}
_CORE: Final[Mapping[AudienceProfile, Table]] = {
    AudienceProfile.PUBLIC: _CORE_PUBLIC,
    AudienceProfile.REGIONAL: {
        **_CORE_PUBLIC,
        "detection_methods": vocabulary_rule(allowed_words.DETECTION_METHODS),
        "impacted_entity_counts": COUNTS,
        "impact_refs": REFS,
        "scores": FLOOD_RATES,
        "task_refs": REFS,
    },
}
_RECORD_COUNT: Final = {"record_count": MAGNITUDE}
_IMPACT_EXTENSIONS: Final[Mapping[str, Table]] = {
    "availability-ext": {
        "availability_impact": PropertyRule(
            lambda value, _context: rounding.availability(value), "the middle of its band"
        )
    },
    "confidentiality-ext": {
        "loss_type": KEEP,
        "information_type": vocabulary_or_unknown_rule(allowed_words.INFORMATION_TYPES),
        **_RECORD_COUNT,
    },
    "integrity-ext": {
        "alteration": KEEP,
        "information_type": vocabulary_or_unknown_rule(allowed_words.INFORMATION_TYPES),
        **_RECORD_COUNT,
    },
    "external-ext": {"impact_type": vocabulary_rule(allowed_words.EXTERNAL_IMPACTS)},
    "physical-ext": {"impact_type": KEEP, "asset_type": vocabulary_or_unknown_rule(allowed_words.ASSET_TYPES)},
    "traceability-ext": {"traceability_impact": KEEP},
    "economic-ext": {
        "variety": vocabulary_rule(ECONOMIC_VARIETIES),
        "currency": KEEP,
        "min_amount": MAGNITUDE,
        "max_amount": MAGNITUDE,
    },
}
