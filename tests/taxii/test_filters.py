"""FI: filters (TAXII 2.1, 3.4)."""

from __future__ import annotations

import itertools
from typing import Any
from urllib.parse import quote

import pytest

from hub.stix.identifiers import INCIDENT_CORE_TYPES, META_TYPES, SCO_TYPES, SDO_TYPES, SRO_TYPES
from tests.server.making import Client, Clock, address, an_id, at, ids, indicator, note, pairs, stamp, statement

RESOURCES = ("objects", "manifest")


@pytest.fixture
def writer(indonesia: Client) -> Client:
    """Indonesia, with two indicators of which one has three versions, a note, a marking and an SCO."""
    indonesia.publish("id", indicator(1), indicator(2), note(3), statement(4), address(5))
    indonesia.publish("id", indicator(1, version=2), indicator(1, version=3))
    return indonesia


ALL = [an_id(2), an_id(3, "note"), an_id(4, "marking-definition"), address(5)["id"], an_id(1)]


def test_added_after_is_exclusive_to_the_microsecond(writer: Client) -> None:
    """FI-1: strictly later than it."""
    records = writer.manifest("id", version="all")
    date = records[3]["date_added"]
    before = date.replace("000Z", "") + "000Z"
    assert writer.manifest("id", version="all", added_after=date) == records[4:]
    assert writer.manifest("id", version="all", added_after=before) == records[4:]
    just_before = f"{date[:-5]}{int(date[-5]) - 1}999Z" if date[-5] != "0" else date
    if just_before != date:
        assert writer.manifest("id", version="all", added_after=just_before) == records[3:]
    just_after = date[:-2] + "1Z"
    assert writer.manifest("id", version="all", added_after=just_after) == records[4:]


MALFORMED = (
    "added_after=yesterday",
    "added_after=",
    "added_after=2026-04-02",
    "added_after=2026-13-02T03:10:00Z",
    "added_after=2026-04-02T03:10:00",
    "added_after=1775099400",
    "added_after=2026-04-02T03:10:00%2B08:00",
    "added_after=10000-01-01T00:00:00Z",
    "added_after=2026-04-02T24:00:01Z",
    "added_after=-2026-04-02T03:10:00Z",
    "limit=0",
    "limit=-1",
    "limit=1.5",
    "limit=",
    "limit=ten",
    "limit=%D9%A1",
    "limit=1e3",
    "limit=+1",
    "limit=0x10",
    "limit=000",
    "match[version]=newest",
    "match[version]=",
    "match[version]=1",
    "match[version]=2026-03-01",
    "match[type]=",
    "match[id]=a,,b",
    "match[spec_version]=",
)  # fmt: skip - a table


@pytest.mark.parametrize("parameter", MALFORMED)
def test_a_malformed_parameter_is_refused(writer: Client, parameter: str) -> None:
    """FI-2: 400, in words that name it, on objects and manifest; on one object and versions, too."""
    for endpoint in (("objects",), ("manifest",), ("objects", an_id(1)), ("objects", an_id(1), "versions")):
        response = writer.ask(at("id", *endpoint), parameter)
        assert response.status_code == 400
        assert parameter.partition("=")[0] in response.json["description"]


@pytest.mark.parametrize(("requested", "objects_read"), [([2], [2]), ([2, 1], [2, 1]), ([99], []), ([99, 1], [1])])
def test_match_id_takes_one_or_several(writer: Client, requested: list[int], objects_read: list[int]) -> None:
    """FI-3: a comma means OR; the order is that of the line."""
    value = ",".join(an_id(number) for number in requested)
    for resource in RESOURCES:
        assert ids(writer.everything("id", resource, id=value)) == [an_id(number) for number in objects_read]


@pytest.mark.parametrize(
    ("requested", "objects_read"),
    [
        ("note", [an_id(3, "note")]),
        ("note,ipv4-addr", [an_id(3, "note"), address(5)["id"]]),
        ("indicator", [an_id(2), an_id(1)]),
        ("malware", []),
    ],
)  # fmt: skip - a table
def test_match_type_takes_one_or_several(writer: Client, requested: str, objects_read: list[str]) -> None:
    """FI-4: only the listed types."""
    for resource in RESOURCES:
        assert ids(writer.everything("id", resource, type=requested)) == objects_read


def test_fields_are_anded(writer: Client) -> None:
    """FI-5: OR inside a field, AND between fields."""
    both = f"{an_id(1)},{an_id(3, 'note')}"
    assert ids(writer.objects("id", id=both)) == [an_id(3, "note"), an_id(1)]
    assert ids(writer.objects("id", id=both, type="indicator")) == [an_id(1)]
    assert writer.objects("id", id=an_id(1), type="note") == []
    assert pairs(writer.objects("id", id=both, type="indicator,note", version="first")) == [
        (an_id(1), stamp(1)),
        (an_id(3, "note"), stamp(1)),
    ]


def test_without_match_version_the_latest_come(writer: Client) -> None:
    """FI-6: of each object."""
    assert ids(writer.objects("id")) == ids(writer.manifest("id")) == ALL
    assert writer.objects("id")[-1] == indicator(1, version=3)


@pytest.mark.parametrize(("requested", "versions"), [("last", [3]), ("first", [1]), ("all", [1, 2, 3])])
def test_match_version_takes_first_last_and_all(writer: Client, requested: str, versions: list[int]) -> None:
    """FI-7: last, first and all."""
    for resource in RESOURCES:
        objects_read = writer.everything("id", resource, version=requested, id=an_id(1))
        assert [entry.get("version", entry.get("modified")) for entry in objects_read] == [stamp(v) for v in versions]
    assert len(writer.objects("id", version=requested)) == 4 + len(versions)


@pytest.mark.parametrize("spelling", [stamp(2), stamp(2).replace(".000Z", "Z"), stamp(2).replace(".000Z", ".000000Z")])
def test_a_value_is_exactly_that_version(writer: Client, spelling: str) -> None:
    """FI-8: compared as instants, however they are spelt."""
    assert pairs(writer.objects("id", version=spelling)) == [(an_id(1), stamp(2))]


@pytest.mark.parametrize(
    ("requested", "versions"),
    [
        ("first,last", [1, 3]),
        (f"first,{stamp(2)},last", [1, 2, 3]),
        (f"{stamp(2)},{stamp(3)}", [2, 3]),
        (f"{stamp(3)},last", [3]),
        ("last,first,last", [1, 3]),
    ],
)  # fmt: skip - a table
def test_lists_are_unions(writer: Client, requested: str, versions: list[int]) -> None:
    """FI-9: each version once."""
    for limit in (None, 1):
        objects_read = writer.everything("id", id=an_id(1), version=requested, limit=limit)
        assert pairs(objects_read) == [(an_id(1), stamp(version)) for version in versions]


@pytest.mark.parametrize("requested", ["first", "last", "all", stamp(4)])
def test_unversioned_objects_go_by_created(writer: Client, requested: str) -> None:
    """FI-10: a marking definition has one version, its `created`."""
    assert writer.objects("id", type="marking-definition", version=requested) == [statement(4)]
    assert writer.objects("id", type="marking-definition", version=stamp(5)) == []


@pytest.mark.parametrize(("requested", "count"), [("2.1", 5), ("2.0", 0), ("2.0,2.1", 5), ("9", 0)])
def test_match_spec_version(writer: Client, requested: str, count: int) -> None:
    """FI-11: nothing of another specification version; SCOs, which need not name it, are 2.1 here."""
    for resource in RESOURCES:
        assert len(writer.everything("id", resource, spec_version=requested)) == count
    single_object = writer.get(at("id", "objects", an_id(1)), spec_version=requested)
    assert len(single_object.json.get("objects", [])) == min(count, 1)


def test_without_match_spec_version_all_come(indonesia: Client) -> None:
    """FI-12: each object's latest; here all are 2.1, with or without the property on an SCO."""
    unmarked = address(1)
    del unmarked["spec_version"]
    indonesia.publish("id", unmarked, indicator(1))
    assert indonesia.objects("id") == [unmarked, indicator(1)]


def test_any_type_may_be_asked_for(singapore: Client) -> None:
    """FI-13: no type is an error."""
    for kind in (*SDO_TYPES, *SRO_TYPES, *SCO_TYPES, *META_TYPES, *INCIDENT_CORE_TYPES, "x-custom", "bundle"):
        for resource in RESOURCES:
            assert singapore.get(at("id", resource), type=kind).status_code == 200


@pytest.mark.parametrize("field", ["match[name]", "match[]", "match[modified]", "match[TYPE]"])
def test_an_unknown_match_field_is_refused(writer: Client, field: str) -> None:
    """FI-14: 400, since ignoring it would answer another question."""
    assert writer.ask(at("id", "objects"), f"{quote(field)}=x").status_code == 400


@pytest.mark.parametrize("parameter", ["match=x", "filter=1", "x_trace=1", "limits=0", "page=2"])
def test_unknown_parameters_are_ignored(writer: Client, parameter: str) -> None:
    """FI-14: those that are not TAXII's."""
    assert ids(writer.ask(at("id", "objects"), parameter).json["objects"]) == ALL


@pytest.mark.parametrize(
    "parameters",
    [
        "match[version]=all,first",
        f"match[version]=all,{stamp(1)}",
        "match[type]=note&match[type]=indicator",
        "limit=1&limit=1",
        "added_after=2026-01-01T00:00:00Z&added_after=2026-01-01T00:00:00Z",
        "match[version]=all&match[version]=all",
        "match%5Btype%5D=note&match[type]=note",
    ],
)  # fmt: skip - a table
def test_contradictions_are_refused(writer: Client, parameters: str) -> None:
    """FI-15: `all` beside another value, and anything twice: 400."""
    for resource in RESOURCES:
        assert writer.ask(at("id", resource), parameters).status_code == 400


@pytest.mark.parametrize(
    "filters",
    [
        {"id": an_id(2)},
        {"type": "note"},
        {"version": "all"},
        {"spec_version": "2.1"},
        {"added_after": "2026-04-02T03:10:00.002Z"},
    ],
)
def test_objects_and_manifest_take_the_same_filters(writer: Client, filters: dict[str, Any]) -> None:
    """FI-16: and agree on the answer."""
    assert ids(writer.manifest("id", **filters)) == ids(writer.objects("id", **filters)) != []


HOSTILE = (
    "' OR '1'='1",
    '"; DROP TABLE record; --',
    "{$ne: 1}",
    '{"$gt": ""}',
    "\x00",
    "a\r\nX-Evil: 1",
    "%",
    "*",
    "../../etc/passwd",
    "a" * 8000,
    "\ud7ff",
    "😀" * 500,
    "--",
    "indicator--" + "x" * 100,
    "%00%ff",
    "<script>",
)  # fmt: skip - a list


@pytest.mark.parametrize(
    "field", ["match[id]", "match[type]", "match[version]", "match[spec_version]", "added_after", "next", "limit"]
)
def test_hostile_values_find_nothing(writer: Client, field: str) -> None:
    """FI-17: 200 with nothing, or 400; never other data."""
    for value, resource in itertools.product(HOSTILE, RESOURCES):
        response = writer.ask(at("id", resource), f"{field}={quote(value)}")
        assert response.status_code in (200, 400)
        assert "objects" not in response.json
        assert "X-Evil" not in response.headers


@pytest.mark.parametrize("query", ["%ff=%fe", "match[id]=%ff%fe", "&&&=&", "=", "a=" * 200, "?" * 100, "next", "limit"])
def test_hostile_queries_are_no_failure(writer: Client, query: str) -> None:
    """FI-17: 2xx or 4xx."""
    assert writer.ask(at("id", "objects"), query).status_code in (200, 400)


def test_long_lists_and_queries_have_limits(writer: Client) -> None:
    """FI-17: they are reported in words (law L9)."""
    assert (
        "limit is 100"
        in writer.get(at("id", "objects"), type=",".join(f"t{n}" for n in range(101))).json["description"]
    )
    assert writer.get(at("id", "objects"), type=",".join(f"t{n}" for n in range(100))).status_code == 200
    assert writer.ask(at("id", "objects"), "match[id]=" + "x" * 20_000).status_code == 400
    assert writer.ask(at("id", "objects"), "&".join(f"x{n}=1" for n in range(500))).status_code == 400


@pytest.mark.parametrize("filters", [{"type": "INDICATOR"}, {"type": "Note"}, {"id": an_id(1).upper()}])
def test_values_are_case_sensitive(writer: Client, filters: dict[str, Any]) -> None:
    """FI-18: `INDICATOR` is no type that is held."""
    assert writer.objects("id", **filters) == []


@pytest.mark.parametrize("version", ["LAST", "First", "ALL"])
def test_the_words_are_case_sensitive(writer: Client, version: str) -> None:
    """FI-18: 400 for anything else than last, first, all."""
    assert writer.get(at("id", "objects"), version=version).status_code == 400


@pytest.mark.parametrize(
    "spelling",
    [
        "2026-04-02T03:10:00Z",
        "2026-04-02T03:10:00.0Z",
        "2026-04-02T03:10:00.000Z",
        "2026-04-02T03:10:00.000000Z",
        "2026-04-02T03:10:00.000000000Z",
        "2026-04-02T03:10:00+00:00",
        "2026-04-02T03:10:00%2B00:00",
        "2026-04-02t03:10:00z",
        "2026-04-02T03:10:00.Z",
        "2026-04-02T03:10:00.000+0000",
    ],
)  # fmt: skip - a list
def test_common_spellings_of_added_after_work(indonesia: Client, clock: Clock, spelling: str) -> None:
    """FI-19: 0 to 9 digits, `Z` or `+00:00`, percent-encoded or not."""
    indonesia.publish("id", note(1))
    clock.now += 1
    indonesia.publish("id", note(2))
    response = indonesia.ask(at("id", "objects"), f"added_after={spelling}")
    assert pairs(response.json["objects"]) == pairs([note(2)])


def test_raw_and_encoded_brackets_mean_the_same(writer: Client) -> None:
    """FI-20: and so do values with encoded commas."""
    raw = writer.ask(at("id", "objects"), "match[type]=note,indicator")
    encoded = writer.ask(at("id", "objects"), "match%5Btype%5D=note%2Cindicator")
    assert raw.json == encoded.json
    assert len(raw.json["objects"]) == 3
