"""The officer's view fits the terminal: no line is wider, no word is cut, no key is split."""

from __future__ import annotations

import shlex
import sys

import pytest
import wcwidth
from hypothesis import given
from hypothesis import strategies as st

from hub.release import layout
from hub.release.preview import Preview, PreviewRow

KEY = "0123456789abcdef"
COMMAND = ["hub", "publish", "laporan bulan ini.xlsx", "--to", "id"]
TEXTS = (
    "They came in through the old printer server and stayed there for a long while, unseen by anybody.",
    "โรงพยาบาลตัวอย่างทดสอบ " * 8,
    "医院系统被加密 " * 12,
    "Công ty Dữ Liệu Mẫu Thử " * 6,
)


def held_row(number: int, text: str) -> PreviewRow:
    return PreviewRow("note", f"note--{number}", "content", text, None, "free text", f"{KEY}{number}", value=text)


def too_wide(lines: list[str], width: int) -> list[str]:
    """The lines that are wider than the terminal although they contain more than one word."""
    return [line for line in lines if wcwidth.width(line) > width and len(line.split()) > 1]


@pytest.mark.parametrize("width", [80, 100, 160])
@pytest.mark.parametrize("full", [False, True])
def test_a_preview_fits_the_terminal(width: int, full: bool) -> None:
    """The width is measured in cells, for texts with wide and combining characters."""
    rows = tuple(held_row(number, text) for number, text in enumerate(TEXTS))
    staying_row = PreviewRow(
        "domain-name", "domain-name--1", "", "dns.example", None, "not the adversary's: victim " * 6
    )
    text = Preview("report.csv, row 2: release to Indonesia (regional)", (*rows, staying_row)).text(
        width=width, full=full, command=COMMAND
    )
    assert too_wide(text.splitlines(), width) == []


@pytest.mark.parametrize("width", [80, 100])
def test_a_command_to_copy_is_complete(width: int) -> None:
    """The command for each decision, with its lines joined, is the command with the key; no word is split."""
    rows = tuple(held_row(number, text) for number, text in enumerate(TEXTS))
    text = Preview("title", rows).text(width=width, command=COMMAND)
    joined_text = text.replace(" \\\n", " ")
    for row in rows:
        assert shlex.split(next(line for line in joined_text.splitlines() if f"--approve {row.key}" in line)) == [
            *COMMAND, "--approve", row.key, "--officer", "NAME",
        ]  # fmt: skip


def test_the_first_screen_summarises_any_number_of_rows() -> None:
    """A thousand decisions, objects and reasons need fifty lines, which say how to see or answer the others."""
    rows = [held_row(number, f"text {number} " * 30) for number in range(1000)]
    rows += [
        PreviewRow("indicator", f"indicator--{n}", "pattern", f"[x:y = '{n}']", f"[x:y = '{n}']", "the adversary's")
        for n in range(1000)
    ]
    rows += [PreviewRow("task", f"task--{n}", "", f"task {n}", None, f"reason {n}") for n in range(1000)]
    text = Preview("title", tuple(rows)).text(command=COMMAND)
    assert len(text.splitlines()) <= 50
    for part in ("1,000 objects leave", "2,000 stay", "1,000 decisions are needed", "--held HELD.json", "--full"):
        assert part in text
    assert text.index("NEEDS A DECISION") < text.index("LEAVES") < text.index("STAYS")


def test_the_preview_shows_the_evidence_for_every_value() -> None:
    """It shows the evidence for values that leave, stay and are held."""
    rows = (
        PreviewRow(
            "indicator",
            "indicator--1",
            "pattern",
            "[a]",
            "[a]",
            "the adversary's",
            evidence="category Network activity",
        ),
        PreviewRow("ipv4-addr", "ipv4-addr--1", "", "192.0.2.1", None, "the victim's", evidence="relation dst-ip"),
        PreviewRow(
            "url", "url--1", "", "https://x.example", None, "like it", "https://x.example", evidence="attribute url"
        ),
    )
    for full in (False, True):
        text = Preview("title", rows).text(full=full)
        for row in rows:
            assert row.evidence in text


@given(st.text(max_size=200), st.integers(20, 120))
def test_a_paragraph_has_each_word_once_and_in_order(text: str, width: int) -> None:
    """No word is cut or lost."""
    words = [word for word in text.split() if wcwidth.width(word) > 0 and word.isprintable()]
    lines = layout.paragraph(" ".join(words), width, first="  ", indent="    ")
    assert " ".join(lines).split() == words


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40), min_size=1, max_size=12))
def test_a_command_in_several_lines_is_the_same_command(words: list[str]) -> None:
    """A shell reads the same words."""
    text = "\n".join(layout.command_lines(words, 60, "   "))
    assert shlex.split(text.replace(" \\\n", " ")) == words


def test_commands_are_for_the_shell_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """For PowerShell on Windows: single quotes, doubled inside, and a backtick before a new line."""
    words = ["hub", "publish", "C:\\my reports\\a'b.xlsx", "--officer", "A. Officer"]
    assert layout.command_lines(words, 50, "") == [
        "hub publish 'C:\\my reports\\a'\"'\"'b.xlsx' \\",
        "  --officer 'A. Officer'",
    ]
    monkeypatch.setattr(sys, "platform", "win32")
    assert layout.command_lines(words, 45, "") == [
        "hub publish 'C:\\my reports\\a''b.xlsx' `",
        "  --officer 'A. Officer'",
    ]
