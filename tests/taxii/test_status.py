"""ST: the status resource (TAXII 2.1, 4.3)."""

from __future__ import annotations

import uuid

import pytest

from tests.durations import HOUR
from tests.server.making import TIMESTAMP, Client, Clock, address, an_id, indicator, stamp, statement


def test_the_required_properties_are_there(indonesia: Client) -> None:
    """ST-1: id (a UUID of version 4), status, and the counts."""
    status = indonesia.publish("id", indicator(1))
    assert uuid.UUID(status["id"]).version == 4
    assert {"status", "total_count", "success_count", "failure_count", "pending_count"} <= set(status)


def test_the_status_is_complete(indonesia: Client) -> None:
    """ST-2: the hub answers when all is done."""
    assert indonesia.publish("id", indicator(1))["status"] == "complete"


@pytest.mark.parametrize(("good", "bad"), [(1, 0), (0, 1), (3, 2)])
def test_the_counts_add_up(indonesia: Client, good: int, bad: int) -> None:
    """ST-3: total is the number of objects in the envelope; complete means nothing pending."""
    objects = [indicator(n) for n in range(good)] + [indicator(10 + n, pattern="[") for n in range(bad)]
    status = indonesia.add("id", *objects)
    assert (status["total_count"], status["success_count"], status["failure_count"]) == (good + bad, good, bad)
    assert status["pending_count"] == 0


def test_the_details_name_id_and_version(indonesia: Client) -> None:
    """ST-4: of each object, those taken and those refused."""
    status = indonesia.add("id", indicator(1), indicator(2, pattern="["))
    assert status["successes"] == [{"id": an_id(1), "version": stamp(1)}]
    assert {key: status["failures"][0][key] for key in ("id", "version")} == {"id": an_id(2), "version": stamp(1)}


def test_the_version_is_modified_else_created(indonesia: Client) -> None:
    """ST-5: a marking definition has `created` only."""
    status = indonesia.publish("id", indicator(1, version=3), statement(7))
    assert [detail["version"] for detail in status["successes"]] == [stamp(3), stamp(7)]


def test_an_sco_has_one_version_everywhere(indonesia: Client) -> None:
    """ST-6: its date_added, in status, manifest and versions alike, and for a repeat, too."""
    content = address(1)
    detail = indonesia.publish("id", content)["successes"][0]
    record = indonesia.manifest("id")[0]
    assert detail["version"] == record["version"] == record["date_added"]
    assert indonesia.versions("id", content["id"]) == [record["version"]]
    assert indonesia.publish("id", content)["successes"][0]["version"] == record["version"]
    assert indonesia.objects("id", version=record["version"]) == [content]


def test_the_status_can_be_asked_for_again(indonesia: Client) -> None:
    """ST-7: and is letter by letter what the POST was answered."""
    status = indonesia.add("id", indicator(1), indicator(2, pattern="["))
    assert indonesia.get(f"/region/status/{status['id']}/").json == status


def test_a_status_is_kept_for_more_than_a_day(indonesia: Client, clock: Clock) -> None:
    """ST-8: 72 hours, unless the operator says otherwise."""
    path = f"/region/status/{indonesia.publish('id', indicator(1))['id']}/"
    clock.now += 72 * HOUR - 1
    assert indonesia.get(path).status_code == 200


def test_an_expired_or_unknown_status_is_not_found(indonesia: Client, clock: Clock) -> None:
    """ST-9: 404; nor is it found below another API root."""
    name = indonesia.publish("id", indicator(1))["id"]
    assert indonesia.get(f"/drills/status/{name}/").status_code == 404
    assert indonesia.get(f"/region/status/{uuid.UUID(int=0, version=4)}/").status_code == 404
    clock.now += 73 * HOUR
    assert indonesia.get(f"/region/status/{name}/").status_code == 404


@pytest.mark.parametrize("name", ["x", "..", "%00", "' OR 1=1 --", "a" * 5000, "{$gt:0}", "%ff"])
def test_a_status_id_that_is_no_uuid_is_not_found(indonesia: Client, name: str) -> None:
    """ST-10: 404, never a 5xx."""
    assert indonesia.get(f"/region/status/{name}/").status_code == 404


def test_the_lists_are_as_long_as_their_counts(indonesia: Client) -> None:
    """ST-11: common clients refuse a status in which they are not; more than a thousand refusals are the one exception."""
    status = indonesia.add("id", indicator(1), indicator(1), 7, indicator(2, pattern="["), "x", address(2), {})
    assert len(status["successes"]) == status["success_count"] == 3
    assert len(status["failures"]) == status["failure_count"] == 4


def test_the_time_of_the_request_is_a_timestamp(indonesia: Client) -> None:
    """ST-12: the hub's clock when the request came."""
    status = indonesia.publish("id", indicator(1))
    assert TIMESTAMP.fullmatch(status["request_timestamp"])
    assert status["request_timestamp"] == "2026-04-02T03:10:00.000000Z"


def test_failures_beyond_the_first_thousand_are_counted_in_one_line(indonesia: Client) -> None:
    """A small request makes no large status (L9), and what was good in it is kept and listed."""
    good = [indicator(number) for number in range(1, 4)]
    status = indonesia.add("id", *[{}] * 5000, *good)
    assert (status["total_count"], status["success_count"], status["failure_count"]) == (5003, 3, 5000)
    assert [detail["id"] for detail in status["successes"]] == [content["id"] for content in good]
    assert len(status["failures"]) == 1001
    assert status["failures"][-1]["message"].startswith("4000 more objects were refused")
    assert indonesia.get(f"/region/status/{status['id']}/").json == status


def test_a_thousand_failures_are_listed(indonesia: Client) -> None:
    """Each with its reason, and no line of another kind."""
    status = indonesia.add("id", *[{}] * 1000)
    assert len(status["failures"]) == status["failure_count"] == 1000
    assert "more objects" not in status["failures"][-1]["message"]
