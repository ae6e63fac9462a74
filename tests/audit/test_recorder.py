"""Refused logins and reads are in the trail, merged, so that neither a flood nor a poll costs an entry each."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from hub.audit.recorder import MAX_LOGINS, UNKNOWN_NAME, Recorder
from hub.audit.state import DELIVERED, READ, REFUSED_LOGIN
from hub.community.hub import Hub
from hub.errors import StoreUnavailableError
from hub.server.app import create_app
from hub.sharing.members import Account, AccountKind
from hub.stix.tlp import TLP
from hub.taxii.filters import Filters, Match
from tests.server.making import COLLECTIONS, Client, an_id, basic, indicator, trail_entries

CERT = Account("sg-cert", AccountKind.CERT, "SG")
SOC = Account("sg-soc", AccountKind.CONSTITUENT, "SG")


def test_a_flood_of_wrong_logins_is_one_entry(hub: Hub) -> None:
    """Counted by address and name; beyond a thousand pairs they are counted together.

    A name that no account has is not kept: it may be a password that somebody typed in the wrong field.
    """
    recorder = Recorder(hub.store, hub.clock)
    for _ in range(5000):
        recorder.refused_login("192.0.2.1", "id-cert")
    recorder.refused_login("192.0.2.2", "x" * 1000)
    for number in range(MAX_LOGINS + 7):
        recorder.refused_login(f"2001:db8::{number:x}", "guess")
    recorder.flush()
    recorder.flush()
    (entry,) = trail_entries(hub, REFUSED_LOGIN)
    logins = {(address, name): count for address, name, count in entry["logins"]}
    assert logins["192.0.2.1", "id-cert"] == 5000
    assert logins["192.0.2.2", UNKNOWN_NAME] == 1
    assert logins["others", ""] == 9
    assert len(logins) == MAX_LOGINS + 1


def test_reads_of_what_is_strict_are_merged_by_account_and_collection(seeded: Hub, indonesia: Client) -> None:
    """With the places between which they were; what a reader may see below that level is not noted."""
    indonesia.publish("alerts", *(indicator(number, level=TLP.AMBER_STRICT) for number in range(1, 4)))
    create_app(seeded)
    recorder = Recorder(seeded.store, seeded.clock)
    seeded.read_observers.clear()
    seeded.read_observers.add(recorder.read)
    for _ in range(3):
        seeded.objects(CERT, "region", "alerts", Filters(limit=1000))
        assert seeded.objects(SOC, "region", "feeds", Filters()).count
        assert seeded.objects(None, "region", "bulletins", Filters()).count
    seeded.object(CERT, "region", "alerts", an_id(1), Filters())
    recorder.flush()
    (entry,) = trail_entries(seeded, READ)
    assert (entry["account"], entry["of"], entry["level"]) == ("sg-cert", COLLECTIONS["alerts"], "TLP:AMBER+STRICT")
    assert entry["pages"] == 4
    assert entry["from"] < entry["to"]


@pytest.mark.sqlite
def test_both_ways_in_note_who_reads_and_who_is_refused(
    seeded: Hub, as_account: Callable[[str | None], Client], indonesia: Client
) -> None:
    """TAXII and the pages for people: a guess at the sign-in form counts as one at the API."""
    indonesia.publish("alerts", indicator(1, level=TLP.AMBER_STRICT))
    app = create_app(seeded)
    client = app.test_client()
    client.get("/taxii2/", headers={"Authorization": basic("id-cert", "wrong wrong wrong")})
    client.post(
        "/console/login",
        data={"name": "id-cert", "password": "wrong wrong wrong"},
        headers={"Origin": "http://localhost"},
    )
    client.get("/region/collections/alerts/objects/", headers={"Authorization": str(indonesia.authorization)})
    app.extensions["trail"].recorder.flush()
    (refused,) = trail_entries(seeded, REFUSED_LOGIN)
    assert refused["logins"] == [["127.0.0.1", "id-cert", 2]]
    assert [entry["account"] for entry in trail_entries(seeded, READ)] == ["id-cert"]
    assert base64.b64encode(b"wrong").decode() not in str(refused)


def test_the_ledgers_notes_are_in_the_trail_once(seeded: Hub, indonesia: Client) -> None:
    """For any process that flushes, any number of times."""
    indonesia.publish("alerts", indicator(1))
    delivered = seeded.objects(CERT, "region", "alerts", Filters(match=Match(types=("indicator",))))
    whole = seeded.objects(CERT, "region", "alerts", Filters())
    for delivery in (delivered, whole):
        if (confirm_sent := seeded.begin_sending(CERT, delivery)) is not None:
            confirm_sent()
    for _ in range(3):
        Recorder(seeded.store, seeded.clock).flush()
    notes = [key for entry in trail_entries(seeded, DELIVERED) for key in entry["notes"]]
    assert notes
    assert len(notes) == len(set(notes))
    assert all(key.startswith(f"{COLLECTIONS['alerts']}/sg-cert/") for key in notes)


def test_what_the_store_does_not_take_is_written_the_next_time(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is counted twice, and nothing is lost while the process lives."""
    recorder = Recorder(hub.store, hub.clock)
    recorder.refused_login("192.0.2.1", "a")
    with monkeypatch.context() as broken:

        def refuse(*_: object) -> None:
            raise StoreUnavailableError("away")

        broken.setattr(type(hub.store), "add_to_trail", refuse)
        with pytest.raises(StoreUnavailableError):
            recorder.flush()
    recorder.refused_login("192.0.2.1", "a")
    recorder.flush()
    (entry,) = trail_entries(hub, REFUSED_LOGIN)
    assert entry["logins"] == [["192.0.2.1", UNKNOWN_NAME, 2]]
