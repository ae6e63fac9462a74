"""stix2 classes for every object of a bundle, including those of the Incident Core extension.

stix2 does not know the extension: without registered classes, it parses event, impact and task into plain dicts and
refuses relationships to them. Importing this module registers the classes for the whole process. A class that another
library registered before under the same name stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import stix2
import stix2.v21
from stix2.base import _DomainObject
from stix2.exceptions import DuplicateRegistrationError, InvalidValueError
from stix2.properties import (
    DictionaryProperty,
    EnumProperty,
    FloatProperty,
    IntegerProperty,
    ListProperty,
    ReferenceProperty,
    StringProperty,
    TimestampProperty,
)
from stix2.registry import class_for_type

from hub.stix import incident
from hub.stix.identifiers import OPENCTI_OBSERVABLES
from hub.stix.patterns import pattern_problem

_LOSSES: Final = ["confirmed-loss", "contained", "exploited-loss", "none", "suspected-loss", "unknown"]
_ALTERATIONS: Final = [
    "potential-destruction", "potential-modification", "partial-destruction", "partial-modification",
    "full-destruction", "full-modification", "none", "unknown",
]  # fmt: skip
_PHYSICAL: Final = ["damaged-functional", "damaged-nonfunctional", "destruction", "none", "unknown"]
_TRACEABILITY: Final = ["accountability-lost", "partial-accountability", "provable-accountability"]


def _references(kind: str) -> Any:
    return ListProperty(ReferenceProperty(valid_types=kind, spec_version="2.1"))


def _any_reference() -> Any:
    return ReferenceProperty(valid_types=["SDO", "SRO", "SCO"], spec_version="2.1")


def _times() -> list[tuple[str, Any]]:
    return [
        (f"{end}_time{suffix}", EnumProperty(list(incident.TIMESTAMP_FIDELITIES)) if suffix else TimestampProperty())
        for end in ("start", "end")
        for suffix in ("", "_fidelity")
    ]


_COUNTS: Final = [("record_count", IntegerProperty(min=0)), ("record_size", IntegerProperty(min=0))]
_IMPACT_KEYS: Final[Mapping[str, list[tuple[str, Any]]]] = {
    "availability-ext": [("availability_impact", IntegerProperty(required=True, min=0, max=100))],
    "confidentiality-ext": [
        ("loss_type", EnumProperty(_LOSSES, required=True)),
        ("information_type", StringProperty()),
        *_COUNTS,
    ],
    "external-ext": [("impact_type", StringProperty(required=True))],
    "integrity-ext": [
        ("alteration", EnumProperty(_ALTERATIONS, required=True)),
        ("information_type", StringProperty()),
        *_COUNTS,
    ],
    "economic-ext": [
        ("variety", StringProperty(required=True)),
        ("currency", StringProperty()),
        ("currency_actual", StringProperty()),
        ("conversion_rate", FloatProperty(min=0)),
        ("conversion_time", TimestampProperty()),
        ("min_amount", FloatProperty(min=0)),
        ("max_amount", FloatProperty(min=0)),
    ],
    "physical-ext": [("impact_type", EnumProperty(_PHYSICAL, required=True)), ("asset_type", StringProperty())],
    "traceability-ext": [("traceability_impact", EnumProperty(_TRACEABILITY, required=True))],
}


def _event_properties() -> list[tuple[str, Any]]:
    return [
        ("status", EnumProperty(list(incident.EVENT_STATUSES), required=True)),
        ("name", StringProperty()),
        ("description", StringProperty()),
        ("goal", StringProperty()),
        ("event_types", ListProperty(StringProperty)),
        *_times(),
        ("changed_objects", ListProperty(DictionaryProperty(spec_version="2.1"))),
        ("sighting_refs", _references("sighting")),
        ("next_event_refs", _references("event")),
    ]


def _impact_properties() -> list[tuple[str, Any]]:
    return [
        ("impact_category", StringProperty(required=True)),
        ("criticality", IntegerProperty(min=0, max=100)),
        ("description", StringProperty()),
        *_times(),
        ("impacted_entity_counts", DictionaryProperty(spec_version="2.1")),
        ("impacted_refs", ListProperty(_any_reference())),
        ("recoverability", EnumProperty(list(incident.RECOVERABILITIES))),
        ("superseded_by_ref", ReferenceProperty(valid_types="impact", spec_version="2.1")),
        ("sub_impact_refs", _references("impact")),
    ]


def _task_properties() -> list[tuple[str, Any]]:
    return [
        ("outcome", EnumProperty(list(incident.TASK_OUTCOMES), required=True)),
        ("name", StringProperty()),
        ("description", StringProperty()),
        ("error", StringProperty()),
        ("task_types", ListProperty(StringProperty)),
        ("priority", IntegerProperty(min=0, max=100)),
        *_times(),
        ("due_date", TimestampProperty()),
        ("changed_objects", ListProperty(DictionaryProperty(spec_version="2.1"))),
        ("affected_entity_counts", DictionaryProperty(spec_version="2.1")),
        ("next_task_refs", _references("task")),
    ]


def _incident_properties() -> list[tuple[str, Any]]:
    return [
        ("determination", EnumProperty(list(incident.DETERMINATIONS), required=True)),
        ("investigation_status", StringProperty(required=True)),
        ("criticality", IntegerProperty(min=0, max=100)),
        ("detection_methods", ListProperty(StringProperty)),
        ("event_refs", _references("event")),
        ("task_refs", _references("task")),
        ("impact_refs", _references("impact")),
        ("impacted_entity_counts", DictionaryProperty(spec_version="2.1")),
        ("incident_types", ListProperty(StringProperty)),
        ("recoverability", EnumProperty(list(incident.RECOVERABILITIES))),
        ("scores", ListProperty(DictionaryProperty(spec_version="2.1"))),
    ]


def _register() -> None:
    """Register each class by itself, because another library may have registered some of them."""
    # (1) event, impact and task first: stix2 refuses references to a type that is not registered
    for name, extension, properties in (
        ("event", incident.EVENT, _event_properties),
        ("impact", incident.IMPACT, _impact_properties),
        ("task", incident.TASK, _task_properties),
    ):
        if class_for_type(name, "2.1") is None:
            body = type(name.title(), (), {"__doc__": f"The {name} of Incident Core."})
            stix2.v21.CustomObject(name, properties(), extension_name=extension)(body)
    for name, texts in OPENCTI_OBSERVABLES.items():
        if class_for_type(name, "2.1") is None:
            body = type(name.title().replace("-", ""), (), {"__doc__": f"The {name} of OpenCTI."})
            # without the id of their extension: stix2 allows one class for an extension, and OpenCTI has four types in it
            stix2.v21.CustomObservable(name, [(text, StringProperty()) for text in texts])(body)
    # (2) the keys inside impact.extensions, which have no extension definition of their own
    for key, fields in _IMPACT_KEYS.items():
        _extension(key, fields, {})
    # (3) the extension in incident.extensions
    _extension(incident.INCIDENT_CORE, _incident_properties(), {"extension_type": "property-extension"})


def _extension(name: str, fields: list[tuple[str, Any]], body: dict[str, Any]) -> None:
    try:
        stix2.v21.CustomExtension(name, fields)(type("Extension", (), body))
    except DuplicateRegistrationError:
        return


_register()


class Indicator(stix2.v21.Indicator):  # type: ignore[misc]  # stix2 ships no types
    """stix2's indicator, with `hub.stix.patterns` to check its pattern instead of the ANTLR parser.

    The parser takes 0.6 ms for each indicator. The check of the hub gives the same result: it uses the parser only for
    patterns that are not simple.
    """

    def _check_object_constraints(self) -> None:
        _DomainObject._check_object_constraints(self)  # noqa: SLF001  skips only the ANTLR parser of the parent
        valid_from, valid_until = self.get("valid_from"), self.get("valid_until")
        if valid_from and valid_until and valid_until <= valid_from:
            raise InvalidValueError(type(self), "valid_until", "must be later than valid_from")
        if self["pattern_type"] == "stix" and (problem := pattern_problem(self["pattern"])):
            raise InvalidValueError(type(self), "pattern", problem)


def build(content: Mapping[str, Any]) -> Any:
    """Return the stix2 object of this content, without custom properties. Errors of stix2 are not caught."""
    if content["type"] == "indicator":
        return Indicator(**content)
    if content["type"] == "marking-definition":
        return stix2.parse(dict(content), version="2.1")
    stix_class = class_for_type(content["type"], "2.1")
    return stix_class(**content)
