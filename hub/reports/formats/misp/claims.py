"""MISP: whose a value is. Category, object template, relation and classification decide; ``to_ids`` alone never does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.reports.observables import Observable, ObservableType, Role
from hub.reports.reading import roles
from hub.reports.rsit import RsitType

VICTIM_CATEGORIES: Final = frozenset({"Targeting data", "Person", "Internal reference"})
"""Categories of what belongs to the victim or to the organisation that wrote the event."""
HOSTILE_CATEGORIES: Final = frozenset({
    "Antivirus detection", "Artifacts dropped", "Attribution", "External analysis", "Network activity",
    "Payload delivery", "Payload installation", "Payload type", "Persistence mechanism",
})  # fmt: skip
"""Categories that MISP defines by the malware or the attacker: what it delivers, drops, installs and talks to."""
RECIPIENT_TYPES: Final = frozenset({"email-dst", "email-dst-display-name"})
RECIPIENT_RELATIONS: Final = frozenset({
    "to", "cc", "bcc", "to-display-name", "cc-display-name", "bcc-display-name", "recipient", "delivered-to",
})  # fmt: skip
SENDER_TYPES: Final = frozenset({"email-src", "email-reply-to"})
_AIMED_AT: Final = ("target", "victim", "impersonated", "spoofed", "legitimate", "affected")
_SOURCES: Final = frozenset({"ip-src", "ip-src|port", "src-ip", "ip_src", "domain-src", "hostname-src", "src"})
_DESTINATIONS: Final = frozenset({"ip-dst", "ip-dst|port", "dst-ip", "ip_dst", "domain-dst", "hostname-dst", "dst"})
# Types of attack on somebody's host: what is at the far end of them was attacked.
_ATTACKS_ON_HOSTS: Final = frozenset({"scanner", "brute-force", "exploit", "ids-alert", "dos", "ddos"})
_FLOODS: Final = frozenset({"dos", "ddos"})
_SITES: Final = frozenset({ObservableType.DOMAIN, ObservableType.URL})
_HOSTS: Final = frozenset({ObservableType.IPV4, ObservableType.IPV6, *_SITES})
# Values that may name whom the attack was aimed at, so that a category is not enough.
_TELLING: Final = frozenset({
    *_HOSTS, ObservableType.EMAIL, ObservableType.EMAIL_MESSAGE, ObservableType.USER_ACCOUNT, ObservableType.URI_PATH,
    ObservableType.BANK_ACCOUNT, ObservableType.PHONE,
})  # fmt: skip
_FRAUD: Final = "Financial fraud"
# MISP defines the category by what a fraudster uses, but by default it means their numbers for detection, too.
_OF_FRAUDSTERS: Final = frozenset({ObservableType.WALLET, ObservableType.BANK_ACCOUNT, ObservableType.PHONE})


@dataclass(frozen=True, slots=True)
class Scene:
    """Facts about an event that are needed before its attributes are read: its classes, and who received its mails."""

    types: tuple[RsitType, ...] = ()
    recipients: frozenset[str] = frozenset()
    has_source: bool = False  # it has an attribute of the type ip-src


def caller(source: Observable, target: Observable, scene: Scene) -> Observable:
    """The source of a connection to the adversary's host: in a case of an attack that others reach for, it may be the victim that called."""
    both = source.role is target.role is Role.ADVERSARY
    if not both or {line.type for line in scene.types} & roles.CLIENT_TYPES:
        return source
    return roles.unknown(f"it called {target.value}, which is the adversary's: it may be the victim").apply_to(source)


def is_flagged(attribute: Mapping[str, Any]) -> bool:
    """Whether ``to_ids`` is set, in any spelling: the author means the value for detection."""
    return str(attribute.get("to_ids")).casefold() in {"1", "true"}


def is_recipient(kind: str, relation: str) -> bool:
    """Whether type or relation make it a recipient of a mail."""
    return kind in RECIPIENT_TYPES or relation in RECIPIENT_RELATIONS


def claim_on(item: Observable, attribute: Mapping[str, Any], kind: str, scene: Scene) -> roles.Claim:
    """The claim on an observable that an attribute of type ``kind`` holds.

    1. What is the victim's by category or relation. 2. Senders. 3. Where the classification puts a host.
    4. What the category says of the rest, for values that are meant for detection.
    """
    category = str(attribute.get("category") or "")
    relation = str(attribute.get("object_relation") or "").casefold()
    # 1.
    if category in VICTIM_CATEGORIES:
        return roles.victim(f'category "{category}"')
    if is_recipient(kind, relation):
        return roles.victim(f"{relation or kind}: a recipient")
    if relation.startswith(_AIMED_AT):
        return roles.victim(f'relation "{relation}"')
    hostile = category in HOSTILE_CATEGORIES or not category
    flagged = is_flagged(attribute)
    # 2.
    if item.type is ObservableType.EMAIL and hostile and flagged:
        return roles.sender_claim(item.value, relation or kind, protected=scene.recipients)
    # 3.
    if item.type in _HOSTS and (claim := _by_class(item, relation or kind, scene)):
        return claim
    end = relation or kind
    if item.type in _HOSTS and (end in _SOURCES or kind in _SOURCES) and category in {"", "Network activity"}:
        return _source(end, scene)
    # 4.
    return _by_category(item, category, kind, flagged=flagged)


def _source(end: str, scene: Scene) -> roles.Claim:
    """The claim that follows from an address being a source: none, if no class says that it attacked."""
    attacks = sorted({line.type for line in scene.types} & roles.ATTACKER_TYPES)
    if attacks:
        return roles.adversary(f"{end} of an event of class {', '.join(attacks)}: the source attacks")
    return roles.unknown(f"it is called {end}, but no class, relation or tag says that it attacked")


def _by_category(item: Observable, category: str, kind: str, *, flagged: bool) -> roles.Claim:
    """The claim that follows from a value's category; without a category the value counts as hostile."""
    hostile = category in HOSTILE_CATEGORIES or not category
    if item.type is ObservableType.AS:
        return roles.unknown("an autonomous system is its operator's")
    if hostile and flagged:
        return roles.adversary(f'category "{category}", meant for detection' if category else f"type {kind}")
    if hostile and item.type not in _TELLING:
        return roles.adversary(f'category "{category}"' if category else f"type {kind}")
    if item.type in _OF_FRAUDSTERS and category == _FRAUD and flagged:
        return roles.adversary(f'category "{category}", meant for detection')
    if hostile:
        return roles.unknown(f'category "{category}", but not meant for detection: it was only seen')
    return roles.unknown(f'category "{category}" does not say whose it is')


def _by_class(item: Observable, end: str, scene: Scene) -> roles.Claim | None:
    """The claim that follows from the event's classes for a host (infected, exposed, defaced, attacked); None without one."""
    names = {line.type for line in scene.types}
    class_list = ", ".join(sorted(names))
    if "infected-system" in names and end in _SOURCES:
        return roles.victim(f"{end} of an event of class {class_list}: the source is infected")
    if names and all(line.rsit_class == roles.EXPOSED_CLASS for line in scene.types):
        return roles.victim(f"the event is of class {class_list}: the host is exposed")
    if names and names <= {"unauthorised-information-modification"} and item.type in _SITES:
        return roles.victim(f"the event is of class {class_list}: the site was changed")
    if (
        names
        and names <= roles.VICTIM_TYPES - {"infected-system"}
        and item.type in _SITES
        and "application-compromise" in names
    ):
        return roles.unknown(f"the event is of class {class_list}: the site may be what was compromised")
    if names and names <= _FLOODS and item.type in _SITES:
        return roles.unknown(f"the event is of class {class_list}: the site may be what was flooded")
    if names and names <= _ATTACKS_ON_HOSTS and end in _DESTINATIONS:
        sentence = f"{end} of an event of class {class_list}"
        return roles.victim(f"{sentence}: it was attacked") if scene.has_source else roles.unknown(sentence)
    return _by_contrary_classes(names, end)


def _by_contrary_classes(names: set[str], end: str) -> roles.Claim | None:
    """What classes say that put one host on both sides: nothing, until an officer does.

    Of an infected host the destination is what it called, of a flood what was flooded: one of the two, and nobody says which.
    """
    class_list = ", ".join(sorted(names))
    if end in _DESTINATIONS and names & _ATTACKS_ON_HOSTS and names - _ATTACKS_ON_HOSTS:
        return roles.unknown(f"{end} of an event of class {class_list}: it may be what was attacked")
    return None
