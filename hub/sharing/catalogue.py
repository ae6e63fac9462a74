"""What is shared with whom: API roots, collections and members, as one value that nothing changes after start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.profile.rules import Profile
from hub.sharing.members import Member
from hub.sharing.names import forms_of, forms_of_cert
from hub.stix.levels import KNOWN_MARKINGS, KnownMarkings
from hub.stix.tlp import TLP


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as it is declared, with its members and profiles looked up."""

    id: str  # UUID; readers' checkpoints hang on it
    alias: str  # one path segment, unique in its API root
    root: str  # the path segment of its API root
    title: str
    description: str
    profiles: tuple[Profile, ...]  # none: any valid STIX 2.1
    highest_tlp: TLP  # anything above is refused, not trimmed
    unmarked: TLP | None  # the level that unmarked objects are shown at; None: they are refused
    relay: bool  # may members pass on objects whose author is no member?
    constituents: bool  # do constituents of the admitted members read here, within their level?
    partners: bool  # do accounts outside the membership read here, within their level?
    public: bool  # may CLEAR objects be read without credentials?
    writers: frozenset[str]  # member codes
    readers: frozenset[str]  # member codes of those admitted; empty: nobody reads here
    named: bool  # whether `readers` were named one by one: RED is for such a collection only
    exercise: bool  # a drill: never mixed with live data
    must_mark: tuple[str, ...] | bool = False  # the accounts whose unmarked objects are refused; True: those of all

    @property
    def beyond_certs(self) -> bool:
        """Whether others than the members' national CERTs read here."""
        return self.constituents or self.partners or self.public

    def unmarked_from(self, account: str) -> TLP | None:
        """The level of an account's unmarked objects; None: they are refused."""
        asked = self.must_mark if isinstance(self.must_mark, bool) else account in self.must_mark
        return None if asked else self.unmarked


@dataclass(frozen=True, slots=True)
class ApiRoot:
    """One API root (TAXII 2.1, 4.2) and its collections in a fixed order."""

    name: str  # its path segment
    title: str
    description: str
    max_content_length: int  # bytes of a request body
    exercise: bool
    members: tuple[str, ...]  # codes, in the order of members.toml
    collections: tuple[Collection, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that is declared. `reserved` tells which member an identity id belongs to, `own_objects` is by id."""

    title: str
    description: str
    contact: str
    default: str  # name of the API root that discovery points to
    roots: Mapping[str, ApiRoot]  # by name, in a fixed order
    members: Mapping[str, Member]  # by code, in a fixed order
    reserved: Mapping[str, str]  # identity id -> member code
    own_objects: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict, repr=False
    )  # what the hub itself puts in
    cert_names: Mapping[str, str] = field(init=False, repr=False, compare=False)  # normal form -> member code
    like_names: Mapping[str, str] = field(
        init=False, repr=False, compare=False
    )  # the same of what is taken for such names
    markings: KnownMarkings = field(
        default_factory=lambda: KNOWN_MARKINGS
    )  # TLP's, PAP's, and those that platforms use
    _by_name: Mapping[tuple[str, str], Collection] = field(init=False, repr=False, compare=False)
    _by_id: Mapping[str, Collection] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_id = {collection.id: collection for collection in self}
        by_name = {(c.root, name): c for c in by_id.values() for name in (c.alias, c.id)}
        object.__setattr__(self, "_by_id", by_id)
        object.__setattr__(self, "_by_name", by_name)
        names = {form: member.code for member in self.members.values() for form in forms_of(member.cert)}
        object.__setattr__(self, "cert_names", names)
        like_names = {
            form: member.code
            for member in self.members.values()
            for form in forms_of_cert(member.cert, member.country, member.code)
        }
        object.__setattr__(self, "like_names", like_names | names)

    def __iter__(self) -> Iterator[Collection]:
        for root in self.roots.values():
            yield from root.collections

    def find(self, root: str, id_or_alias: str) -> Collection | None:
        """The collection of that API root with this id or alias (TAXII 2.1, 5.2), None if there is none."""
        return self._by_name.get((root, id_or_alias))

    def by_id(self, collection_id: str) -> Collection | None:
        """The collection with this id, in whichever API root."""
        return self._by_id.get(collection_id)
