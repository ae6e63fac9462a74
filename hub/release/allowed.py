"""The allow-list: for each type and property the rule (`rules`) by which it leaves. What is not listed here does not leave.

Properties that every object has (id, times, author, markings, revocation) are set by `rewrite`, not here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from hub.release import rounding, words
from hub.release.policy import Profile
from hub.release.rules import (
    APPROVED,
    BAND,
    CLEAN,
    COUNTS,
    CRITICALITY,
    FILE_NAME,
    HASHES,
    KEEP,
    LABELS,
    PHASES,
    REFERENCES,
    REFS,
    SEEN,
    UNTIL,
    VALUE,
    Rule,
    exactness,
    one_of,
    or_unknown,
    rounded,
    written,
)  # fmt: skip
from hub.rendering.versions import shortest
from hub.stix import incident
from hub.stix.vocabularies import ECONOMIC_VARIETIES

if TYPE_CHECKING:
    from hub.release.case import Case

_CURRENCY: Final = re.compile("[A-Z]{3}")


def _core(value: Mapping[str, Any], case: Case) -> dict[str, Any] | None:
    """`incident.extensions`: Incident Core's own key, property by property; all other extensions stay."""
    core = value.get(incident.INCIDENT_CORE)
    return {incident.INCIDENT_CORE: case.apply(_CORE[case.audience.profile], core, "extensions.core")} if core else None


def _impact_extensions(value: Mapping[str, Any], case: Case) -> dict[str, Any] | None:
    made: dict[str, Any] = {incident.IMPACT: {"extension_type": "new-sdo"}}
    for name, content in value.items():
        if name in _IMPACT_KEYS:
            made[name] = case.apply(_IMPACT_KEYS[name], _amounts(content), f"extensions.{name}")
            if next(iter(_IMPACT_KEYS[name])) not in made[name]:
                return None  # what the extension demands first is a word outside its vocabulary
    return made


def _amounts(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Money by order of magnitude; what a ransom was, not at all: the press prints it."""
    ransom = str(content.get("variety", "")).startswith("ransom")
    highest = content.get("max_amount") or 0
    whole = {"currency", "min_amount", "max_amount"} <= content.keys()
    if "variety" in content and (ransom or highest < 1 or not whole or not _CURRENCY.fullmatch(content["currency"])):
        return {"variety": content["variety"]}
    return content


def _new_sdo(extension: str) -> Rule:
    return Rule(lambda _value, _case: {extension: {"extension_type": "new-sdo"}}, "the extension's own mark")


_BASE: Final = {
    "type": KEEP,
    "spec_version": KEEP,
    "confidence": KEEP,
    "labels": LABELS,
    "external_references": REFERENCES,
    "lang": Rule(lambda value, case: value if case.own_words else None, "stays with the text that it is of"),
}
_SCO: Final = {"type": KEEP, "spec_version": KEEP}
_SPAN: Final = {
    f"{end}_time{suffix}": exactness(end) if suffix else rounded(end)
    for end in ("start", "end")
    for suffix in ("", "_fidelity")
}
_KNOWN: Final = _BASE | {"name": CLEAN, "description": APPROVED, "aliases": CLEAN, "kill_chain_phases": PHASES}
_EVENT: Final = _BASE | _SPAN | {
    "status": one_of(frozenset(incident.EVENT_STATUSES)),
    "name": Rule(lambda _value, case: case.event_name(), "written anew from vocabulary words"),
    "event_types": one_of(words.EVENT_TYPES),
    "next_event_refs": REFS,
    "extensions": _new_sdo(incident.EVENT),
}  # fmt: skip
_REPORT: Final = _BASE | {
    "name": Rule(lambda _value, case: case.container_name(), "written anew; the title where that was approved"),
    "description": Rule(
        lambda _value, case: case.container_text(), "written anew; with the description where approved"
    ),
    "report_types": KEEP,
    "published": Rule(lambda _value, case: shortest(case.first_released), "the time of the first release"),
    "object_refs": Rule(lambda _value, case: case.all_that_leaves(), "all that leaves", shown=False),
}

_SCOS: Final[Mapping[str, Mapping[str, Rule]]] = {
    "ipv4-addr": _SCO | {"value": VALUE},
    "ipv6-addr": _SCO | {"value": VALUE},
    "domain-name": _SCO | {"value": VALUE},
    "url": _SCO | {"value": VALUE},
    "email-addr": _SCO | {"value": VALUE},
    "mac-addr": _SCO | {"value": VALUE},
    "autonomous-system": _SCO | {"number": VALUE},
    "mutex": _SCO | {"name": VALUE},
    "software": _SCO | {"name": VALUE, "cpe": VALUE},
    "user-account": _SCO | {"account_login": VALUE},
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
        "src_port": Rule(lambda value, case: case.port("src", value), "with the adversary's end only"),
        "dst_port": Rule(lambda value, case: case.port("dst", value), "with the adversary's end only"),
    },
}  # fmt: skip

REGIONAL: Final[Mapping[str, Mapping[str, Rule]]] = {
    **_SCOS,
    "incident": _BASE | {
        "name": written("title"),
        "description": written("description"),
        "extensions": Rule(_core, "Incident Core, property by property"),
    },
    "event": _EVENT | {"description": APPROVED, "goal": APPROVED},
    "impact": _BASE | _SPAN | {
        "impact_category": one_of(frozenset(incident.IMPACT_CATEGORIES)),
        "criticality": CRITICALITY,
        "description": APPROVED,
        "impacted_entity_counts": COUNTS,
        "recoverability": one_of(frozenset(incident.RECOVERABILITIES)),
        "extensions": Rule(_impact_extensions, "enumerations as they are, numbers in bands"),
    },
    "task": _BASE | _SPAN | {
        "outcome": one_of(frozenset(incident.TASK_OUTCOMES)),
        "name": Rule(lambda _value, case: case.task_name(), "written anew from vocabulary words"),
        "task_types": one_of(words.LESSONS),
        "description": APPROVED,
        "extensions": _new_sdo(incident.TASK),
    },
    "indicator": _BASE | {
        "name": Rule(lambda _value, case: case.indicator_name(), "written anew"),
        "description": Rule(lambda _value, case: case.indicator_text(), "written anew from vocabulary words"),
        "indicator_types": one_of(words.INDICATOR_TYPES),
        "pattern": VALUE,
        "pattern_type": one_of(words.PATTERN_TYPES),
        "pattern_version": KEEP,
        "valid_from": SEEN,
        "valid_until": UNTIL,
        "kill_chain_phases": PHASES,
    },
    "malware": _KNOWN | {"malware_types": one_of(words.MALWARE_TYPES), "is_family": KEEP},
    "tool": _KNOWN | {"tool_types": one_of(words.TOOL_TYPES), "tool_version": CLEAN},
    "attack-pattern": _KNOWN,
    "vulnerability": _KNOWN,
    "threat-actor": _KNOWN | {
        "threat_actor_types": one_of(words.ACTOR_TYPES),
        "primary_motivation": one_of(words.MOTIVATIONS),
    },
    "intrusion-set": _KNOWN | {"primary_motivation": one_of(words.MOTIVATIONS)},
    "campaign": _KNOWN,
    "course-of-action": _BASE | {"name": APPROVED, "description": APPROVED},
    "note": _BASE | {"abstract": APPROVED, "content": APPROVED, "object_refs": REFS},
    "observed-data": _BASE | {
        "first_observed": SEEN,
        "last_observed": SEEN,
        "number_observed": BAND,
        "object_refs": REFS,
    },
    "sighting": _BASE | {
        "sighting_of_ref": REFS,
        "count": BAND,
        "first_seen": SEEN,
        "last_seen": SEEN,
        "where_sighted_refs": Rule(lambda value, case: case.places(value), "a class of sector and country, or the CERT"),
    },
    "relationship": _BASE | {"relationship_type": KEEP, "source_ref": REFS, "target_ref": REFS},
    "report": _REPORT,
}  # fmt: skip

# To everybody: no impacts, tasks, notes or texts of the report, and no counts beside those of sightings.
_NOT_PUBLIC: Final = frozenset({"impact", "task", "note", "course-of-action"})
_NOWHERE_PUBLIC: Final = frozenset({"lang"})
PUBLIC: Final[Mapping[str, Mapping[str, Rule]]] = {
    object_type: {name: rule for name, rule in table.items() if name not in _NOWHERE_PUBLIC and rule is not APPROVED}
    for object_type, table in REGIONAL.items()
    if object_type not in _NOT_PUBLIC
}
TABLES: Final = {Profile.REGIONAL: REGIONAL, Profile.PUBLIC: PUBLIC}

_CORE_PUBLIC: Final[Mapping[str, Rule]] = {
    "extension_type": KEEP,
    "determination": one_of(frozenset(incident.DETERMINATIONS)),
    "investigation_status": one_of(words.INVESTIGATION_STATUSES),
    "incident_types": one_of(words.EVENT_TYPES),
    "recoverability": one_of(frozenset(incident.RECOVERABILITIES)),
    "criticality": CRITICALITY,
    "event_refs": REFS,
}
_CORE: Final[Mapping[Profile, Mapping[str, Rule]]] = {
    Profile.PUBLIC: _CORE_PUBLIC,
    Profile.REGIONAL: {
        **_CORE_PUBLIC,
        "detection_methods": one_of(words.DETECTION_METHODS),
        "impacted_entity_counts": COUNTS,
        "impact_refs": REFS,
        "task_refs": REFS,
    },
}
_NUMBERS: Final = {"record_count": BAND, "record_size": BAND}
_IMPACT_KEYS: Final[Mapping[str, Mapping[str, Rule]]] = {
    "availability-ext": {
        "availability_impact": Rule(lambda value, _case: rounding.availability(value), "the middle of its band")
    },
    "confidentiality-ext": {"loss_type": KEEP, "information_type": or_unknown(words.INFORMATION_TYPES), **_NUMBERS},
    "integrity-ext": {"alteration": KEEP, "information_type": or_unknown(words.INFORMATION_TYPES), **_NUMBERS},
    "external-ext": {"impact_type": one_of(words.EXTERNAL_IMPACTS)},
    "physical-ext": {"impact_type": KEEP, "asset_type": or_unknown(words.ASSET_TYPES)},
    "traceability-ext": {"traceability_impact": KEEP},
    "economic-ext": {
        "variety": one_of(ECONOMIC_VARIETIES),
        "currency": KEEP,
        "min_amount": BAND,
        "max_amount": BAND,
    },
}
