"""The rules of STIX 2.1 that JSON Schema cannot express: order of times, forms of values, markings, selectors.

Each check takes an object that its schema has accepted, and returns the first fault, or None. `checks_for` returns the
checks of a type.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv6Address
from typing import Any, Final

from hub.stix import tlp
from hub.stix.fault import Fault
from hub.stix.patterns import pattern_problem
from hub.stix.sentences import quoted

MAX_SELECTORS: Final = 200  # in the granular markings of one object
# The steps that stix2's walk for all selectors of one object may take, each at most about a microsecond: some for any object,
# and more for each value in it, so that the time grows with the size of the object.
FREE_STEPS: Final = 50_000
STEPS_FOR_A_VALUE: Final = 50
_TEXTS_IN_A_STEP: Final = 100  # texts are compared in the time of comparing two JSON objects

Content = Mapping[str, Any]
Check = Callable[[Content], Fault | None]


def is_before(first: str, second: str) -> bool:
    """Whether the first of two timestamps that the schema accepted is earlier: `Z`, `.0Z` and `.000Z` are one instant."""
    return first < second if len(first) == len(second) else _instant(first) < _instant(second)


def _instant(timestamp: str) -> tuple[str, str]:
    return timestamp[:19], timestamp[20:-1].rstrip("0")


# --- times


def check_versions(content: Content) -> Fault | None:
    """STIX 2.1, 3.2: modified is not before created."""
    created, modified = content.get("created"), content.get("modified")
    if created == modified or created is None or modified is None or not is_before(modified, created):
        return None
    return Fault("modified", f"is before created ({created}): a version cannot be older than its object")


def _order_check(earlier: str, later: str, *, strictly: bool = False) -> Check:
    def check(content: Content) -> Fault | None:
        first, last = content.get(earlier), content.get(later)
        if first is None or last is None or (is_before(first, last) if strictly else not is_before(last, first)):
            return None
        return Fault(later, f"must be {'later than' if strictly else 'no earlier than'} {earlier} ({first})")

    return check


# --- values of observables


_LABEL: Final = r"[^\x00-\x2c\x2e\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x9f\s]{1,63}"
# Real domain names contain underscores and international labels; a last label of digits means an address, not a domain.
_DOMAIN: Final = rf"(?=.{{1,253}}\.?\Z)(?:{_LABEL}\.){{0,126}}(?!(?<=\.)[0-9]{{1,63}}\.?\Z){_LABEL}\.?"
_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_VALUES: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "ipv4-addr": (
        re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}(?:/(?:3[0-2]|[12]?[0-9]))?"),
        "is not an IPv4 address or CIDR block such as 198.51.100.3 or 198.51.100.0/24",
    ),
    "mac-addr": (
        re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"),
        "is not a MAC address in lower case with colons, such as 00:00:5e:00:53:01 (STIX 2.1, 6.9)",
    ),
    "domain-name": (re.compile(_DOMAIN), "is not a domain name such as example.com"),
    "email-addr": (
        re.compile(
            rf'(?:"[^"\r\n]{{1,62}}"|[^\s@"(),:;<>\[\\\]\x00-\x1f\x7f]{{1,128}})@(?:{_DOMAIN}|\[[^\s\]]{{1,255}}\])'
        ),
        "is not an e-mail address such as soc@example.com (without the name that is shown)",
    ),
    "url": (
        re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+:[^\s\x00-\x1f\x7f<>]++"),
        "is not a URL such as https://example.com/login (with its scheme, and no spaces)",
    ),
}


def _check_value(content: Content) -> Fault | None:
    value = content["value"]
    form, problem = _VALUES[content["type"]]
    if form.fullmatch(value) or content.get("defanged"):
        return None
    return Fault("value", f'{problem}; it is "{quoted(value)}"')


def _check_ipv6(content: Content) -> Fault | None:
    value = content["value"]
    address, _, length = value.partition("/")
    try:
        IPv6Address(address)
        is_valid = "/" not in value or (re.fullmatch("[0-9]{1,3}", length) is not None and int(length) <= 128)
    except ValueError:
        is_valid = False
    if is_valid or content.get("defanged"):
        return None
    return Fault("value", f'is not an IPv6 address or CIDR block such as 2001:db8::/96; it is "{quoted(value)}"')


def _check_payload(content: Content) -> Fault | None:
    # STIX 2.1, 2.1: binary values are base64. Like stix2, this ignores characters that are no base64 digits.
    try:
        base64.b64decode(content.get("payload_bin", ""))
    except ValueError:
        return Fault("payload_bin", "is not base64 (RFC 4648): encode the bytes, with their padding")
    return None


def _check_sockets(content: Content) -> Fault | None:
    # STIX 2.1, 6.12.4: options are whole numbers. JSON Schema counts 5.0 as one, stix2 does not.
    options = content.get("extensions", {}).get("socket-ext", {}).get("options", {})
    for name, value in options.items():
        if isinstance(value, float):
            return Fault(f"extensions.socket-ext.options.{quoted(name)}", "must be a whole number without a point")
    return None


# --- patterns


def check_pattern(content: Content, max_length: int, max_comparisons: int) -> Fault | None:
    """STIX 2.1, 9. Patterns of other types (sigma, yara, …) have their own languages, which this does not check."""
    if content["pattern_type"] != "stix":
        return None
    problem = pattern_problem(
        content["pattern"],
        content.get("pattern_version") or "2.1",
        max_length=max_length,
        max_comparisons=max_comparisons,
    )
    return Fault("pattern", problem) if problem else None


# --- markings


def check_selectors(content: Content, max_selectors: int = MAX_SELECTORS) -> Fault | None:
    """STIX 2.1, 7.2.3.1: each selector of a granular marking points at something in the object.

    It first checks their number, and the time that stix2 needs to find them: for each selector stix2 walks the object up
    to the target, and compares each item of a list on its way with all earlier items. Readers must not wait for that.
    """
    markings = content["granular_markings"]
    number = sum(len(marking["selectors"]) for marking in markings)
    if number > max_selectors:
        return Fault("granular_markings", f"holds {number} selectors, and the limit is {max_selectors}: {_ADVICE}")
    selectors = [selector for marking in markings for selector in marking["selectors"]]
    values, steps = _steps_of_stix2(content, selectors)
    if steps > FREE_STEPS + STEPS_FOR_A_VALUE * values:
        return Fault("granular_markings", f"points into lists that stix2 needs too long to walk: {_ADVICE}")
    for position, marking in enumerate(markings):
        for place, selector in enumerate(marking["selectors"]):
            if not _points_at(content, selector):
                path = f"granular_markings.[{position}].selectors.[{place}]"
                return Fault(path, f'points at nothing in this object: "{quoted(selector)}"')
    return None


_ADVICE: Final = "mark fewer properties, or the whole object"


def _steps_of_stix2(content: Content, selectors: Iterable[str]) -> tuple[int, int]:
    """The number of values in the object, and the most steps that stix2 takes to find the targets of all selectors."""
    values = 0
    steps_before: dict[
        str, int
    ] = {}  # property -> steps until stix2 reaches it: it walks properties in order of their names
    steps_inside: dict[str, int] = {}
    steps = 0
    for name in sorted(content):
        steps_before[name] = steps
        inner_values, steps_inside[name] = _count_walk(content[name])
        values += inner_values
        steps += steps_inside[name]
    needed_steps = 0
    for selector in selectors:
        name = selector.partition(".")[0]
        needed_steps += steps_before.get(name, 0) + (steps_inside.get(name, 0) if name != selector else 1)
    return values, needed_steps


def _count_walk(value: Any) -> tuple[int, int]:
    """(values, steps) of stix2's walk through a value: it compares the n-th item of a list with the n - 1 earlier ones."""
    values = steps = 0
    stack = [value]
    while stack:
        item = stack.pop()
        values += 1
        steps += 1
        if isinstance(item, dict):
            stack += item.values()
        elif isinstance(item, list):
            comparisons = len(item) * len(item) // 2
            has_containers = any(isinstance(element, dict | list) for element in item)
            steps += comparisons if has_containers else comparisons // _TEXTS_IN_A_STEP
            stack += item
    return values, steps


def _points_at(content: Any, selector: str) -> bool:
    for step in selector.split("."):
        try:
            content = content[int(step[1:-1]) if step.startswith("[") else step]
        except (KeyError, IndexError, TypeError, ValueError):
            return False
    return True


def is_found_by_stix2(content: Content, selector: str) -> bool:
    """Whether stix2 certainly finds the target of the selector; False if only stix2 itself can tell.

    stix2 does not find false, zero and empty values, values in an embedded object, and the second of two equal items.
    """
    name, _, index = selector.partition(".")
    value = content.get(name)
    if index:
        if not (isinstance(value, list) and re.fullmatch(r"\[[0-9]{1,4}\]", index)):
            return False
        position = int(index[1:-1])
        if position >= len(value) or not isinstance(value[position], str) or value.index(value[position]) != position:
            return False
        value = value[position]
    return isinstance(value, str) and value != ""


_TLP_DEFINITIONS: Final = {
    **{ref: tlp.tlp1_definition(level) for level, ref in tlp.TLP1_IDS.items()},
    **{ref: tlp.tlp2_definition(level) for level, ref in tlp.TLP2_IDS.items()},
}


def _check_marking(content: Content) -> Fault | None:
    # STIX 2.1, 7.2.1: a statement, one of the TLP definitions, or a marking that an extension defines.
    if fault := _check_definition(content):
        return fault
    extension = content.get("extensions", {}).get(tlp.TLP2_EXTENSION)
    expected = _TLP_DEFINITIONS.get(content["id"])
    if expected is None:
        if extension is None and content.get("definition_type") != "tlp":
            return None
        return Fault("id", "is not the id of a TLP definition: TLP has fixed ones, use those of the standard")
    if _instant(content["created"]) != _instant(expected["created"]):
        return Fault("created", f"must be {expected['created']}: this id is that of {expected['name']}")
    if "extensions" in expected:
        is_same = "definition_type" not in content and extension == expected["extensions"][tlp.TLP2_EXTENSION]
    else:
        is_same = extension is None and content.get("definition") == expected["definition"]
    if is_same:
        return None
    return Fault("id", f"is that of {expected['name']}, and the object says something else: give it an id of its own")


def _check_definition(content: Content) -> Fault | None:
    kind, definition = content.get("definition_type"), content.get("definition")
    if (kind is None) != (definition is None):
        return Fault("", "must have both definition_type and definition, or neither and an extension")
    if kind is None or definition is None:
        if "extensions" in content:
            return None
        return Fault("", "must have definition_type and definition, or an extension that defines the marking")
    if kind not in ("tlp", "statement"):
        return Fault("definition_type", "must be statement or tlp; other markings are defined by an extension")
    if set(definition) != {kind} or not isinstance(definition[kind], str) or not definition[kind]:
        return Fault("definition", f'must hold one text under "{kind}" and nothing else')
    return None


# --- Incident Core


def _check_amounts(content: Content) -> Fault | None:
    # An economic impact: max_amount is not less than min_amount.
    for name in ("economic-ext", "economic", "monetary-ext", "monetary"):
        amounts = content["extensions"].get(name, {})
        if amounts.get("max_amount", 0) < amounts.get("min_amount", 0):
            return Fault(f"extensions.{name}.max_amount", "must not be less than min_amount")
    return None


_SEEN: Final = _order_check("first_seen", "last_seen")
_SPAN: Final = _order_check("start_time", "end_time")
_BY_TYPE: Final[Mapping[str, tuple[Check, ...]]] = {
    "artifact": (_check_payload,),
    "campaign": (_SEEN,),
    "infrastructure": (_SEEN,),
    "intrusion-set": (_SEEN,),
    "malware": (_SEEN,),
    "threat-actor": (_SEEN,),
    "sighting": (_SEEN,),
    "observed-data": (_order_check("first_observed", "last_observed"),),
    "relationship": (_order_check("start_time", "stop_time", strictly=True),),
    "indicator": (_order_check("valid_from", "valid_until", strictly=True),),
    "network-traffic": (_order_check("start", "end"), _check_sockets),
    "marking-definition": (_check_marking,),
    "ipv4-addr": (_check_value,),
    "ipv6-addr": (_check_ipv6,),
    "mac-addr": (_check_value,),
    "domain-name": (_check_value,),
    "email-addr": (_check_value,),
    "url": (_check_value,),
}
_BY_EXTENSION: Final[Mapping[str, tuple[Check, ...]]] = {
    "event": (_SPAN,),
    "impact": (_SPAN, _check_amounts),
    "task": (_SPAN,),
}


def checks_for(object_type: str, *, incident_core: bool = False) -> tuple[Check, ...]:
    """The checks of a type, in addition to those for every object; `incident_core`: it is a type of that extension."""
    return (_BY_EXTENSION if incident_core else _BY_TYPE).get(object_type, ())
