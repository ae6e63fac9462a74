"""Who may see and say what: pure decisions over an account, an object and a collection (laws L4 and L5)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from hub.sharing.catalogue import Catalogue, Collection
from hub.sharing.definitions import is_same, says_no_more
from hub.sharing.members import Account, AccountKind
from hub.sharing.names import claimed_forms, forms_of
from hub.stix.identifiers import DEFINITION_TYPES, derived_id
from hub.stix.objects import StixObject
from hub.stix.sentences import quoted
from hub.stix.tlp import TLP
from hub.store.records import BY_HUB, BY_MARKING
from hub.taxii.protocol import HELD_ALREADY

NOBODY: Final = ""  # the owner of what any writer may publish


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom an object belongs to: the code of the member that alone may add versions of it, or NOBODY."""

    member: str


@dataclass(frozen=True, slots=True)
class Stands:
    """The hub holds the object in its own words, and those stand: a success that moves nothing, as the message says."""

    message: str


@dataclass(frozen=True, slots=True)
class Level:
    """The level of an object by itself, and where that comes from (`store.base.BY_MARKING` or `BY_HUB`)."""

    value: TLP | None  # None: it is unmarked
    source: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an object is not taken, in words that tell its sender what to do."""

    message: str


_BY_MARKING: Final = {level: Level(level, BY_MARKING) for level in (None, *TLP)}
_WITH_AUTHORS: Final = frozenset({"note", "opinion"})
_SAME_IDENTITY: Final = Stands(HELD_ALREADY)
_OWN_IDENTITY: Final = Stands(
    f"{HELD_ALREADY} The hub holds your identity as its operator declared it; ask the operator to change it in members.toml."
)


def reads(account: Account | None, collection: Collection) -> TLP | None:
    """The highest level that the account may see there, None where it may see nothing; no account: anonymous."""
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


def writes(account: Account | None, collection: Collection) -> bool:
    """Whether the account may publish there: the national CERTs of the members that `write` names."""
    return account is not None and account.kind is AccountKind.CERT and account.member in collection.writers


def knows_of(account: Account | None, collection: Collection) -> bool:
    """Whether the account may learn that the collection exists: it reads or writes there. To others it is missing."""
    return reads(account, collection) is not None or writes(account, collection)


def speaks_for(member: str, obj: StixObject, collection: Collection, catalogue: Catalogue) -> Owner | Stands | Refusal:
    """Whom the object belongs to when this member publishes it, or why this member may not (law L4)."""
    reserved = catalogue.reserved.get(obj.id)
    # (1) what the hub itself put in stands as it is
    own = catalogue.own_objects.get(obj.id)
    if own is not None:
        if is_same(own, obj.content):
            return Owner(NOBODY if reserved is None else reserved)
        if reserved == member and not obj.revoked:
            return _SAME_IDENTITY if says_no_more(own, obj.content) else _OWN_IDENTITY
        return Refusal(f"{obj.id} is the hub's own and cannot be changed: refer to it, and do not send it.")
    # (2) a member speaks for itself, whatever the type of the object, and under its own name
    authors = obj.authors
    if why := _speaks_as_another(member, obj, authors, catalogue):
        return Refusal(why)
    # (3) what an outsider wrote is passed on where the collection takes that
    outsiders = authors.difference(catalogue.reserved) if reserved is None else frozenset()
    if outsiders and not collection.relay:
        return Refusal(
            f"Its author {quoted(min(outsiders))} is no identity of a member, and this collection takes members' own work only:"
            f" name your own identity, such as {catalogue.members[member].identity}."
        )
    # (4) an observable under the id that STIX derives from its value belongs to all who publish it
    if obj.version is None:
        return _owner(NOBODY if derived_id(obj.content) == obj.id else member)
    # (5) what an outsider wrote, and a definition that nobody signed, is not the member's own work
    unsigned = not authors and obj.type in DEFINITION_TYPES
    return _owner(NOBODY if outsiders or unsigned else member)


@cache
def _owner(member: str) -> Owner:
    return Owner(member)


def _speaks_as_another(member: str, obj: StixObject, authors: frozenset[str], catalogue: Catalogue) -> str:
    """Why the object would be taken for another member's, in words; an empty text where it would not."""
    for author in authors:
        if catalogue.reserved.get(author, member) != member:
            identity = catalogue.members[member].identity
            return (
                f"It names another member as its author: set created_by_ref to your own identity, such as {identity}."
            )
    # notes and opinions name their authors in words (STIX 2.1, 4.8 and 4.10)
    for name in obj.content.get("authors", ()) if obj.type in _WITH_AUTHORS else ():
        if isinstance(name, str) and (
            catalogue.reserved.get(name, member) != member or _cert_of_another(member, name, catalogue)
        ):
            return f"Its authors name {quoted(name)}, another member's CERT: leave that out, and name it in the text."
    # a translation of an identity says in the member's place what it is called and how it is reached
    if obj.type == "language-content":
        described = obj.content["object_ref"]
        if catalogue.reserved.get(described, member) != member:
            return f"It translates {described}, which is another member's identity: only that member does."
    # its identities are its own even before it published any
    reserved = catalogue.reserved.get(obj.id)
    if reserved is not None and reserved != member:
        return f"{obj.id} is declared as an identity of another member: only that member publishes it."
    # and so is the name of its CERT
    name = obj.content["name"] if obj.type == "identity" and reserved is None else ""
    if name and (forms_of(name) & catalogue.cert_names.keys() or _cert_of_another(member, name, catalogue)):
        return (
            "Its name is that of a member's CERT, or looks like it: refer to that member's identity. If it is your own "
            f"CERT's, use {catalogue.members[member].identity}, or have the operator declare this id in members.toml."
        )
    return ""


def _cert_of_another(member: str, name: str, catalogue: Catalogue) -> bool:
    countries = [each.country for each in catalogue.members.values()]
    return any(catalogue.like_names.get(form, member) != member for form in claimed_forms(name, countries))


def level_of(obj: StixObject, collection: Collection, catalogue: Catalogue) -> Level | Refusal:
    """The level that an object has by itself there, before containers and definitions are looked at (law L5 a)."""
    # the members' identities, and what the hub itself puts in, are what every reader needs to make sense of the rest
    if obj.id in catalogue.reserved:
        return Level(TLP.CLEAR, BY_HUB)
    if obj.own_level.unclear:
        return Refusal(
            f"{obj.own_level.unclear[:100]!r} has the form of a TLP marking and names none of its levels: mark it with one of "
            f"{', '.join(level.label for level in TLP)}, or leave that out."
        )
    own = catalogue.own_objects.get(obj.id)
    if own is not None and is_same(own, obj.content) and (obj.own_level.level or TLP.CLEAR) <= collection.highest_tlp:
        return Level(TLP.CLEAR, BY_HUB)
    return _BY_MARKING[obj.own_level.level]
