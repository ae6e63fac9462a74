"""The allow-list: for each type and property what becomes of it on release. What is not listed here does not leave.

A rule takes the value and the case, and returns what leaves, or None for nothing. `why` is the sentence of the
preview. Properties that every object has (id, times, author, markings, revocation) are set by `rewrite`, not here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hub.producer import rsit
from hub.producer.release import rounding, words
from hub.producer.release.policy import Profile
from hub.producer.versions import shortest
from hub.producer.vocabulary import ECONOMIC_VARIETIES, RECOVERABILITY
from hub.stix import incident

if TYPE_CHECKING:
    from hub.producer.release.case import Case


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of one property, and why."""

    change: Callable[[Any, Case], Any]
    why: str
    approvable: bool = False  # whether the report's own text may stay once an officer approved it
    shown: bool = True  # whether the preview has a row for it


def _keep(value: Any, _case: Case) -> Any:
    return value


def _one_of(allowed: frozenset[str]) -> Rule:
    def change(value: Any, _case: Case) -> Any:
        if isinstance(value, list):
            return [word for word in value if word in allowed] or None
        return value if value in allowed else None

    return Rule(change, "words of the vocabulary only")


def _or_unknown(allowed: frozenset[str]) -> Rule:
    """For what the extension demands: a word of the vocabulary, else `unknown`."""
    return Rule(lambda value, _case: value if value in allowed else "unknown", "words of the vocabulary only")


def _text(name: str) -> Rule:
    """The template of that name; the report's own text only if this very text was approved."""

    def change(value: Any, case: Case) -> Any:
        return value if case.approved(value) else getattr(case.texts, name)

    return Rule(change, "written anew from vocabulary words", approvable=True)


def _own_text(value: Any, case: Case) -> Any:
    return value if case.approved(value) else None


def _clean(value: Any, case: Case) -> Any:
    """Names of malware, techniques, actors: public knowledge, unless a deny-listed name stands in them."""
    if isinstance(value, list):
        return [item for item in value if case.clean(item)] or None
    return value if case.clean(value) else None


def _time(name: str) -> Rule:
    def change(value: str, case: Case) -> str:
        return rounding.floor(value, case.fidelity(name))

    return Rule(change, "rounded, as its fidelity says")


def _fidelity(name: str) -> Rule:
    def change(_value: str, case: Case) -> str:
        return case.fidelity(name).value

    return Rule(change, "how exact the rounded time is")


def _seen(value: str, case: Case) -> str:
    return rounding.floor(value, case.terms.indicator_times)


def _until(value: str, case: Case) -> str:
    return rounding.ceiling(value, case.terms.indicator_times)


def _labels(value: list[str], case: Case) -> list[str] | None:
    return [label for item in value if (label := _label(item, case))] or None


def _label(item: str, case: Case) -> str | None:
    if item in _RSIT_LABELS or item == "exercise":
        return item
    if case.audience.profile is Profile.PUBLIC:
        return None
    namespace, _, word = item.partition(":")
    if namespace == "criticality" and word.isdecimal():
        return f"criticality:{rounding.criticality(int(word))}"
    return item if word in _LABEL_WORDS.get(namespace, frozenset()) else None


def _references(value: list[dict[str, Any]], _case: Case) -> list[dict[str, Any]] | None:
    """Public catalogues, rebuilt from their numbers alone: nothing else of a reference leaves."""
    made = []
    for item in value:
        form = _CATALOGUES.get(item.get("source_name", ""))
        number = str(item.get("external_id", ""))
        if form and form[0].fullmatch(number):
            made.append({"source_name": item["source_name"], "url": form[1](number), "external_id": number})
    return made or None


def _phases(value: list[dict[str, Any]], case: Case) -> list[dict[str, Any]] | None:
    return [
        {"kill_chain_name": item["kill_chain_name"], "phase_name": item["phase_name"]}
        for item in value
        if all(_SLUG.fullmatch(item[key]) and case.clean(item[key]) for key in ("kill_chain_name", "phase_name"))
    ] or None


def _refs(value: list[str] | str, case: Case) -> Any:
    if isinstance(value, str):
        return case.mapped(value)
    return list(dict.fromkeys(ref for item in value if (ref := case.mapped(item)))) or None


def _counts(value: Mapping[str, int], _case: Case) -> dict[str, int] | None:
    return {kind: rounding.magnitude(number) for kind, number in value.items() if kind in words.ENTITY_TYPES} or None


def _band(value: int, _case: Case) -> int:
    return rounding.magnitude(value)


def _hashes(value: Mapping[str, str], _case: Case) -> dict[str, str]:
    return {name: text for name, text in value.items() if _HASH.fullmatch(text)}


def _file_name(value: str, _case: Case) -> str | None:
    return None if re.search(r"[\\/]", value) else value


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


_RSIT_LABELS: Final = frozenset(line.label for line in rsit.RSIT.values())
_LABEL_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "stage": frozenset({"early", "update", "final"}),
    "determination": frozenset(incident.DETERMINATIONS),
    "type": words.EVENT_TYPES,
    "note": frozenset({"lesson", "comment", "report", "requested"}),
    "role": frozenset({"adversary"}),
}
_CURRENCY: Final = re.compile("[A-Z]{3}")
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,80}")
_HASH: Final = re.compile(r"[0-9a-fA-F]{32,128}|T1[0-9A-F]{70}|\d+:[A-Za-z0-9+/]+:[A-Za-z0-9+/]+")
_CATALOGUES: Final[Mapping[str, tuple[re.Pattern[str], Callable[[str], str]]]] = {
    "cve": (re.compile(r"CVE-\d{4}-\d{4,7}"), lambda number: f"https://www.cve.org/CVERecord?id={number}"),
    "capec": (
        re.compile(r"CAPEC-\d{1,4}"),
        lambda number: f"https://capec.mitre.org/data/definitions/{number.removeprefix('CAPEC-')}.html",
    ),
    "mitre-attack": (
        re.compile(r"T\d{4}(?:\.\d{3})?"),
        lambda number: f"https://attack.mitre.org/techniques/{number.replace('.', '/')}",
    ),
}

KEEP: Final = Rule(_keep, "leaves as it is", shown=False)
APPROVED: Final = Rule(_own_text, "free text: only what was scanned and approved", approvable=True)
CLEAN: Final = Rule(_clean, "a public name; scanned")
VALUE: Final = Rule(_keep, "the adversary's; scanned")
SEEN: Final = Rule(_seen, "rounded")
REFS: Final = Rule(_refs, "only what leaves, too", shown=False)
PHASES: Final = Rule(_phases, "kill chain phases")
BAND: Final = Rule(_band, "the power of ten at or below it")
COUNTS: Final = Rule(_counts, "each count as the power of ten at or below it")
CRITICALITY: Final = Rule(lambda value, _case: rounding.criticality(value), "the middle of its band")

_BASE: Final = {
    "type": KEEP,
    "spec_version": KEEP,
    "confidence": KEEP,
    "labels": Rule(_labels, "known machine tags only"),
    "external_references": Rule(_references, "public catalogues only"),
    "lang": Rule(lambda value, case: value if case.own_words else None, "stays with the text that it is of"),
}
_SCO: Final = {"type": KEEP, "spec_version": KEEP}
_SPAN: Final = {
    f"{end}_time{suffix}": _fidelity(end) if suffix else _time(end)
    for end in ("start", "end")
    for suffix in ("", "_fidelity")
}
_KNOWN: Final = _BASE | {"name": CLEAN, "description": APPROVED, "aliases": CLEAN, "kill_chain_phases": PHASES}
_EVENT: Final = _BASE | _SPAN | {
    "status": _one_of(frozenset(incident.EVENT_STATUSES)),
    "name": Rule(lambda _value, case: case.event_name(), "written anew from vocabulary words"),
    "event_types": _one_of(words.EVENT_TYPES),
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
    "x509-certificate": _SCO | {"hashes": Rule(_hashes, "hashes")},
    "file": _SCO | {
        "hashes": Rule(_hashes, "hashes"),
        "size": VALUE,
        "mime_type": VALUE,
        "name": Rule(_file_name, "without a path"),
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
        "name": _text("title"),
        "description": _text("description"),
        "extensions": Rule(_core, "Incident Core, property by property"),
    },
    "event": _EVENT | {"description": APPROVED, "goal": APPROVED},
    "impact": _BASE | _SPAN | {
        "impact_category": _one_of(frozenset(incident.IMPACT_CATEGORIES)),
        "criticality": CRITICALITY,
        "description": APPROVED,
        "impacted_entity_counts": COUNTS,
        "recoverability": _one_of(RECOVERABILITY),
        "extensions": Rule(_impact_extensions, "enumerations as they are, numbers in bands"),
    },
    "task": _BASE | _SPAN | {
        "outcome": _one_of(frozenset(incident.TASK_OUTCOMES)),
        "name": Rule(lambda _value, case: case.task_name(), "written anew from vocabulary words"),
        "task_types": _one_of(words.LESSONS),
        "description": APPROVED,
        "extensions": _new_sdo(incident.TASK),
    },
    "indicator": _BASE | {
        "name": Rule(lambda _value, case: case.indicator_name(), "written anew"),
        "description": Rule(lambda _value, case: case.indicator_text(), "written anew from vocabulary words"),
        "indicator_types": _one_of(words.INDICATOR_TYPES),
        "pattern": VALUE,
        "pattern_type": _one_of(words.PATTERN_TYPES),
        "pattern_version": KEEP,
        "valid_from": SEEN,
        "valid_until": Rule(_until, "rounded up"),
        "kill_chain_phases": PHASES,
    },
    "malware": _KNOWN | {"malware_types": _one_of(words.MALWARE_TYPES), "is_family": KEEP},
    "tool": _KNOWN | {"tool_types": _one_of(words.TOOL_TYPES), "tool_version": CLEAN},
    "attack-pattern": _KNOWN,
    "vulnerability": _KNOWN,
    "threat-actor": _KNOWN | {
        "threat_actor_types": _one_of(words.ACTOR_TYPES),
        "primary_motivation": _one_of(words.MOTIVATIONS),
    },
    "intrusion-set": _KNOWN | {"primary_motivation": _one_of(words.MOTIVATIONS)},
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
    "determination": _one_of(frozenset(incident.DETERMINATIONS)),
    "investigation_status": _one_of(words.INVESTIGATION_STATUSES),
    "incident_types": _one_of(words.EVENT_TYPES),
    "recoverability": _one_of(RECOVERABILITY),
    "criticality": CRITICALITY,
    "event_refs": REFS,
}
_CORE: Final[Mapping[Profile, Mapping[str, Rule]]] = {
    Profile.PUBLIC: _CORE_PUBLIC,
    Profile.REGIONAL: {
        **_CORE_PUBLIC,
        "detection_methods": _one_of(words.DETECTION_METHODS),
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
    "confidentiality-ext": {"loss_type": KEEP, "information_type": _or_unknown(words.INFORMATION_TYPES), **_NUMBERS},
    "integrity-ext": {"alteration": KEEP, "information_type": _or_unknown(words.INFORMATION_TYPES), **_NUMBERS},
    "external-ext": {"impact_type": _one_of(words.EXTERNAL_IMPACTS)},
    "physical-ext": {"impact_type": KEEP, "asset_type": _or_unknown(words.ASSET_TYPES)},
    "traceability-ext": {"traceability_impact": KEEP},
    "economic-ext": {
        "variety": _one_of(ECONOMIC_VARIETIES),
        "currency": KEEP,
        "min_amount": BAND,
        "max_amount": BAND,
    },
}
