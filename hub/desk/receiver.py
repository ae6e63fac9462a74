"""The objects of a bundle sorted for a page, as receivers see them: incidents for a CERT, indicators for a SOC."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.pages.indicators import Value, values_of
from hub.pages.texts import marked
from hub.stix import tlp
from hub.stix.incident import INCIDENT_CORE

Content = Mapping[str, Any]
# property of the Incident Core extension -> label
_FACTS = {
    "determination": marked("Determination"),
    "investigation_status": marked("Investigation"),
    "incident_types": marked("Kinds"),
    "detection_methods": marked("Detected by"),
    "recoverability": marked("Recoverability"),
}
_SUPPORTING_TYPES = frozenset({"marking-definition", "extension-definition", "relationship"})


@dataclass(frozen=True, slots=True)
class BundleContents:
    """The objects of a bundle by kind; a part is empty if the bundle has nothing of that kind."""

    incidents: tuple[Content, ...]
    reports: tuple[Content, ...]
    indicators: tuple[tuple[Content, tuple[Value, ...]], ...]
    identities: tuple[Content, ...]
    techniques: tuple[tuple[str, str], ...]  # (id at ATT&CK, name)
    other_objects: tuple[tuple[str, str], ...]  # (type, name or value)
    counts: tuple[tuple[str, int], ...]


def sort_bundle(contents: Iterable[Content]) -> BundleContents:
    """Sort the objects of a bundle by kind."""
    items = list(contents)
    by_type = {kind: tuple(item for item in items if item["type"] == kind) for kind in {item["type"] for item in items}}
    shown_types = {"incident", "report", "indicator", "identity", "attack-pattern", *_SUPPORTING_TYPES}
    return BundleContents(
        incidents=by_type.get("incident", ()),
        reports=by_type.get("report", ()),
        indicators=tuple((item, tuple(values_of(item))) for item in by_type.get("indicator", ())),
        identities=by_type.get("identity", ()),
        techniques=tuple((_technique(item), str(item.get("name", ""))) for item in by_type.get("attack-pattern", ())),
        other_objects=tuple((item["type"], name_of(item)) for item in items if item["type"] not in shown_types),
        counts=tuple(sorted(Counter(item["type"] for item in items).items())),
    )


def name_of(content: Content) -> str:
    """The name or value of an object, else another text that identifies it."""
    for key in ("name", "value", "content", "relationship_type", "key", "number", "product"):
        value = content.get(key)
        if isinstance(value, str | int):
            return str(value)
    return ""


def facts(incident: Content) -> list[tuple[str, str]]:
    """(label, text) of properties in the Incident Core extension; the label is translated where it is shown."""
    core = incident.get("extensions", {}).get(INCIDENT_CORE, {})
    if not isinstance(core, Mapping):
        return []
    return [(label, _words(core[key])) for key, label in _FACTS.items() if core.get(key)]


def level(content: Content) -> str:
    """The TLP label of an object; "" if it has none."""
    tlp_level = tlp.level(dict(content))
    return tlp_level.label if tlp_level is not None else ""


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)


def _technique(content: Content) -> str:
    references = content.get("external_references", ())
    return next((str(reference["external_id"]) for reference in references if "external_id" in reference), "")
