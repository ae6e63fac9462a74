"""What a valid object is (law L7): `faults` tells what is wrong with one, in words for its sender.

Accepted is only what `stix2.parse(…, allow_custom=True)` accepts as STIX 2.1, since one object that it cannot parse
breaks every reader who uses stix2; refused besides is what STIX 2.1 forbids and stix2 lets through. An object goes
through four doors, and the first that it fails ends the way:

1. its type: a name that may be one, and the id begins with it;
2. the JSON Schema of its type (`class_tables.py`), compiled when the first object of the type comes: without the three
   properties whose schemas are four fifths of it, as long as no object has one of them;
3. its other properties, which are custom or an extension's: their names and that they hold something;
4. what JSON Schema cannot say (`checks.py`), and stix2 itself where only it can tell.
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
    plainly_points_at,
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
# Properties of every type whose schemas are long, and slow to compile: 3 ms a type, where few objects have them.
_LONG: Final = frozenset({"extensions", "external_references", "granular_markings"})
_LOOKED_AT: Final = 10  # items of each list, and properties of each object inside, for the words of a refusal
_lock = Lock()


@dataclass(slots=True)
class _Rules:
    """What is known of one type, and what is compiled so far: the whole schema, and the brief one without `_LONG`."""

    schema: dict[str, Any]
    known: frozenset[str]  # properties that the schema describes
    checks: tuple[Check, ...]
    whole: Any = None  # validators of jsonschema-rs
    brief: Any = None

    def validator(self, obj: Mapping[str, object]) -> Any:
        """The validator for this object; as long as the whole schema was not needed, the brief one says the same."""
        if self.whole is not None:
            return self.whole
        if not _LONG.isdisjoint(obj):
            return self.compile_whole()
        if self.brief is None:
            short = {name: value for name, value in self.schema["properties"].items() if name not in _LONG}
            self.brief = _validator({**self.schema, "properties": short})
        return self.brief

    def compile_whole(self) -> Any:
        """The validator for any object of the type."""
        if self.whole is None:
            self.whole = _validator(self.schema)
        return self.whole


_compiled: dict[str, _Rules] = {}


def faults(
    obj: Mapping[str, object],
    *,
    max_pattern_length: int = PATTERN_MAX_LENGTH,
    max_pattern_comparisons: int = PATTERN_MAX_COMPARISONS,
    max_selectors: int = MAX_SELECTORS,
) -> tuple[Fault, ...]:
    """What is wrong with this parsed object; nothing where it is valid STIX 2.1 that stix2 parses.

    The caller has bounded depth, texts and numbers; patterns and granular markings have limits of their own. Safe in any
    thread; schemas are compiled when first needed.
    """
    # (1) its type
    object_type = obj.get("type")
    if not isinstance(object_type, str):
        return (Fault("type", "is missing or no text: every STIX object names its type"),)
    standard = object_type in STANDARD_TYPES
    if not standard and (problem := _type_problem(object_type)):
        return (Fault("type", problem),)
    family = object_type if standard else _family(object_type, obj)
    rules = _compiled.get(family) or _compile(family)
    # (2) its schema
    try:
        if not rules.validator(obj).is_valid(obj):
            return _schema_faults(obj, rules)
    except UnicodeEncodeError:
        return (Fault("", "a text in it contains half of a UTF-16 surrogate pair, which no UTF-8 can carry"),)
    # (3) its other properties, (4) its checks
    problems = [] if obj.keys() <= rules.known else _other_problems(obj, rules)
    problems += [fault for check in rules.checks if (fault := check(obj))]
    if object_type == "indicator" and (fault := check_pattern(obj, max_pattern_length, max_pattern_comparisons)):
        problems.append(fault)
    if "granular_markings" in obj and (fault := check_selectors(obj, max_selectors)):
        problems.append(fault)
    if not standard:
        problems += _custom_problems(obj, object_type)
    elif not problems and ("granular_markings" in obj or "objects" in obj):
        problems += _library_problems(obj, object_type)
    return tuple(problems[: sentences.MAX_FAULTS]) if problems else ()


def _schema_faults(obj: Mapping[str, Any], rules: _Rules) -> tuple[Fault, ...]:
    """What the schema says of an object that it does not accept.

    The validator makes all errors before it gives the first, each with a copy of what is wrong: a list of 100,000 bad
    items would take gigabytes. So it looks at the beginning of each list and object; where that is all right, the one
    error that it finds first counts.
    """
    validator = rules.compile_whole()
    beginning = {name: _beginning(value) for name, value in obj.items() if name in rules.known}
    if problems := sentences.tell(validator.iter_errors(beginning), rules.schema):
        return problems
    try:
        validator.validate(obj)
    except ValueError as error:  # jsonschema_rs.ValidationError is one
        return sentences.tell([error], rules.schema)
    return (Fault("", "breaks a rule of STIX 2.1"),)


def _beginning(value: Any) -> Any:
    if isinstance(value, list):
        return [_beginning(item) for item in value[:_LOOKED_AT]]
    if isinstance(value, dict):
        return {key: _beginning(item) for key, item in islice(value.items(), _LOOKED_AT)}
    return value


def known_properties(obj: Mapping[str, object]) -> frozenset[str]:
    """The properties that STIX 2.1, or Incident Core, gives to a valid object of its type; to custom types the common ones,
    and those of OpenCTI to its observables.
    """
    object_type = str(obj.get("type"))
    family = _family(object_type, obj)
    known = (_compiled.get(family) or _compile(family)).known
    return known.union(OPENCTI_OBSERVABLES[object_type]) if object_type in OPENCTI_OBSERVABLES else known


def prepare() -> None:
    """Compile the schemas of all types now, rather than when their first object comes: a server does so as it starts."""
    for family in (*STANDARD_TYPES, *(f"{core}+" for core in INCIDENT_CORE_TYPES), ""):
        (_compiled.get(family) or _compile(family)).compile_whole()


def _family(object_type: str, obj: Mapping[str, object]) -> str:
    """Under what name the rules for this object are compiled: its type, `event+` for one of Incident Core, "" for custom."""
    if object_type in STANDARD_TYPES:
        return object_type
    key = incident.NEW_SDO.get(object_type)
    extensions = obj.get("extensions")
    return f"{object_type}+" if key and isinstance(extensions, dict) and key in extensions else ""


def _compile(family: str) -> _Rules:
    with _lock:
        if (ready := _compiled.get(family)) is not None:
            return ready
        if family in STANDARD_TYPES:
            schema = class_tables.object_schema(family)
            checks = (check_versions, *checks_for(family))
        else:
            core = family.removesuffix("+") or None
            schema = class_tables.custom_schema(core)
            checks = (check_versions, *(checks_for(core, incident_core=True) if core else ()))
        known = frozenset(schema["properties"])
        for part in schema.get("allOf", ()):
            known |= frozenset(part.get("properties", ()))
        rules = _Rules(schema, known, checks)
        _compiled[family] = rules
        return rules


def _validator(schema: dict[str, Any]) -> Any:
    import jsonschema_rs  # noqa: PLC0415 - part of the server's extra, and heavy

    # Linear-time regular expressions: what comes from outside cannot make them slow.
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
    """What is wrong with the properties that the schema does not describe (STIX 2.1, 11.1 and 7.3)."""
    problems = []
    for name in sorted(obj.keys() - rules.known):
        shown = sentences.quoted(name)
        if name in _RESERVED:
            problems.append(
                Fault(shown, "is a reserved name: call the property otherwise, for instance with x_ in front")
            )
        elif not _PROPERTY_NAME.fullmatch(name):
            problems.append(Fault(shown, "is no name for a property: use 3 to 250 of a-z, 0-9 and _, a letter first"))
        elif obj[name] is None or obj[name] == []:
            problems.append(Fault(shown, "is null or an empty list, which STIX forbids: leave the property out"))
    return problems


def _custom_problems(obj: Mapping[str, object], object_type: str) -> Iterator[Fault]:
    """What even an object of an unknown type has to be; without created and modified it may be a custom SCO."""
    if not str(obj["id"]).startswith(f"{object_type}--"):
        yield Fault("id", f"must begin with the object's type: {sentences.quoted(object_type)}--")
    if "created" in obj or "modified" in obj:
        for name in ("spec_version", "created", "modified"):
            if name not in obj:
                yield Fault("", f"has no {name}, which is required: add it")


def _library_problems(obj: Mapping[str, Any], object_type: str) -> Iterator[Fault]:
    """What only stix2 can tell: whether it finds what selectors point at, and the deprecated objects of observed-data."""
    if object_type == "observed-data" and "objects" in obj:
        yield from _contained_problems(obj["objects"])
    selectors = (selector for marking in obj.get("granular_markings", ()) for selector in marking["selectors"])
    if all(plainly_points_at(obj, selector) for selector in selectors):
        return
    import stix2  # noqa: PLC0415 - loaded with the class tables

    try:
        with patterns.PARSER_LOCK, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            stix2.parse(dict(obj), allow_custom=True, version="2.1")
    except Exception as error:  # noqa: BLE001 - whatever it raises here, it would raise in a reader
        first = (str(error).splitlines() or [type(error).__name__])[0]
        yield Fault("", f"cannot be read by stix2, which many members use: {sentences.quoted(first)}")


def _contained_problems(objects: Mapping[str, Any]) -> Iterator[Fault]:
    """The SCOs in the deprecated `objects` of observed-data (STIX 2.1, 4.14)."""
    for key, value in objects.items():
        path = f"objects.{sentences.quoted(key)}"
        object_type = value.get("type") if isinstance(value, dict) else None
        if not isinstance(object_type, str) or object_type in STANDARD_TYPES - SCO_TYPES:
            yield Fault(path, "must be a JSON object, an SCO with its type")
            return
        for fault in faults(value):
            yield Fault(f"{path}.{fault.path}".removesuffix("."), fault.message)
