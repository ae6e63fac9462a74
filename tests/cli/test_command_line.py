"""What all commands have in common: slips are named with what was meant, shells complete, nothing is done unasked."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

from hub.cli import COMMANDS, EXIT_CODES, command_parser
from hub.cli.parsing import CommandParser, subcommands
from tests.commands import Command
from tests.server.making import an_id, indicator
from tests.server.process import clean_environment


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("publsh", "x.csv"), "publish"),
        (("publish", "x.csv", "--to", "id", "--previw"), "--preview"),
        (("account", "lst"), "list"),
        (("account", "rotate", "id-cert", "--overlp", "1h"), "--overlap"),
        (("account", "add", "x", "--kind", "certt"), "cert"),
        (("publish", "x.csv", "--to", "id", "--tlp", "gren"), "green"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(command: Command, words: tuple[str, ...], meant: str) -> None:
    """Commands, options of commands and of their actions, and choices."""
    assert f"Did you mean {meant}?" in command(*words, code=2).err


def test_what_resembles_nothing_gets_no_guess(command: Command) -> None:
    """A wrong guess would mislead people."""
    assert "Did you mean" not in command("xyzzy", code=2).err


@pytest.mark.parametrize(
    "words", [("discard", "a.json", "--yes"), ("discard", "--yes", "a.json"), ("--yes", "discard", "a.json")]
)
def test_an_option_may_be_before_a_file_or_behind_it(words: tuple[str, ...]) -> None:
    """Wherever people write it."""
    parser = CommandParser(prog="hub outbox")
    command_parser("outbox", parser)
    options = parser.parse_args(list(words))
    assert (options.action, options.files, options.yes) == ("discard", ["a.json"], True)


def test_an_option_that_is_given_right_is_read(command_with_store: Command) -> None:
    """The parser with guesses reads what argparse reads, options of an action included."""
    assert json.loads(command_with_store("account", "list", "--json").out) == []


def test_the_exit_codes_are_in_the_help(command: Command) -> None:
    """One table, and each code is another kind of end."""
    shown = command("--help").out
    for code, meaning in EXIT_CODES.items():
        assert f"  {code:<4} {meaning}" in shown
    assert len(set(EXIT_CODES.values())) == len(EXIT_CODES) == 7


def test_each_action_of_an_account_has_an_example(command: Command) -> None:
    """`hub account rotate --help` shows one of its own."""
    for action in ("add", "disable", "enable", "rotate", "delete", "last-seen", "drills"):
        assert f"hub account {action}" in command("account", action, "--help").out.partition("example:")[2], action


def completions(line: str, folder: Path) -> list[str]:
    """What a shell is given at the tab key: the protocol of argcomplete, as its bash function speaks it."""
    answer = folder / "completions"
    environment = {
        **clean_environment(),
        "PYTHONPATH": ":".join(sys.path),
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "_ARGCOMPLETE_IFS": "\n",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    subprocess.run([sys.executable, "-m", "hub"], env=environment, check=True, capture_output=True)
    return sorted(word.strip() for word in answer.read_text().splitlines())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("hub pu", ["publish", "purge"]),
        ("hub publish --pre", ["--preview"]),
        ("hub account ro", ["rotate"]),
        ("hub account rotate --ov", ["--overlap"]),
        ("hub completion ", ["--lang", "bash", "fish", "zsh"]),
    ],
)
def test_a_shell_completes_commands_options_and_choices(line: str, expected: list[str], tmp_path: Path) -> None:
    """It asks the command itself."""
    assert completions(line, tmp_path) == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_part(command: Command, shell: str) -> None:
    """For both names under which the command is installed."""
    text = command("completion", shell).out
    assert "threat-hub" in text
    assert "_ARGCOMPLETE" in text


def test_what_changes_a_store_says_so_as_json(command_with_store: Command, tmp_path: Path) -> None:
    """For programs: one JSON value on standard output, and nothing else there."""
    (tmp_path / "bundle.json").write_text(
        json.dumps({"type": "bundle", "objects": [indicator(1), indicator(2, pattern="[")]})
    )
    assert json.loads(command_with_store("init", "--json").out)["changed"] == 0
    imported = json.loads(
        command_with_store("import", "bundle.json", "--to", "region/id", "--member", "ID", "--json", code=1).out
    )
    assert (imported["taken"], [row["id"] for row in imported["refused"]]) == (1, [an_id(2)])
    added = json.loads(
        command_with_store("account", "add", "id-duty", "--member", "ID", "--kind", "cert", "--json").out
    )
    assert added["key"].startswith("hub_")
    purged = json.loads(command_with_store("purge", "region/id", an_id(1), "--yes", "--json").out)
    assert purged == {"object": an_id(1), "collection": "region/id", "versions": 1}
    backup = json.loads(command_with_store("backup", "backups", "--json").out)
    checked = json.loads(command_with_store("restore", backup["backup"], "--check", "--json").out)
    assert (checked["findings"], backup["removed"]) == ([], [])
    archive = json.loads(command_with_store("export", "--out", "hub.jsonl", "--json").out)
    assert archive["lines"] == len((tmp_path / "hub.jsonl").read_text().splitlines())
    assert json.loads(command_with_store("deploy", "deploy", "--json").out)


def test_every_command_can_speak_json_or_makes_a_file_or_runs_on() -> None:
    """A program reads any command: by --json, or since what it prints is JSON, a sheet or a shell's script anyway."""
    other_commands = {"serve", "demo", "desk", "form", "convert", "follow", "completion", "audit export"}
    without = set()
    for name in COMMANDS:
        parser = argparse.ArgumentParser()
        command_parser(name, parser)
        parsers = {name: parser}
        for actions in subcommands(parser):
            parsers = {f"{name} {action}": action_parser for action, action_parser in actions.choices.items()}
        without |= {words for words, action_parser in parsers.items() if "--json" not in action_parser.format_help()}
    assert without - other_commands == set()
