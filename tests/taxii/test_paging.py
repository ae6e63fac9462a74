"""PG: order and pages (TAXII 2.1, 3.3 to 3.5)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from hub.community.hub import Hub
from hub.settings import Limits
from hub.stix.tlp import TLP
from tests.conftest import OpenHub, Template, clients_of
from tests.server.making import LAST, Client, Clock, address, an_id, at, ids, indicator, note, pairs, stamp

LIMITS = (1, 2, 7)


@pytest.fixture
def writer(indonesia: Client) -> Client:
    """Indonesia, with 20 objects: three envelopes, two kinds, some levels, and second versions of three of them."""
    indonesia.publish("id", *(indicator(n, level=TLP(n % 4)) for n in range(10)))
    indonesia.publish("id", *(note(n) for n in range(20, 24)), address(1))
    indonesia.publish("id", *(indicator(n, version=2, level=TLP(n % 4)) for n in (2, 5, 8)), note(30), note(31))
    return indonesia


@pytest.mark.parametrize("limit", [None, *LIMITS])
def test_objects_and_manifest_are_in_the_order_of_date_added(writer: Client, limit: int | None) -> None:
    """PG-1: ascending, and every date is its own."""
    records = writer.everything("id", "manifest", version="all", limit=limit)
    dates = [record["date_added"] for record in records]
    assert dates == sorted(set(dates))
    assert len(dates) == 20
    assert ids(writer.everything("id", version="all", limit=limit)) == ids(records)


@pytest.mark.parametrize("limit", [1, 2, 7, 19, 20, 21])
def test_a_page_never_exceeds_the_limit(writer: Client, limit: int) -> None:
    """PG-2: on objects and manifest."""
    for resource in ("objects", "manifest"):
        pages = [page.json["objects"] for page in writer.walk(at("id", resource), limit=limit, version="all")]
        assert [len(page) for page in pages] == [limit] * (20 // limit) + [20 % limit] * (20 % limit > 0)


@pytest.mark.parametrize("limit", [None, 20, 21, 5000])
def test_what_fits_comes_at_once(writer: Client, limit: int | None) -> None:
    """PG-3: and `more` is false, also where the last page is exactly full."""
    page = writer.get(at("id", "objects"), version="all", limit=limit).json
    assert (len(page["objects"]), page["more"]) == (20, False)


@pytest.mark.parametrize("limit", [1, 19])
def test_more_is_true_where_there_is_more(writer: Client, limit: int) -> None:
    """PG-4: on objects, manifest and versions."""
    assert writer.get(at("id", "objects"), version="all", limit=limit).json["more"] is True
    assert writer.get(at("id", "manifest"), version="all", limit=limit).json["more"] is True
    assert writer.get(at("id", "objects", an_id(2), "versions"), limit=1).json["more"] is True


def test_next_is_an_opaque_text(writer: Client) -> None:
    """PG-5: given where `more` is true and not otherwise; it shows nothing of the place or the filters."""
    page = writer.get(at("id", "objects"), limit=3, type="indicator").json
    assert isinstance(page["next"], str)
    assert "next" not in writer.get(at("id", "objects")).json


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"version": "all"},
        {"type": "indicator"},
        {"type": "note,ipv4-addr"},
        {"version": "first"},
        {"version": "first,last"},
        {"id": ",".join(an_id(n) for n in range(9))},
        {"version": stamp(2)},
        {"type": "indicator", "version": "all"},
    ],
)  # fmt: skip - a table
@pytest.mark.parametrize("limit", LIMITS)
def test_paging_by_next_gives_each_object_once(writer: Client, filters: dict[str, Any], limit: int) -> None:
    """PG-6: in order, with the filters repeated, or with nothing but `next` and `limit`, as some clients page."""
    whole = writer.objects("id", **filters)
    assert len(whole) > 1
    assert writer.everything("id", limit=limit, **filters) == whole
    objects_by_date: list[Any] = []
    page = writer.get(at("id", "objects"), limit=limit, **filters).json
    while True:
        objects_by_date += page["objects"]
        if not page["more"]:
            break
        page = writer.get(at("id", "objects"), next=page["next"], limit=limit).json
    assert objects_by_date == whole


@pytest.mark.parametrize("by", ["next", "added_after"])
def test_what_is_added_meanwhile_comes_at_the_end(writer: Client, by: str) -> None:
    """PG-7: once, and nothing else moves."""
    before = writer.objects("id", version="all")
    objects_met: list[Any] = []
    for number, page in enumerate(writer.walk(at("id", "objects"), by, limit=3, version="all")):
        objects_met += page.json["objects"]
        if number < 4:
            writer.publish("id", note(100 + number))
    assert objects_met == before + [note(100 + number) for number in range(4)]


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("filters", [{}, {"version": "all"}, {"type": "indicator", "version": "all"}])
def test_the_manifest_pages_by_added_after(writer: Client, limit: int, filters: dict[str, Any]) -> None:
    """PG-8: drops and repeats nothing, since no two records share a date_added."""
    assert writer.everything("id", "manifest", "added_after", limit=limit, **filters) == writer.manifest(
        "id", **filters
    )


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("filters", [{}, {"version": "all"}, {"type": "note"}])
def test_objects_page_by_added_after(indonesia: Client, limit: int, filters: dict[str, Any]) -> None:
    """PG-9: also where one envelope brought them all in one instant."""
    notes_sent = [note(n) if n % 3 else indicator(n) for n in range(40)]
    indonesia.publish("id", *notes_sent)
    assert indonesia.everything("id", by="added_after", limit=limit, **filters) == indonesia.objects("id", **filters)


@pytest.mark.parametrize("milliseconds", [0, 999])
def test_a_client_that_cuts_to_milliseconds_reads_nothing_twice(
    indonesia: Client, clock: Clock, milliseconds: int
) -> None:
    """PG-9: date_added is a whole millisecond, so what such a client sends back is the same instant."""
    clock.now += milliseconds
    indonesia.publish("id", *(note(n) for n in range(5)))
    last = indonesia.get(at("id", "objects")).headers[LAST]
    assert last.endswith("000Z")
    assert indonesia.objects("id", added_after=last[:-4] + "Z") == []


def test_without_added_after_the_oldest_come_first(writer: Client) -> None:
    """PG-10: on the first page."""
    assert pairs(writer.objects("id", limit=2, version="all")) == [(an_id(0), stamp(1)), (an_id(1), stamp(1))]


def test_a_token_never_widens_what_its_bearer_sees(indonesia: Client, hub: Hub, template: Template) -> None:
    """PG-11: a token of one account, in the hands of another, shows what that other may see."""
    client_of = clients_of(hub, template)
    indonesia.publish("bulletins", *(note(n, level=TLP(n % 3)) for n in range(30)))
    token = client_of("sg-cert").get(at("bulletins", "objects"), limit=3).json["next"]
    for account, level in (("partner", TLP.GREEN), (None, TLP.CLEAR), ("sg-soc", TLP.AMBER)):
        objects_read = client_of(account).objects("bulletins", next=token, limit=100)
        assert pairs(objects_read) == pairs(note(n) for n in range(3, 30) if n % 3 <= level)
    assert client_of("operator").get(at("bulletins", "objects"), next=token).status_code == 404


def test_filters_of_the_request_go_over_those_of_the_token(writer: Client) -> None:
    """PG-11: the token is evaluated in the context of the query."""
    token = writer.get(at("id", "objects"), limit=1, type="indicator").json["next"]
    page = writer.objects("id", next=token, type="note")
    assert {content["type"] for content in page} == {"note"}
    later = writer.objects("id", next=token, added_after="2030-01-01T00:00:00Z")
    assert later == []


def test_a_token_of_another_collection_starts_this_one(writer: Client, indonesia: Client) -> None:
    """PG-11: where that poll began: a common client keeps its token when it continues with the next collection."""
    indonesia.publish("alerts", note(50), note(51))
    token = writer.get(at("id", "objects"), limit=5, type="note").json.get("next")
    token = token or writer.get(at("id", "objects"), limit=5).json["next"]
    assert indonesia.objects("alerts", next=token) == [note(50), note(51)]
    began = indonesia.get(at("alerts", "objects"), limit=1).headers[LAST]
    token = writer.get(at("id", "objects"), limit=5, added_after=began).json["next"]
    assert indonesia.objects("alerts", next=token) == [note(51)]


def test_a_token_gives_no_access(indonesia: Client, hub: Hub, template: Template) -> None:
    """PG-11: on a collection that its bearer may not read it changes nothing."""
    indonesia.publish("id", note(1), note(2))
    token = indonesia.get(at("id", "objects"), limit=1).json["next"]
    client_of = clients_of(hub, template)
    assert client_of("th-cert").get(at("pair", "objects"), next=token).status_code == 404
    assert client_of("id-soc").get(at("alerts", "objects"), next=token).status_code == 404


@pytest.mark.parametrize("resource", ["objects", "manifest"])
def test_a_damaged_token_is_refused(writer: Client, resource: str) -> None:
    """PG-12: 400, whichever letter was changed; never silently the first page."""
    token = writer.get(at("id", resource), limit=3).json["next"]
    damaged = {
        token[:-1],
        token[1:],
        token + "A",
        token * 2,
        token.swapcase(),
        "x",
        "0",
        "=",
        "%00",
        "é",
        "a" * 5000,
        "[1]",
    }
    damaged |= {token[:n] + ("A" if token[n] != "A" else "B") + token[n + 1 :] for n in range(0, len(token) - 1, 7)}
    for made_up in damaged:
        assert writer.get(at("id", resource), next=made_up).status_code == 400, made_up


def test_a_token_of_another_hub_is_refused(
    writer: Client, open_hub: OpenHub, template: Template, tmp_path: Path
) -> None:
    """PG-12: it is signed with a secret of the store."""
    elsewhere = shutil.copytree(template.folder, tmp_path / "elsewhere")
    stranger = clients_of(open_hub(folder=elsewhere), template)("id-cert")
    stranger.publish("id", note(1), note(2))
    token = stranger.get(at("id", "objects"), limit=1).json["next"]
    assert writer.get(at("id", "objects"), next=token).status_code == 400


def test_an_empty_next_is_none(writer: Client) -> None:
    """PG-12: a common client sends `next=` for its first page."""
    assert writer.ask(at("id", "objects"), "limit=50&next=").json == writer.get(at("id", "objects")).json


def test_the_same_token_gives_the_same_page(writer: Client, open_hub: OpenHub, template: Template) -> None:
    """PG-13: as often as it is asked, and in another process."""
    token = writer.get(at("id", "objects"), limit=3).json["next"]
    other = clients_of(open_hub(), template)("id-cert")
    pages = [client.get(at("id", "objects"), next=token, limit=3).json for client in (writer, writer, other)]
    assert pages[0] == pages[1] == pages[2]


@pytest.mark.parametrize("by", ["next", "added_after"])
def test_deletes_between_pages_lose_nothing_else(writer: Client, by: str) -> None:
    """PG-14: the rest still come, exactly once, also where the last object of a page is the one that goes."""
    objects_met: list[tuple[str, str]] = []
    ids_met: set[str] = set()
    whole = pairs(writer.objects("id"))
    for page in writer.walk(at("id", "objects"), by, limit=3):
        objects_met += pairs(page.json["objects"])
        for victim in (objects_met[-1][0], *(name for name, _ in whole if name not in dict(objects_met))):
            if victim not in ids_met and len(ids_met) < 8:
                assert writer.delete("id", victim).status_code == 200
                ids_met.add(victim)
                break
    assert objects_met == [pair for pair in whole if pair in objects_met]
    assert {name for name, _ in whole} - ids_met <= set(dict(objects_met))


def test_a_clock_set_back_loses_nothing(indonesia: Client, clock: Clock) -> None:
    """PG-15: dates go on growing in the order of commits, so a poller by added_after misses nothing."""
    objects_met: list[Any] = []
    reached = None
    for number in range(10):
        clock.now += (-1) ** number * 100_000 * number
        indonesia.publish("id", note(number), note(100 + number))
        page = indonesia.get(at("id", "objects"), added_after=reached)
        objects_met += page.json["objects"]
        reached = page.headers[LAST]
    assert pairs(objects_met) == [pair for number in range(10) for pair in pairs((note(number), note(100 + number)))]


@pytest.mark.parametrize("limit", ["1000000000", str(2**63), "1" + "0" * 30, "0" * 30 + "7", "9" * 6000])
def test_huge_limits_are_capped(writer: Client, limit: str) -> None:
    """PG-16: at the hub's own page."""
    page = writer.ask(at("id", "objects"), f"limit={limit}&match[version]=all")
    assert page.status_code == 200
    assert len(page.json["objects"]) == (7 if limit.endswith("7") else 20)


def test_the_hubs_own_limits_make_pages_too(writer: Client, open_hub: OpenHub, template: Template) -> None:
    """PG-4: by objects and by bytes; nothing is lost between them, and one object always fits."""
    whole = writer.objects("id")
    for limits in (Limits(page_objects=4), Limits(page_default=6), Limits(page_bytes=1), Limits(page_bytes=3000)):
        client = clients_of(open_hub(limits=limits), template)("id-cert")
        pages = [page.json["objects"] for page in client.walk(at("id", "objects"))]
        assert len(pages) > 1
        assert [content for page in pages for content in page] == whole
