"""To publish: envelopes that fit, a receipt in which nothing is missing, and a bad line that changes neither."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import stix2

from hub.errors import ConnectionFailedError, ForbiddenError, ReadingError
from hub.producer.api import HubClient
from hub.producer.bundles import stix_objects
from hub.producer.connection import HubConnection
from hub.producer.publish import Failure, Receipt, parse_receipt, publish
from tests.producer.conftest import Medallion
from tests.producer.running import QUICK, HubProcess, bundle, cutting_line, indicators
from tests.producer.scripted import Answer, Request, Scripted, taxii
from tests.server.making import IDENTITIES, address, an_id, identity, ids, indicator, note, statement


def test_each_object_is_in_the_receipt_and_on_the_hub(running_hub: HubProcess, fresh: str) -> None:
    """Accepted the first time, a repeat the second: the hub has each object once."""
    objects = indicators(30)
    with running_hub.connection() as connection:
        collection = connection.collection(fresh)
        first = publish(connection, collection, objects)
        second = publish(connection, collection, objects)
    assert sorted(first.successes) == sorted(ids(objects)) == sorted(second.repeats)
    assert not first.repeats
    assert not second.successes
    assert first.complete
    assert second.complete
    assert second.in_words() == f"30 objects for {collection.title!r}: 0 taken, 30 held already."
    indicators_held = [item for item in running_hub.objects_in(fresh) if item["type"] == "indicator"]
    assert sorted(ids(indicators_held)) == sorted(ids(objects))


def test_what_the_hub_refuses_is_reported_in_its_words(running_hub: HubProcess, fresh: str) -> None:
    """The good objects beside a bad one are kept, and nothing is left out of the count."""
    foreign = indicator(900, created_by_ref=IDENTITIES["SG"])
    broken = indicator(901, confidence=101)
    with running_hub.connection() as connection:
        receipt = publish(connection, connection.collection(fresh), [foreign, *indicators(3), broken])
    assert receipt.total == 5
    assert sorted(receipt.successes) == sorted(ids(indicators(3)))
    reasons = {failure.id: failure.reason for failure in receipt.failures}
    assert set(reasons) == {foreign["id"], broken["id"]}
    assert "confidence" in reasons[broken["id"]]
    assert reasons[broken["id"]] in receipt.in_words()
    assert not receipt.complete


def test_what_the_hub_remarks_on_accepted_objects_is_in_the_receipt(running_hub: HubProcess) -> None:
    """For example who reads an unmarked object; the same remark on several objects is one line, also after a repeat."""
    unmarked = [indicator(number, level=None) for number in (910, 911)]
    with running_hub.connection() as connection:
        collection = connection.collection("feeds")
        first = publish(connection, collection, [*unmarked, indicator(912)])
        second = publish(connection, collection, unmarked)
    assert sorted(remark.id for remark in first.remarks) == sorted(ids(unmarked))
    assert first.in_words().count("note: 2 objects: It is unmarked") == 1
    assert first.complete
    assert sorted(second.repeats) == sorted(ids(unmarked))
    assert "held already" not in "".join(remark.text for remark in second.remarks)
    assert parse_receipt(first.as_dict()) == first


def test_envelopes_hold_no_more_objects_than_are_sent_at_once(running_hub: HubProcess, fresh: str) -> None:
    """30 objects in envelopes of 7 are five statuses, and one receipt; progress counts up to the end."""
    seen: list[tuple[int, int]] = []
    with running_hub.connection() as connection:
        receipt = publish(
            connection,
            connection.collection(fresh),
            indicators(30),
            envelope_objects=7,
            progress=lambda settled, total: seen.append((settled, total)),
        )
    assert len(receipt.statuses) == len(set(receipt.statuses)) == 5
    assert len(receipt.successes) == 30
    assert seen == [(7, 30), (14, 30), (21, 30), (28, 30), (30, 30)]


def test_envelopes_fit_the_root_and_what_never_fits_is_a_failure(running_hub: HubProcess) -> None:
    """The drills' root takes 20,000 bytes: 60 indicators go in parts, and one that is larger alone is reported."""
    objects = [indicator(number, labels=["exercise"]) for number in range(60)]
    huge = indicator(999, labels=["exercise"], description="x" * 20_000)
    with running_hub.connection(url=f"{running_hub.server_url}drills/") as connection:
        assert connection.max_content_length() == 20_000
        receipt = publish(connection, connection.collection("drill"), [*objects, huge])
    assert sorted(receipt.successes + receipt.repeats) == sorted(ids(objects))
    assert len(receipt.statuses) > 1
    assert [failure.id for failure in receipt.failures] == [huge["id"]]
    assert "20000 bytes" in receipt.failures[0].reason


def test_a_server_that_takes_less_than_it_says_is_sent_halves() -> None:
    """413 and 422 on a whole envelope: halves, down to the object that is the cause; every object has a result."""

    def objects(request: Request) -> Answer:
        sent_objects = json.loads(request.body)["objects"]
        if len(sent_objects) > 3 or any(item.get("confidence") == 13 for item in sent_objects):
            return Answer(422, {"title": "Cannot", "description": "too much, or not lucky"})
        details = [{"id": item["id"], "version": item["modified"]} for item in sent_objects]
        status = {"id": "s", "status": "complete", "total_count": len(sent_objects), "success_count": len(sent_objects)}
        return Answer(202, {**status, "failure_count": 0, "pending_count": 0, "successes": details})

    sent_objects = [*indicators(20), indicator(500, confidence=13)]
    with Scripted(taxii(objects)) as server, HubConnection(server.url + "root/", patience=QUICK) as connection:
        receipt = publish(connection, connection.collection("One"), sent_objects)
    assert sorted(receipt.successes) == sorted(ids(indicators(20)))
    assert receipt.failures == (Failure(an_id(500), sent_objects[-1]["modified"], receipt.failures[0].reason),)
    assert "not lucky" in receipt.failures[0].reason


def test_a_status_that_forgets_objects_is_not_believed() -> None:
    """Two objects were sent and the status has one: that is no receipt, and the sender learns it."""
    status = {"id": "s", "status": "complete", "total_count": 1, "success_count": 1, "failure_count": 0}
    with (
        Scripted(taxii(lambda _: Answer(202, {**status, "pending_count": 0}))) as server,
        HubConnection(server.url + "root/", patience=QUICK) as connection,
        pytest.raises(ConnectionFailedError, match=r"2 objects were sent .* has 1"),
    ):
        publish(connection, connection.collection("One"), indicators(2))


def test_a_status_that_is_pending_is_read_until_it_is_done() -> None:
    """TAXII 2.1, 4.3: a server may take its time; lists of details are its choice."""
    done = iter((0, 0, 2))

    def answer(request: Request) -> Answer:
        if request.path == "/root/status/s/" or request.method == "POST":
            count = next(done)
            state = "complete" if count == 2 else "pending"
            status = {"id": "s", "status": state, "total_count": 2, "success_count": count, "failure_count": 0}
            return Answer(202 if request.method == "POST" else 200, {**status, "pending_count": 2 - count})
        return taxii(lambda _: Answer())(request)

    with Scripted(answer) as server, HubConnection(server.url + "root/", patience=QUICK) as connection:
        receipt = publish(connection, connection.collection("One"), indicators(2))
    assert sorted(receipt.successes) == sorted(ids(indicators(2)))
    assert receipt.pending == 0


def test_what_others_refer_to_goes_first(running_hub: HubProcess, fresh: str) -> None:
    """Definitions, identities, observables, and then the others in their order, also across envelopes."""
    objects = [note(1, about=[address(7)["id"]]), indicator(1), address(7), identity(7), statement(7)]
    with running_hub.connection() as connection:
        receipt = publish(connection, connection.collection(fresh), objects, envelope_objects=2)
    assert receipt.complete, receipt.in_words()
    stored_ids = [item["id"] for item in running_hub.objects_in(fresh) if item["id"] in ids(objects)]
    assert stored_ids == [objects[4]["id"], objects[3]["id"], objects[2]["id"], objects[0]["id"], objects[1]["id"]]


def test_another_members_collection_is_refused_before_anything_is_sent(running_hub: HubProcess) -> None:
    """Only Singapore publishes in Singapore's collection."""
    with running_hub.connection() as connection, pytest.raises(ForbiddenError, match="may not write to 'Singapore'"):
        publish(connection, connection.collection("sg"), indicators(1))


@pytest.mark.parametrize("seed", range(4))
def test_a_line_that_is_cut_anywhere_neither_loses_nor_doubles(running_hub: HubProcess, fresh: str, seed: int) -> None:
    """Cut before the hub has it, or after it has it and before it could say so: in the end each is there once."""
    objects = indicators(120)
    with cutting_line(running_hub.port, seed, longest=12_000) as line:
        with running_hub.connection(url=f"http://127.0.0.1:{line.port}/region/") as connection:
            receipt = publish(connection, connection.collection(fresh), objects, envelope_objects=10)
        assert line.cuts > 3
    assert sorted(receipt.successes + receipt.repeats) == sorted(ids(objects))
    indicators_held = ids([item for item in running_hub.objects_in(fresh) if item["type"] == "indicator"])
    assert sorted(indicators_held) == sorted(ids(objects))


def test_another_server_accepts_it_too(medallion: Medallion) -> None:
    """medallion, which gives no reasons and knows no aliases."""
    with medallion.connection() as connection:
        receipt = publish(connection, connection.collection("Other"), indicators(45), envelope_objects=20)
        assert receipt.complete
        assert len(receipt.successes) == 45


def test_a_receipt_goes_to_json_and_back() -> None:
    """What the outbox keeps is what was reported."""
    receipt = Receipt("C", ("a",), ("b",), (Failure("c", "v", "because"),), 2, ("s",))
    assert parse_receipt(json.loads(json.dumps(receipt.as_dict()))) == receipt


def _forms(folder: Path) -> dict[str, Any]:
    plain = indicators(2)
    typed = [stix2.parse(item) for item in plain]
    path = folder / "bundle.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(bundle(plain)).encode())
    return {
        "bundle": bundle(plain),
        "envelope": {"objects": plain},
        "list": plain,
        "tuple of stix2 objects": tuple(typed),
        "stix2 bundle": stix2.Bundle(typed),
        "text": json.dumps(bundle(plain)),
        "bytes": json.dumps(plain).encode(),
        "path": path,
        "path as text": str(path),
    }


def test_a_bundle_may_come_in_any_form(tmp_path: Path) -> None:
    """stix2's objects, dicts, JSON and files are the same objects to the hub."""
    for name, form in _forms(tmp_path).items():
        assert ids(stix_objects(form)) == ids(indicators(2)), name
    assert ids(stix_objects(stix2.parse(indicator(1)))) == [an_id(1)]
    assert ids(stix_objects(indicator(1))) == [an_id(1)]


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ("{", "not JSON.*line 1, column 2"),
        ('{"objects": [{"id": "a", "id": "b"}]}', "'id' appears twice"),
        ('{"objects": [{"a": NaN}]}', "NaN is no JSON number"),
        ('{"objects": []}', "no object in it"),
        ('{"type": "report"}', "neither a STIX bundle nor a STIX object"),
        ('{"objects": [3]}', "object 1 is int"),
        ('{"objects": ["\\ud800"]}', "object 1 is str"),
        ('[{"a": "\\ud800"}]', "object 1 cannot be sent as JSON"),
        (b"\xff\xfe{}", "not UTF-8"),
        ("[" * 100_000, "nested too deeply"),
        ("no-such-file.json", "No such file"),
        (7, "read from int"),
    ],
)
def test_what_is_no_bundle_is_refused_with_its_place(form: Any, says: str) -> None:
    """File, line and column, or the number of the object."""
    with pytest.raises(ReadingError, match=says):
        stix_objects(form)


def test_publishing_in_three_lines_of_python(running_hub: HubProcess, fresh: str, tmp_path: Path) -> None:
    """With an outbox and without, the receipt says the same."""
    client = HubClient(running_hub.connection())
    with client:
        assert client.publish(bundle(indicators(3)), to=fresh).complete
    import hub

    key = running_hub.keys["id-cert"]
    with hub.connect(running_hub.url, key=key, outbox=tmp_path / "outbox") as asean:
        receipt = asean.publish(bundle(indicators(3)), to=fresh)
        assert len(receipt.repeats) == 3
        assert asean.send_waiting() == []
