"""Law L5 in a browser: whatever a page, a file or an error shows, the same account could fetch over TAXII."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.community.hub import Hub
from hub.server.app import create_app
from hub.sharing import access
from hub.sharing.catalogue import Catalogue
from hub.sharing.declared import load_catalogue
from hub.sharing.members import Account
from hub.stix.tlp import TLP
from hub.taxii.filters import Filters
from tests import keeping
from tests.community.making import KINDS, cert, open_hub
from tests.console.conftest import Browser
from tests.server.making import DECLARATIONS, Clock, an_id, versioned

# collection -> who writes there
WRITERS = {
    "id": "ID",
    "alerts": "ID",
    "incidents": "MY",
    "feeds": "MY",
    "bulletins": "SG",
    "circle": "ID",
    "pair": "MY",
}
SECRET = re.compile(r"secret[a-z0-9]+z")  # a word of its own in each object
READERS = ["id-cert", "sg-cert", "my-cert", "th-cert", "id-soc", "partner", "operator", None]


def accounts(name: str | None) -> Account | None:
    if name is None:
        return None
    return KINDS[name] if name in KINDS else cert(name[:2].upper())


def places(catalogue: Catalogue) -> Iterator[tuple[str, str, TLP]]:
    """Each collection, who writes there, and each level that it accepts."""
    for alias, member in WRITERS.items():
        collection = catalogue.find("region", alias)
        assert collection is not None
        yield from ((alias, member, level) for level in TLP if level <= collection.highest_tlp)


@pytest.fixture
def region(tmp_path: Path, clock: Clock) -> Iterator[Hub]:
    """In each collection an incident of each level that it accepts, with a report, an indicator and related objects."""
    catalogue = load_catalogue(DECLARATIONS / "collections", DECLARATIONS / "profiles")
    hub = open_hub(tmp_path, clock, catalogue)
    for number, (alias, member, level) in enumerate(places(catalogue), start=1):
        word = f"secret{alias}{level}"
        about: dict[str, Any] = {"level": level, "author": member}
        incident = an_id(number, "incident")
        parts = [
            versioned("incident", number, name=f"Incident {word}az", description=f"{word}bz", **about),
            versioned("attack-pattern", number, name=f"{word}cz", **about),
            versioned("malware", number, name=f"{word}dz", is_family=False, **about),
            versioned(
                "indicator",
                number,
                name=f"{word}ez",
                pattern=f"[domain-name:value = '{word}fz.example']",
                pattern_type="stix",
                valid_from="2026-03-01T00:00:00.000Z",
                **about,
            ),
            versioned("note", number, content=f"{word}gz", object_refs=[incident], **about),
        ]
        report = versioned(
            "report",
            number,
            name=f"{word}hz",
            published="2026-03-01T00:00:00.000Z",
            labels=["stage:early"],
            # it names what is at other levels, too: who may not see that must not find it here
            object_refs=[part["id"] for part in parts] + [an_id(other, "indicator") for other in range(1, 60)],
            **about,
        )
        writer = hub.may_add(cert(member), "region", alias)
        status = json.loads(hub.add_objects(writer, json.dumps({"objects": [*parts, report]}).encode()).body)
        assert status["failure_count"] == 0, status
    yield hub
    hub.store.close()
    keeping.DATABASES.take_back(tmp_path)


def readable(hub: Hub, account: Account | None) -> tuple[set[str], set[str]]:
    """The secret words that TAXII gives this account, and the incidents."""
    words: set[str] = set()
    incidents: set[str] = set()
    for collection in hub.catalogue.roots["region"].collections:
        if access.readable_level(account, collection) is not None:
            body = hub.objects(account, "region", collection.id, Filters()).body.decode()
            words |= set(SECRET.findall(body))
            incidents |= set(re.findall(r"incident--[0-9a-f-]{36}", body))
    held_ids = {
        identifier
        for identifier in incidents
        if any(_holds(hub, account, collection.id, identifier) for collection in hub.catalogue)
    }
    return words, held_ids


def _holds(hub: Hub, account: Account | None, collection: str, identifier: str) -> bool:
    its_collection = hub.catalogue.by_id(collection)
    assert its_collection is not None
    level = access.readable_level(account, its_collection)
    return level is not None and hub.store.holds(collection, identifier, level)


FILES = ("bundle.json", "indicators.csv", "addresses.txt", "domains.txt", "urls.txt", "hashes.txt")


@pytest.mark.parametrize("reader", READERS)
def test_no_page_shows_what_taxii_does_not_give(region: Hub, reader: str | None) -> None:
    """Every page and file, of every incident that there is, for every kind of account and for nobody."""
    account = accounts(reader)
    words, incidents = readable(region, account)
    browser = Browser(create_app(region))
    if reader is not None:
        assert browser.sign_in(reader, region.credentials.rotate(reader, None) or "").status_code == 303
    shown: set[str] = set()
    opened_pages: set[str] = set()
    count = sum(1 for _ in places(region.catalogue))
    everything = [an_id(number, "incident") for number in range(1, count + 2)]  # the last one is nowhere
    paths = [
        "/",
        "/region/board/",
        "/region/contacts/",
        "/region/board/?text=secret",
        "/drills/board/",
        "/region/region/",
    ]
    for identifier in everything:
        paths += [f"/region/board/{identifier}/", f"/region/board/{identifier}/?plain=1"]
        paths += [f"/region/board/{identifier}/download/{file}" for file in FILES]
    for path in paths:
        response = browser.get(path)
        assert response.status_code in (200, 303, 403, 404), (path, response.status_code)
        shown |= set(SECRET.findall(response.get_data(as_text=True)))
        if response.status_code == 200 and path.endswith("bundle.json"):
            opened_pages.add(path.split("/")[3])
    if reader is not None:
        shown |= _looked_up(browser)
    assert shown <= words
    assert opened_pages == incidents
    if incidents:
        assert words == shown, "and all that belongs to an incident is there"


def _looked_up(browser: Browser) -> set[str]:
    """The secret words in the results of a look-up of all of them; the values themselves are repeated, so they do not count."""
    if browser.get("/console/lookup").status_code != 200:
        return set()
    values = [f"secret{alias}{level}fz.example" for alias in WRITERS for level in range(5)]
    fields = {"form_token": browser.token("/console/lookup"), "values": "\n".join(values)}
    page = browser.post("/console/lookup", fields).get_data(as_text=True)
    return set(SECRET.findall(re.sub(r"secret\w+fz\.example", "", page)))


@pytest.mark.parametrize("reader", [reader for reader in READERS if reader and reader.endswith("-cert")])
def test_the_map_counts_what_taxii_gives(region: Hub, reader: str) -> None:
    """Neither the tiles nor the weeks count an incident of a collection or level that the reader does not see."""
    _, incidents = readable(region, accounts(reader))
    browser = Browser(create_app(region))
    assert browser.sign_in(reader, region.credentials.rotate(reader, None) or "").status_code == 303
    figures = browser.get("/region/region/", Accept="application/json").json
    assert figures is not None
    assert sum(member["open"] for member in figures["members"].values()) == len(incidents)
    assert sum(week["count"] for week in figures["weeks"]) == len(incidents)


def test_each_reader_sees_less_than_the_one_before(region: Hub) -> None:
    """So that the test above can fail."""
    counts = [
        len(readable(region, accounts(name))[0])
        for name in ("id-cert", "th-cert", "id-soc", "partner", None, "operator")
    ]
    assert counts == sorted(counts, reverse=True)
    assert len(set(counts)) == len(counts)
    assert counts[-1] == 0


def test_a_page_that_may_not_be_seen_answers_like_one_that_is_not_there(region: Hub) -> None:
    """Word for word, except the id of the error."""
    browser = Browser(create_app(region))
    browser.sign_in("partner", region.credentials.rotate("partner", None) or "")
    hidden, missing = (an_id(number, "incident") for number in (1, 999))
    texts = [
        re.sub(r"error \w+", "error", browser.text(f"/region/board/{identifier}/", 404)).replace(identifier, "")
        for identifier in (hidden, missing)
    ]
    assert re.sub(r'form_token" value="[^"]*', "", texts[0]) == re.sub(r'form_token" value="[^"]*', "", texts[1])
