"""Indonesia is hit, and the others help: with real processes, by the commands and by a plain TAXII client alike."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

import pytest
import requests
from taxii2client.v21 import Collection

from hub.cli import SOME_REFUSED
from tests.community.making import CATALOGUE, Content, acknowledged, incident, note, report
from tests.server.process import AS_SHIPPED, HubProcess, command

MEMBERS: Final = ("ID", "SG", "VN", "MY", "TH", "PH")
ALERTS: Final = "5d56f93e-72d8-4e14-94e1-a77baadcfef5"


def just_past() -> str:
    """A minute ago by the real clock: overdue at once, and not yet refused."""
    return f"{datetime.now(UTC) - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture(scope="module")
def clean_proxies() -> None:
    """taxii2-client asks the environment for proxies."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        os.environ.pop(name, None)


@pytest.fixture
def hub_process(tmp_path: Path) -> Iterator[HubProcess]:
    folder = tmp_path / "hub"
    folder.mkdir()
    hub = HubProcess(folder, settings={**AS_SHIPPED, "HUB_WORKERS": "2"}, forked=True)
    hub.init(*((f"{code.lower()}-cert", "cert", code) for code in MEMBERS))
    hub.start()
    yield hub
    hub.end()


class Desk(Protocol):
    """How a member takes part."""

    def fetch(self) -> None:
        """Read what is there."""

    def acknowledge(self, identifier: str) -> None:
        """Say that the incident was seen."""

    def answer(self, identifier: str, request: str, says: str, reason: str) -> None:
        """Answer what was asked."""


class ByCommand:
    """With `hub …` on its own machine."""

    def __init__(self, hub: HubProcess, member: str) -> None:
        self.member = member
        self.environment = {
            "HUB_URL": f"{hub.url}/asean/",
            "HUB_KEY": hub.keys[f"{member.lower()}-cert"],
            "HUB_HOME": str(hub.folder / member),
        }

    def hub(self, *words: str, code: int = 0) -> str:
        """The standard output of a command."""
        return command(*words, environment=self.environment, code=code).stdout

    def fetch(self) -> None:
        """See `Desk`."""
        self.hub("follow", "alerts", "--once", "--checkpoint", f"{self.environment['HUB_HOME']}.state")

    def acknowledge(self, identifier: str) -> None:
        """See `Desk`."""
        self.hub("acknowledge", identifier)

    def answer(self, identifier: str, request: str, says: str, reason: str) -> None:
        """See `Desk`."""
        self.hub("answer", identifier, says, "--why", reason)

    def board(self) -> Content:
        """As this member sees it."""
        incident_entry: Content = json.loads(self.hub("board", "--json"))
        return incident_entry


class ByTaxiiClient:
    """With nothing but taxii2-client: it keeps the ids that it reads, and writes plain notes."""

    def __init__(self, hub: HubProcess, member: str) -> None:
        self.member = member
        url = f"{hub.url}/asean/collections/{ALERTS}/"
        self.collection = Collection(url, user=f"{member.lower()}-cert", password=hub.keys[f"{member.lower()}-cert"])
        self.seen: list[Content] = []
        self.answer_count = 0

    def fetch(self) -> None:
        """See `Desk`."""
        self.seen = self.collection.get_objects()["objects"]

    def acknowledge(self, identifier: str) -> None:
        """See `Desk`."""
        assert identifier in {content["id"] for content in self.seen}
        self._say(acknowledged(501, self.member) | {"object_refs": [identifier]})

    def answer(self, identifier: str, request: str, says: str, reason: str) -> None:
        """See `Desk`."""
        self.fetch()
        request_note = next(content for content in self.seen if "request:open" in content.get("labels", ()))
        assert request_note["id"] == request
        self.answer_count += 1
        self._say(note(502 + self.answer_count, self.member, f"response:{says}", [identifier, request], reason))

    def _say(self, content: Content) -> None:
        status = self.collection.add_objects({"objects": [content]})
        assert status.failure_count == 0, status.failures
        self.collection._conn.session.close()


def _entry(board: Content) -> Content:
    (incident_entry,) = board["incidents"]
    entry: Content = incident_entry
    return entry


def _lasting(board: Content) -> Content:
    """The board without what changes with the clock alone."""
    incidents = [
        {key: value for key, value in incident.items() if key != "age_seconds"} for incident in board["incidents"]
    ]
    return {**board, "incidents": incidents, "generated_at": ""}


@pytest.mark.usefixtures("clean_proxies")
@pytest.mark.parametrize("tools", [ByCommand, ByTaxiiClient])
def test_indonesia_is_hit_and_the_others_help(  # noqa: PLR0915 - one story, told in one go
    hub_process: HubProcess, tmp_path: Path, tools: type[Any]
) -> None:
    """The board is right at each step, through a kill -9 in the middle, until Indonesia closes the incident."""
    indonesia, vietnam, malaysia, thailand, philippines = (
        ByCommand(hub_process, code) for code in ("ID", "VN", "MY", "TH", "PH")
    )
    singapore: Desk = tools(hub_process, "SG")
    identifier = incident()["id"]
    file = tmp_path / "alert.json"
    # (1) Indonesia raises it
    file.write_text(json.dumps({"objects": [incident(criticality=70), report()]}), encoding="utf-8")
    indonesia.hub("alert", str(file), "--yes")
    incident_entry = _entry(indonesia.board())
    assert (incident_entry["incident"], incident_entry["reported_by"], incident_entry["stage"]) == (
        identifier,
        "ID",
        "early",
    )
    assert incident_entry["fetched"] == {}
    # (2) five members get it
    for desk in (singapore, vietnam, malaysia, thailand, philippines):
        desk.fetch()
    incident_entry = _entry(indonesia.board())
    assert set(incident_entry["fetched"]) == {"SG", "VN", "MY", "TH", "PH"}
    assert set(incident_entry["not_fetched"]) == set(CATALOGUE.members) - set(MEMBERS)
    # (3) two acknowledge
    singapore.acknowledge(identifier)
    vietnam.acknowledge(identifier)
    assert set(_entry(indonesia.board())["acknowledged"]) == {"SG", "VN"}
    assert "already" in vietnam.hub("acknowledge", identifier, code=SOME_REFUSED)
    # (4) the hub dies in the middle, and nobody notices
    before = indonesia.board()
    hub_process.kill()
    hub_process.start()
    assert _lasting(indonesia.board()) == _lasting(before)
    # (5) Singapore and Vietnam are asked, and Malaysia, which lets it pass
    asking = ("ask", identifier, "--members", "SG,VN", "--what", "Take 198.51.100.7 down", "--due", "4h", "--json")
    request = json.loads(indonesia.hub(*asking))["successes"][0]
    singapore.answer(identifier, request, "accepted", "Its host is called")
    vietnam.answer(identifier, request, "refused", "It is not in our country")
    indonesia.hub("ask", identifier, "--members", "MY", "--what", "Who owns it?", "--due", just_past())
    incident_entry = _entry(malaysia.board())
    first, second = incident_entry["requests"]
    assert (first["asked"], first["owing"]) == (["SG", "VN"], [])
    assert [answer["says"] for answer in first["answers"]["SG"]] == ["accepted"]
    assert first["answers"]["VN"][0]["why"] == "It is not in our country"
    assert (second["asked"], second["owing"]) == (["MY"], ["MY"])
    assert [(deadline["member"], deadline["what"]) for deadline in incident_entry["overdue"]] == [("MY", "answer")]
    # (6) Malaysia is reminded, once
    reminded = command("remind", "--json", environment=hub_process.environment).stdout
    assert json.loads(reminded)["member"] == "MY"
    assert command("remind", environment=hub_process.environment).stdout == ""
    # (7) Singapore is done; more it cannot say
    singapore.answer(identifier, request, "done", "It is down")
    refused = hub_process.session("sg-cert").post(
        f"{hub_process.url}/asean/collections/{ALERTS}/objects/",
        json={"objects": [note(599, "SG", "response:accepted", [identifier, request])]},
        headers={"Content-Type": "application/taxii+json;version=2.1"},
    )
    (failure,) = refused.json()["failures"]
    assert "done" in failure["message"]
    # (8) Indonesia closes
    file.write_text(json.dumps({"objects": [report(stage="final", version=60)]}), encoding="utf-8")
    indonesia.hub("alert", str(file), "--yes")
    board = thailand.board()
    assert board["incidents"] == []
    assert board["statistics"]["members"]["SG"]["answer"]["done"] == 1
    assert board["statistics"]["members"]["MY"]["answer"] == {
        "of": 1,
        "done": 0,
        "median_seconds": None,
        "p90_seconds": None,
    }
    assert board["statistics"]["all"]["fetch"]["done"] == 5
    shown = thailand.hub("board")
    assert "0 open" in shown
    assert "contacts not confirmed" in shown


def test_contacts_are_listed_and_confirmed_by_the_member(hub_process: HubProcess) -> None:
    """Over HTTP, and by the commands."""
    singapore = ByCommand(hub_process, "SG")
    assert CATALOGUE.members["MY"].duty_line in singapore.hub("contacts", "my")
    assert "NOT CONFIRMED" in singapore.hub("contacts", "SG")
    singapore.hub("contacts", "confirm")
    assert "NOT CONFIRMED" not in singapore.hub("contacts", "SG")
    answer = requests.get(f"{hub_process.url}/asean/contacts/", timeout=10)
    assert answer.status_code == 401
