"""Revocations. They repeat only what STIX requires, and what tools need to drop the object.

A revocation tells later readers that there was an object, but not its content.

* Texts, sectors, labels, counts and references to observables are left out; a name is replaced.
* An indicator keeps its pattern and its times, because tools that ignore `revoked` use them. The pattern is replaced if an
  officer decided about the value, or if the value must no longer leave.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from hub.protocol.labels import EXERCISE
from hub.release.drills import mark_as_drill
from hub.release.policy import value_key
from hub.rendering.versions import Content
from hub.stix import incident
from hub.stix.identifiers import OBSERVABLE_TYPES

WITHDRAWN: Final = "Withdrawn"
_KEPT_PROPERTIES: Final = frozenset(
    "type spec_version id created_by_ref created modified revoked object_marking_refs relationship_type source_ref "
    "target_ref sighting_of_ref where_sighted_refs object_refs first_observed last_observed number_observed published "
    "extensions status outcome impact_category identity_class is_family pattern_type valid_from valid_until context".split()
)
_PATTERN_PROPERTIES: Final = frozenset({"pattern", "pattern_version", "indicator_types"})
# The optional properties of Incident Core that describe the victim.
_VICTIM_PROPERTIES: Final = frozenset(
    "impacted_entity_counts criticality scores recoverability detection_methods incident_types record_count currency "
    "min_amount max_amount event_refs impact_refs task_refs".split()
)
_REPLACEMENT_SUFFIX: Final = ".withdrawn.invalid']"
_LITERAL: Final = re.compile(r"'((?:[^'\\]|\\.)*)'")


def bare_revocation(content: Content, *, keeps_pattern: bool) -> Content:
    """The content of the revocation of an object."""
    kept_properties = _KEPT_PROPERTIES | (_PATTERN_PROPERTIES if keeps_pattern else frozenset())
    revocation = {name: value for name, value in content.items() if name in kept_properties}
    revocation |= {name: WITHDRAWN for name in ("name", "description", "content") if name in content}
    if labels := [label for label in content.get("labels", ()) if label == EXERCISE or label.startswith("stage:")]:
        revocation["labels"] = labels  # the hub requires them
    if "extensions" in revocation:
        revocation["extensions"] = {key: _bare_extension(key, value) for key, value in revocation["extensions"].items()}
    if content["type"] in ("report", "grouping"):
        refs = [ref for ref in content["object_refs"] if ref.partition("--")[0] not in OBSERVABLE_TYPES]
        revocation["object_refs"] = refs or [content["created_by_ref"]]
    if content["type"] == "indicator" and not keeps_pattern:
        # one pattern for each object, because platforms merge indicators with equal patterns
        unique_label = content["id"].partition("--")[2]
        revocation |= {
            "pattern": f"[domain-name:value = '{unique_label}{_REPLACEMENT_SUFFIX}",
            "pattern_type": "stix",
            "pattern_version": "2.1",
        }
    return mark_as_drill(revocation)


def hides_value(content: Content) -> bool:
    """Whether a revocation replaces the pattern of its indicator."""
    return str(content.get("pattern", "")).endswith(_REPLACEMENT_SUFFIX)


def _bare_extension(key: str, value: Any) -> Any:
    if key in (incident.EVENT, incident.TASK, incident.IMPACT) or not isinstance(value, dict):
        return value
    return {name: item for name, item in value.items() if name not in _VICTIM_PROPERTIES}


def has_decided_value(content: Content, keys: Collection[str]) -> bool:
    """Whether an officer decided about a value of this indicator. `keys` are those of all decisions."""
    pattern = str(content.get("pattern", ""))
    values = [match[1].replace("\\'", "'").replace("\\\\", "\\") for match in _LITERAL.finditer(pattern)]
    return any(value in keys or value_key(value) in keys for value in (*values, pattern))
