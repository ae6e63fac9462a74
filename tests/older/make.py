"""Fills a store through the hub's own door, with what an older hub took as it came. Not a test: it made the files here.

    git worktree add OLD 834ad97
    cp tests/older/make.py OLD/older_store.py
    cd OLD && python older_store.py FOLDER [mongodb://…/NAME]

ran it with the code of 834ad97, the last before law L5, and wrote into FOLDER `store.sql` (SQLite), `archive.jsonl`
(`hub export`) and, with the URI, `documents.jsonl` (the same published into MongoDB). All addresses are for documentation.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import uuid
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pymongo
from bson import json_util

from hub import wiring
from hub.cli import main
from hub.server.app import create_app
from hub.settings import load_settings
from hub.sharing.seed import seed
from hub.stix.identifiers import SCO_NAMESPACE
from hub.stix.tlp import TLP, TLP1_IDS, TLP2_IDS
from tests.server.making import (
    DECLARATIONS,
    IDENTITIES,
    Client,
    address,
    an_id,
    indicator,
    marked,
    note,
    statement,
    versioned,
)

CLOCK = 1_772_600_000_000  # 2026-03-04: milliseconds since 1970
OPENCTI_STRICT = "marking-definition--826578e1-40ad-459f-bc73-ede076f81f37"
EXTENSION = "extension-definition--00000000-0000-4000-8000-000000000901"
OUTSIDER = an_id(990, "identity")


def clock() -> int:
    """A second later at each call."""
    global CLOCK  # noqa: PLW0603 - a clock
    CLOCK += 1000
    return CLOCK


def grouping(number: int, *refs: str, **changes: Any) -> dict[str, Any]:
    about = {"name": f"Event {number}", "context": "suspicious-activity", "object_refs": list(refs)}
    return versioned("grouping", number, **about | changes)


def also(content: dict[str, Any], *markings: str) -> dict[str, Any]:
    return {**content, "object_marking_refs": [*content["object_marking_refs"], *markings]}


def translation(number: int) -> dict[str, Any]:
    """A text about the indicator of that number, marked GREEN whatever that is."""
    content = {**note(number), "type": "language-content", "id": an_id(number, "language-content")}
    del content["content"], content["object_refs"]
    return content | {"object_ref": an_id(number), "contents": {"de": {"name": "Name"}}}


def malware(number: int, version: int = 1, **changes: Any) -> dict[str, Any]:
    """What the outsider wrote, for a member to relay."""
    return versioned("malware", number, version, author=OUTSIDER, name="Relayed", is_family=False, **changes)


def file(digits: str, **changes: Any) -> dict[str, Any]:
    """A file under the id of its MD5."""
    return {
        "type": "file",
        "spec_version": "2.1",
        "id": "file--" + md5_id(),
        "hashes": {"MD5": "d41d8cd98f00b204e9800998ecf8427e", "SHA-256": digits * 64},
        **marked(TLP.GREEN),
        **changes,
    }


def md5_id() -> str:
    return str(uuid.uuid5(SCO_NAMESPACE, '{"hashes":{"MD5":"d41d8cd98f00b204e9800998ecf8427e"}}'))


def publish(member: dict[str, Client]) -> None:
    """Envelope after envelope."""
    ID, SG, MY = member["ID"], member["SG"], member["MY"]  # noqa: N806 - the codes of members
    extended = {"extensions": {EXTENSION: {"extension_type": "property-extension", "seen": [TLP1_IDS[TLP.AMBER]]}}}
    referring = {
        "external_references": [{"source_name": "x", "external_id": "1", "object_marking_refs": [TLP2_IDS[TLP.RED]]}]
    }
    # in plain words, and taken as it was meant
    ID.publish("feeds", indicator(1), address(1), note(1, about=[address(1)["id"]]))
    SG.publish("feeds", address(1))
    ID.publish("bulletins", indicator(2, level=TLP.CLEAR))
    # in other words
    ID.publish("feeds", {**indicator(10), "labels": ["tlp:amber"]}, {**indicator(11), "labels": ["TLP:RED"]})
    ID.publish("id", also(indicator(12), OPENCTI_STRICT))
    ID.publish("feeds", {**indicator(13), **extended}, {**indicator(14), **referring})
    ID.publish("feeds", {**statement(15), "name": "TLP:AMBER"}, also(indicator(15), an_id(15, "marking-definition")))
    ID.publish("feeds", {**statement(16), **marked(TLP.RED)})
    ID.publish("feeds", also(indicator(17), an_id(999, "marking-definition")))
    ID.publish("feeds", statement(18))
    ID.publish("feeds", also(indicator(18), an_id(18, "marking-definition")))
    # unmarked: alone, in containers of its envelope, in one that came later, in one that is too high
    ID.publish("feeds", indicator(20, level=None))
    ID.publish("feeds", indicator(21, level=None), grouping(21, an_id(21), level=TLP.GREEN))
    ID.publish("feeds", indicator(22, level=None), grouping(22, an_id(22), level=TLP.AMBER))
    ID.publish("feeds", indicator(23, level=None))
    ID.publish("feeds", grouping(23, an_id(23), level=TLP.GREEN, labels=["tlp:amber+strict"]))
    ID.publish("feeds", indicator(24, level=None))
    ID.publish("feeds", grouping(24, an_id(24), level=TLP.GREEN, labels=["tlp:red"]))
    SG.publish("feeds", grouping(25, an_id(21), level=TLP.GREEN, labels=["tlp:amber+strict"], author="SG"))
    # versions, a translation, a revocation
    ID.publish("feeds", indicator(30))
    ID.publish("feeds", indicator(30, 2, level=TLP.AMBER))
    ID.publish("feeds", indicator(31, level=TLP.AMBER))
    ID.publish("feeds", translation(31), translation(11), translation(24))
    ID.publish("feeds", indicator(32))
    ID.publish("feeds", indicator(32, 2, level=TLP.AMBER, revoked=True))
    ID.publish("feeds", indicator(33, level=None))
    ID.publish("feeds", indicator(33, 2, level=None, revoked=True))
    # observables
    SG.publish("alerts", address(40, level=TLP.AMBER_STRICT))
    ID.publish("feeds", note(40, content=f"see {address(40)['id']}"))
    SG.publish("feeds", note(41, author="SG", content=f"see {address(40)['id']}"))
    MY.publish("feeds", note(42, author="MY", content=f"see {address(43)['id']}"))
    SG.publish("alerts", address(43, level=TLP.AMBER_STRICT))
    ID.publish("feeds", address(44, level=None))
    ID.publish("feeds", note(44, about=[address(44)["id"]], level=TLP.AMBER))
    # whose
    ID.publish("feeds", {**statement(50), "created_by_ref": IDENTITIES["SG"]})
    ID.publish("feeds", malware(51))
    MY.publish("feeds", malware(51, version=2, revoked=True))
    ID.publish("feeds", file("a"))
    SG.publish("feeds", file("b"))
    # the hub's own, poisoned
    (own,) = (
        definition
        for definition in ID.objects("feeds", type="extension-definition", limit=1000)
        if "Incident" in definition["name"]
    )
    ID.publish("feeds", {**own, "modified": "2026-02-01T00:00:00.000Z", "revoked": True})


def key_of(member: str) -> str:
    """The key of a new account of the member's CERT."""
    with redirect_stdout(StringIO()) as printed:
        main(["account", "add", f"{member.lower()}-cert", "--member", member, "--kind", "cert"])
    return printed.getvalue().strip()


def fill() -> None:
    settings = load_settings(os.environ)
    store = wiring.open_store(settings, create=True)
    catalogue = wiring.open_catalogue(settings)
    feeds = catalogue.find("region", "feeds")
    assert feeds is not None
    seed(store, catalogue, feeds)
    store.close()
    hub = wiring.open_hub(settings)
    app = create_app(hub)
    publish({member: Client(app, f"Bearer {key_of(member)}") for member in ("ID", "SG", "MY")})
    hub.store.close()


def make(folder: Path, mongo: str) -> None:
    wiring.now = clock
    os.environ |= {
        "HUB_COLLECTIONS": str(DECLARATIONS / "collections"),
        "HUB_PROFILES": str(DECLARATIONS / "profiles"),
        "HUB_STORE": f"sqlite:///{folder / 'hub.sqlite'}",
    }
    fill()
    main(["export", "--out", str(folder / "whole.jsonl")])
    # what is no object is left out of the files: tests have accounts of their own
    first, *others = (folder / "whole.jsonl").read_text().splitlines()
    head = {name: value for name, value in json.loads(first).items() if name != "secret"}
    lines = [json.dumps(head), *(line for line in others if line.startswith(('{"collection"', '{"record"')))]
    (folder / "archive.jsonl").write_text("\n".join(lines) + "\n")
    connection = sqlite3.connect(folder / "hub.sqlite")
    connection.executescript("DELETE FROM status; DELETE FROM account; DELETE FROM account_key; DELETE FROM secret;")
    # a dump does not say which program the file belongs to
    (number,) = connection.execute("PRAGMA application_id").fetchone()
    statements = [f"PRAGMA application_id = {number};", *connection.iterdump()]
    (folder / "store.sql").write_text("\n".join(statements) + "\n")
    if mongo:
        os.environ["HUB_STORE"] = mongo
        fill()
        database: Any = pymongo.MongoClient(mongo).get_default_database()
        with (folder / "documents.jsonl").open("w") as lines_of:
            for name, criteria in (("meta", {"_id": "format"}), ("log", {}), ("objects", {})):
                for document in database[name].find(criteria).sort("_id", 1):
                    lines_of.write(json_util.dumps([name, document]) + "\n")


if __name__ == "__main__":
    make(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
