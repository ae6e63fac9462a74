"""The closed list of verbs for the demands of rules. Each verb is one small function of that name.

A verb gets the values at the rule's path and the rule's operands; it returns "" if the demand is met, otherwise what is
wrong. It never repeats a value: a refused name must not appear in the status.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.profile.contacts import contact_in
from hub.stix.documentation import is_documentation
from hub.stix.identifiers import type_of
from hub.stix.places import COUNTRIES, REGIONS
from hub.stix.schema import known_properties
from hub.stix.tlp import TLP, level
from hub.stix.wording import is_class_name, place_names

MAX_MATCHED_CHARACTERS: Final = 256  # of a text for `match`; a longer text does not match
_LISTED_NAMES: Final = 10  # in one message
_KEY: Final = re.compile(r"[a-z0-9&=+._\"-]{1,100}", re.ASCII)
_PLACES: Final = place_names() | COUNTRIES | frozenset(REGIONS.values())


@dataclass(frozen=True, slots=True)
class Context:
    """Data from outside the object that rules need: the owners of identity ids, and who reads the collection."""

    member_by_identity: Mapping[str, str]  # identity id -> member code
    beyond_certs: bool = False  # whether constituents, partners or the public read the collection


@dataclass(frozen=True, slots=True)
class Operands:
    """A rule's operands, prepared."""

    value: Any = None
    values: tuple[Any, ...] = ()
    pattern: re.Pattern[str] | None = None
    level: TLP | None = None


Verb = Callable[[Sequence[Any], Operands, Context], str]


def exist(values: Sequence[Any], _operands: Operands, _context: Context) -> str:
    """There is a value that is not blank or empty."""
    return "" if any(_is_filled(value) for value in values) else "there is none"


def be_absent(values: Sequence[Any], _operands: Operands, _context: Context) -> str:
    """There is no value at all."""
    return "there is one" if values else ""


def equal(values: Sequence[Any], operands: Operands, _context: Context) -> str:
    """There is a value, and each is `value`."""
    if not values:
        return "there is none"
    return "" if all(_equal_as_json(value, operands.value) for value in values) else f"it should be {operands.value!r}"


def be_one_of(values: Sequence[Any], operands: Operands, _context: Context) -> str:
    """There is a value, and each is among `values`."""
    if not values:
        return "there is none"
    met = all(any(_equal_as_json(value, allowed) for allowed in operands.values) for value in values)
    return "" if met else f"it should be one of {_list_names(operands.values)}"


def be_none_of(values: Sequence[Any], operands: Operands, _context: Context) -> str:
    """No value is among `values`; there may be none."""
    met = not any(_equal_as_json(value, forbidden) for value in values for forbidden in operands.values)
    return "" if met else f"it should be none of {_list_names(operands.values)}"


def match(values: Sequence[Any], operands: Operands, _context: Context) -> str:
    """There is a value, and each is a text that the pattern `value` matches from its start to its end."""
    if not values:
        return "there is none"
    assert operands.pattern is not None
    for value in values:
        if (
            not isinstance(value, str)
            or len(value) > MAX_MATCHED_CHARACTERS
            or operands.pattern.fullmatch(value) is None
        ):
            return f"it should have the form {operands.value}"
    return ""


def start_with(values: Sequence[Any], operands: Operands, _context: Context) -> str:
    """There is a value, and each is a text that starts with `value`."""
    if not values:
        return "there is none"
    met = all(isinstance(value, str) and value.startswith(operands.value) for value in values)
    return "" if met else f"it should start with {operands.value!r}"


def contain(values: Sequence[Any], operands: Operands, _context: Context) -> str:
    """The list at the path has at least one item that is among `values`."""
    met = any(_equal_as_json(item, required) for item in _items(values) for required in operands.values)
    return "" if met else f"it should contain one of {_list_names(operands.values)}"


def contain_none(values: Sequence[Any], operands: Operands, _context: Context) -> str:
    """The list at the path, if there is one, has no item that is among `values`."""
    items = _items(values)
    for forbidden in operands.values:
        # the fast test comes first, since most lists do not contain a forbidden value
        if forbidden in items and any(_equal_as_json(item, forbidden) for item in items):
            return f"it should contain none of {_list_names(operands.values)}"
    return ""


def contain_prefix(values: Sequence[Any], operands: Operands, _context: Context) -> str:
    """The list at the path has an item that starts with `value`."""
    met = any(isinstance(item, str) and item.startswith(operands.value) for item in _items(values))
    return "" if met else f"it should contain one that starts with {operands.value!r}"


def be_labelled(values: Sequence[Any], operands: Operands, _context: Context) -> str:
    """The list at the path has exactly one item that starts with `value`, and what follows is among `values`."""
    matches = [item for item in _items(values) if isinstance(item, str) and item.startswith(operands.value)]
    allowed = [f"{operands.value}{end}" for end in operands.values]
    if len(matches) == 1 and matches[0] in allowed:
        return ""
    return f"it should contain exactly one of {_list_names(allowed)}"


def be_marked(values: Sequence[Any], operands: Operands, _context: Context) -> str:
    """The object has a TLP marking, at or above the level `value` if the rule gives one; it needs no path."""
    levels = [level(value) for value in values]
    if not levels or None in levels:
        return "it has no TLP marking"
    if operands.level is not None and any(marking is not None and marking < operands.level for marking in levels):
        return f"it should be marked {operands.level.label} or higher"
    return ""


def refer_to(values: Sequence[Any], operands: Operands, _context: Context) -> str:
    """At least one of the ids at the path names an object of a type in `values`."""
    met = any(isinstance(item, str) and type_of(item) in operands.values for item in _items(values))
    return "" if met else f"it should name an object of type {_list_names(operands.values)}"


def be_a_member(values: Sequence[Any], _operands: Operands, context: Context) -> str:
    """There is an identity id, and each is reserved for a member."""
    items = _items(values)
    if not items:
        return "there is none"
    met = all(isinstance(item, str) and item in context.member_by_identity for item in items)
    return "" if met else "it should be a member's identity"


def be_no_member(values: Sequence[Any], _operands: Operands, context: Context) -> str:
    """No id at the path is reserved for a member."""
    met = not any(isinstance(item, str) and item in context.member_by_identity for item in _items(values))
    return "" if met else "it should not be a member's identity"


def hold_only(values: Sequence[Any], operands: Operands, _context: Context) -> str:
    """The object at the path has no keys except those in `values`."""
    keys = [key for value in values if isinstance(value, dict) for key in value]
    forbidden_keys = sorted({key[:40] for key in keys if key not in operands.values})
    return f"it should be without {_list_names(forbidden_keys)}" if forbidden_keys else ""


def be_named_by_class(values: Sequence[Any], _operands: Operands, _context: Context) -> str:
    """Each identity has the name that the product itself makes from one of its sectors and a place."""
    met = all(
        isinstance(value, dict) and is_class_name(value.get("name", ""), value.get("sectors", ())) for value in values
    )
    return "" if met else 'its name should be of the form "Healthcare organisations in Malaysia", with its own sector'


def be_a_place(values: Sequence[Any], _operands: Operands, _context: Context) -> str:
    """Each value is the name of a country or region, a country code (ISO 3166-1) or a region of STIX."""
    met = all(isinstance(value, str) and value in _PLACES for value in values)
    return "" if met else "it should be a country code, a region of STIX, or the name of either"


def be_documentation(values: Sequence[Any], _operands: Operands, _context: Context) -> str:
    """Each value is an address, a name, a URL or a mail address that is reserved for documentation."""
    met = all(isinstance(value, str) and is_documentation(value) for value in values)
    return "" if met else "it should be one that is reserved for documentation"


def be_in_namespaces(values: Sequence[Any], operands: Operands, _context: Context) -> str:
    """Each item of the list is one of `values`, or one of those that end in a colon, followed by a short key."""
    met = all(
        isinstance(item, str)
        and (
            item in operands.values
            or any(item.startswith(space) and _is_key(item[len(space) :]) for space in _namespaces(operands))
        )
        for item in _items(values)
    )
    return "" if met else f"each should be one of {_list_names(operands.values)}, followed by a word in lower case"


def have_standard_properties(values: Sequence[Any], operands: Operands, _context: Context) -> str:
    """The object has no properties except those of its type in STIX 2.1 and Incident Core, and those in `values`."""
    objects = [value for value in values if isinstance(value, dict)]
    extra_keys = sorted(
        {
            key[:40]
            for value in objects
            for key in value
            if key not in operands.values and key not in known_properties(value)
        }
    )
    return f"it should be without {_list_names(extra_keys)}" if extra_keys else ""


def be_read_beyond_certs(_values: Sequence[Any], _operands: Operands, context: Context) -> str:
    """Constituents, partners or the public read the collection, and not only the members' CERTs. For `when`."""
    return "" if context.beyond_certs else "only the members' CERTs read here"


def be_a_number(values: Sequence[Any], _operands: Operands, _context: Context) -> str:
    """Each value is a number."""
    met = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return "" if met else "it should be a number"


def hold_no_contact(values: Sequence[Any], operands: Operands, _context: Context) -> str:
    """No text in the properties `values`, or inside them, contains a mail address, a telephone number or a link to a messenger."""
    for value in values:
        for name in operands.values:
            if isinstance(value, dict) and name in value and (kind := contact_in(value[name])):
                return f"{name} holds {kind}"
    return ""


def _namespaces(operands: Operands) -> Iterator[str]:
    return (value for value in operands.values if value.endswith(":"))


def _is_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Spec:
    """A verb with its operands: those in `needs` are required, those in `allows` optional."""

    check: Verb
    needs: frozenset[str] = frozenset()
    allows: frozenset[str] = frozenset()


_VALUE: Final = frozenset({"value"})
_VALUES: Final = frozenset({"values"})
VERBS: Final[Mapping[str, Spec]] = {
    spec.check.__name__: spec
    for spec in (
        Spec(exist),
        Spec(be_absent),
        Spec(equal, needs=_VALUE),
        Spec(be_one_of, needs=_VALUES),
        Spec(be_none_of, needs=_VALUES),
        Spec(match, needs=_VALUE),
        Spec(start_with, needs=_VALUE),
        Spec(contain, needs=_VALUES),
        Spec(contain_none, needs=_VALUES),
        Spec(contain_prefix, needs=_VALUE),
        Spec(be_labelled, needs=_VALUE | _VALUES),
        Spec(be_marked, allows=_VALUE),
        Spec(refer_to, needs=_VALUES),
        Spec(be_a_member),
        Spec(be_no_member),
        Spec(hold_only, needs=_VALUES),
        Spec(be_named_by_class),
        Spec(be_a_place),
        Spec(be_documentation),
        Spec(be_in_namespaces, needs=_VALUES),
        Spec(have_standard_properties, allows=_VALUES),
        Spec(be_read_beyond_certs),
        Spec(be_a_number),
        Spec(hold_no_contact, needs=_VALUES),
    )
}


def _is_filled(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and value not in ([], {})


def _equal_as_json(value: Any, other: Any) -> bool:
    # True == 1 in Python, but not in JSON
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)


def _items(values: Sequence[Any]) -> list[Any]:
    """The items of the lists at the path; a single value counts as a list of one."""
    if len(values) == 1 and isinstance(values[0], list):
        return values[0]  # the common case, without a copy: labels, references
    items: list[Any] = []
    for value in values:
        items += value if isinstance(value, list) else [value]
    return items


def _list_names(values: Sequence[Any]) -> str:
    remainder = f" and {len(values) - _LISTED_NAMES} more" if len(values) > _LISTED_NAMES else ""
    return ", ".join(str(value) for value in values[:_LISTED_NAMES]) + remainder
