"""When the machine is in trouble: disk full, store removed, locked or damaged, the clock set back."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

import apsw
import pytest

from tests.conftest import OpenHub, Template, clients_of
from tests.server.making import CONTENT_TYPE, LAST, Client, Clock, Content, as_envelope, at, ids, note, pairs


def answer(client: Client, method: str = "GET", body: bytes | None = None) -> tuple[int, str]:
    """Status and description; these may be 5xx, unlike everywhere else."""
    response = client._client.open(
        at("id", "objects"),
        method=method,
        data=body,
        headers={"Content-Type": CONTENT_TYPE, "Authorization": client.authorization or ""},
    )
    assert response.headers["Content-Type"] == "application/taxii+json;version=2.1"
    assert response.json is not None
    if response.status_code == 503:
        assert int(response.headers["Retry-After"]) > 0
    return response.status_code, response.json.get("description", "")


@pytest.mark.sqlite
def test_a_full_disk_keeps_what_was_acknowledged(open_hub: OpenHub, template: Template) -> None:
    """503 in words, nothing of that request is there, everything before it is, and reading continues."""
    with contextlib.closing(apsw.Connection(str(template.folder / "hub.sqlite"))) as connection:
        pages = connection.execute("PRAGMA page_count").get
    client = clients_of(open_hub(max_pages=pages + 40), template)("id-cert")
    acknowledged_objects: list[Content] = []
    for number in range(1000):
        envelope = [note(10 * number + n, content="x" * 2000) for n in range(5)]
        status, words = answer(client, "POST", as_envelope(envelope))
        if status != 202:
            break
        acknowledged_objects += envelope
    assert status == 503
    assert "no room" in words
    assert ids(client.everything("id", limit=7)) == ids(acknowledged_objects) != []
    again = answer(client, "POST", as_envelope(envelope))
    assert again[0] == 503, "as often as it is tried"
    assert ids(client.everything("id")) == ids(acknowledged_objects)
    roomy = clients_of(open_hub(), template)("id-cert")
    roomy.publish("id", *envelope)
    assert ids(roomy.everything("id")) == ids(acknowledged_objects + envelope)


@pytest.mark.sqlite
def test_a_store_that_was_removed_is_not_made_again(open_hub: OpenHub, template: Template, tmp_path: Path) -> None:
    """503 for reading and writing until it is put back; an empty store in its place would look like a loss of all."""
    client = clients_of(open_hub(), template)("id-cert")
    client.publish("id", note(1))
    file = tmp_path / "store" / "hub.sqlite"
    file.rename(tmp_path / "away.sqlite")
    assert answer(client)[0] == answer(client, "POST", as_envelope([note(2)]))[0] == 503
    assert not file.exists()
    (tmp_path / "away.sqlite").rename(file)
    assert ids(client.objects("id")) == ids([note(1)])
    client.publish("id", note(2))


@pytest.mark.sqlite
def test_readiness_tells_of_the_store(open_hub: OpenHub, template: Template, tmp_path: Path) -> None:
    """`/readyz` is 503 while the store is away, `/healthz` is 200 all the time; both need no account."""
    client = clients_of(open_hub(), template)(None)._client
    assert client.get("/readyz").status_code == client.get("/healthz").status_code == 200
    file = tmp_path / "store" / "hub.sqlite"
    file.rename(tmp_path / "away.sqlite")
    assert (client.get("/readyz").status_code, client.get("/healthz").status_code) == (503, 200)
    assert "store" in client.get("/readyz").text
    (tmp_path / "away.sqlite").rename(file)
    assert client.get("/readyz").status_code == 200


@pytest.mark.sqlite
def test_a_store_locked_by_another_program_is_waited_for_and_told(
    open_hub: OpenHub, template: Template, tmp_path: Path
) -> None:
    """503 after lock_seconds; readers go on meanwhile; the same request succeeds once it is free."""
    client = clients_of(open_hub(lock_seconds=0.2), template)("id-cert")
    client.publish("id", note(1))
    with contextlib.closing(apsw.Connection(str(tmp_path / "store" / "hub.sqlite"))) as other:
        other.execute("BEGIN IMMEDIATE")
        status, words = answer(client, "POST", as_envelope([note(2)]))
        assert status == 503
        assert "again later" in words
        assert ids(client.objects("id")) == ids([note(1)])
        other.execute("ROLLBACK")
    client.publish("id", note(2))
    assert ids(client.objects("id")) == ids([note(1), note(2)])


@pytest.mark.sqlite
def test_a_store_that_is_away_is_a_line_in_the_log_for_each_request(
    open_hub: OpenHub, template: Template, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With the error_id that the sender has, and where to look; hundreds of tracebacks would bury all else."""
    client = clients_of(open_hub(), template)("id-cert")
    file = tmp_path / "store" / "hub.sqlite"
    file.rename(tmp_path / "away.sqlite")
    response = client._client.get(at("id", "objects"), headers={"Authorization": client.authorization or ""})
    assert response.status_code == 503
    assert response.json is not None
    (line,) = [record for record in caplog.records if record.name == "hub.error"]
    assert (line.levelname, line.exc_info) == ("WARNING", None)
    assert line.getMessage().startswith(response.json["error_id"])
    assert str(file) in line.getMessage()


@pytest.mark.sqlite
def test_a_damaged_store_is_reported_without_its_path(
    open_hub: OpenHub, template: Template, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """500 to the sender, with an error_id; the path and the advice are in the operator's log."""
    clients_of(open_hub(), template)("id-cert").publish("id", *(note(n, content="x" * 3000) for n in range(200)))
    client = clients_of(open_hub(), template)("id-cert")  # another process, with no page of it in memory
    with contextlib.closing(apsw.Connection(str(tmp_path / "store" / "hub.sqlite"))) as other:
        other.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    with (tmp_path / "store" / "hub.sqlite").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xde\xad" * 2048 * 200)
    with caplog.at_level(logging.WARNING, logger="hub.error"):
        status, words = answer(client)
    assert status in (500, 503)
    assert str(tmp_path) not in words
    assert str(tmp_path) in caplog.text


@pytest.mark.parametrize("step", [-1, -3_600_000, -10 * 365 * 24 * 3_600_000])
def test_a_clock_set_back_between_batches_loses_nothing(indonesia: Client, clock: Clock, step: int) -> None:
    """By a millisecond, an hour, ten years: later batches are behind earlier ones, for every poller."""
    indonesia.publish("id", note(1), note(2))
    reached = indonesia.get(at("id", "objects")).headers[LAST]
    clock.now += step
    status = indonesia.publish("id", note(3, created="2010-01-01T00:00:00Z", modified="2010-01-01T00:00:00Z"))
    assert indonesia.get(f"/region/status/{status['id']}/").status_code == 200
    response = indonesia.get(at("id", "objects"), added_after=reached)
    assert ids(response.json["objects"]) == ids([note(3)])
    assert response.headers[LAST] > reached
    assert len(pairs(indonesia.objects("id"))) == 3
