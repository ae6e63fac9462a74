"""JSON Schemas of the STIX 2.1 types, derived from stix2's own class tables.

Derived, so that they cannot drift from what the readers' library accepts: stix2 lists each type's properties as
objects (`_properties`), and `_RULES` turns each kind of them into JSON Schema. What stix2 coerces ("50" for 50, a text
for a list of one) is refused, and what it lets through though STIX 2.1 forbids it is added in `_STRICTER`. Rules
between properties are in `property_rules.py`, single values in `value_schemas.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from hub.stix import incident
from hub.stix.identifiers import SCO_TYPES, TYPE, UUID
from hub.stix.property_rules import between, listed
from hub.stix.value_schemas import (
    BOOLEAN,
    CONFIDENCE,
    DICTIONARY,
    EXTENSION_TYPES,
    LABELS,
    LANGUAGE,
    LIBRARY_NAMES,
    MAX_INTEGER,
    NOT_EMPTY,
    PROPERTY_NAME,
    SPEC_VERSION,
    TIMESTAMP,
    Schema,
    hashes,
    reference_to,
)


def object_schema(object_type: str) -> Schema:
    """The schema of a type that STIX 2.1 defines. Names outside it are the caller's; KeyError for other types."""
    cls = _classes()[object_type]
    properties = _properties(cls)
    observable = object_type in SCO_TYPES
    required = {name for name, prop in cls._properties.items() if prop.required}
    required |= (
        {"type", "id"} if observable else {"type", "id", "spec_version", "created", "modified"} & set(properties)
    )
    if stricter := _STRICTER.get(object_type):
        stricter(properties)
    if object_type == "indicator":
        required.add("valid_from")  # STIX 2.1, 4.7; stix2 fills it in with the time of reading
    for name in required:
        if properties[name].get("type") == "string" and "pattern" not in properties[name]:
            properties[name] = properties[name] | {"minLength": 1}
    if object_type == "incident":
        properties["extensions"]["properties"][incident.INCIDENT_CORE] = _with_our_words(incident.extension_schema())
    return {
        "type": "object",
        "required": sorted(required),
        "properties": _common(extensions_schema()) | properties,
    } | between(cls)


def custom_schema(object_type: str | None = None) -> Schema:
    """The schema of an object whose type STIX 2.1 does not define: what its common properties must look like.

    With `event`, `impact` or `task`, an object of the Incident Core extension.
    """
    extensions = extensions_schema(predefined=False)
    schema: Schema = {
        "type": "object",
        "required": ["type", "id"],
        "properties": _common(extensions)
        | {
            "type": {"type": "string"},
            "spec_version": dict(SPEC_VERSION),
            "id": reference_to(TYPE, "must be an id: the type, two hyphens and a lower-case UUID"),
        },
    }
    if object_type is not None:
        own = _with_our_words(incident.object_schema(object_type))
        if object_type == "impact":  # in 2023 its parts had no -ext
            older = "|".join((*incident.IMPACT_CATEGORIES, *incident.OLDER_CATEGORIES))
            extensions["propertyNames"]["pattern"] = f"^(?:{older})$|{_EXTENSION_KEY}"
        schema["allOf"] = [own]
    return schema


@cache
def standard_properties(object_type: str) -> frozenset[str]:
    """The properties that STIX 2.1 itself gives a type; KeyError for types that it does not define."""
    return frozenset(_classes()[object_type]._properties)  # noqa: SLF001 - stix2 has no other list of them


# --- from stix2's classes


@cache
def _classes() -> dict[str, Any]:
    from stix2 import v21  # noqa: PLC0415 - a third of a second, paid when the first object is checked

    classes = v21.OBJ_MAP | v21.OBJ_MAP_OBSERVABLE
    # Those that somebody registered in this process are of stix2.custom, and none of the standard's.
    return {name: cls for name, cls in classes.items() if cls.__module__.startswith("stix2.v21.") and name != "bundle"}


@cache
def _predefined_extensions() -> dict[str, Any]:
    from stix2 import v21  # noqa: PLC0415 - as above

    return {name: cls for name, cls in v21.EXT_MAP.items() if cls.__module__.startswith("stix2.v21.")}


def _properties(cls: Any) -> dict[str, Schema]:
    return {name: _schema(prop, name) for name, prop in cls._properties.items()}


def _schema(prop: Any, name: str = "") -> Schema:
    """The schema of one of stix2's property objects."""
    if (fixed := getattr(prop, "_fixed_value", None)) is not None:
        return dict(SPEC_VERSION) if name == "spec_version" else {"const": fixed}
    if name == "confidence":
        return dict(CONFIDENCE)
    if name == "lang":
        return dict(LANGUAGE)
    for base in type(prop).__mro__:
        if rule := _RULES.get(base.__name__):
            return rule(prop)
    raise TypeError(f"stix2 has a kind of property that the hub does not know: {type(prop).__name__}")


def _embedded(cls: Any) -> Schema:
    """An object within an object: an external reference, a section of a binary, a predefined extension."""
    properties = _properties(cls)
    required = [name for name, prop in cls._properties.items() if prop.required]
    if cls.__name__ in ("ExternalReference", "KillChainPhase"):
        for name in required:
            properties[name]["minLength"] = 1
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": NOT_EMPTY,
        "propertyNames": {
            "pattern": PROPERTY_NAME,
            "not": {"enum": [*LIBRARY_NAMES, *({"extensions", "granular_markings"} - set(properties))]},
            "description": "contains a property whose name is reserved, or not of the characters a-z, 0-9 and _ (3 to 250)",
        },
    } | between(cls)


def _list(prop: Any) -> Schema:
    contained = prop.contained
    items = _schema(contained) if hasattr(contained, "clean") else _embedded(contained)
    return {"type": "array", "minItems": 1, "items": items}


def _integer(prop: Any) -> Schema:
    return {
        "type": "integer",
        "minimum": -MAX_INTEGER if prop.min is None else prop.min,
        "maximum": MAX_INTEGER if prop.max is None else prop.max,
    }


def _number(prop: Any) -> Schema:
    return {
        "type": "number",
        "minimum": -MAX_INTEGER if prop.min is None else prop.min,
        "maximum": MAX_INTEGER if prop.max is None else prop.max,
    }


def _id(prop: Any) -> Schema:
    object_type = prop.required_prefix.removesuffix("--")
    return reference_to(object_type, f"must be an id: {object_type}-- and a lower-case UUID (RFC 4122)")


def _reference(prop: Any) -> Schema:
    generics = {kind.name for kind in prop.generics}
    specifics = sorted(prop.specifics)
    allows = prop.auth_type == prop._WHITELIST  # noqa: SLF001 - it has no public name
    if allows and not generics:
        return reference_to("|".join(specifics), f"must be the id of an object of type {' or '.join(specifics)}")
    if allows:
        # Custom types may be of any class, so what is known to be of another one is refused.
        barred = (
            [] if generics == {"SDO", "SCO", "SRO"} else sorted(_all_types() - _types_of(generics) - set(specifics))
        )
        allowed = " or ".join(sorted(generics) + specifics)
        return reference_to(TYPE, f"must be the id of an {allowed}", barred)
    return reference_to(TYPE, f"must be an id, and not that of a {', '.join(specifics)}", specifics)


def _all_types() -> set[str]:
    return set(_classes())


def _types_of(generics: set[str]) -> set[str]:
    meta = {"marking-definition", "extension-definition", "language-content"}
    of = {"SCO": set(SCO_TYPES), "SRO": {"relationship", "sighting"}}
    of["SDO"] = _all_types() - of["SCO"] - of["SRO"] - meta
    return {name for generic in generics for name in of[generic]}


_RULES: Final[Mapping[str, Callable[[Any], Schema]]] = {
    "ListProperty": _list,
    "IDProperty": _id,
    "ReferenceProperty": _reference,
    "IntegerProperty": _integer,
    "FloatProperty": _number,
    "BooleanProperty": lambda _: dict(BOOLEAN),
    "TimestampProperty": lambda _: dict(TIMESTAMP),
    "HashesProperty": lambda _: hashes(),
    "ExtensionsProperty": lambda _: extensions_schema(),
    "DictionaryProperty": lambda _: dict(DICTIONARY),
    "BinaryProperty": lambda _: {"type": "string"},  # base64: checks.py
    "HexProperty": lambda _: {
        "type": "string",
        "pattern": "^(?:[a-fA-F0-9]{2})+$",
        "description": "must be an even number of hexadecimal digits",
    },
    "SelectorProperty": lambda _: {
        "type": "string",
        "pattern": r"^(?:[a-z0-9_-]{3,250}(?:\.(?:\[[0-9]+\]|[a-z0-9_-]{1,250}))*|id)$",
        "description": "is not a selector such as description or external_references.[0]",
    },
    "EmbeddedObjectProperty": lambda prop: _embedded(prop.type),
    "EnumProperty": lambda prop: {"enum": list(prop.allowed)},
    "ObservableProperty": lambda _: {"type": "object", "minProperties": 1},  # its objects: checks.py
    "MarkingProperty": lambda _: {"type": "object"},  # its kinds: checks.py
    "StringProperty": lambda _: {"type": "string"},  # and with it open vocabularies and patterns
}


# --- what all objects share


def _common(extensions: Schema) -> dict[str, Schema]:
    """The common properties (STIX 2.1, 3.2), also where the standard has none: their meaning does not change there."""
    from stix2.v21 import ExternalReference, GranularMarking  # noqa: PLC0415 - as in _classes

    marking = reference_to("marking-definition", "must be the id of a marking-definition")
    return {
        "created_by_ref": reference_to("identity", "must be the id of an object of type identity"),
        "created": dict(TIMESTAMP),
        "modified": dict(TIMESTAMP),
        "revoked": dict(BOOLEAN),
        "defanged": dict(BOOLEAN),
        "labels": dict(LABELS),
        "confidence": dict(CONFIDENCE),
        "lang": dict(LANGUAGE),
        "external_references": {"type": "array", "minItems": 1, "items": _embedded(ExternalReference)},
        "object_marking_refs": {"type": "array", "minItems": 1, "items": marking},
        "granular_markings": {"type": "array", "minItems": 1, "items": _embedded(GranularMarking)},
        "extensions": extensions,
    }


_EXTENSION_KEY: Final = rf"^(?:extension-definition--{UUID}|[a-z][a-z0-9-]{{0,245}}-ext)$"


def extensions_schema(*, predefined: bool = True) -> Schema:
    """The schema of `extensions` (STIX 2.1, 7.3); `predefined`: with the contents of those that STIX itself defines."""
    defined = {
        "type": "object",
        "required": ["extension_type"],
        "properties": {"extension_type": {"enum": list(EXTENSION_TYPES)}},
    }
    own = {name: _predefined(cls) for name, cls in _predefined_extensions().items()} if predefined else {}
    return {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {
            "pattern": _EXTENSION_KEY,
            "description": "contains a key that is neither extension-definition-- and a UUID nor a name that ends in -ext",
        },
        "properties": own,
        "patternProperties": {f"^extension-definition--{UUID}$": defined},
        "additionalProperties": {"type": "object"},
    }


@cache
def _predefined(cls: Any) -> Schema:
    schema = _embedded(cls)
    # stix2 fails on a predefined extension that names its type (STIX 2.1, 7.3: only extension definitions have one).
    schema["properties"]["extension_type"] = False
    options = [{"required": [name]} for name in cls._properties]
    return schema | {"anyOf": options, "description": f"must hold at least one of {listed(cls._properties)}"}


def _with_our_words(schema: Schema) -> Schema:
    """The same schema with ours for times and ids: the stored ones know neither the months nor what to tell a sender."""
    pattern = schema.get("pattern", "")
    if isinstance(pattern, str) and pattern.endswith(r"(\.\d+)?Z$"):
        return dict(TIMESTAMP)
    if isinstance(pattern, str) and (match := _STORED_ID.match(pattern)):
        types = match[1] if match[1].isalpha() else TYPE
        return reference_to(types, f"must be the id of an object of type {types}" if types != TYPE else "must be an id")
    return {key: _deep(value) for key, value in schema.items()}


_STORED_ID: Final = re.compile(r"\^\((.+)\)--\[0-9a-f\]")


def _deep(value: Any) -> Any:
    if isinstance(value, dict):
        return _with_our_words(value)
    return [_deep(item) for item in value] if isinstance(value, list) else value


# --- what STIX 2.1 forbids and stix2 lets through, by type


def _relationship(properties: dict[str, Schema]) -> None:
    properties["relationship_type"] = {
        "type": "string",
        "pattern": "^[a-z0-9-]+$",
        "description": "must be of the characters a-z, 0-9 and - (STIX 2.1, 5.1)",
    }


def _language_content(properties: dict[str, Schema]) -> None:
    properties["contents"] = {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": LANGUAGE["pattern"], "description": LANGUAGE["description"]},
        "additionalProperties": {"type": "object"},
    }


_STRICTER: Final[Mapping[str, Callable[[dict[str, Schema]], None]]] = {
    "language-content": _language_content,
    "relationship": _relationship,
}
