"""The allow-list: for each type and property the rule (`rules`) by which it leaves. What is not listed here does not leave.

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
    APPROVED,
    BAND,
    COUNT,
    COUNTS,
    CRITICALITY,
    FILE_NAME,
    FROM,
    HASHES,
    KEEP,
    LABELS,
    NAME,
    PHASES,
    PLACES,
    RATES_ROUNDED,
    REFERENCES,
    REFS,
    SEEN,
    UNTIL,
    VALUE,
    VERSION,
    Change,
    PropertyRule,
    Table,
    exactness,
    one_of,
    or_unknown,
    port,
    rewritten,
    rounded,
    written,
)
from hub.stix import incident
from hub.stix.identifiers import OPENCTI_EXTENSION, OPENCTI_OBSERVABLES
from hub.stix.vocabularies import ECONOMIC_VARIETIES, RELATIONSHIP_TYPES

_CURRENCY: Final = re.compile("[A-Z]{3}")


def _core(value: Mapping[str, Any], context: ObjectContext) -> Change | None:
    """`incident.extensions`: Incident Core's own key, property by property; all other extensions stay."""
    core = value.get(incident.INCIDENT_CORE)
    if not core:
        return None
    part = rewritten(core, _CORE[context.release.audience.profile], context, "extensions.core")
    return replace(part, value={incident.INCIDENT_CORE: part.value})


def _impact_extensions(value: Mapping[str, Any], context: ObjectContext) -> Change:
    leaving: dict[str, Any] = {incident.IMPACT: {"extension_type": "new-sdo"}}
    changes = []
    for name, content in value.items():
        if name in _IMPACT_KEYS:
            part = rewritten(_amounts(content), _IMPACT_KEYS[name], context, f"extensions.{name}")
            changes.append(part)
            leaving[name] = part.value
    rows = tuple(row for part in changes for row in part.rows)
    # An extension whose required property (the first of its table) is a word outside its vocabulary is invalid without it.
    complete = all(next(iter(_IMPACT_KEYS[name])) in leaving[name] for name in leaving if name in _IMPACT_KEYS)
    return Change(leaving if complete else None, rows)


def _amounts(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Money by order of magnitude; what a ransom was, not at all: the press prints it."""
    ransom = str(content.get("variety", "")).startswith("ransom")
    highest = content.get("max_amount") or 0
    whole = {"currency", "min_amount", "max_amount"} <= content.keys()
    if "variety" in content and (ransom or highest < 1 or not whole or not _CURRENCY.fullmatch(content["currency"])):
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
    f"{end}_time{suffix}": exactness(end) if suffix else rounded(end)
    for end in ("start", "end")
    for suffix in ("", "_fidelity")
}
_KNOWN: Final = _BASE | {"name": NAME, "description": APPROVED, "aliases": ALIASES, "kill_chain_phases": PHASES}
_EVENT: Final = _BASE | _SPAN | {
    "status": one_of(frozenset(incident.EVENT_STATUSES)),
    "name": EVENT_NAME,
    "event_types": one_of(allowed_words.EVENT_TYPES),
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
        "src_port": port("src"),
        "dst_port": port("dst"),
    },
}  # fmt: skip

REGIONAL: Final[Mapping[str, Table]] = {
    **_SCOS,
    "incident": _BASE | {
        "name": written("title"),
        "description": written("description"),
        "extensions": PropertyRule(_core, "Incident Core, property by property"),
    },
    "event": _EVENT | {"description": APPROVED, "goal": APPROVED},
    "impact": _BASE | _SPAN | {
        "impact_category": one_of(frozenset(incident.IMPACT_CATEGORIES)),
        "criticality": CRITICALITY,
        "description": APPROVED,
        "impacted_entity_counts": COUNTS,
        "recoverability": one_of(frozenset(incident.RECOVERABILITIES)),
        "extensions": PropertyRule(_impact_extensions, "enumerations as they are, numbers in bands"),
    },
    "task": _BASE | _SPAN | {
        "outcome": one_of(frozenset(incident.TASK_OUTCOMES)),
        "name": TASK_NAME,
        "task_types": one_of(allowed_words.LESSON_TASK_TYPES),
        "description": APPROVED,
        "extensions": _new_sdo(incident.TASK),
    },
    "indicator": _BASE | {
        "name": INDICATOR_NAME,
        "description": INDICATOR_TEXT,
        "indicator_types": one_of(allowed_words.INDICATOR_TYPES),
        "pattern": VALUE,
        "pattern_type": one_of(allowed_words.PATTERN_TYPES),
        "pattern_version": KEEP,
        "valid_from": FROM,
        "valid_until": UNTIL,
        "kill_chain_phases": PHASES,
    },
    "malware": _KNOWN | {"malware_types": one_of(allowed_words.MALWARE_TYPES), "is_family": KEEP},
    "tool": _KNOWN | {"tool_types": one_of(allowed_words.TOOL_TYPES), "tool_version": VERSION},
    "attack-pattern": _KNOWN,
    "vulnerability": _KNOWN,
    "threat-actor": _KNOWN | {
        "threat_actor_types": one_of(allowed_words.ACTOR_TYPES),
        "primary_motivation": one_of(allowed_words.MOTIVATIONS),
    },
    "intrusion-set": _KNOWN | {"primary_motivation": one_of(allowed_words.MOTIVATIONS)},
    "campaign": _KNOWN,
    "course-of-action": _BASE | {"name": ACTION, "description": APPROVED},
    "note": _BASE | {"abstract": APPROVED, "content": APPROVED, "object_refs": REFS},
    "observed-data": _BASE | {
        "first_observed": SEEN,
        "last_observed": SEEN,
        "number_observed": BAND,
        "object_refs": REFS,
    },
    "sighting": _BASE | {
        "sighting_of_ref": REFS,
        "count": COUNT,
        "first_seen": SEEN,
        "last_seen": SEEN,
        "where_sighted_refs": PLACES,
    },
    "relationship": _BASE | {
        "relationship_type": one_of(RELATIONSHIP_TYPES),
        "source_ref": REFS,
        "target_ref": REFS,
    },
    "report": _REPORT,
    "grouping": _BASE | {"name": FEED_NAME, "context": KEEP, "object_refs": ALL_THAT_LEAVES},
}  # fmt: skip

# To everybody: no impacts, tasks, notes or texts of the report, and no counts beside those of sightings.
_NOT_PUBLIC: Final = frozenset({"impact", "task", "note", "course-of-action"})
_NOWHERE_PUBLIC: Final = frozenset({"lang"})
PUBLIC: Final[Mapping[str, Table]] = {
    object_type: {name: rule for name, rule in table.items() if name not in _NOWHERE_PUBLIC and rule is not APPROVED}
    for object_type, table in REGIONAL.items()
    if object_type not in _NOT_PUBLIC
}
TABLES: Final = {AudienceProfile.REGIONAL: REGIONAL, AudienceProfile.PUBLIC: PUBLIC}

_CORE_PUBLIC: Final[Table] = {
    "extension_type": KEEP,
    "determination": one_of(frozenset(incident.DETERMINATIONS)),
    "investigation_status": one_of(allowed_words.INVESTIGATION_STATUSES),
    "incident_types": one_of(allowed_words.EVENT_TYPES),
    "recoverability": one_of(frozenset(incident.RECOVERABILITIES)),
    "criticality": CRITICALITY,
    "event_refs": REFS,
}
_CORE: Final[Mapping[AudienceProfile, Table]] = {
    AudienceProfile.PUBLIC: _CORE_PUBLIC,
    AudienceProfile.REGIONAL: {
        **_CORE_PUBLIC,
        "detection_methods": one_of(allowed_words.DETECTION_METHODS),
        "impacted_entity_counts": COUNTS,
        "impact_refs": REFS,
        "scores": RATES_ROUNDED,
        "task_refs": REFS,
    },
}
_NUMBERS: Final = {"record_count": BAND}
_IMPACT_KEYS: Final[Mapping[str, Table]] = {
    "availability-ext": {
        "availability_impact": PropertyRule(
            lambda value, _context: rounding.availability(value), "the middle of its band"
        )
    },
    "confidentiality-ext": {
        "loss_type": KEEP,
        "information_type": or_unknown(allowed_words.INFORMATION_TYPES),
        **_NUMBERS,
    },
    "integrity-ext": {"alteration": KEEP, "information_type": or_unknown(allowed_words.INFORMATION_TYPES), **_NUMBERS},
    "external-ext": {"impact_type": one_of(allowed_words.EXTERNAL_IMPACTS)},
    "physical-ext": {"impact_type": KEEP, "asset_type": or_unknown(allowed_words.ASSET_TYPES)},
    "traceability-ext": {"traceability_impact": KEEP},
    "economic-ext": {
        "variety": one_of(ECONOMIC_VARIETIES),
        "currency": KEEP,
        "min_amount": BAND,
        "max_amount": BAND,
    },
}
