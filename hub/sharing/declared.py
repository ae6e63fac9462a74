"""Reads the catalogue from the folders collections/ and profiles/, and checks that the declarations are consistent."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from hub.declarations import Declared, DeclaredRoot, Folder, Table, read_collections, read_profiles
from hub.errors import ConfigurationError
from hub.profile.rules import Profile, parse_profile
from hub.protocol.labels import EXERCISE
from hub.sharing.catalogue import ApiRoot, Catalogue, Collection
from hub.sharing.definitions import own_objects
from hub.sharing.members import Member, parse_member
from hub.stix.identifiers import type_of
from hub.stix.levels import KNOWN_MARKINGS
from hub.stix.tlp import BY_WORD, TLP

# Paths of the server itself: an API root with such a name could not be reached.
RESERVED_NAMES: Final = frozenset({"taxii2", "healthz", "readyz", "metrics", "static", "console"})
SMALLEST_BODY: Final = 10_000  # bytes; an incident hardly fits into less
LARGEST_BODY: Final = 1024 * 1024 * 1024  # bytes
# The values of `unmarked`, with the level that each means.
UNMARKED: Final[Mapping[str, TLP | None]] = {
    "refuse": None,
    TLP.AMBER.word: TLP.AMBER,
    TLP.AMBER_STRICT.word: TLP.AMBER_STRICT,
}
NO_LEVEL_WORD: Final = "none"  # for a marking that states no level

_SEGMENT: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)


def load_catalogue(collections: Folder, profiles: Folder) -> Catalogue:
    """Read the catalogue from the two folders; ConfigurationError names the file and the key that is wrong."""
    # (1) the profiles, to which collections refer
    profiles_by_name = {name: parse_profile(name, table) for name, table in read_profiles(profiles).items()}
    # (2) the members of each API root, and the member of each identity
    declarations = read_collections(collections)
    members: dict[str, Member] = {}
    member_by_identity: dict[str, str] = {}
    member_codes = {
        root.name: _parse_members(root.members, members, member_by_identity)
        for root in declarations.roots
        if root.members
    }
    # (3) each API root with its collections
    roots = {root.name: _parse_root(root, member_codes, profiles_by_name) for root in declarations.roots}
    # (4) checks across all of them
    _check_unique(declarations, roots)
    hub = declarations.hub
    catalogue = Catalogue(
        title=hub.text("title"),
        description=hub.text("description"),
        contact=hub.text("contact"),
        default=hub.text("default_root"),
        roots=roots,
        members=members,
        member_by_identity=member_by_identity,
        markings={**KNOWN_MARKINGS, **_parse_markings(hub)},
    )
    if catalogue.default not in roots:
        raise hub.complaint("default_root", f"there is no API root {catalogue.default!r}; there are {', '.join(roots)}")
    hub.finish()
    return replace(catalogue, own_objects=own_objects(catalogue))


def _parse_markings(hub: Table) -> dict[str, TLP | None]:
    """The `[markings]` of hub.toml: ids of marking definitions that other platforms use, with the level of each."""
    if "markings" not in hub:
        return {}
    table = hub.table("markings")
    markings: dict[str, TLP | None] = {}
    for identifier in table:
        if type_of(identifier) != "marking-definition":
            raise table.complaint(identifier, "is no STIX id like marking-definition--… with a lower-case UUID")
        if identifier in KNOWN_MARKINGS:
            raise table.complaint(identifier, "has a fixed meaning in the hub, which cannot be changed: leave it out")
        word = table.text(identifier)
        if word not in BY_WORD and word != NO_LEVEL_WORD:
            words = ", ".join(level.word for level in TLP)
            raise table.complaint(identifier, f"{word!r} should be one of {words}, or {NO_LEVEL_WORD}")
        markings[identifier] = BY_WORD.get(word)
    table.finish()
    return markings


def _parse_members(table: Table, members: dict[str, Member], member_by_identity: dict[str, str]) -> tuple[str, ...]:
    codes: list[str] = []
    for entry in table.tables("member"):
        member = parse_member(entry)
        if member.code in members:
            raise entry.complaint("code", f"the member {member.code} is declared already")
        for identity in member.identities:
            if identity in member_by_identity:
                raise entry.complaint(
                    "identities", f"{identity} is reserved for {member_by_identity[identity]} already"
                )
            member_by_identity[identity] = member.code
        members[member.code] = member
        codes.append(member.code)
    table.finish()
    if not codes:
        raise table.complaint("member", "there is none; each member is a [[member]] table")
    return tuple(codes)


def _parse_root(
    declared_root: DeclaredRoot, member_codes: Mapping[str, tuple[str, ...]], profiles: Mapping[str, Profile]
) -> ApiRoot:
    table = declared_root.root
    if _SEGMENT.fullmatch(declared_root.name) is None or declared_root.name in RESERVED_NAMES:
        raise ConfigurationError(
            f"{table.file}: {declared_root.name!r} cannot be an API root: its folder's name has small letters, digits, "
            f"- and _ only, and is none of {', '.join(sorted(RESERVED_NAMES))}"
        )
    exercise = table.flag("exercise", default=False)
    codes = _root_members(declared_root, member_codes)
    collections = tuple(
        _parse_collection(entry, declared_root.name, exercise, codes, profiles) for entry in declared_root.collections
    )
    root = ApiRoot(
        name=declared_root.name,
        title=table.text("title"),
        description=table.text("description"),
        max_content_length=table.number("max_content_length", least=SMALLEST_BODY, most=LARGEST_BODY),
        exercise=exercise,
        members=codes,
        collections=collections,
    )
    table.finish()
    return root


def _root_members(declared_root: DeclaredRoot, member_codes: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The members of a root: those of its members.toml, or those of the root that its `members` names."""
    table = declared_root.root
    if declared_root.members is not None:
        if "members" in table:
            raise table.complaint("members", f"leave it out: {declared_root.members.file} declares the members")
        return member_codes[declared_root.name]
    name = table.text("members")
    if name not in member_codes:
        raise table.complaint(
            "members", f"no API root {name!r} has a members.toml; these have one: {', '.join(member_codes) or 'none'}"
        )
    return member_codes[name]


def _parse_collection(
    file: Table, root: str, exercise: bool, codes: tuple[str, ...], profiles: Mapping[str, Profile]
) -> Collection:
    table, access = file.table("collection"), file.table("access")
    file.finish()
    writers, _ = _parse_members_of(access, "write", codes)
    readers, named = _parse_members_of(access, "read", codes)
    collection = Collection(
        id=_collection_id(table),
        alias=_alias(table),
        root=root,
        title=_title(table),
        description=table.text("description"),
        profiles=_profiles(table, profiles),
        highest_tlp=_level(table),
        unmarked=_unmarked(table),
        relay=table.flag("relay", default=False),
        constituents=table.flag("constituents", default=False),
        partners=table.flag("partners", default=False),
        public=table.flag("public", default=False),
        writers=writers,
        readers=readers,
        named=named,
        exercise=exercise,
        must_mark=_must_mark(table),
    )
    table.finish()
    access.finish()
    _check_consistency(collection, table, access)
    return collection


def _collection_id(table: Table) -> str:
    text = table.text("id")
    try:
        identifier = uuid.UUID(text)
    except ValueError:
        raise table.complaint("id", f"{text!r} is no UUID; `python -m uuid -u uuid4` makes one") from None
    if str(identifier) != text or identifier.version != 4:
        raise table.complaint("id", f"{text!r} should be a UUID of version 4 in small letters (TAXII 2.1, section 2)")
    return text


def _alias(table: Table) -> str:
    alias = table.text("alias")
    if _SEGMENT.fullmatch(alias) is None:
        raise table.complaint("alias", f"{alias!r} should be one path segment of small letters, digits, - and _")
    return alias


def _title(table: Table) -> str:
    title = table.text("title")
    if "." in title or "," in title:
        raise table.complaint("title", 'should be without "." and ",": a common client splits titles there')
    return title


def _profiles(table: Table, profiles: Mapping[str, Profile]) -> tuple[Profile, ...]:
    names = table.texts("profiles")
    if unknown_name := next((name for name in names if name not in profiles), None):
        raise table.complaint("profiles", f"there is no profile {unknown_name!r}; there are {', '.join(profiles)}")
    return tuple(profiles[name] for name in names)


def _level(table: Table) -> TLP:
    word = table.text("highest_tlp")
    if word not in BY_WORD:
        raise table.complaint("highest_tlp", f"{word!r} should be one of {', '.join(level.word for level in TLP)}")
    return BY_WORD[word]


def _unmarked(table: Table) -> TLP | None:
    word = table.text("unmarked")
    if word not in UNMARKED:
        raise table.complaint("unmarked", f'{word!r} should be "refuse", "amber" or "amber+strict"')
    return UNMARKED[word]


def _must_mark(table: Table) -> tuple[str, ...] | bool:
    """The accounts in `must_mark`, or whether it applies to all accounts."""
    if "must_mark" not in table or isinstance(table.value("must_mark"), bool):
        return table.flag("must_mark", default=False)
    if not isinstance(table.value("must_mark"), list) or not (names := table.texts("must_mark")):
        raise table.complaint("must_mark", 'should be true, or a list of accounts\' names such as ["opencti-sg"]')
    return names


def _parse_members_of(access: Table, key: str, codes: tuple[str, ...]) -> tuple[frozenset[str], bool]:
    """The members that `write` or `read` admits, and whether they are named one by one."""
    if not isinstance(access.value(key), list):
        word = access.text(key)
        if word == "members":
            return frozenset(codes), False
        if word == "nobody" and key == "read":
            return frozenset(), False
        words = '"members", "nobody"' if key == "read" else '"members"'
        raise access.complaint(key, f"{word!r} should be {words} or a list of member codes")
    listed_codes = access.texts(key)
    if unknown_name := next((code for code in listed_codes if code not in codes), None):
        raise access.complaint(key, f"{unknown_name!r} is no member; there are {', '.join(codes)}")
    if not listed_codes:
        raise access.complaint(key, "the list is empty")
    return frozenset(listed_codes), True


def _check_consistency(collection: Collection, table: Table, access: Table) -> None:
    """Refuse combinations of keys that are each allowed by themselves."""
    wider_keys = [key for key in ("constituents", "partners", "public") if getattr(collection, key)]
    if not collection.readers and wider_keys:
        raise table.complaint(
            wider_keys[0], 'cannot be true if read = "nobody": a write-only collection has no readers'
        )
    for key in ("partners", "public"):
        if key in wider_keys and collection.named:
            raise table.complaint(key, "cannot be true if `read` names members: other accounts may not learn of it")
    if collection.highest_tlp is TLP.RED and collection.constituents:
        raise table.complaint(
            "constituents", "cannot be true if highest_tlp is red: only the named CERTs may read there"
        )
    if collection.highest_tlp is TLP.RED and not collection.named:
        raise table.complaint("highest_tlp", "red is for a collection whose `read` names its members one by one")
    if collection.unmarked is not None and collection.unmarked > collection.highest_tlp:
        raise table.complaint(
            "unmarked", f"{collection.unmarked.word} is above the highest_tlp {collection.highest_tlp.word}"
        )
    if collection.readers and (outside_writers := sorted(collection.writers - collection.readers)):
        # law L5: a writer must be able to read its own objects, and those that conflict with them
        raise access.complaint("read", f"the writers {', '.join(outside_writers)} should be among the readers")
    if collection.exercise != any(profile.name == EXERCISE for profile in collection.profiles):
        raise table.complaint(
            "profiles",
            f"the profile {EXERCISE!r} must be in every collection of a root with exercise = true, and in no other",
        )


def _check_unique(declarations: Declared, roots: Mapping[str, ApiRoot]) -> None:
    """Refuse a collection id that is used twice, and an alias that another collection in the root has as alias or id."""
    ids: dict[str, str] = {}
    for root in declarations.roots:
        names: dict[str, str] = {}
        for file, collection in zip(root.collections, roots[root.name].collections, strict=True):
            if collection.id in ids:
                raise file.complaint("collection.id", f"is the id of {ids[collection.id]}, too; make a new one")
            ids[collection.id] = file.file
            for key, name in (("alias", collection.alias), ("id", collection.id)):
                if name in names:
                    raise file.complaint(f"collection.{key}", f"{name!r} leads to {names[name]} already")
                names[name] = file.file
