"""Nothing that cannot be undone happens unasked, however the command's standard streams are."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from hub.cli.agreement import confirm
from tests.commands import Command
from tests.server.making import an_id, indicator
from tests.server.process import clean_environment


class Keyboard(io.StringIO):
    """What a person types at a terminal."""

    def isatty(self) -> bool:
        return True


ASKED = (
    ("purge", "region/id", an_id(1)),
    ("hand-over", an_id(1), "--to", "SG"),
    ("levels", "remove", "region/id", an_id(1)),
    ("levels", "release", "region/id", an_id(1), "--at", "green"),
    ("account", "delete", "id-duty"),
)


def run(folder: Path, *words: str, shell: str = "", answer: str | None = None) -> subprocess.CompletedProcess[str]:
    """`hub …` as a process of its own: `shell` redirects its streams, `answer` is typed at a terminal."""
    environment = {**clean_environment(), **{name: os.environ[name] for name in os.environ if name.startswith("HUB_")}}
    environment["PYTHONPATH"] = ":".join(sys.path)
    command = ["sh", "-c", f'exec "$0" -m hub "$@" {shell}', sys.executable, *words]
    if answer is None:
        return subprocess.run(command, env=environment, cwd=folder, text=True, capture_output=True, check=False)
    keyboard, terminal = pty.openpty()
    os.write(keyboard, answer.encode())
    try:
        return subprocess.run(
            command, env=environment, cwd=folder, text=True, stdin=terminal, capture_output=True, check=False
        )
    finally:
        os.close(terminal)
        os.close(keyboard)


@pytest.fixture
def folder(command_with_store: Command, tmp_path: Path) -> Path:
    """A store with an object and an account."""
    (tmp_path / "bundle.json").write_text(json.dumps({"type": "bundle", "objects": [indicator(1)]}))
    command_with_store("import", "bundle.json", "--to", "region/id", "--member", "ID")
    command_with_store("account", "add", "id-duty", "--member", "ID", "--kind", "cert")
    return tmp_path


@pytest.mark.parametrize("shell", ["<&-", "</dev/null", "<&- >&- 2>&-"])
def test_closed_streams_do_not_count_as_a_yes(folder: Path, command_with_store: Command, shell: str) -> None:
    """It is refused with 3, in words where there is somewhere to write them, and never with a traceback."""
    before = command_with_store("export").out.splitlines()[1:]
    for words in ASKED:
        done = run(folder, *words, shell=shell)
        assert done.returncode == 3, words
        assert "Traceback" not in done.stderr
        assert ("--yes" in done.stderr) is ("2>&-" not in shell)
    assert command_with_store("export").out.splitlines()[1:] == before


@pytest.mark.parametrize("words", ASKED, ids=lambda words: " ".join(words[:2]))
def test_a_piped_yes_does_not_count(folder: Path, command_with_store: Command, words: tuple[str, ...]) -> None:
    """A script agrees with --yes."""
    before = command_with_store("export").out.splitlines()[1:]
    assert "--yes" in command_with_store(*words, code=3, stdin="y\n").err
    assert command_with_store("export").out.splitlines()[1:] == before


def test_at_a_terminal_only_a_yes_is_a_yes(folder: Path, command_with_store: Command) -> None:
    """Enter alone, another word, the end of input and an arrow key are none; a yes in any language of the commands is."""
    for answer in ("\n", "n\n", "yess\n", "\x04", "\x1b[A\n"):
        done = run(folder, "account", "delete", "id-duty", answer=answer)
        assert (done.returncode, "Nothing was deleted." in done.stderr) == (3, True), answer
    assert [row["name"] for row in json.loads(command_with_store("account", "list", "--json").out)] == ["id-duty"]
    assert run(folder, "account", "delete", "id-duty", answer="ใช่\n").returncode == 0
    assert json.loads(command_with_store("account", "list", "--json").out) == []


@pytest.mark.parametrize("answer", ["y", "YES", "ya", " có ", "oo", "ใช่"])
def test_a_yes_is_accepted_in_each_language(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that commands speak."""
    monkeypatch.setattr(sys, "stdin", Keyboard(f"{answer}\n"))
    assert confirm("Do it?", yes=False)


@pytest.mark.parametrize(
    "words", [("purge", "--yes", "region/id", an_id(1)), ("purge", "region/id", "--yes", an_id(1))]
)
def test_the_yes_may_be_anywhere_behind_the_command(
    folder: Path, command_with_store: Command, words: tuple[str, ...]
) -> None:
    """Before the command it is an option that nobody knows."""
    assert run(folder, "--yes", "purge", "region/id", an_id(1)).returncode == 2
    assert command_with_store("export").out.count(an_id(1)) > 0
    assert run(folder, *words).returncode == 0
    assert json.loads(command_with_store("collections", "--json").out)
