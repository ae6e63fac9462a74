"""The ledger through a kill -9 in the middle of many polls: no claim for what was not sent, none lost of what was."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.community.making import incident
from tests.server.process import AS_SHIPPED, HubProcess

INCIDENTS = 60
ALERTS = "/asean/collections/alerts/objects/"


@pytest.fixture
def hub_process(tmp_path: Path) -> Iterator[HubProcess]:
    hub = HubProcess(tmp_path, settings={**AS_SHIPPED, "HUB_WORKERS": "2"}, forked=True)
    hub.init(*((f"{code.lower()}-cert", "cert", code) for code in ("ID", "SG", "MY", "VN")))
    hub.start()
    yield hub
    hub.end()


class Poller:
    """A client that takes one object after the other, by added_after, and keeps what it got."""

    def __init__(self, hub: HubProcess, name: str, reached: threading.Event) -> None:
        self.session = hub.session(name)
        self.url = hub.url + ALERTS
        self.got: list[str] = []
        self.after: str | None = None
        self.reached = reached

    def poll(self, upto: int) -> None:
        """Poll until it has so many incidents, or the line breaks."""
        while len(self.got) < upto:
            query = {"limit": "1"} | ({"added_after": self.after} if self.after else {})
            answer = self.session.get(self.url, params=query, timeout=30)
            objects = answer.json().get("objects", [])
            if not objects:
                return
            self.got += [content["id"] for content in objects if content["type"] == "incident"]
            self.after = answer.headers["X-TAXII-Date-Added-Last"]
            if len(self.got) >= INCIDENTS // 3:
                self.reached.set()

    def poll_until_it_breaks(self) -> None:
        """As `poll`; a broken line ends it."""
        try:
            self.poll(INCIDENTS)
        except (requests.RequestException, json.JSONDecodeError):
            self.reached.set()


def test_claims_are_right_after_a_kill_in_the_middle(hub_process: HubProcess) -> None:
    """Singapore continues afterwards and has all; Malaysia does not, and has what it got, up to the last page."""
    publisher = hub_process.session("id-cert")
    envelope = {"objects": [incident(number) for number in range(1, INCIDENTS + 1)]}
    headers = {"Content-Type": "application/taxii+json;version=2.1"}
    status = publisher.post(hub_process.url + ALERTS, json=envelope, headers=headers, timeout=60).json()
    assert status["success_count"] == INCIDENTS
    reached = threading.Event()
    singapore, malaysia = (Poller(hub_process, name, reached) for name in ("sg-cert", "my-cert"))
    threads = [threading.Thread(target=poller.poll_until_it_breaks) for poller in (singapore, malaysia)]
    for thread in threads:
        thread.start()
    reached.wait(120)
    hub_process.kill()
    for thread in threads:
        thread.join(60)
    hub_process.start()
    singapore.poll(INCIDENTS)
    singapore.poll(INCIDENTS + 1)  # goes on from the end, as every follower does
    board = hub_process.session("id-cert").get(f"{hub_process.url}/asean/board/", timeout=60).json()
    fetched = {entry["incident"]: set(entry["fetched"]) for entry in board["incidents"]}
    assert len(fetched) == INCIDENTS
    assert {incident_id for incident_id, readers in fetched.items() if "SG" in readers} == set(singapore.got)
    assert len(singapore.got) == INCIDENTS
    claimed = {incident_id for incident_id, readers in fetched.items() if "MY" in readers}
    assert claimed <= set(malaysia.got) | set(singapore.got[len(malaysia.got) : len(malaysia.got) + 1])
    assert claimed >= set(malaysia.got[:-1])
    assert not any("VN" in readers for readers in fetched.values())
    for session in (publisher, singapore.session, malaysia.session):
        session.close()
