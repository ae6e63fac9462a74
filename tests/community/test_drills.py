"""Drills: a scenario is played into the API root for exercises, and the report says who reacted and how fast."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from hub.cli import REFUSED
from hub.community.drills import Play, Scenario, drill_report, drills_of, exercise_root, parse_scenario
from hub.community.hub import Hub
from hub.declarations import Table
from hub.errors import ConfigurationError, UnprocessableError
from tests import keeping
from tests.community.making import CATALOGUE, Content, board, incident, note, publish_as, send
from tests.server.making import Clock
from tests.server.process import AS_SHIPPED, command

SCENARIO = """
title = "Ransomware crosses a border"
[[event]]
at = "0s"
member = "ID"
incident = "hospital"
name = "Ransomware at a hospital"
criticality = 90
stage = "early"
determination = "suspected"
status = "open"
[[event]]
at = "10m"
member = "ID"
incident = "hospital"
name = "Ransomware at a hospital"
criticality = 95
stage = "final"
determination = "confirmed"
status = "closed"
[[event]]
at = "5m"
member = "SG"
incident = "hospital"
ask = ["ID", "MY"]
what = "Send the sample"
due = "2m"
"""


def _scenario(text: str = SCENARIO) -> Scenario:
    return parse_scenario(Table("scenario.toml", tomllib.loads(text)), tuple(CATALOGUE.members))


def _step(number: int, member: str, label: str, about: list[str]) -> Content:
    return note(number, member, label, about, labels=[label, "exercise"])


def test_a_drill_is_played_in_time_and_reported_on(hub: Hub, clock: Clock) -> None:
    """Events come in the order of their times; the report contains what members do in between."""
    root, alerts = exercise_root(hub, None)
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        clock.now += int(seconds * 1000)
        (incident,) = board(hub, root="exercise")["incidents"]
        if len(waited) == 1:
            publish_as(hub, "MY", _step(10, "MY", "response:acknowledged", [incident["incident"]]), root="exercise")
        else:
            (request,) = incident["requests"]
            about = [incident["incident"], request["request"]]
            publish_as(hub, "MY", _step(11, "MY", "response:done", about), root="exercise")

    Play(hub, root, alerts, _scenario()).run(wait, lambda _: None, 10)
    assert waited == [30, 30]
    assert board(hub, root="exercise")["incidents"] == []
    assert board(hub)["incidents"] == [], "nothing of a drill is in the live root"
    (drill,) = drills_of(hub, root)
    report = drill_report(hub, root, drill)
    (incident_row,) = report["incidents"]
    assert (incident_row["stage"], incident_row["criticality"], incident_row["open"]) == ("final", 95, False)
    malaysia = report["statistics"]["members"]["MY"]
    assert malaysia["acknowledge"] == {"of": 1, "done": 1, "median_seconds": 30.0, "p90_seconds": 30.0}
    assert malaysia["answer"]["done"] == 1
    assert report["statistics"]["members"]["VN"]["acknowledge"]["done"] == 0


def test_a_drill_goes_only_into_an_exercise(hub: Hub) -> None:
    """The operator speaks for members there only."""
    with pytest.raises(UnprocessableError, match="exercise"):
        exercise_root(hub, "asean")


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ('at = "0s"', 'at = "soon"', "at"),
        ('member = "SG"', 'member = "XX"', "member"),
        ('stage = "early"', 'stage = "first"', "stage"),
        ('ask = ["ID", "MY"]', 'ask = ["XX"]', "ask"),
        ('at = "5m"\nmember = "SG"\nincident = "hospital"', 'at = "5m"\nmember = "SG"\nincident = "bank"', "bank"),
    ],
)
def test_a_scenario_that_cannot_be_played_is_refused_before_it_begins(old: str, new: str, names: str) -> None:
    """File and key are named."""
    with pytest.raises(ConfigurationError, match=names):
        _scenario(SCENARIO.replace(old, new))


def test_what_is_live_is_no_drill_and_a_drill_is_not_live(hub: Hub) -> None:
    """The label rules apply at the door."""
    assert send(hub, "ID", incident(), root="exercise")
    assert send(hub, "ID", incident(labels=["exercise"]))


def test_the_operators_commands_play_and_report(tmp_path: Path) -> None:
    """`hub drill start` and `hub drill report`, on the hub's machine."""
    environment = {
        "HUB_STORE": keeping.address(tmp_path),
        **AS_SHIPPED,
    }
    scenario = tmp_path / "scenario.toml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    command("init", environment=environment)
    assert "No drill" in command("drill", "report", environment=environment, code=REFUSED).stderr
    played = command("drill", "start", "--scenario", str(scenario), "--speed", "100000", environment=environment)
    assert len(played.stdout.splitlines()) == 3
    noted = command("audit", "show", "--what", "command", environment=environment).stdout
    assert noted.count("drill") == 1
    shown = command("drill", "report", environment=environment).stdout
    assert shown.startswith("EXERCISE  Ransomware crosses a border: 1 incidents")
    report = json.loads(command("drill", "report", "--json", environment=environment).stdout)
    assert report["statistics"]["all"]["fetch"]["done"] == 0
    assert command("drill", "start", "--scenario", "nowhere.toml", environment=environment, code=REFUSED).stderr
