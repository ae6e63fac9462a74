"""Errors of the JSON Schema validator as sentences for the sender of the object."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from hub.stix.fault import Fault

MAX_FAULTS: Final = 10  # reported for one object
MAX_QUOTED: Final = 60  # characters of a value that a fault repeats

_KINDS: Final[Mapping[str, str]] = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a JSON object",
    "string": "a text",
}


def faults_from(errors: Iterable[Any], schema: Mapping[str, Any]) -> tuple[Fault, ...]:
    """The validator's errors (of jsonschema-rs, found with `schema`) as faults: each once, at most `MAX_FAULTS`."""
    worded_faults: dict[Fault, None] = {}
    for error in errors:
        worded_faults[Fault(selector(error.instance_path), _sentence(error, schema))] = None
        if len(worded_faults) == MAX_FAULTS:
            break
    return tuple(worded_faults)


def selector(path: Iterable[str | int]) -> str:
    """A place in an object as a STIX selector (STIX 2.1, 7.2.3.1): `external_references.[0].url`."""
    return ".".join(f"[{step}]" if isinstance(step, int) else quoted(step) for step in path)


def quoted(text: str) -> str:
    """A text from outside for a message: shortened, without characters that would break a line or a terminal."""
    cut = text if len(text) <= MAX_QUOTED else text[: MAX_QUOTED - 1] + "…"
    return "".join(character if character.isprintable() else "�" for character in cut)


_FIXED_SENTENCES: Final[Mapping[str, str]] = {
    "MinItems": "is an empty list, which STIX forbids: fill it, or leave the property out",
    "MinProperties": "is an empty object, which STIX forbids: fill it, or leave the property out",
    "MinLength": "is empty: give it a value",
}
_BOUNDS: Final[Mapping[str, str]] = {
    "Minimum": "at least",
    "ExclusiveMinimum": "more than",
    "Maximum": "at most",
    "ExclusiveMaximum": "less than",
}


def _sentence(error: Any, schema: Mapping[str, Any]) -> str:
    name = type(error.kind).__name__.removeprefix("ValidationErrorKind_")
    rule, description = _follow(schema, error.schema_path)
    if name == "Required":
        return f"has no {quoted(error.kind.property)}, which is required: add it"
    if name in _FIXED_SENTENCES:
        return _FIXED_SENTENCES[name]
    if name == "Type" and (description is None or error.instance is None):
        return f"must be {_KINDS[rule]}, not {_kind_of(error.instance)}"
    return f"{description or _generic(name, rule, error)}{_value_clause(error.instance)}"


def _generic(name: str, rule: Any, error: Any) -> str:
    """The words for a failed keyword without a description in the schema."""
    if name in _BOUNDS:
        return f"must be {_BOUNDS[name]} {rule}"
    if name == "Enum":
        return f"must be one of {', '.join(map(str, rule))}"
    if name == "Constant":
        return f"must be {json.dumps(rule)}"
    if name == "AdditionalProperties":
        unexpected = ", ".join(quoted(name) for name in error.kind.unexpected[:3])
        return f"may not have {unexpected}: remove it, or name a property that the standard has"
    if name == "UniqueItems":
        return "contains the same value twice: list each once"
    return "may not be here: remove it" if name == "FalseSchema" else "breaks a rule of STIX 2.1"


def _follow(schema: Any, steps: Iterable[str | int]) -> tuple[Any, str | None]:
    """The value in the schema at the end of these steps, and the nearest description on the way."""
    description: str | None = None
    is_name_map = False  # whether `schema` maps names to schemas, and is no schema itself
    for step in steps:
        try:
            schema = schema[step]
        except (KeyError, IndexError, TypeError):
            return None, description
        is_name_map = not is_name_map and step in ("properties", "patternProperties")
        if is_name_map or step in ("items", "additionalProperties"):
            description = None  # the description of an outer value does not fit an inner one
        if isinstance(schema, dict) and not is_name_map:
            description = schema.get("description", description)
    return schema, description


def _value_clause(instance: Any) -> str:
    if isinstance(instance, str):
        return f'; it is "{quoted(instance)}"'
    if isinstance(instance, bool):
        return f"; it is {str(instance).lower()}"
    return f"; it is {quoted(str(instance))}" if isinstance(instance, int | float) else ""


def _kind_of(instance: Any) -> str:
    if instance is None:
        return "null (leave the property out instead)"
    if isinstance(instance, bool):
        return str(instance).lower()
    kinds = {str: "a text", int: "a number", float: "a number", list: "a list", dict: "a JSON object"}
    return kinds.get(type(instance), "what it is")
