"""Every command of the hub's machine, run with --json: what it prints is JSON, and lists in it are lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub.cli import COMMANDS
from tests.commands import Command
from tests.json_walk import OF_AN_OFFICE, OF_THE_OPERATOR, WITHOUT, documents, faults
from tests.server.making import an_id, indicator


def test_each_command_is_run_here_or_in_an_office() -> None:
    """A command that is new has to be put into a list, and so into a test."""
    assert set(COMMANDS) == OF_THE_OPERATOR | OF_AN_OFFICE | WITHOUT


@pytest.mark.parametrize(
    "text", ['{"a": "ID SG"}', '["tlp:green, tlp:red"]', '{"a": {"b": "none"}}', '{"a": "3 objects"}', ""]
)
def test_a_packed_list_is_seen(text: str) -> None:
    """So that the tests can fail."""
    assert faults(text)
    assert not faults('{"a": ["ID", "SG"], "b": null, "c": "ID and SG are asked", "d": 3, "e": "ID"}')


def test_every_command_of_the_operator_prints_json(command_with_store: Command, tmp_path: Path) -> None:
    """Each is run once, in an order in which it has something to say."""
    (tmp_path / "bundle.json").write_text(
        json.dumps({"type": "bundle", "objects": [indicator(1), indicator(2), indicator(3, pattern="[")]})
    )
    walked = set()

    def run(*words: str, code: int | None = 0, empty: bool = False) -> str:
        out = command_with_store(*words, "--json", code=code).out
        assert faults(out, empty=empty) == [], words
        walked.add(words[0])
        return out

    run("init")
    run("import", "bundle.json", "--to", "region/id", "--member", "ID", code=1)
    run("account", "add", "id-duty", "--member", "ID", "--kind", "cert")
    run("account", "list")
    run("account", "last-seen")
    run("account", "rotate", "id-duty", "--overlap", "1h")
    for action in ("disable", "enable", "drills"):
        run("account", action, "id-duty")
    run("collections")
    run("collections", "--for", "splunk")
    run("settings")
    run("check", code=None)
    run("remind", empty=True)
    run("levels", "list", empty=True)
    run("hand-over", an_id(2), "--to", "ID", "--yes")
    run("purge", "region/id", an_id(1), "--yes")
    run("audit", "show")
    run("audit", "verify")
    run("audit", "checkpoint")
    run("export", "--out", "hub.jsonl")
    (backup,) = documents(run("backup", "backups"))
    run("restore", backup["backup"], "--check")
    run("deploy", "deploy")
    run("drill", "report", code=None, empty=True)
    run("account", "delete", "id-duty", "--yes")
    assert walked == OF_THE_OPERATOR
