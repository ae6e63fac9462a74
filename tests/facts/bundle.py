"""What a receiver reads in a bundle: the facts, each looked for in the place where a tool looks for it.

A value is known where a pattern compares it, a link where a relationship holds it, a name where an object bears it. That a
text mentions something is no fact, except where what is told is told in prose: a lesson, a recommended action.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Object = Mapping[str, Any]

_COMPARISON: Final = re.compile(
    r"([a-z0-9-]+):((?:[^\s=!<>']|'[^']*')+)\s+(?:=|ISSUBSET|LIKE)\s+(?:'((?:[^'\\]|\\.)*)'|(\d+))"
)
_THREATS: Final = ("malware", "tool", "threat-actor", "intrusion-set", "campaign", "attack-pattern")


class Bundle:
    """The objects of a bundle that are not revoked, by what a reader asks of them."""

    def __init__(self, objects: Iterable[Object]) -> None:
        self.objects = {item["id"]: item for item in objects if not item.get("revoked")}

    def of(self, *types: str) -> list[Object]:
        """The objects of these types."""
        return [item for item in self.objects.values() if item["type"] in types]

    def named(self, name: str, *types: str) -> list[Object]:
        """The objects of these types that bear this name or alias."""
        return [
            item
            for item in self.of(*types)
            if name.casefold() in {text.casefold() for text in (item.get("name", ""), *item.get("aliases", ()))}
        ]

    def matching(self, value: str) -> list[Object]:
        """The indicators whose pattern compares something with this value, or whose rule holds it."""
        return [item for item in self.of("indicator") if value in {text for _, _, text in comparisons(item)}]

    def valued(self, value: str) -> list[Object]:
        """The observables that have this value."""
        return [
            item
            for item in self.of(*{item["type"] for item in self.objects.values()} - _OTHERS)
            if value in _values(item)
        ]

    def linked(self, sources: Iterable[Object], kind: str, targets: Iterable[Object]) -> bool:
        """Whether a relationship of this kind leads from one of the sources to one of the targets."""
        ends = {item["id"] for item in sources}, {item["id"] for item in targets}
        return any(
            item["relationship_type"] == kind and item["source_ref"] in ends[0] and item["target_ref"] in ends[1]
            for item in self.of("relationship")
        )


_OTHERS: Final = frozenset(
    "attack-pattern campaign course-of-action event extension-definition grouping identity impact incident indicator "
    "infrastructure intrusion-set language-content location malware malware-analysis marking-definition note "
    "observed-data opinion relationship report sighting task threat-actor tool vulnerability".split()
)


def comparisons(indicator: Object) -> list[tuple[str, str, str]]:
    """(type, path, value) of each comparison of a STIX pattern; the quoted texts of another kind of rule."""
    if indicator["pattern_type"] != "stix":
        return [(indicator["pattern_type"], "", text) for text in re.findall(r'"([^"]+)"', indicator["pattern"])]
    return [
        (match[1], match[2], (match[3] if match[3] is not None else match[4]).replace("\\'", "'").replace("\\\\", "\\"))
        for match in _COMPARISON.finditer(indicator["pattern"])
    ]


def _values(item: Object) -> set[str]:
    texts = {str(item.get(name)) for name in ("value", "name", "key", "subject", "account_login", "iban", "number")}
    return texts | set(item.get("hashes", {}).values())


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a receiver can act upon, in words, and whether a bundle says it."""

    words: str
    holds: Callable[[Bundle], bool]


def block(value: str, *kinds: str) -> Fact:
    """An indicator matches this value, as something of one of these types (or of such a rule)."""

    def holds(bundle: Bundle) -> bool:
        return any(
            text == value and kind in kinds for item in bundle.of("indicator") for kind, _, text in comparisons(item)
        )

    return Fact(f"match {value} as {' or '.join(kinds)}", holds)


def address(value: str) -> Fact:
    """An indicator matches this IPv4 address."""
    return block(value, "ipv4-addr", "network-traffic")


def port(value: str, number: int) -> Fact:
    """The port of a host is in an indicator's pattern beside the host, or in a connection to it."""

    def holds(bundle: Bundle) -> bool:
        for item in bundle.matching(value):
            if str(number) in {text for _, path, text in comparisons(item) if path.endswith("_port")}:
                return True
        hosts = {item["id"] for item in bundle.valued(value)}
        return any(
            item.get("dst_ref") in hosts and item.get("dst_port") == number for item in bundle.of("network-traffic")
        )

    return Fact(f"{value} is contacted at port {number}", holds)


def indicates(value: str, name: str) -> Fact:
    """The indicator of this value is linked to the malware, tool, actor or technique of this name."""

    def holds(bundle: Bundle) -> bool:
        threats = bundle.named(name, *_THREATS)
        if bundle.linked(bundle.matching(value), "indicates", threats):
            return True
        # as misp-stix has it: what was observed is related to the malware
        return bundle.linked(_observed(bundle, value), "related-to", threats)

    return Fact(f"{value} indicates {name}", holds)


def based_on(value: str) -> Fact:
    """The indicator of this value is linked to an observable of the same value."""

    def holds(bundle: Bundle) -> bool:
        return bundle.linked(bundle.matching(value), "based-on", _observed(bundle, value))

    return Fact(f"the indicator of {value} is based on its observable", holds)


def _observed(bundle: Bundle, value: str) -> list[Object]:
    """The observables of this value, and what holds them: STIX 2.1 names observed-data as the target of based-on."""
    objects = bundle.valued(value)
    ids = {item["id"] for item in objects}
    return [*objects, *(item for item in bundle.of("observed-data") if ids & set(item.get("object_refs", ())))]


def relates(source: str, kind: str, target: str) -> Fact:
    """A relationship of this kind leads from the indicator or observable of one value to that of another, or to a name."""

    def holds(bundle: Bundle) -> bool:
        ends = [
            [*bundle.matching(text), *_observed(bundle, text), *bundle.named(text, *_THREATS, "vulnerability")]
            for text in (source, target)
        ]
        return bundle.linked(ends[0], kind, ends[1]) or (kind == "resolves-to" and _resolves(bundle, source, target))

    return Fact(f"{source} {kind} {target}", holds)


def _resolves(bundle: Bundle, domain: str, host: str) -> bool:
    ids = {item["id"] for item in bundle.valued(host)}
    if any(ids & set(item.get("resolves_to_refs", ())) for item in bundle.valued(domain)):
        return True
    return any(
        path.startswith("resolves_to_refs") and text == host
        for item in bundle.matching(domain)
        for _, path, text in comparisons(item)
    )


def phase(value: str, name: str) -> Fact:
    """The indicator of this value is of this kill-chain phase."""

    def holds(bundle: Bundle) -> bool:
        return any(
            name == item["phase_name"]
            for content in bundle.matching(value)
            for item in content.get("kill_chain_phases", ())
        )

    return Fact(f"{value} is of the phase {name}", holds)


def threat(name: str, *types: str) -> Fact:
    """There is an object of one of these types under this name."""
    return Fact(f"{' or '.join(types)} {name}", lambda bundle: bool(bundle.named(name, *types)))


def technique(number: str, tactic: str) -> Fact:
    """A technique by its number, under a name that is none, with its tactic."""

    def holds(bundle: Bundle) -> bool:
        for item in bundle.of("attack-pattern"):
            numbers = {reference.get("external_id") for reference in item.get("external_references", ())}
            phases = {phase["phase_name"] for phase in item.get("kill_chain_phases", ())}
            if number in numbers and item["name"] != number and tactic in phases:
                return True
        return False

    return Fact(f"technique {number} of the tactic {tactic}", holds)


def numbered(name: str, number: str, *types: str) -> Fact:
    """An object of this name bears its number in ATT&CK, by which platforms join what they know of it."""

    def holds(bundle: Bundle) -> bool:
        return any(
            reference.get("external_id") == number
            for item in bundle.named(name, *types)
            for reference in item.get("external_references", ())
        )

    return Fact(f"{name} is {number} of ATT&CK", holds)


def sure(value: str, least: int) -> Fact:
    """The indicator of this value has a confidence of at least so much."""
    return Fact(
        f"{value} with a confidence of at least {least}",
        lambda bundle: any(item.get("confidence", 0) >= least for item in bundle.matching(value)),
    )


def since(value: str, day: str) -> Fact:
    """The indicator of this value is valid from the day on which the value was first seen."""
    return Fact(
        f"{value} was first seen on {day}",
        lambda bundle: any(item.get("valid_from", "").startswith(day) for item in bundle.matching(value)),
    )


def sighted(value: str) -> Fact:
    """The indicator of this value, or what was observed, was sighted."""

    def holds(bundle: Bundle) -> bool:
        ids = {item["id"] for item in (*bundle.matching(value), *_observed(bundle, value))}
        return any(
            item["sighting_of_ref"] in ids or ids & set(item.get("observed_data_refs", ()))
            for item in bundle.of("sighting")
        )

    return Fact(f"{value} was sighted", holds)


def weakness(number: str) -> Fact:
    """A weakness by its CVE number."""
    return Fact(f"weakness {number}", lambda bundle: bool(bundle.named(number, "vulnerability")))


def action(text: str) -> Fact:
    """A course of action says so."""
    return Fact(
        f"recommended: {text}", lambda bundle: _is_in_text(bundle, text, ("course-of-action",), ("name", "description"))
    )


def in_text(text: str) -> Fact:
    """The description of the incident, a task, or a note says so: facts that are in prose only."""

    def holds(bundle: Bundle) -> bool:
        return _is_in_text(
            bundle, text, ("incident", "task", "note", "indicator", "course-of-action"), ("description", "content")
        )

    return Fact(f"said: {text}", holds)


def _is_in_text(bundle: Bundle, text: str, types: tuple[str, ...], properties: tuple[str, ...]) -> bool:
    return any(
        text.casefold() in str(item.get(name, "")).casefold() for item in bundle.of(*types) for name in properties
    )


def struck(sector: str, country: str, *, called: str = "") -> Fact:
    """The victim's sector and country are stated, by an identity and a location that a tool shows.

    `called`: what MISP's galaxy calls the sector, which is all that misp-stix says of it.
    """

    def holds(bundle: Bundle) -> bool:
        other_facts = [item for item in bundle.of("identity") if item["id"] not in _authors(bundle)]
        sectors = {word for item in other_facts for word in (*item.get("sectors", ()), item.get("name"))}
        places = {item.get("country") for item in bundle.of("location")}
        return bool({sector, called} & sectors) and country in places

    return Fact(f"it struck {sector} in {country}", holds)


def _authors(bundle: Bundle) -> set[str]:
    return {item["created_by_ref"] for item in bundle.objects.values() if "created_by_ref" in item}


def kind(word: str) -> Fact:
    """The incident, one of its events, or the report that stands for it, is classified by this word."""

    def holds(bundle: Bundle) -> bool:
        for item in bundle.of("incident"):
            for extension in item.get("extensions", {}).values():
                if word in extension.get("incident_types", ()):
                    return True
        if any(word in item.get("event_types", ()) for item in bundle.of("event")):
            return True
        return any(word in label for item in bundle.of("report", "grouping") for label in item.get("labels", ()))

    return Fact(f"the incident is of the kind {word}", holds)


def did(category: str, word: str) -> Fact:
    """An impact of this category says this word."""

    def holds(bundle: Bundle) -> bool:
        return any(
            item.get("impact_category") == category and word in json.dumps(item.get("extensions", {}))
            for item in bundle.of("impact")
        )

    return Fact(f"impact on {category}: {word}", holds)


def either(first: Fact, *other_facts: Fact) -> Fact:
    """One of these: what one form has in its prose, another has a column for."""
    return Fact(first.words, lambda bundle: any(fact.holds(bundle) for fact in (first, *other_facts)))
