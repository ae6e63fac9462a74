"""Real clients against the running hub, and the requests of those that cannot run here, as they were recorded."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest
import requests
import stix2
import taxii2client.v21 as taxii2
from cytaxii2 import cytaxii2

from tests.server.making import (
    COLLECTIONS,
    CONTENT_TYPE,
    FIRST,
    LAST,
    Content,
    an_id,
    as_envelope,
    at,
    ids,
    indicator,
    note,
    pairs,
    stamp,
)
from tests.server.process import HubProcess

FRESH = "match[version]=all"


@pytest.fixture(scope="module", autouse=True)
def published(hub_server: HubProcess) -> None:
    """Indonesia's collection holds five indicators, one of them in two versions, behind the definitions."""
    body = as_envelope([*(indicator(n, author=None) for n in range(900, 905)), indicator(900, 2, author=None)])
    posted_headers = {"Content-Type": CONTENT_TYPE}
    posted = hub_server.session("id-cert").post(
        hub_server.url + at("id", "objects"), body, headers=posted_headers, timeout=30
    )
    assert posted.json()["failure_count"] == 0


def collection(hub: HubProcess, account: str, alias: str) -> taxii2.Collection:
    key = hub.keys[account]
    return taxii2.Collection(f"{hub.url}/region/collections/{COLLECTIONS[alias]}/", user=account, password=key)


def test_taxii2_client_finds_its_way_from_discovery(hub_server: HubProcess) -> None:
    """Server, API roots, collections, rights: without knowing more than one address."""
    with taxii2.Server(f"{hub_server.url}/taxii2/", user="sg-cert", password=hub_server.keys["sg-cert"]) as server:
        assert server.title == "Test hub"
        assert server.default.url == f"{hub_server.url}/region/"
        assert [root.title for root in server.api_roots] == ["Region"], "drills are listed to nobody who did not ask"
        collections = {
            collection.title: (collection.can_read, collection.can_write) for collection in server.default.collections
        }
    assert collections["Indonesia"] == (True, False)
    assert collections["Singapore"] == (True, True)
    assert collections["Inbox"] == (False, True)


def test_taxii2_client_reads_pages_and_filters(hub_server: HubProcess) -> None:
    """`as_pages` returns each object once; one object, versions and manifest, too."""
    with collection(hub_server, "sg-cert", "id") as reader:
        pages = list(taxii2.as_pages(reader.get_objects, per_request=2, type="indicator"))
        assert sorted(content["id"] for page in pages for content in page["objects"]) == [
            an_id(n) for n in range(900, 905)
        ]
        assert reader.get_object(an_id(900))["objects"][0]["modified"] == stamp(2)
        assert reader.object_versions(an_id(900))["versions"] == [stamp(1), stamp(2)]
        assert len(reader.get_manifest(type="indicator")["objects"]) == 5
        assert reader.get_objects(type="malware") == {"more": False}


def test_taxii2_client_pages_on_from_the_headers(hub_server: HubProcess) -> None:
    """`added_after` from the last page: nothing twice, nothing lost; with the digits that it strips from dates."""
    with collection(hub_server, "sg-cert", "id") as reader:
        whole = reader.get_manifest(type="indicator", version="all")["objects"]
        date = whole[2]["date_added"].replace("000Z", "").rstrip("0").rstrip(".") + "Z"
        newer = reader.get_manifest(type="indicator", version="all", added_after=date)["objects"]
    assert newer == whole[3:]


def test_taxii2_client_publishes_and_deletes(hub_server: HubProcess) -> None:
    """The status is one that it accepts."""
    content = note(910, author=None)
    with collection(hub_server, "id-cert", "alerts") as writer:
        status = writer.add_objects({"objects": [content, {"type": "note", "id": "bad"}]})
        assert (status.status, status.success_count, status.failure_count) == ("complete", 1, 1)
        status.refresh()
        assert status.successes[0]["id"] == content["id"]
        writer.delete_object(content["id"])
        with pytest.raises(requests.HTTPError):
            writer.get_object(content["id"])


def test_stix2_source_and_sink_work(hub_server: HubProcess) -> None:
    """The sink posts a bundle; the source gets, lists versions, queries, and finds nothing without failing."""
    own_indicator = stix2.Indicator(
        pattern="[url:value = 'http://203.0.113.9/']",
        pattern_type="stix",
        valid_from="2026-03-01T00:00:00Z",
        object_marking_refs=["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"],
    )
    with collection(hub_server, "id-cert", "alerts") as there:
        stix2.TAXIICollectionSink(there, allow_custom=True).add(own_indicator)
        source = stix2.TAXIICollectionSource(there, allow_custom=True)
        assert source.get(own_indicator.id) == own_indicator
        assert source.all_versions(own_indicator.id) == [own_indicator]
        assert source.get(f"indicator--{uuid.uuid4()}") is None
        contents = source.query([stix2.Filter("type", "=", "indicator"), stix2.Filter("id", "=", own_indicator.id)])
        assert contents == [own_indicator]
        everything = source.query([stix2.Filter("spec_version", "=", "2.1")])
        assert own_indicator.id in ids(everything), (
            "all that the hub holds can be parsed by stix2, the definitions included"
        )


def test_cytaxii2_works(hub_server: HubProcess) -> None:
    """It needs `default` in discovery, as an absolute address."""
    client = cytaxii2.cytaxii2(f"{hub_server.url}/taxii2/", "id-cert", hub_server.keys["id-cert"], version=2.1)
    assert client.discovery_request()["response"]["default"] == f"{hub_server.url}/region/"
    listed = client.collection_request()["response"]["collections"]
    assert {resource["id"] for resource in listed} >= {COLLECTIONS["id"]}
    polled = client.poll_request(collection_id=COLLECTIONS["id"], object_type="indicator")["response"]
    assert sorted(ids(polled["objects"])) == [an_id(n) for n in range(900, 905)]
    result = client.inbox_request(
        collection_id=COLLECTIONS["alerts"], stix_bundle=json.dumps({"objects": [note(920, author=None)]})
    )
    assert result["status"] is True
    assert result["status_code"] == 202


class Emulated:
    """A client that cannot run here: plain requests, letter by letter as it sends them."""

    def __init__(self, hub: HubProcess, **headers: str) -> None:
        self.hub = hub
        self.headers = {
            "Accept": "application/taxii+json;version=2.1",
            "Authorization": f"Bearer {hub.keys['sg-cert']}",
        } | headers

    def get(self, query: str, alias: str = "id") -> requests.Response:
        path = at(COLLECTIONS[alias], "objects")
        return requests.get(f"{self.hub.url}{path}?{query}", headers=self.headers, timeout=30)


def everything(hub: HubProcess, query: str = "") -> list[Content]:
    contents: list[Content] = Emulated(hub).get(f"limit=10000&{query}").json()["objects"]
    return contents


def test_elastic_sends_only_next_and_limit_on_later_pages(hub_server: HubProcess) -> None:
    """The token carries the filters; the date header of every page becomes its cursor, to the letter."""
    elastic = Emulated(hub_server)
    response = elastic.get(f"added_after=2020-01-01T00:00:00.000000Z&limit=2&match[type]=indicator&{FRESH}")
    objects_read = response.json()["objects"]
    while response.json()["more"]:
        response = elastic.get(f"next={response.json()['next']}&limit=2")
        objects_read += response.json()["objects"]
    assert objects_read == everything(hub_server, f"match[type]=indicator&{FRESH}")
    again = elastic.get(f"added_after={response.headers[LAST]}&limit=2")
    assert again.json() == {"more": False}
    assert again.headers[LAST] == again.headers[FIRST] == response.headers[LAST], "an empty page keeps its cursor"


def test_misp_sends_basic_in_small_letters_and_an_empty_next(hub_server: HubProcess) -> None:
    """Its own header writes `basic`; its first page asks for `next=`."""
    login = base64.b64encode(f"sg-cert:{hub_server.keys['sg-cert']}".encode()).decode()
    misp = Emulated(
        hub_server, Authorization=f"basic {login}", **{"Content-type": "application/taxii+json;version=2.1"}
    )
    page = misp.get("limit=50&next=").json()
    assert ids(page["objects"]) == ids(everything(hub_server))[:50]


def test_opencti_keeps_its_token_with_a_new_added_after(hub_server: HubProcess) -> None:
    """Its connector never clears the last token, drops added_after on page 2, and takes it to the next collection."""
    opencti = Emulated(hub_server)
    first = opencti.get("limit=2&added_after=2026-01-01T00:00:00.000000Z").json()
    last = opencti.get(f"limit=1000&next={first['next']}")
    assert last.json()["more"] is False
    later = opencti.get(f"limit=100&next={first['next']}&added_after={last.headers[LAST]}")
    assert later.status_code == 200
    assert later.json() == {"more": False}
    other = opencti.get(f"limit=1000&next={first['next']}", "sg")
    assert other.status_code == 200
    assert other.json()["objects"], "it starts the other collection where its poll began"


def test_opencti_cuts_dates_to_milliseconds(hub_server: HubProcess) -> None:
    """Its platform reads nothing twice because of that."""
    date = Emulated(hub_server).get("limit=1000").headers[LAST]
    assert Emulated(hub_server).get(f"added_after={date[:-4]}Z").json() == {"more": False}


def test_opencti_posts_bundles_as_stix(hub_server: HubProcess) -> None:
    """One object a request, `application/stix+json` with a space."""
    bundle = {"type": "bundle", "id": f"bundle--{uuid.uuid4()}", "objects": [note(930, author=None)]}
    response = hub_server.session("id-cert").post(
        hub_server.url + at(COLLECTIONS["alerts"], "objects"),
        data=json.dumps(bundle),
        headers={"Content-Type": "application/stix+json; version=2.1", "Accept": "application/taxii+json; version=2.1"},
        timeout=30,
    )
    assert (response.status_code, response.json()["success_count"]) == (202, 1)


def test_xsoar_stops_at_an_envelope_without_objects(hub_server: HubProcess) -> None:
    """So there is none before the end, for any types that it asks for."""
    xsoar = Emulated(hub_server)
    response = xsoar.get("limit=1&match[type]=indicator,malware,report&added_after=2026-01-01T00:00:00.000000Z")
    objects_read: list[Any] = []
    while response.json().get("objects"):
        objects_read += response.json()["objects"]
        if not response.json()["more"]:
            break
        response = xsoar.get(f"limit=1&match[type]=indicator,malware,report&next={response.json()['next']}")
    assert pairs(objects_read) == pairs(everything(hub_server, "match[type]=indicator,malware,report"))


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_responses_are_the_same_with_and_without_gzip(hub_server: HubProcess, encoding: str) -> None:
    """As every HTTP library asks."""
    response = Emulated(hub_server, **{"Accept-Encoding": encoding}).get("limit=1000")
    assert response.headers.get("Content-Encoding", "identity") == encoding
    assert response.json()["objects"] == everything(hub_server)
