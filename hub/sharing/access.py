"""Who may see and say what: pure decisions over an account, an object and a collection (laws L4 and L5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub.sharing.catalogue import Catalogue, Collection
from hub.sharing.members import Account, Kind
from hub.stix.identifiers import DEFINITION_TYPES, derived_id
from hub.stix.objects import StixObject
from hub.stix.tlp import TLP

NOBODY: Final = ""  # the owner of what any writer may publish


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom an object belongs to: the code of the member that alone may add versions of it, or NOBODY."""

    member: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an object is not taken, in words that tell its sender what to do."""

    message: str


def reads(account: Account | None, collection: Collection) -> TLP | None:
    """The highest level that the account may see there, None where it may see nothing; no account: anonymous."""
    if account is None:
        return TLP.CLEAR if collection.public else None
    if account.kind is Kind.OPERATOR:
        return None
    if account.kind is Kind.PARTNER and collection.partners:
        return TLP.GREEN
    if account.member in collection.readers:
        if account.kind is Kind.CERT:
            red = collection.named and collection.highest_tlp is TLP.RED
            return TLP.RED if red else TLP.AMBER_STRICT
        if account.kind is Kind.CONSTITUENT and collection.constituents:
            return TLP.AMBER
    return TLP.CLEAR if collection.public else None


def writes(account: Account | None, collection: Collection) -> bool:
    """Whether the account may publish there: the national CERTs of the members that `write` names."""
    return account is not None and account.kind is Kind.CERT and account.member in collection.writers


def knows_of(account: Account | None, collection: Collection) -> bool:
    """Whether the account may learn that the collection exists; to others it answers like a missing one."""
    if reads(account, collection) is not None:
        return True
    if account is None or account.kind is Kind.PARTNER:
        return False
    if account.kind is Kind.OPERATOR:
        return True
    return account.member in collection.readers or account.member in collection.writers


def speaks_for(member: str, obj: StixObject, collection: Collection, catalogue: Catalogue) -> Owner | Refusal:
    """Whom the object belongs to when this member publishes it, or why this member may not (law L4)."""
    # (1) definitions belong to nobody, whoever wrote them
    if obj.type in DEFINITION_TYPES:
        return Owner(NOBODY)
    # (2) an SCO has no author; an id that STIX derives from the value is nobody's, any other its first publisher's
    if obj.version is None:
        return Owner(NOBODY if derived_id(obj.content) == obj.id else member)
    # (3) a member's identity is its own even before it published any
    reserved = catalogue.reserved.get(obj.id)
    if reserved is not None and reserved != member:
        return Refusal(f"{obj.id} is reserved as an identity of {reserved}: only {reserved} publishes it.")
    # (4) a member speaks for itself
    author = obj.created_by_ref
    speaker = None if author is None else catalogue.reserved.get(author)
    if author is None or speaker == member or (speaker is None and reserved == member):
        return Owner(member)
    if speaker is not None:
        return Refusal(
            f"created_by_ref {author} is an identity of {speaker}: name one of your own,"
            f" such as {catalogue.members[member].identity}."
        )
    # (5) or passes on what an outsider wrote, where the collection takes that
    if collection.relay:
        return Owner(NOBODY)
    return Refusal(
        f"created_by_ref {author} is no identity of a member, and this collection takes members' own work only:"
        f" name your own identity, such as {catalogue.members[member].identity}."
    )


def level_of(obj: StixObject, collection: Collection, catalogue: Catalogue) -> TLP | Refusal:
    """The level at which the object is shown in the collection, or why it is not taken there (law L5)."""
    # definitions and members' identities are what every reader needs to make sense of the rest, marked or not
    if obj.type in DEFINITION_TYPES or obj.id in catalogue.reserved:
        return TLP.CLEAR
    level = obj.level if obj.level is not None else collection.unmarked
    if level is None:
        return Refusal("It has no TLP marking, and this collection takes marked objects only: add object_marking_refs.")
    if level > collection.highest_tlp:
        return Refusal(
            f"It is marked {level.label}, and this collection takes nothing above {collection.highest_tlp.label}:"
            " publish it where its level is taken."
        )
    return level
