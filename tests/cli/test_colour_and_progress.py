"""Colour and progress: at a terminal alone, where nobody said no, and never from the text of others."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path

import pytest

from hub.cli.progress import Progress
from hub.release.preview import Preview, PreviewRow
from hub.terminal import SafeText, Style, StyledLine, print_lines, takes_colour
from tests.server.process import clean_environment

SGR = re.compile(r"\x1b\[[0-9;]*m")
HOSTILE = "\x1b[31mred\x1b[0m\rgone"


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "at_terminal", "expected"),
    [
        ({"TERM": "xterm"}, True, True),
        ({"TERM": "xterm"}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({}, True, False),
        ({"WT_SESSION": "1"}, True, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True, True),
        ({"TERM": "xterm", "CLICOLOR": "0"}, True, False),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"CLICOLOR_FORCE": "0", "TERM": "xterm"}, False, False),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_colour_is_used_on_a_terminal_unless_it_is_refused(
    environment: dict[str, str], at_terminal: bool, expected: bool
) -> None:
    """The conventions of no-color.org and clicolors; a pipe and a dumb terminal get none."""
    assert takes_colour(Terminal() if at_terminal else io.StringIO(), environment) is expected


@pytest.mark.parametrize("style", Style)
def test_colour_is_around_a_text_that_was_escaped(style: Style) -> None:
    """What others wrote can neither bring a colour of its own nor end ours."""
    stream = Terminal()
    print_lines([StyledLine(HOSTILE, style), HOSTILE], SafeText(stream, colour=True))  # type: ignore[arg-type]
    styled, plain = stream.getvalue().splitlines()
    assert styled == f"\x1b[{style.value}m\\u001b[31mred\\u001b[0m\\u000dgone\x1b[0m"
    assert plain == "\\u001b[31mred\\u001b[0m\\u000dgone"


def test_without_colour_a_styled_line_is_its_text() -> None:
    """The same lines go into a file."""
    stream = io.StringIO()
    print_lines([StyledLine("held", Style.ATTENTION), "plain"], SafeText(stream))  # type: ignore[arg-type]
    assert stream.getvalue() == "held\nplain\n"


def test_a_preview_has_its_headings_decisions_and_commands_in_colour() -> None:
    """Without their styles, its lines are its text."""
    rows = (
        PreviewRow("incident", "incident--1", "name", "a bank", None, "own words", key="k1"),
        PreviewRow("indicator", "indicator--1", "pattern", "p", "p", "it leaves"),
    )
    preview = Preview("title", rows)
    lines = list(preview.lines(command=["hub", "publish", "a.csv"]))
    assert "\n".join(map(str, lines)) + "\n" == preview.text(command=["hub", "publish", "a.csv"])
    styles = {line.text: line.style for line in lines if isinstance(line, StyledLine)}
    assert styles["NEEDS A DECISION, and stays until there is one"] is Style.ATTENTION
    assert styles["LEAVES"] is Style.HEADING
    assert styles["   hub publish a.csv"] is Style.COMMAND


def at_terminal(*words: str, folder: Path, **variables: str) -> tuple[int, str]:
    """Runs `hub …` with a pseudo-terminal as its output; exit code, and all that came there."""
    master, slave = pty.openpty()
    environment = {**clean_environment(), "HUB_HOME": str(folder / "home"), "TERM": "xterm", **variables}
    environment.pop("NO_COLOR", None) if "NO_COLOR" not in variables else None
    command = [sys.executable, "-m", "hub", *words]
    process = subprocess.Popen(command, env=environment, stdin=slave, stdout=slave, stderr=slave, cwd=folder)
    os.close(slave)
    output = b""
    try:
        while chunk := os.read(master, 65536):
            output += chunk
    except OSError:  # the last one has closed the terminal
        pass
    os.close(master)
    return process.wait(), output.decode()


def test_a_terminal_gets_colour_and_a_person_can_refuse_it(tmp_path: Path) -> None:
    """From the command line to the terminal."""
    code, output = at_terminal("doctor", folder=tmp_path)
    assert (code, "\x1b[31mMEND" in output) == (3, True)
    assert "\x1b[0m" in output
    _, output = at_terminal("doctor", folder=tmp_path, NO_COLOR="1")
    assert "MEND" in output
    assert SGR.search(output) is None


# --- progress -----------------------------------------------------------------------------------------------------


class Seconds:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def standard_error(stream: io.StringIO) -> Iterator[io.StringIO]:
    """Standard error, as commands have it, is this stream."""
    with redirect_stderr(SafeText(stream)):
        yield stream
    assert SafeText.status is None, "nothing is left of it"


def test_short_work_shows_no_progress_and_loads_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """`hub convert` of one file is over before anybody would look."""
    monkeypatch.setitem(sys.modules, "tqdm", None)  # to load it would fail
    with standard_error(Terminal()) as terminal, Progress("reports", clock=Seconds()) as progress:
        for count in range(10_000):
            progress.show(count)
    assert terminal.getvalue() == ""


def test_long_work_counts_on() -> None:
    """Of how many, where that is known; at the end the line is removed."""
    clock = Seconds()
    with standard_error(Terminal()) as terminal, Progress("objects", clock=clock) as progress:
        progress.show(1, 4000)
        clock.now = 1.0
        progress.show(1000, 4000)
        assert "1000/4000" in terminal.getvalue()
        assert "objects" in terminal.getvalue()
    assert terminal.getvalue().rpartition("\r")[2].strip() == ""


def test_notes_are_above_the_line() -> None:
    """The line is removed before a note is printed, and drawn again below it."""
    clock = Seconds()
    with standard_error(Terminal()) as terminal, Progress("reports", clock=clock) as progress:
        clock.now = 1.0
        progress.show(7)
        before = len(terminal.getvalue())
        sys.stderr.write("row 3: a note\x1b[2J\n")
        added = terminal.getvalue()[before:]
    hidden, note, drawn = added.partition("row 3: a note\\u001b[2J\n")
    assert note
    assert hidden.endswith("\r")
    assert hidden.strip("\r ") == ""
    assert "7 reports" in drawn


def test_without_a_terminal_no_progress_is_drawn() -> None:
    """A log or a pipe gets no lines of progress."""
    clock = Seconds()
    with standard_error(io.StringIO()) as stream, Progress("reports", clock=clock) as progress:
        clock.now = 9.0
        progress.show(100)
    assert stream.getvalue() == ""


def test_a_second_piece_of_work_waits_its_turn() -> None:
    """A follower that is up to date takes its line away; the next round begins as the first did."""
    clock = Seconds()
    with standard_error(Terminal()) as terminal, Progress("objects", clock=clock) as progress:
        clock.now = 1.0
        progress.show(1)
        progress.end()
        drawn = terminal.getvalue()
        progress.show(2)
        assert terminal.getvalue() == drawn
