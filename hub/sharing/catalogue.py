"""What is shared with whom: API roots, collections and members, as one value that never changes after the start."""

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
    """A declared collection, with its members and profiles."""

    id: str  # UUID; clients' cursors depend on it
    alias: str  # one path segment, unique in its API root
    root: str  # the path segment of its API root
    title: str
    description: str
    profiles: tuple[Profile, ...]  # none: any valid STIX 2.1
    highest_tlp: TLP  # an object above this level is refused
    unmarked: TLP | None  # the level of unmarked objects; None: they are refused
    relay: bool  # whether members may publish objects whose author is no member
    constituents: bool  # whether constituents of the admitted members may read here, up to their level
    partners: bool  # whether accounts outside the membership may read here, up to their level
    public: bool  # whether CLEAR objects may be read without credentials
    writers: frozenset[str]  # member codes
    readers: frozenset[str]  # member codes; empty: no account reads here
    named: bool  # whether `read` names its members one by one; RED needs that
    exercise: bool  # a drill: never mixed with live data
    must_mark: tuple[str, ...] | bool = False  # the accounts whose unmarked objects are refused; True: all accounts

    @property
    def beyond_certs(self) -> bool:
        """Whether accounts other than the members' national CERTs read here."""
        return self.constituents or self.partners or self.public

    def unmarked_from(self, account: str) -> TLP | None:
        """The level of the account's unmarked objects; None: they are refused."""
        is_required = self.must_mark if isinstance(self.must_mark, bool) else account in self.must_mark
        return None if is_required else self.unmarked


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
    """All declarations. `own_objects` are the objects that the hub itself adds, by id."""

    title: str
    description: str
    contact: str
    default: str  # name of the API root that discovery points to
    roots: Mapping[str, ApiRoot]  # by name, in a fixed order
    members: Mapping[str, Member]  # by code, in a fixed order
    member_by_identity: Mapping[str, str]  # identity id -> code of the member that alone may use it
    own_objects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    cert_names: Mapping[str, str] = field(init=False, repr=False, compare=False)  # normal form -> member code
    # the same for names that a reader could take for a CERT's name
    similar_names: Mapping[str, str] = field(init=False, repr=False, compare=False)
    # of TLP and PAP, and those of other platforms
    markings: KnownMarkings = field(default_factory=lambda: KNOWN_MARKINGS)
    _by_name: Mapping[tuple[str, str], Collection] = field(init=False, repr=False, compare=False)
    _by_id: Mapping[str, Collection] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_id = {collection.id: collection for collection in self}
        by_name = {(c.root, name): c for c in by_id.values() for name in (c.alias, c.id)}
        object.__setattr__(self, "_by_id", by_id)
        object.__setattr__(self, "_by_name", by_name)
        names = {form: member.code for member in self.members.values() for form in forms_of(member.cert)}
        object.__setattr__(self, "cert_names", names)
        similar_names = {
            form: member.code
            for member in self.members.values()
            for form in forms_of_cert(member.cert, member.country, member.code)
        }
        object.__setattr__(self, "similar_names", similar_names | names)

    def __iter__(self) -> Iterator[Collection]:
        for root in self.roots.values():
            yield from root.collections

    def find(self, root: str, id_or_alias: str) -> Collection | None:
        """The collection of that API root with this id or alias (TAXII 2.1, 5.2), None if there is none."""
        return self._by_name.get((root, id_or_alias))

    def by_id(self, collection_id: str) -> Collection | None:
        """The collection with this id, in any API root; None if there is none."""
        return self._by_id.get(collection_id)
