"""The Incident Core extension of OASIS for STIX 2.1: its ids, its vocabularies, and the schemas of its objects.

The hub writes only the newest form, and reads all forms that circulate (2023 to 2026). The JSON Schemas in `schemas/`
describe the newest form. `extension_schema` and `object_schema` also accept the forms of older producers: lists of
`events`, `tasks` or `activities` instead of references, entity counts as an object or a list, impact keys without `-ext`.
Closed enumerations, ranges and required properties apply to all forms.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

INCIDENT_CORE: Final = "extension-definition--ef765651-680c-498d-9894-99799f2fa126"
EVENT: Final = "extension-definition--4ca6de00-5b0d-45ef-a1dc-ea7279ea910e"
IMPACT: Final = "extension-definition--7cc33dd6-f6a1-489b-98ea-522d351d71b9"
TASK: Final = "extension-definition--2074a052-8be4-4932-849e-f5e7798e0030"
# The extension that makes an object of each type one of Incident Core; other tools have their own type `event`.
NEW_SDO: Final[Mapping[str, str]] = {"event": EVENT, "impact": IMPACT, "task": TASK}

DETERMINATIONS: Final = ("blocked", "confirmed", "failed-attempt", "false-positive", "suspected")
INVESTIGATION_STATUSES: Final = ("closed", "new", "open")
RECOVERABILITIES: Final = ("extended", "not-applicable", "not-recoverable", "regular", "supplemented")
EVENT_STATUSES: Final = ("not-occurred", "occurred", "ongoing", "pending", "undetermined")
TASK_OUTCOMES: Final = ("cancelled", "failed", "ongoing", "pending", "successful", "unknown")
TIMESTAMP_FIDELITIES: Final = ("second", "minute", "hour", "day", "month", "year")
IMPACT_CATEGORIES: Final = (
    "availability",
    "confidentiality",
    "economic",
    "external",
    "integrity",
    "physical",
    "traceability",
)
DETECTION_METHODS: Final = (
    "automated-tool",
    "commercial-solution",
    "external-notification",
    "human-review",
    "message-from-attacker",
    "proprietary-solution",
    "system-outage",
    "user-reporting",
)
# Values in samples and in the prose of the standard from before the enumeration was closed.
OLDER_DETERMINATIONS: Final = ("low-value", "successful-attempt")
OLDER_CATEGORIES: Final = ("monetary",)

_ENTRIES: Final = {"type": "array", "minItems": 1, "items": {"type": "object", "minProperties": 1}}
_COUNT: Final = {"type": "integer", "minimum": 0}
_ENTITY_COUNT: Final = {
    "type": "object",
    "required": ["entity_type", "count"],
    "properties": {"entity_type": {"type": "string", "minLength": 1}, "count": _COUNT},
}


def extension_schema() -> dict[str, Any]:
    """The JSON Schema of the value of `incident.extensions[INCIDENT_CORE]`, in all forms that circulate."""
    schema = _load("incident-core-ext")
    properties = schema["properties"]
    properties["determination"] = {"enum": [*DETERMINATIONS, *OLDER_DETERMINATIONS]}
    properties["impacted_entity_counts"] = _any_count(properties["impacted_entity_counts"])
    # 2023: `activities`; until spring 2024: `events` and `tasks`, whose entries contain the references
    properties |= {"activities": _ENTRIES, "events": _ENTRIES, "tasks": _ENTRIES}
    return schema


def object_schema(object_type: str) -> dict[str, Any]:
    """The JSON Schema of the specific properties of an event, impact or task, in all forms that circulate.

    It does not check the common properties and custom properties; the caller does.
    """
    schema = _load(object_type)
    del schema["additionalProperties"]
    properties = schema["properties"]
    if "changed_objects" in properties:
        properties["changed_objects"]["items"]["description"] = "must have at least one of initial_ref, result_ref"
    for name in ("impacted_entity_counts", "affected_entity_counts"):
        if name in properties:
            properties[name] = _any_count(properties[name])
    extensions = properties["extensions"]["properties"]
    del extensions[NEW_SDO[object_type]]["additionalProperties"]
    if object_type == "impact":
        for category in (*IMPACT_CATEGORIES, *OLDER_CATEGORIES):
            extensions[category] = extensions[f"{category}-ext"]
        schema["allOf"] = [rule for rule in schema["allOf"] if "impact_category" not in rule["if"]["required"]]
        schema["allOf"] += [_category_rule(category) for category in (*IMPACT_CATEGORIES, *OLDER_CATEGORIES)]
    specific_properties = {name: rule for name, rule in properties.items() if name not in _COMMON_PROPERTIES}
    return schema | {"properties": specific_properties}


_COMMON_PROPERTIES: Final = frozenset(
    "type spec_version id created_by_ref created modified revoked labels confidence lang external_references "
    "object_marking_refs granular_markings".split()
)


def _category_rule(category: str) -> dict[str, Any]:
    # `monetary` was renamed `economic`: an object may use both names
    names = ("economic", "monetary") if category in ("economic", "monetary") else (category,)
    keys = [key for name in names for key in (f"{name}-ext", name)]
    return {
        "if": {"properties": {"impact_category": {"enum": [category, f"{category}-ext"]}}},
        "then": {
            "properties": {
                "extensions": {
                    "anyOf": [{"required": [key]} for key in keys],
                    "description": f"must describe the impact under {keys[0]}, since impact_category says {category}",
                }
            }
        },
    }


def _any_count(mapping_schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": 'must count entities, like {"organization": 2}: types in lower case, numbers from 0',
        "anyOf": [_ENTITY_COUNT, {"type": "array", "minItems": 1, "items": _ENTITY_COUNT}, mapping_schema],
    }


def _load(name: str) -> dict[str, Any]:
    text = resources.files("hub.stix").joinpath("schemas", f"{name}.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
