"""Who may read and publish what: pure decisions about an account, an object and a collection (laws L4 and L5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from hub.sharing.catalogue import Catalogue, Collection
from hub.sharing.definitions import adds_nothing, is_same
from hub.sharing.members import Account, AccountKind
from hub.sharing.names import claimed_forms, forms_of
from hub.stix.identifiers import DEFINITION_TYPES, derived_id
from hub.stix.objects import StixObject
from hub.stix.sentences import quoted
from hub.stix.tlp import TLP
from hub.store.records import BY_HUB, BY_MARKING
from hub.taxii.protocol import HELD_ALREADY

NOBODY: Final = ""  # the owner of an object that any writer may publish


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner of an object: the code of the only member that may add versions of it, or NOBODY."""

    member: str


@dataclass(frozen=True, slots=True)
class HubCopy:
    """The hub has its own copy of the object, which stays unchanged: a success, with a message for the sender."""

    message: str


@dataclass(frozen=True, slots=True)
class Level:
    """The level of an object by itself, and its source (`store.base.BY_MARKING` or `BY_HUB`)."""

    value: TLP | None  # None: the object is unmarked
    source: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an object is refused; the message tells its sender what to do."""

    message: str


_BY_MARKING: Final = {level: Level(level, BY_MARKING) for level in (None, *TLP)}
_ALIASES: Final = ("aliases", "x_opencti_aliases", "x_aliases")
_IN_ANGLES: Final = re.compile(r"<[^<>]*+>")
_WITH_AUTHORS: Final = frozenset({"note", "opinion"})
_SAME_IDENTITY: Final = HubCopy(HELD_ALREADY)
_OWN_IDENTITY: Final = HubCopy(
    f"{HELD_ALREADY} The hub holds your identity as its operator declared it; ask the operator to change it in members.toml."
)


def readable_level(account: Account | None, collection: Collection) -> TLP | None:
    """The highest level that the account may read there, None if it may read nothing. `account` is None for anonymous readers."""
    if account is None:
        return TLP.CLEAR if collection.public else None
    if account.kind is AccountKind.OPERATOR:
        return None
    if account.kind is AccountKind.PARTNER and collection.partners:
        return TLP.GREEN
    if account.member in collection.readers:
        if account.kind is AccountKind.CERT:
            red = collection.named and collection.highest_tlp is TLP.RED
            return TLP.RED if red else TLP.AMBER_STRICT
        if account.kind is AccountKind.CONSTITUENT and collection.constituents:
            return TLP.AMBER
    return TLP.CLEAR if collection.public else None


def may_write(account: Account | None, collection: Collection) -> bool:
    """Whether the account may publish there: only national CERTs of the members that `write` names may."""
    return account is not None and account.kind is AccountKind.CERT and account.member in collection.writers


def may_know_of(account: Account | None, collection: Collection) -> bool:
    """Whether the account may learn that the collection exists: it reads or writes there. For others it does not exist."""
    return readable_level(account, collection) is not None or may_write(account, collection)


def decide_owner(
    member: str, obj: StixObject, collection: Collection, catalogue: Catalogue
) -> Owner | HubCopy | Refusal:
    """Decide who owns the object that this member publishes, or why the member may not publish it (law L4)."""
    declared_member = catalogue.member_by_identity.get(obj.id)
    # (1) an object of the hub itself stays unchanged
    hub_object = catalogue.own_objects.get(obj.id)
    if hub_object is not None:
        if is_same(hub_object, obj.content):
            return Owner(NOBODY if declared_member is None else declared_member)
        if declared_member == member and not obj.revoked:
            return _SAME_IDENTITY if adds_nothing(hub_object, obj.content) else _OWN_IDENTITY
        return Refusal(f"{obj.id} is the hub's own and cannot be changed: refer to it, and do not send it.")
    # (2) a member speaks for itself, whatever the type of the object, and under its own name
    authors = obj.authors
    if reason := _speaks_as_another(member, obj, authors, catalogue):
        return Refusal(reason)
    # (3) an object by an author outside the membership needs a collection with `relay`
    outsiders = authors.difference(catalogue.member_by_identity) if declared_member is None else frozenset()
    if outsiders and not collection.relay:
        return Refusal(
            f"Its author {quoted(min(outsiders))} is no identity of a member, and this collection accepts only members' own objects:"
            f" name your own identity, such as {catalogue.members[member].identity}."
        )
    # (4) an observable under the id that STIX derives from its value belongs to all who publish it
    if obj.version is None:
        return _owner(NOBODY if derived_id(obj.content) == obj.id else member)
    # (5) an object by an outsider, or a definition without author, is not the member's own
    unsigned = not authors and obj.type in DEFINITION_TYPES
    return _owner(NOBODY if outsiders or unsigned else member)


@cache
def _owner(member: str) -> Owner:
    return Owner(member)


def _speaks_as_another(member: str, obj: StixObject, authors: frozenset[str], catalogue: Catalogue) -> str:
    """Why readers would take the object for another member's; an empty text if they would not."""
    return _names_another_as_author(member, obj, authors, catalogue) or _describes_another(member, obj, catalogue)


def _names_another_as_author(member: str, obj: StixObject, authors: frozenset[str], catalogue: Catalogue) -> str:
    for author in authors:
        if catalogue.member_by_identity.get(author, member) != member:
            identity = catalogue.members[member].identity
            return (
                f"It names another member as its author: set created_by_ref to your own identity, such as {identity}."
            )
    for author in obj.claimed_authors:
        if catalogue.member_by_identity.get(author, member) != member:
            return (
                f"A property of it names {author}, another member's identity, as an author or publisher: leave that out, and "
                "refer to the member in a relationship or in the text."
            )
    # notes and opinions name their authors in words (STIX 2.1, 4.8 and 4.10)
    for name in obj.content.get("authors", ()) if obj.type in _WITH_AUTHORS else ():
        if isinstance(name, str) and (
            catalogue.member_by_identity.get(name, member) != member
            or _cert_of_another(member, _IN_ANGLES.sub("", name), catalogue)
            or _mailbox_of_another(member, name, catalogue)
        ):
            return f"Its authors name {quoted(name)}, another member's CERT: leave that out, and name it in the text."
    return ""


def _describes_another(member: str, obj: StixObject, catalogue: Catalogue) -> str:
    """Why the object is refused as another member's identity, or as one that readers would take for it; "" if it is not."""
    # a translation of an identity states its name and contact, which only the member itself may do
    if obj.type == "language-content":
        described_id = obj.content["object_ref"]
        if catalogue.member_by_identity.get(described_id, member) != member:
            return (
                f"It translates {described_id}, which is another member's identity: only that member may translate it."
            )
    # a member's identities belong to it even before it has published them
    declared_member = catalogue.member_by_identity.get(obj.id)
    if declared_member is not None and declared_member != member:
        return f"{obj.id} is declared as an identity of another member: only that member may publish it."
    # the name of a member's CERT belongs to it, too; platforms find an identity by its aliases as by its name
    if obj.type == "identity" and declared_member is None:
        aliases = [alias for key in _ALIASES for alias in _as_list(obj.content.get(key))]
        if any(isinstance(alias, str) and _cert_of_another(member, alias, catalogue) for alias in aliases):
            return "One of its aliases is the name of another member's CERT, or looks like it: leave that alias out."
    name = obj.content["name"] if obj.type == "identity" and declared_member is None else ""
    if name and (forms_of(name) & catalogue.cert_names.keys() or _cert_of_another(member, name, catalogue)):
        return (
            "Its name is that of a member's CERT, or looks like it: refer to that member's identity. If it is your own "
            f"CERT's, use {catalogue.members[member].identity}, or have the operator declare this id in members.toml."
        )
    return ""


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _mailbox_of_another(member: str, text: str, catalogue: Catalogue) -> bool:
    """Whether the text contains the contact address of another member."""
    low = text.casefold()
    return "@" in low and any(
        other_member.code != member and other_member.contact.casefold() in low
        for other_member in catalogue.members.values()
        if other_member.contact
    )


def _cert_of_another(member: str, name: str, catalogue: Catalogue) -> bool:
    countries = [other_member.country for other_member in catalogue.members.values()]
    return any(catalogue.similar_names.get(form, member) != member for form in claimed_forms(name, countries))


def level_of(obj: StixObject, collection: Collection, catalogue: Catalogue) -> Level | Refusal:
    """The level of an object by itself, before its containers and marking definitions are considered (law L5 a)."""
    # every reader needs the members' identities and the hub's own objects to understand other objects
    if obj.id in catalogue.member_by_identity:
        return Level(TLP.CLEAR, BY_HUB)
    if obj.own_level.unclear_text:
        return Refusal(
            f"{obj.own_level.unclear_text[:100]!r} is a marking that names no level of TLP: mark the object with one of "
            f"{', '.join(level.label for level in TLP)}, or leave that out."
        )
    hub_object = catalogue.own_objects.get(obj.id)
    if (
        hub_object is not None
        and is_same(hub_object, obj.content)
        and (obj.own_level.level or TLP.CLEAR) <= collection.highest_tlp
    ):
        return Level(TLP.CLEAR, BY_HUB)
    return _BY_MARKING[obj.own_level.level]
