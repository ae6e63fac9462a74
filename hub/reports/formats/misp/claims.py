"""Decide whose a value in MISP is, by category, object template, relation and classification; never by ``to_ids`` alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.reports.observables import Observable, ObservableType, Role
from hub.reports.reading import roles
from hub.reports.rsit import RsitType

VICTIM_CATEGORIES: Final = frozenset({"Targeting data", "Person", "Internal reference"})
"""Categories of values that belong to the victim, or to the organisation that wrote the event."""
HOSTILE_CATEGORIES: Final = frozenset({
    "Antivirus detection", "Artifacts dropped", "Attribution", "External analysis", "Network activity",
    "Payload delivery", "Payload installation", "Payload type", "Persistence mechanism",
})  # fmt: skip
"""Categories that MISP defines by the malware or the attacker: values that it delivers, drops, installs or contacts."""
RECIPIENT_TYPES: Final = frozenset({"email-dst", "email-dst-display-name"})
RECIPIENT_RELATIONS: Final = frozenset({
    "to", "cc", "bcc", "to-display-name", "cc-display-name", "bcc-display-name", "recipient", "delivered-to",
})  # fmt: skip
_TARGET_RELATIONS: Final = ("target", "victim", "impersonated", "spoofed", "legitimate", "affected")
_SOURCES: Final = frozenset({"ip-src", "ip-src|port", "src-ip", "ip_src", "domain-src", "hostname-src", "src"})
_DESTINATIONS: Final = frozenset({"ip-dst", "ip-dst|port", "dst-ip", "ip_dst", "domain-dst", "hostname-dst", "dst"})
# Attacks on a host: the destination of the connection was attacked.
_ATTACKS_ON_HOSTS: Final = frozenset({"scanner", "brute-force", "exploit", "ids-alert", "dos", "ddos"})
_FLOODS: Final = frozenset({"dos", "ddos"})
_SITES: Final = frozenset({ObservableType.DOMAIN, ObservableType.URL})
_HOSTS: Final = frozenset({ObservableType.IPV4, ObservableType.IPV6, *_SITES})
# Types of values that may identify the target of the attack, so that a category is not enough.
_IDENTIFYING_TYPES: Final = frozenset({
    *_HOSTS, ObservableType.EMAIL, ObservableType.EMAIL_MESSAGE, ObservableType.USER_ACCOUNT, ObservableType.URI_PATH,
    ObservableType.BANK_ACCOUNT, ObservableType.PHONE,
})  # fmt: skip
_FRAUD: Final = "Financial fraud"
# In the category "Financial fraud", these values belong to the fraudster if they are meant for detection.
_FRAUD_TYPES: Final = frozenset({ObservableType.WALLET, ObservableType.BANK_ACCOUNT, ObservableType.PHONE})


@dataclass(frozen=True, slots=True)
class Scene:
    """Facts about an event that its attributes need: its classes, and the recipients of its mails."""

    types: tuple[RsitType, ...] = ()
    recipients: frozenset[str] = frozenset()
    has_source: bool = False  # whether it has an attribute of type ip-src


def check_caller(source: Observable, target: Observable, scene: Scene) -> Observable:
    """Return the source of a connection with its role. If it called a host of the adversary, it may be the victim.

    In events of a class whose hosts open connections, the source is the adversary's.
    """
    both_hostile = source.role is target.role is Role.ADVERSARY
    if not both_hostile or {line.type for line in scene.types} & roles.CLIENT_TYPES:
        return source
    return roles.unknown(f"it called {target.value}, which is the adversary's: it may be the victim").apply_to(source)


def is_for_detection(attribute: Mapping[str, Any]) -> bool:
    """Whether ``to_ids`` is set, in any spelling: the value is meant for detection."""
    return str(attribute.get("to_ids")).casefold() in {"1", "true"}


def is_recipient(kind: str, relation: str) -> bool:
    """Whether the type or the relation means the recipient of a mail."""
    return kind in RECIPIENT_TYPES or relation in RECIPIENT_RELATIONS


def claim_for(item: Observable, attribute: Mapping[str, Any], kind: str, scene: Scene) -> roles.Claim:
    """Return the claim on an observable of an attribute of type ``kind``.

    1. Victims, by category or relation. 2. Senders. 3. Hosts, by the classification. 4. All others, by the category.
    """
    category = str(attribute.get("category") or "")
    relation = str(attribute.get("object_relation") or "").casefold()
    # 1.
    if category in VICTIM_CATEGORIES:
        return roles.victim(f'category "{category}"')
    if is_recipient(kind, relation):
        return roles.victim(f"{relation or kind}: a recipient")
    if relation.startswith(_TARGET_RELATIONS):
        return roles.victim(f'relation "{relation}"')
    is_hostile = category in HOSTILE_CATEGORIES or not category
    for_detection = is_for_detection(attribute)
    # 2.
    if item.type is ObservableType.EMAIL and is_hostile and for_detection:
        return roles.sender_claim(item.value, relation or kind, protected=scene.recipients)
    # 3.
    if item.type in _HOSTS and (claim := _claim_by_class(item, relation or kind, scene)):
        return claim
    end = relation or kind
    if item.type in _HOSTS and (end in _SOURCES or kind in _SOURCES) and category in {"", "Network activity"}:
        return _source_claim(end, scene)
    # 4.
    return _claim_by_category(item, category, kind, for_detection=for_detection)


def _source_claim(end: str, scene: Scene) -> roles.Claim:
    """Return the claim on the source of a connection: the adversary's only if a class says that it attacked."""
    attacks = sorted({line.type for line in scene.types} & roles.ATTACKER_TYPES)
    if attacks:
        return roles.adversary(f"{end} of an event of class {', '.join(attacks)}: the source attacks")
    return roles.unknown(f"it is called {end}, but no class, relation or tag says that it attacked")


def _claim_by_category(item: Observable, category: str, kind: str, *, for_detection: bool) -> roles.Claim:
    """Return the claim by the category of a value; without a category, the value counts as hostile."""
    is_hostile = category in HOSTILE_CATEGORIES or not category
    if item.type is ObservableType.AS:
        return roles.unknown("an autonomous system belongs to its operator")
    if is_hostile and for_detection:
        return roles.adversary(f'category "{category}", meant for detection' if category else f"type {kind}")
    if is_hostile and item.type not in _IDENTIFYING_TYPES:
        return roles.adversary(f'category "{category}"' if category else f"type {kind}")
    if item.type in _FRAUD_TYPES and category == _FRAUD and for_detection:
        return roles.adversary(f'category "{category}", meant for detection')
    if is_hostile:
        return roles.unknown(f'category "{category}", but not meant for detection: it was only seen')
    return roles.unknown(f'category "{category}" does not say whose it is')


def _claim_by_class(item: Observable, end: str, scene: Scene) -> roles.Claim | None:
    """Return the claim on a host by the classes of the event (infected, exposed, defaced, attacked); None if there is none."""
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
    return _claim_by_contrary_classes(names, end)


def _claim_by_contrary_classes(names: set[str], end: str) -> roles.Claim | None:
    """Return an unknown claim if the classes contradict each other, so that an officer decides; otherwise None.

    For an infection, the destination is the host that was called; for a flood, it is the victim.
    """
    class_list = ", ".join(sorted(names))
    if end in _DESTINATIONS and names & _ATTACKS_ON_HOSTS and names - _ATTACKS_ON_HOSTS:
        return roles.unknown(f"{end} of an event of class {class_list}: it may be what was attacked")
    return None
