"""The declarations: what loads, what does not, and which file and key each complaint names."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from hub.errors import ConfigurationError
from hub.sharing.catalogue import Catalogue
from hub.sharing.declared import load_catalogue
from hub.stix.tlp import TLP

FIRST = "a1111111-1111-4111-8111-111111111111"
SECOND = "a2222222-2222-4222-8222-222222222222"

HUB = 'title = "Test"\ndescription = "D"\ncontact = "C"\ndefault_root = "one"\n'
ROOT = 'title = "One"\ndescription = "D"\nmax_content_length = 1000000\n'
MEMBER = """
[[member]]
code = "{code}"
country = "Country"
cert = "CERT {code}"
identities = ["identity--{uuid}"]
contact = "duty@cert.example"
duty_line = "+00"
time_zone = "Asia/Jakarta"
languages = ["id", "zh-Hans"]
created = "2026-01-01T00:00:00.000Z"
modified = "2026-01-01T00:00:00.000Z"
"""
COLLECTION = """
[collection]
id = "{id}"
alias = "{alias}"
title = "A title"
description = "D"
profiles = ["plain"]
highest_tlp = "amber+strict"
unmarked = "refuse"
[access]
write = ["ID"]
read = "members"
"""
FILES = {
    "collections/hub.toml": HUB,
    "collections/one/root.toml": ROOT,
    "collections/one/members.toml": "".join(
        MEMBER.format(code=code, uuid=uuid.UUID(int=number, version=4))
        for number, code in enumerate(("ID", "SG", "MY"))
    ),
    "collections/one/first.toml": COLLECTION.format(id=FIRST, alias="first"),
    "collections/one/deep/second.toml": COLLECTION.format(id=SECOND, alias="second"),
    "profiles/plain.toml": 'title = "Plain"\n',
    "profiles/exercise.toml": 'title = "Drill"\n',
}


def loaded(folder: Path, changes: dict[str, str | None] | None = None) -> Catalogue:
    for name, text in (FILES | (changes or {})).items():
        if text is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    return load_catalogue(folder / "collections", folder / "profiles")


def complaint(folder: Path, changes: dict[str, str | None]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        loaded(folder, changes)
    return str(caught.value)


def test_a_collection_is_found_by_id_and_by_alias_in_its_own_root(tmp_path: Path) -> None:
    """TAXII 2.1, 5.2: both lead to the same collection, in that API root only."""
    catalogue = loaded(tmp_path)
    first = catalogue.find("one", "first")
    assert first is not None
    assert first is catalogue.find("one", FIRST) is catalogue.by_id(FIRST)
    assert first.writers == {"ID"}
    assert first.readers == {"ID", "SG", "MY"}
    assert (first.named, first.relay, first.constituents, first.partners, first.public) == (False,) * 5
    assert catalogue.find("two", "first") is None
    assert catalogue.find("one", "third") is None


def test_the_order_never_changes(tmp_path: Path) -> None:
    """TAXII 2.1, 5.1: collections are in the same order at every request, that of their files' paths."""
    assert [collection.alias for collection in loaded(tmp_path)] == ["second", "first"]


def test_a_further_root_may_have_the_same_members(tmp_path: Path) -> None:
    """Drills are played by the members themselves, so their root names the root that declares them."""
    catalogue = loaded(
        tmp_path,
        {
            "collections/two/root.toml": ROOT + 'exercise = true\nmembers = "one"\n',
            "collections/two/first.toml": COLLECTION.format(id=str(uuid.uuid4()), alias="first").replace(
                '["plain"]', '["plain", "exercise"]'
            ),
        },
    )
    assert catalogue.roots["two"].members == ("ID", "SG", "MY")
    assert [(c.root, c.exercise) for c in catalogue] == [("one", False), ("one", False), ("two", True)]


@pytest.mark.parametrize(
    ("declared", "from_tool", "from_desk"),
    [("true", None, None), ('["tool"]', None, TLP.AMBER), ("false", TLP.AMBER, TLP.AMBER)],
)
def test_who_must_mark_is_named_or_everybody(
    tmp_path: Path, declared: str, from_tool: TLP | None, from_desk: TLP | None
) -> None:
    """Unmarked objects of these accounts are refused, whatever the collection does with those of others."""
    text = FILES["collections/one/first.toml"].replace(
        'unmarked = "refuse"', f'unmarked = "amber"\nmust_mark = {declared}'
    )
    collection = loaded(tmp_path, {"collections/one/first.toml": text}).find("one", "first")
    assert collection is not None
    assert (collection.unmarked_from("tool"), collection.unmarked_from("desk")) == (from_tool, from_desk)


CASES = [
    # file, old, new, the key that the complaint names, what it says
    ("collections/hub.toml", 'contact = "C"', "", "contact", "is missing"),
    ("collections/hub.toml", '"one"', '"two"', "default_root", "no API root 'two'"),
    ("collections/hub.toml", "title", "titel", "title", "is missing"),
    ("collections/hub.toml", HUB, HUB + 'colour = "red"', "colour", "no such key"),
    ("collections/one/root.toml", "1000000", "10", "max_content_length", "from 10000"),
    ("collections/one/root.toml", "1000000", '"many"', "max_content_length", "whole number"),
    ("collections/one/root.toml", ROOT, ROOT + 'members = "one"', "members", "leave it out"),
    ("collections/one/root.toml", ROOT, ROOT + 'exercise = "no"', "exercise", "true or false"),
    ("collections/one/root.toml", ROOT, ROOT + "exercise = true", "collection.profiles", "exercise"),
    ("collections/one/members.toml", 'code = "SG"', 'code = "sg"', "member[1].code", "two capitals"),
    ("collections/one/members.toml", 'code = "SG"', 'code = "ID"', "member[1].code", "already"),
    ("collections/one/members.toml", 'code = "SG"', 'code = "SG"\nphone = "1"', "member[1].phone", "no such key"),
    ("collections/one/members.toml", "-000000000001", "_000000000001", "member[1].identities", "no STIX id"),
    ("collections/one/members.toml", '"duty@cert.example"', '"duty"', "member[0].contact", "e-mail"),
    ("collections/one/members.toml", "Asia/Jakarta", "Asia/Atlantis", "member[0].time_zone", "Atlantis"),
    ("collections/one/members.toml", "Asia/Jakarta", "../../etc", "member[0].time_zone", "IANA"),
    ("collections/one/members.toml", '"zh-Hans"', '"Bahasa Indonesia"', "member[0].languages", "BCP 47"),
    ("collections/one/members.toml", '"zh-Hans"', '"id"', "member[0].languages", "twice"),
    ("collections/one/members.toml", '["id", "zh-Hans"]', "[]", "member[0].languages", "empty"),
    ("collections/one/members.toml", 'created = "2026-01-01T', 'created = "2026-13-01T', "member[0].created", ""),
    ("collections/one/members.toml", 'created = "2026', 'created = "2027', "member[0].modified", "before"),
    ("collections/one/members.toml", "duty_line", 'role = "king"\nduty_line', "member[0].role", "coordinator"),
    ("collections/one/members.toml", "duty_line", 'pgp_fingerprint = "ab"\nduty_line', "member[0].pgp_fingerprint", "40"),
    ("collections/one/first.toml", FIRST, FIRST.upper(), "collection.id", "small letters"),
    ("collections/one/first.toml", FIRST, "a1111111-1111-1111-8111-111111111111", "collection.id", "version 4"),
    ("collections/one/first.toml", FIRST, "first", "collection.id", "no UUID"),
    ("collections/one/first.toml", FIRST, SECOND, "collection.id", "collections/one/deep/second.toml"),
    ("collections/one/first.toml", '"first"', '"second"', "collection.alias", "collections/one/deep/second.toml"),
    ("collections/one/first.toml", '"first"', f'"{SECOND}"', "collection.alias", "already"),
    ("collections/one/first.toml", '"first"', '"a/b"', "collection.alias", "segment"),
    ("collections/one/first.toml", "A title", "A. title", "collection.title", "splits"),
    ("collections/one/first.toml", "A title", "A, title", "collection.title", "splits"),
    ("collections/one/first.toml", '["plain"]', '["fancy"]', "collection.profiles", "no profile 'fancy'"),
    ("collections/one/first.toml", '["plain"]', '["plain", "exercise"]', "collection.profiles", "no other"),
    ("collections/one/first.toml", '["plain"]', '"plain"', "collection.profiles", "list"),
    ("collections/one/first.toml", '"amber+strict"', '"orange"', "collection.highest_tlp", "amber+strict"),
    ("collections/one/first.toml", '"amber+strict"', '"red"', "collection.highest_tlp", "one by one"),
    ("collections/one/first.toml", '"refuse"', '"green"', "collection.unmarked", '"amber"'),
    ("collections/one/first.toml", 'strict"\nunmarked = "refuse', 'strict"\nunmarked = 1#', "collection.unmarked", "text"),
    (
        "collections/one/first.toml",
        '"amber+strict"\nunmarked = "refuse"',
        '"green"\nunmarked = "amber"',
        "collection.unmarked",
        "above the highest_tlp green",
    ),
    ("collections/one/first.toml", "[access]", "relais = true\n[access]", "collection.relais", "no such key"),
    ("collections/one/first.toml", "[access]", 'relay = "yes"\n[access]', "collection.relay", "true or false"),
    ("collections/one/first.toml", "[access]", "must_mark = []\n[access]", "collection.must_mark", "list of accounts"),
    ("collections/one/first.toml", "[access]", 'must_mark = "id-cert"\n[access]', "collection.must_mark", "list of accounts"),
    ("collections/one/first.toml", "[access]", "[acess]", "access", "is missing"),
    ("collections/one/first.toml", '["ID"]', '["XX"]', "access.write", "'XX' is no member"),
    ("collections/one/first.toml", '["ID"]', "[]", "access.write", "empty"),
    ("collections/one/first.toml", '["ID"]', '"nobody"', "access.write", '"members"'),
    ("collections/one/first.toml", '["ID"]', '"ID"', "access.write", "list of member codes"),
    ("collections/one/first.toml", 'read = "members"', 'read = "everybody"', "access.read", "nobody"),
    ("collections/one/first.toml", 'read = "members"', 'read = ["SG", "SG"]', "access.read", "twice"),
    ("collections/one/first.toml", 'read = "members"', 'read = ["SG", "MY"]', "access.read", "writers ID"),
    ("collections/one/first.toml", 'read = "members"', 'read = "members"\nadmin = []', "access.admin", "no such key"),
    ("profiles/plain.toml", "title", "name", "title", "is missing"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[3]}-{case[4]}")
def test_a_declaration_that_cannot_be_used_does_not_load(tmp_path: Path, case: tuple[str, str, str, str, str]) -> None:
    """The complaint names the file and the key, and says what is wrong there."""
    file, old, new, key, reason = case
    assert old in FILES[file]
    if key == "collection.profiles" and file.endswith("root.toml"):
        file_named = "collections/one/deep/second.toml"  # the first collection that lacks the drills' profile
    else:
        file_named = file
    message = complaint(tmp_path, {file: FILES[file].replace(old, new, 1)})
    assert message.startswith(f"{file_named}: {key}")
    assert reason in message


@pytest.mark.parametrize("flag", ["constituents", "partners", "public"])
def test_a_write_only_collection_opens_to_nobody(tmp_path: Path, flag: str) -> None:
    """It is read by nobody, so a flag that lets others read contradicts it."""
    text = (
        FILES["collections/one/first.toml"]
        .replace('"members"', '"nobody"')
        .replace("[access]", f"{flag} = true\n[access]")
    )
    message = complaint(tmp_path, {"collections/one/first.toml": text})
    assert message.startswith(f"collections/one/first.toml: collection.{flag}")


@pytest.mark.parametrize("flag", ["partners", "public"])
def test_a_collection_for_named_members_is_not_open_to_outsiders(tmp_path: Path, flag: str) -> None:
    """Other members may not learn that it exists, and neither may outsiders."""
    text = (
        FILES["collections/one/first.toml"]
        .replace('"members"', '["ID"]')
        .replace("[access]", f"{flag} = true\n[access]")
    )
    message = complaint(tmp_path, {"collections/one/first.toml": text})
    assert message.startswith(f"collections/one/first.toml: collection.{flag}")


def test_a_write_only_collection_and_a_red_one_load(tmp_path: Path) -> None:
    """Both are sensible: a drop box, and a table of named members."""
    text = FILES["collections/one/first.toml"]
    catalogue = loaded(
        tmp_path,
        {
            "collections/one/first.toml": text.replace('"members"', '"nobody"'),
            "collections/one/deep/second.toml": FILES["collections/one/deep/second.toml"]
            .replace('"members"', '["ID", "SG"]')
            .replace("amber+strict", "red"),
        },
    )
    first, second = catalogue.by_id(FIRST), catalogue.by_id(SECOND)
    assert first is not None
    assert second is not None
    assert first.readers == frozenset()
    assert second.readers == {"ID", "SG"}
    assert (second.named, second.highest_tlp) == (True, TLP.RED)


def test_an_identity_belongs_to_one_member_only(tmp_path: Path) -> None:
    """Law L4 depends on it: who could claim another's identity could speak for that member."""
    file = "collections/one/members.toml"
    ids = [line for line in FILES[file].splitlines() if line.startswith("identities")]
    message = complaint(tmp_path, {file: FILES[file].replace(ids[1], ids[0])})
    assert message.startswith(f"{file}: member[1].identities")
    assert "reserved for ID already" in message


@pytest.mark.parametrize("name", ["taxii2", "healthz", "readyz", "metrics", "static", "a.b", "A", "a,b"])
def test_an_api_root_cannot_have_every_name(tmp_path: Path, name: str) -> None:
    """It is one path segment, and not one that the hub answers itself."""
    message = complaint(tmp_path, {f"collections/{name}/root.toml": ROOT + 'members = "one"\n'})
    assert message.startswith(f"collections/{name}/root.toml: ")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"collections/hub.toml": None}, "collections/hub.toml: there is no such file"),
        ({"collections/one/root.toml": None}, "collections/one/root.toml: there is no such file"),
        ({"collections/one/members.toml": None}, "collections/one/root.toml: members: is missing"),
        ({"collections/one/members.toml": ""}, "collections/one/members.toml: member: there is none"),
        (
            {"collections/two/root.toml": ROOT + 'members = "six"'},
            "collections/two/root.toml: members: no API root 'six'",
        ),
        ({"collections/stray.toml": ""}, "collections/stray.toml: move this file into the folder of an API root"),
        ({"collections/one/first.toml": "["}, "collections/one/first.toml: not valid TOML"),
        ({"collections/one/first.toml": ""}, "collections/one/first.toml: collection: is missing"),
        ({"collections/one/a/b/c/d/e/f.toml": ""}, "collections/one/a/b/c/d/e: folders are nested too deeply"),
    ],
)
def test_a_folder_that_cannot_be_used_does_not_load(
    tmp_path: Path, changes: dict[str, str | None], message: str
) -> None:
    """A missing, stray or broken file is named."""
    assert complaint(tmp_path, changes).startswith(message)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """The operator pointed HUB_COLLECTIONS somewhere else."""
    loaded(tmp_path)
    with pytest.raises(ConfigurationError, match="elsewhere: the folder cannot be read"):
        load_catalogue(tmp_path / "elsewhere", tmp_path / "profiles")


def test_notes_and_hidden_files_beside_the_declarations_are_left_alone(tmp_path: Path) -> None:
    """A README, an editor's copy or a system's index do not keep the hub from starting."""
    loaded(tmp_path, {"collections/one/README.md": "x", "collections/one/.first.toml": "[", "profiles/.x.toml": "["})
