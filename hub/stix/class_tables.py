"""JSON Schemas of the STIX 2.1 types, derived from stix2's own class tables.

They are derived, so that they always agree with the library of most readers: stix2 lists each type's properties as objects
(`_properties`), and `_RULES` turns each kind of them into JSON Schema. The schemas refuse values that stix2 would coerce
("50" for 50, a text for a list of one). `_STRICTER` adds rules of STIX 2.1 that stix2 does not check. Rules between
properties are in `property_rules.py`, rules on single values in `value_schemas.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from hub.stix import incident
from hub.stix.identifiers import SCO_TYPES, TYPE, UUID
from hub.stix.property_rules import join_names, property_rules
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
    """The schema of a type that STIX 2.1 defines; KeyError for other types. The caller checks other property names."""
    cls = _classes()[object_type]
    properties = _properties(cls)
    is_sco = object_type in SCO_TYPES
    required = {name for name, prop in cls._properties.items() if prop.required}
    required |= {"type", "id"} if is_sco else {"type", "id", "spec_version", "created", "modified"} & set(properties)
    if tighten := _STRICTER.get(object_type):
        tighten(properties)
    if object_type == "indicator":
        required.add("valid_from")  # STIX 2.1, 4.7; stix2 would fill in the time of reading
    for name in required:
        if properties[name].get("type") == "string" and "pattern" not in properties[name]:
            properties[name] = properties[name] | {"minLength": 1}
    if object_type == "incident":
        properties["extensions"]["properties"][incident.INCIDENT_CORE] = _with_own_values(incident.extension_schema())
    return {
        "type": "object",
        "required": sorted(required),
        "properties": _common(extensions_schema()) | properties,
    } | property_rules(cls)


def custom_schema(object_type: str | None = None) -> Schema:
    """The schema of an object whose type STIX 2.1 does not define: rules for its common properties.

    With `event`, `impact` or `task` it is the schema of an object of the Incident Core extension.
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
        own_schema = _with_own_values(incident.object_schema(object_type))
        if object_type == "impact":  # in 2023 the names of its parts did not end in -ext
            old_names = "|".join((*incident.IMPACT_CATEGORIES, *incident.OLDER_CATEGORIES))
            extensions["propertyNames"]["pattern"] = f"^(?:{old_names})$|{_EXTENSION_KEY}"
        schema["allOf"] = [own_schema]
    return schema


@cache
def standard_properties(object_type: str) -> frozenset[str]:
    """The properties of a type that STIX 2.1 itself defines; KeyError for other types."""
    return frozenset(_classes()[object_type]._properties)  # noqa: SLF001 - stix2 has no other list of them


# --- from stix2's classes


@cache
def _classes() -> dict[str, Any]:
    from stix2 import v21  # noqa: PLC0415 - a third of a second, paid when the first object is checked

    classes = v21.OBJ_MAP | v21.OBJ_MAP_OBSERVABLE
    # classes that somebody registered in this process belong to stix2.custom, and not to the standard
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
    } | property_rules(cls)


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
    is_allow_list = prop.auth_type == prop._WHITELIST  # noqa: SLF001 - it has no public name
    if is_allow_list and not generics:
        return reference_to("|".join(specifics), f"must be the id of an object of type {' or '.join(specifics)}")
    if is_allow_list:
        # a custom type may belong to any class, so only types that certainly belong to another class are refused
        forbidden_types = (
            [] if generics == {"SDO", "SCO", "SRO"} else sorted(_all_types() - _types_of(generics) - set(specifics))
        )
        allowed_types = " or ".join(sorted(generics) + specifics)
        return reference_to(TYPE, f"must be the id of an {allowed_types}", forbidden_types)
    return reference_to(TYPE, f"must be an id, and not that of a {', '.join(specifics)}", specifics)


def _all_types() -> set[str]:
    return set(_classes())


def _types_of(generics: set[str]) -> set[str]:
    meta = {"marking-definition", "extension-definition", "language-content"}
    types = {"SCO": set(SCO_TYPES), "SRO": {"relationship", "sighting"}}
    types["SDO"] = _all_types() - types["SCO"] - types["SRO"] - meta
    return {name for generic in generics for name in types[generic]}


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
    "StringProperty": lambda _: {"type": "string"},  # also open vocabularies and patterns
}


# --- common properties


def _common(extensions: Schema) -> dict[str, Schema]:
    """The common properties (STIX 2.1, 3.2), also for types to which the standard gives none: they mean the same there."""
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
    """The schema of `extensions` (STIX 2.1, 7.3); `predefined`: with the contents of the extensions that STIX defines."""
    defined = {
        "type": "object",
        "required": ["extension_type"],
        "properties": {"extension_type": {"enum": list(EXTENSION_TYPES)}},
    }
    predefined_extensions = (
        {name: _predefined(cls) for name, cls in _predefined_extensions().items()} if predefined else {}
    )
    return {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {
            "pattern": _EXTENSION_KEY,
            "description": "contains a key that is neither extension-definition-- and a UUID nor a name that ends in -ext",
        },
        "properties": predefined_extensions,
        "patternProperties": {f"^extension-definition--{UUID}$": defined},
        "additionalProperties": {"type": "object"},
    }


@cache
def _predefined(cls: Any) -> Schema:
    schema = _embedded(cls)
    # stix2 fails on a predefined extension with extension_type, which only extension definitions have (STIX 2.1, 7.3)
    schema["properties"]["extension_type"] = False
    options = [{"required": [name]} for name in cls._properties]
    return schema | {"anyOf": options, "description": f"must hold at least one of {join_names(cls._properties)}"}


def _with_own_values(schema: Schema) -> Schema:
    """The same schema with our own schemas for times and ids: the stored ones check no months and have no messages."""
    pattern = schema.get("pattern", "")
    if isinstance(pattern, str) and pattern.endswith(r"(\.\d+)?Z$"):
        return dict(TIMESTAMP)
    if isinstance(pattern, str) and (match := _STORED_ID.match(pattern)):
        types = match[1] if match[1].isalpha() else TYPE
        return reference_to(types, f"must be the id of an object of type {types}" if types != TYPE else "must be an id")
    return {key: _replace_values(value) for key, value in schema.items()}


_STORED_ID: Final = re.compile(r"\^\((.+)\)--\[0-9a-f\]")


def _replace_values(value: Any) -> Any:
    if isinstance(value, dict):
        return _with_own_values(value)
    return [_replace_values(item) for item in value] if isinstance(value, list) else value


# --- rules of STIX 2.1 that stix2 does not check, by type


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
