"""Law L5 as a table: dialect × kind of object × collection × reader, over both stores.

One hub has a collection for each highest level, as open as that level allows. Every object that can say a level in a
dialect is published into each, at each of the five levels; then each reader sees just what its clearance says, over every
way of reading. What may be seen is worked out here from the law alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from hub.community.hub import Hub
from hub.sharing.catalogue import Catalogue
from hub.sharing.declared import load_catalogue
from hub.sharing.members import Account, AccountKind
from hub.stix.tlp import TLP, TLP1_IDS, TLP2_IDS
from tests import keeping
from tests.conftest import ClientOf
from tests.door.levels import EXTENSION, OPENCTI_STRICT
from tests.server.making import ACCOUNTS, DECLARATIONS, Client, Content, at, ids, sco_id, stamp

ME: Final = "id-cert"
READERS: Final = (ME, "sg-cert", "my-cert", "sg-soc", "partner", "operator", None)
IDENTITY: Final = "identity--7c1d8e0a-3b52-4f0e-8a54-2f6f0c9b1d01"
NOT_HELD: Final = "indicator--00000000-0000-4000-8000-000000999999"
PARTS: Final = 100  # objects in one envelope
# Of the rows: the levels are judged before the store, whose queries a part of them shows; all levels and kinds are in it.
PART_OF_ROWS: Final = {keeping.SQLITE: 1, keeping.MONGO: 7}


def declared_id(level: TLP) -> str:
    """The id of a platform's marking that `hub.toml` declares."""
    return f"marking-definition--00000000-0000-4000-8000-00000000080{level.value}"


# --- what is said, and how -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Dialect:
    """A way to say a level: properties of the object itself, or another object that goes with it."""

    properties: Callable[[TLP], Content | None] = lambda _level: {}  # None: it has no word for that level
    kinds: frozenset[str] = frozenset()  # that cannot say it so
    definition: Callable[[TLP], Content] | None = None  # of a marking definition that the object is marked with
    container: bool = False


def refs(identifier: str | None) -> Content | None:
    return None if identifier is None else {"object_marking_refs": [identifier]}


_OPENCTI: Final = {"definition_type": "statement", "definition": {"statement": "x"}, "x_opencti_definition_type": "TLP"}
_NO_LABELS: Final = frozenset({"ipv6-addr", "marking-definition"})
_NO_REFERENCES: Final = frozenset({"ipv6-addr"})

DIALECTS: Final[dict[str, Dialect]] = {
    "id of TLP 2.0": Dialect(lambda level: refs(TLP2_IDS[level])),
    "id of TLP 1.0": Dialect(lambda level: refs(TLP1_IDS.get(level))),
    "id of OpenCTI": Dialect(lambda level: refs(OPENCTI_STRICT) if level is TLP.AMBER_STRICT else None),
    "id that the hub declares": Dialect(lambda level: refs(declared_id(level))),
    "label": Dialect(lambda level: {"labels": [f"tlp:{level.word}"]}, _NO_LABELS),
    "label as people write it": Dialect(lambda level: {"labels": ["news", level.label]}, _NO_LABELS),
    "machine tag": Dialect(lambda level: {"labels": [f'tlp:"{level.word}"']}, _NO_LABELS),
    "granular marking": Dialect(
        lambda level: {"granular_markings": [{"marking_ref": TLP2_IDS[level], "selectors": ["spec_version"]}]},
        frozenset({"marking-definition"}),
    ),
    "id in an extension": Dialect(
        lambda level: {"extensions": {EXTENSION: {"extension_type": "property-extension", "seen": [TLP2_IDS[level]]}}}
    ),
    "id in an external reference": Dialect(
        lambda level: {"external_references": [{"source_name": "x", "external_id": "1", "x_marking": TLP2_IDS[level]}]},
        _NO_REFERENCES,
    ),
    "id in a custom property": Dialect(lambda level: {"x_acme_markings": [[TLP2_IDS[level]]]}),
    "key that names TLP": Dialect(lambda level: {"x_acme_tlp": level.word}),
    "definition by its name": Dialect(definition=lambda level: {"name": level.label}),
    "definition by its statement": Dialect(
        definition=lambda level: {"definition": {"statement": f"Traffic Light Protocol: {level.word}"}}
    ),
    "definition of OpenCTI": Dialect(definition=lambda level: {**_OPENCTI, "x_opencti_definition": level.label}),
    "container": Dialect(container=True),
}


# --- objects ---------------------------------------------------------------------------------------------------------


def common(kind: str, number: int) -> Content:
    identifier = f"{kind}--00000000-0000-4000-8000-{number:012d}"
    content = {"type": kind, "spec_version": "2.1", "id": identifier, "created_by_ref": IDENTITY, "created": stamp(1)}
    return content if kind == "marking-definition" else {**content, "modified": stamp(1)}


def observable(value: str) -> Content:
    return {"type": "ipv6-addr", "spec_version": "2.1", "id": sco_id("ipv6-addr", value), "value": value}


KINDS: Final[dict[str, Callable[[int], Content]]] = {
    "indicator": lambda number: (
        common("indicator", number)
        | {"pattern": "[url:value = 'https://bad.example/']", "pattern_type": "stix", "valid_from": stamp(1)}
    ),
    "relationship": lambda number: (
        common("relationship", number)
        | {"relationship_type": "related-to", "source_ref": NOT_HELD, "target_ref": NOT_HELD}
    ),
    "ipv6-addr": lambda number: observable(f"2001:db8::{number >> 16:x}:{number & 0xFFFF:x}"),
    "marking-definition": lambda number: (
        common("marking-definition", number)
        | {"definition_type": "statement", "definition": {"statement": f"Terms {number}"}}
    ),
    "language-content": lambda number: (
        common("language-content", number) | {"object_ref": NOT_HELD, "contents": {"de": {"name": "Name"}}}
    ),
    "x-acme-case": lambda number: common("x-acme-case", number) | {"name": f"Case {number}"},
}


@dataclass(frozen=True)
class Row:
    """An object of the table; `companions` go with it and have its level."""

    dialect: str
    kind: str
    level: TLP
    content: Content
    companions: tuple[Content, ...]


def rows(collection: int) -> Iterator[Row]:
    """Every row, with ids of this collection's own."""
    number = collection * 100_000
    for name, dialect in DIALECTS.items():
        for kind, make in KINDS.items():
            for level in TLP:
                properties = dialect.properties(level)
                if kind in dialect.kinds or properties is None:
                    continue
                number += 10
                content = make(number) | properties
                companions: tuple[Content, ...] = ()
                if dialect.definition is not None:
                    definition = KINDS["marking-definition"](number + 1) | dialect.definition(level)
                    content["object_marking_refs"] = [definition["id"]]
                    companions = (definition,)
                elif dialect.container:
                    report = common("report", number + 1) | {
                        "name": f"Report {number}",
                        "published": stamp(1),
                        "object_refs": [content["id"]],
                        "object_marking_refs": [TLP2_IDS[level]],
                    }
                    companions = (report,)
                yield Row(name, kind, level, content, companions)


# --- the hub ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """A collection for each highest level."""
    folder = tmp_path_factory.mktemp("declared")
    region = folder / "region"
    region.mkdir()
    source = DECLARATIONS / "collections"
    shutil.copy(source / "region" / "members.toml", region)
    shutil.copy(source / "region" / "root.toml", region)
    markings = "".join(f'"{declared_id(level)}" = "{level.word}"\n' for level in TLP)
    (folder / "hub.toml").write_text((source / "hub.toml").read_text() + f"[markings]\n{markings}")
    for level in TLP:
        _declare(region, level)
    return load_catalogue(folder, DECLARATIONS / "profiles")


def _declare(region: Path, level: TLP) -> None:
    is_closed = level is TLP.RED
    wide = str(not is_closed).lower()
    (region / f"{alias(level)}.toml").write_text(
        f"""
[collection]
id = "c0ffee00-0000-4000-9000-00000000000{level.value}"
alias = "{alias(level)}"
title = "Up to {level.word}"
description = "For the table"
profiles = []
highest_tlp = "{level.word}"
unmarked = "refuse"
constituents = {wide}
partners = {wide}
public = {wide}
[access]
write = {'["ID"]' if is_closed else '"members"'}
read = {'["ID", "SG"]' if is_closed else '"members"'}
"""
    )


def alias(level: TLP) -> str:
    return f"up-to-{level.word.replace('+', '-')}"


def clearance(reader: str | None, highest: TLP) -> TLP | None:
    """Up to which level the reader sees objects there (design, section 5); None: nothing."""
    if highest is TLP.RED:
        return TLP.RED if reader in (ME, "sg-cert") else None
    return {
        ME: TLP.AMBER_STRICT,
        "sg-cert": TLP.AMBER_STRICT,
        "my-cert": TLP.AMBER_STRICT,
        "sg-soc": TLP.AMBER,
        "partner": TLP.GREEN,
        "operator": None,
        None: TLP.CLEAR,
    }[reader]


@pytest.mark.parametrize("highest", list(TLP), ids=alias)
def test_each_reader_sees_what_is_said_to_be_for_it_in_every_dialect(
    hub: Hub, as_account: ClientOf, highest: TLP
) -> None:
    """Over objects, manifest, object, versions and counts alike; nothing above the collection's level is kept."""
    table = list(rows(highest.value))[:: PART_OF_ROWS[keeping.kind()]]
    rows_by_id = {row.content["id"]: row for row in publish(as_account(ME), highest, table)}
    assert [(row.dialect, row.kind, row.level) for row in table if row.content["id"] not in rows_by_id] == [
        (row.dialect, row.kind, row.level) for row in table if row.level > highest
    ]
    for reader in READERS:
        limit = clearance(reader, highest)
        client = as_account(reader)
        if limit is None:
            for resource in ("objects", "manifest"):
                assert client.get(at(alias(highest), resource)).status_code in (401, 404)
            continue
        expected = {
            content["id"]
            for row in rows_by_id.values()
            if row.level <= limit
            for content in (row.content, *row.companions)
        }
        seen = ids(client.everything(alias(highest)))
        assert wrongly(set(seen) ^ expected, table) == []
        assert len(seen) == len(expected)
        assert set(ids(client.everything(alias(highest), "manifest"))) == expected
        assert counted(hub, reader, highest) == len(expected)
        for row in sample(table):
            is_visible = row.content["id"] in expected
            path = at(alias(highest), "objects", row.content["id"])
            for resource in (path, f"{path}versions/"):
                answer = client.get(resource)
                assert (answer.status_code == 200 and bool(answer.json)) is is_visible, (reader, row)


def publish(client: Client, highest: TLP, table: list[Row]) -> Iterator[Row]:
    """Publish all rows, many at a time; return those that were accepted."""
    for start in range(0, len(table), PARTS):
        part = table[start : start + PARTS]
        contents = [content for row in part for content in (*row.companions, row.content)]
        failed = {failure["id"] for failure in client.add(alias(highest), *contents).get("failures", ())}
        for row in part:
            if row.content["id"] not in failed:
                yield row
            assert {item["id"] in failed for item in row.companions} <= {row.content["id"] in failed}, row


def wrongly(difference: set[str], table: list[Row]) -> list[tuple[str, str, TLP]]:
    """The rows of these ids: what a failing test shows."""
    return [
        (row.dialect, row.kind, row.level)
        for row in table
        if any(content["id"] in difference for content in (row.content, *row.companions))
    ]


def sample(table: list[Row]) -> list[Row]:
    """One row for each kind and level, of dialects in turn; fewer where the server scans for each."""
    chosen: dict[tuple[str, TLP], list[Row]] = {}
    for row in table:
        chosen.setdefault((row.kind, row.level), []).append(row)
    step = 1 if keeping.kind() == keeping.SQLITE else 7
    return [rows_of_kind[index % len(rows_of_kind)] for index, rows_of_kind in enumerate(chosen.values())][::step]


def counted(hub: Hub, reader: str | None, highest: TLP) -> int:
    """The number of objects that the console shows to this reader."""
    kind, member = ACCOUNTS[reader] if reader is not None else (None, None)
    account = None if kind is None else Account(reader or "", AccountKind(kind), member)
    counts: list[Any] = [
        row.count
        for shelf in hub.overview(account, "https://hub.example/")
        for row in shelf.rows
        if row.resource.alias == alias(highest)
    ]
    return int(counts[0])
