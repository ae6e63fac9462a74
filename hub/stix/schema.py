"""Validation of objects (law L7): `faults` returns what is wrong with an object, in words for its sender.

An object is valid only if `stix2.parse(…, allow_custom=True)` accepts it as STIX 2.1, since one object that it cannot
parse breaks every reader that uses stix2, and if it breaks no rule of STIX 2.1 that stix2 does not check. There are four
steps, and the first that fails ends the validation:

1. its type: a permitted name, with which the id begins;
2. the JSON Schema of its type (`class_tables.py`), which is compiled for the first object of the type: without the three
   properties whose schemas are four fifths of it, until an object has one of them;
3. its other properties, which are custom or belong to an extension: their names, and that they are not empty;
4. rules that JSON Schema cannot express (`checks.py`), and stix2 itself if only stix2 can tell.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import Any, Final

from hub.stix import class_tables, incident, patterns, sentences, value_schemas
from hub.stix.checks import (
    MAX_SELECTORS,
    Check,
    check_pattern,
    check_selectors,
    check_versions,
    checks_for,
    is_found_by_stix2,
)
from hub.stix.fault import Fault
from hub.stix.identifiers import (
    INCIDENT_CORE_TYPES,
    META_TYPES,
    OPENCTI_OBSERVABLES,
    SCO_TYPES,
    SDO_TYPES,
    SRO_TYPES,
    TYPE,
)

__all__ = ["PATTERN_MAX_COMPARISONS", "PATTERN_MAX_LENGTH", "Fault", "faults", "prepare"]

PATTERN_MAX_LENGTH: Final = patterns.MAX_LENGTH  # characters
PATTERN_MAX_COMPARISONS: Final = patterns.MAX_COMPARISONS  # joined in one pattern

STANDARD_TYPES: Final = SDO_TYPES | SRO_TYPES | META_TYPES | SCO_TYPES

_TYPE_NAME: Final = re.compile(TYPE)
_PROPERTY_NAME: Final = re.compile(value_schemas.PROPERTY_NAME)
_RESERVED: Final = frozenset(value_schemas.RESERVED_PROPERTIES + value_schemas.LIBRARY_NAMES)
# Common properties with long schemas, which take 3 ms to compile for each type, while few objects have them.
_LONG_PROPERTIES: Final = frozenset({"extensions", "external_references", "granular_markings"})
_INSPECTED_ITEMS: Final = 10  # of each list, and properties of each inner object, to find the words of a refusal
_lock = Lock()


@dataclass(slots=True)
class _Rules:
    """The rules of one type, and their compiled validators: of the whole schema, and of one without `_LONG_PROPERTIES`."""

    schema: dict[str, Any]
    known_properties: frozenset[str]  # that the schema describes
    checks: tuple[Check, ...]
    whole_validator: Any = None  # of jsonschema-rs
    short_validator: Any = None

    def validator(self, obj: Mapping[str, object]) -> Any:
        """The validator for this object: the short one says the same until an object needs the whole schema."""
        if self.whole_validator is not None:
            return self.whole_validator
        if not _LONG_PROPERTIES.isdisjoint(obj):
            return self.compile_whole()
        if self.short_validator is None:
            properties = {
                name: value for name, value in self.schema["properties"].items() if name not in _LONG_PROPERTIES
            }
            self.short_validator = _validator({**self.schema, "properties": properties})
        return self.short_validator

    def compile_whole(self) -> Any:
        """The validator for any object of the type."""
        if self.whole_validator is None:
            self.whole_validator = _validator(self.schema)
        return self.whole_validator


_rules_by_family: dict[str, _Rules] = {}


def faults(
    obj: Mapping[str, object],
    *,
    max_pattern_length: int = PATTERN_MAX_LENGTH,
    max_pattern_comparisons: int = PATTERN_MAX_COMPARISONS,
    max_selectors: int = MAX_SELECTORS,
) -> tuple[Fault, ...]:
    """The faults of this parsed object; none if it is valid STIX 2.1 that stix2 parses.

    The caller has limited depth, texts and numbers; patterns and granular markings have their own limits here. Safe in
    any thread; schemas are compiled at first use.
    """
    # (1) its type
    object_type = obj.get("type")
    if not isinstance(object_type, str):
        return (Fault("type", "is missing or no text: every STIX object names its type"),)
    is_standard = object_type in STANDARD_TYPES
    if not is_standard and (problem := _type_problem(object_type)):
        return (Fault("type", problem),)
    family = object_type if is_standard else _family(object_type, obj)
    rules = _rules_by_family.get(family) or _make_rules(family)
    # (2) its schema
    try:
        if not rules.validator(obj).is_valid(obj):
            return _schema_faults(obj, rules)
    except UnicodeEncodeError:
        return (Fault("", "a text in it contains half of a UTF-16 surrogate pair, which no UTF-8 can carry"),)
    # (3) its other properties, (4) its checks
    problems = [] if obj.keys() <= rules.known_properties else _other_problems(obj, rules)
    problems += [fault for check in rules.checks if (fault := check(obj))]
    if object_type == "indicator" and (fault := check_pattern(obj, max_pattern_length, max_pattern_comparisons)):
        problems.append(fault)
    if "granular_markings" in obj and (fault := check_selectors(obj, max_selectors)):
        problems.append(fault)
    if not is_standard:
        problems += _custom_problems(obj, object_type)
    elif not problems and ("granular_markings" in obj or "objects" in obj):
        problems += _library_problems(obj, object_type)
    return tuple(problems[: sentences.MAX_FAULTS]) if problems else ()


def _schema_faults(obj: Mapping[str, Any], rules: _Rules) -> tuple[Fault, ...]:
    """The faults that the schema finds in an object that it does not accept.

    The validator collects all errors before it returns the first, each with a copy of the wrong value: a list of 100,000
    bad items would take gigabytes. So it first reads only the beginning of each list and object; if that has no error,
    the first error in the whole object is reported.
    """
    validator = rules.compile_whole()
    beginning = {name: _beginning(value) for name, value in obj.items() if name in rules.known_properties}
    if problems := sentences.faults_from(validator.iter_errors(beginning), rules.schema):
        return problems
    try:
        validator.validate(obj)
    except ValueError as error:  # jsonschema_rs.ValidationError is one
        return sentences.faults_from([error], rules.schema)
    return (Fault("", "breaks a rule of STIX 2.1"),)


def _beginning(value: Any) -> Any:
    if isinstance(value, list):
        return [_beginning(item) for item in value[:_INSPECTED_ITEMS]]
    if isinstance(value, dict):
        return {key: _beginning(item) for key, item in islice(value.items(), _INSPECTED_ITEMS)}
    return value


def known_properties(obj: Mapping[str, object]) -> frozenset[str]:
    """The properties that STIX 2.1 or Incident Core defines for a valid object's type; for custom types the common ones,
    for OpenCTI's observables also its own.
    """
    object_type = str(obj.get("type"))
    family = _family(object_type, obj)
    names = (_rules_by_family.get(family) or _make_rules(family)).known_properties
    return names.union(OPENCTI_OBSERVABLES[object_type]) if object_type in OPENCTI_OBSERVABLES else names


def prepare() -> None:
    """Compile the schemas of all types now, not at their first object: a server does so when it starts."""
    for family in (*STANDARD_TYPES, *(f"{core}+" for core in INCIDENT_CORE_TYPES), ""):
        (_rules_by_family.get(family) or _make_rules(family)).compile_whole()


def _family(object_type: str, obj: Mapping[str, object]) -> str:
    """The name of the rules for this object: its type, `event+` for one of Incident Core, "" for a custom type."""
    if object_type in STANDARD_TYPES:
        return object_type
    key = incident.NEW_SDO.get(object_type)
    extensions = obj.get("extensions")
    return f"{object_type}+" if key and isinstance(extensions, dict) and key in extensions else ""


def _make_rules(family: str) -> _Rules:
    with _lock:
        if (existing_rules := _rules_by_family.get(family)) is not None:
            return existing_rules
        if family in STANDARD_TYPES:
            schema = class_tables.object_schema(family)
            checks = (check_versions, *checks_for(family))
        else:
            core = family.removesuffix("+") or None
            schema = class_tables.custom_schema(core)
            checks = (check_versions, *(checks_for(core, incident_core=True) if core else ()))
        known_names = frozenset(schema["properties"])
        for part in schema.get("allOf", ()):
            known_names |= frozenset(part.get("properties", ()))
        rules = _Rules(schema, known_names, checks)
        _rules_by_family[family] = rules
        return rules


def _validator(schema: dict[str, Any]) -> Any:
    import jsonschema_rs  # noqa: PLC0415 - part of the server's extra, and heavy

    # linear-time regular expressions, so that no input from outside can make them slow
    return jsonschema_rs.Draft202012Validator(schema, pattern_options=jsonschema_rs.RegexOptions())


def _type_problem(object_type: str) -> str | None:
    if object_type == "bundle":
        return "is bundle, which is no object to share: send what it contains, each as an object of the envelope"
    if object_type in value_schemas.RESERVED_TYPES:
        return f"is {object_type}, a name that STIX 2.1 reserves: choose another"
    if not 3 <= len(object_type) <= value_schemas.MAX_TYPE or not _TYPE_NAME.fullmatch(object_type):
        return f'must be 3 to 250 characters a-z, 0-9 and -, beginning with a letter; it is "{sentences.quoted(object_type)}"'
    return None


def _other_problems(obj: Mapping[str, object], rules: _Rules) -> list[Fault]:
    """Faults of the properties that the schema does not describe (STIX 2.1, 11.1 and 7.3)."""
    problems = []
    for name in sorted(obj.keys() - rules.known_properties):
        path = sentences.quoted(name)
        if name in _RESERVED:
            problems.append(
                Fault(path, "is a reserved name: call the property otherwise, for instance with x_ in front")
            )
        elif not _PROPERTY_NAME.fullmatch(name):
            problems.append(Fault(path, "is no name for a property: use 3 to 250 of a-z, 0-9 and _, a letter first"))
        elif obj[name] is None or obj[name] == []:
            problems.append(Fault(path, "is null or an empty list, which STIX forbids: leave the property out"))
    return problems


def _custom_problems(obj: Mapping[str, object], object_type: str) -> Iterator[Fault]:
    """Faults of an object of an unknown type; without created and modified it may be a custom SCO."""
    if not str(obj["id"]).startswith(f"{object_type}--"):
        yield Fault("id", f"must begin with the object's type: {sentences.quoted(object_type)}--")
    if "created" in obj or "modified" in obj:
        for name in ("spec_version", "created", "modified"):
            if name not in obj:
                yield Fault("", f"has no {name}, which is required: add it")


def _library_problems(obj: Mapping[str, Any], object_type: str) -> Iterator[Fault]:
    """Faults that only stix2 can find: in the targets of selectors, and in the deprecated objects of observed-data."""
    if object_type == "observed-data" and "objects" in obj:
        yield from _contained_problems(obj["objects"])
    selectors = (selector for marking in obj.get("granular_markings", ()) for selector in marking["selectors"])
    if all(is_found_by_stix2(obj, selector) for selector in selectors):
        return
    import stix2  # noqa: PLC0415 - loaded with the class tables

    try:
        with patterns.PARSER_LOCK, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            stix2.parse(dict(obj), allow_custom=True, version="2.1")
    except Exception as error:  # noqa: BLE001 - it would raise the same in a reader
        first_line = (str(error).splitlines() or [type(error).__name__])[0]
        yield Fault("", f"cannot be read by stix2, which many members use: {sentences.quoted(first_line)}")


def _contained_problems(objects: Mapping[str, Any]) -> Iterator[Fault]:
    """Faults of the SCOs in the deprecated `objects` of observed-data (STIX 2.1, 4.14)."""
    for key, value in objects.items():
        path = f"objects.{sentences.quoted(key)}"
        object_type = value.get("type") if isinstance(value, dict) else None
        if not isinstance(object_type, str) or object_type in STANDARD_TYPES - SCO_TYPES:
            yield Fault(path, "must be a JSON object, an SCO with its type")
            return
        for fault in faults(value):
            yield Fault(f"{path}.{fault.path}".removesuffix("."), fault.message)
