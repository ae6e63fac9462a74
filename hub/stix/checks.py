"""The rules of STIX 2.1 that JSON Schema cannot say: order of times, forms of values, markings, selectors.

Each check takes an object that its schema has accepted, and returns the first thing that is wrong, or None.
`checks_for` names those of a type.
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
# Steps of stix2's walk for all selectors of one object, a step being at most about a microsecond: so many in any case, and
# so many more for each value in it, so that the time grows with what is sent.
FREE_STEPS: Final = 50_000
STEPS_FOR_A_VALUE: Final = 50
_TEXTS_IN_A_STEP: Final = 100  # that are compared while two JSON objects are

Content = Mapping[str, Any]
Check = Callable[[Content], Fault | None]


def before(first: str, second: str) -> bool:
    """Whether one timestamp that the schema accepted is before another: `Z`, `.0Z` and `.000Z` are one instant."""
    return first < second if len(first) == len(second) else _instant(first) < _instant(second)


def _instant(timestamp: str) -> tuple[str, str]:
    return timestamp[:19], timestamp[20:-1].rstrip("0")


# --- times


def check_versions(content: Content) -> Fault | None:
    """STIX 2.1, 3.2: modified is not before created."""
    created, modified = content.get("created"), content.get("modified")
    if created == modified or created is None or modified is None or not before(modified, created):
        return None
    return Fault("modified", f"is before created ({created}): a version cannot be older than its object")


def _order(earlier: str, later: str, *, strictly: bool = False) -> Check:
    def check(content: Content) -> Fault | None:
        first, last = content.get(earlier), content.get(later)
        if first is None or last is None or (before(first, last) if strictly else not before(last, first)):
            return None
        return Fault(later, f"must be {'later than' if strictly else 'no earlier than'} {earlier} ({first})")

    return check


# --- values of observables


_LABEL: Final = r"[^\x00-\x2c\x2e\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x9f\s]{1,63}"
# Underscores and international labels are met in the wild; a last label of digits is an address, not a domain.
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
        good = "/" not in value or (re.fullmatch("[0-9]{1,3}", length) is not None and int(length) <= 128)
    except ValueError:
        good = False
    if good or content.get("defanged"):
        return None
    return Fault("value", f'is not an IPv6 address or CIDR block such as 2001:db8::/96; it is "{quoted(value)}"')


def _check_payload(content: Content) -> Fault | None:
    # STIX 2.1, 2.1: binary values are base64. As lenient as stix2 is on what stands between the digits.
    try:
        base64.b64decode(content.get("payload_bin", ""))
    except ValueError:
        return Fault("payload_bin", "is not base64 (RFC 4648): encode the bytes, with their padding")
    return None


def _check_sockets(content: Content) -> Fault | None:
    # STIX 2.1, 6.12.4: options are whole numbers. To JSON Schema 5.0 is one, to stix2 it is none.
    options = content.get("extensions", {}).get("socket-ext", {}).get("options", {})
    for name, value in options.items():
        if isinstance(value, float):
            return Fault(f"extensions.socket-ext.options.{quoted(name)}", "must be a whole number without a point")
    return None


# --- patterns


def check_pattern(content: Content, max_length: int, max_comparisons: int) -> Fault | None:
    """STIX 2.1, 9. Patterns of other types (sigma, yara, …) are their own languages, and the hub reads none of them."""
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

    First their number, and what stix2 does to find them: it walks the object for each selector, up to what it points
    at, and compares each item of a list on its way with all before it. Readers must not wait for that.
    """
    markings = content["granular_markings"]
    number = sum(len(marking["selectors"]) for marking in markings)
    if number > max_selectors:
        return Fault("granular_markings", f"holds {number} selectors, and the limit is {max_selectors}: {_FEWER}")
    selectors = [selector for marking in markings for selector in marking["selectors"]]
    values, steps = _steps_of_stix2(content, selectors)
    if steps > FREE_STEPS + STEPS_FOR_A_VALUE * values:
        return Fault("granular_markings", f"points into lists that stix2 needs too long to walk: {_FEWER}")
    for position, marking in enumerate(markings):
        for place, selector in enumerate(marking["selectors"]):
            if not _points_at(content, selector):
                where = f"granular_markings.[{position}].selectors.[{place}]"
                return Fault(where, f'points at nothing in this object: "{quoted(selector)}"')
    return None


_FEWER: Final = "mark fewer properties, or the whole object"


def _steps_of_stix2(content: Content, selectors: Iterable[str]) -> tuple[int, int]:
    """How many values the object holds, and how many steps stix2 takes to find all the selectors, at most."""
    values = 0
    before: dict[str, int] = {}  # property -> steps until stix2 comes to it: it takes them in order of their names
    inside: dict[str, int] = {}
    steps = 0
    for name in sorted(content):
        before[name] = steps
        inside_values, inside[name] = _walk(content[name])
        values += inside_values
        steps += inside[name]
    needed = 0
    for selector in selectors:
        name = selector.partition(".")[0]
        needed += before.get(name, 0) + (inside.get(name, 0) if name != selector else 1)
    return values, needed


def _walk(value: Any) -> tuple[int, int]:
    """(values, steps) of stix2's walk through a value: for the n-th item of a list it looks at the n - 1 before it."""
    values = steps = 0
    waiting = [value]
    while waiting:
        item = waiting.pop()
        values += 1
        steps += 1
        if isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, list):
            compared = len(item) * len(item) // 2
            steps += compared if any(isinstance(each, dict | list) for each in item) else compared // _TEXTS_IN_A_STEP
            waiting += item
    return values, steps


def _points_at(content: Any, selector: str) -> bool:
    for step in selector.split("."):
        try:
            content = content[int(step[1:-1]) if step.startswith("[") else step]
        except (KeyError, IndexError, TypeError, ValueError):
            return False
    return True


def plainly_points_at(content: Content, selector: str) -> bool:
    """Whether stix2, too, finds what the selector points at; False where only stix2 itself can tell.

    stix2 does not find what is false, zero or empty, what lies in an embedded object, nor the second of two equal items.
    """
    name, _, rest = selector.partition(".")
    value = content.get(name)
    if rest:
        if not (isinstance(value, list) and re.fullmatch(r"\[[0-9]{1,4}\]", rest)):
            return False
        position = int(rest[1:-1])
        if position >= len(value) or not isinstance(value[position], str) or value.index(value[position]) != position:
            return False
        value = value[position]
    return isinstance(value, str) and value != ""


_BY_ID: Final = {
    **{ref: tlp.tlp1_definition(level) for level, ref in tlp.TLP1_IDS.items()},
    **{ref: tlp.tlp2_definition(level) for level, ref in tlp.TLP2_IDS.items()},
}


def _check_marking(content: Content) -> Fault | None:
    # STIX 2.1, 7.2.1: a statement, one of the TLP definitions, or a marking that an extension defines.
    if fault := _check_definition(content):
        return fault
    extension = content.get("extensions", {}).get(tlp.TLP2_EXTENSION)
    expected = _BY_ID.get(content["id"])
    if expected is None:
        if extension is None and content.get("definition_type") != "tlp":
            return None
        return Fault("id", "is not the id of a TLP definition: TLP has fixed ones, use those of the standard")
    if _instant(content["created"]) != _instant(expected["created"]):
        return Fault("created", f"must be {expected['created']}: this id is that of {expected['name']}")
    if "extensions" in expected:
        same = "definition_type" not in content and extension == expected["extensions"][tlp.TLP2_EXTENSION]
    else:
        same = extension is None and content.get("definition") == expected["definition"]
    if same:
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


_SEEN: Final = _order("first_seen", "last_seen")
_SPAN: Final = _order("start_time", "end_time")
_BY_TYPE: Final[Mapping[str, tuple[Check, ...]]] = {
    "artifact": (_check_payload,),
    "campaign": (_SEEN,),
    "infrastructure": (_SEEN,),
    "intrusion-set": (_SEEN,),
    "malware": (_SEEN,),
    "threat-actor": (_SEEN,),
    "sighting": (_SEEN,),
    "observed-data": (_order("first_observed", "last_observed"),),
    "relationship": (_order("start_time", "stop_time", strictly=True),),
    "indicator": (_order("valid_from", "valid_until", strictly=True),),
    "network-traffic": (_order("start", "end"), _check_sockets),
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
    """The checks of a type, beyond those that every object gets; `incident_core`: it is a type of that extension."""
    return (_BY_EXTENSION if incident_core else _BY_TYPE).get(object_type, ())
