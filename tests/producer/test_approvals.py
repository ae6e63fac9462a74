"""The arguments by which an officer decides: each key has its reason, and a placeholder approves nothing."""

from __future__ import annotations

import argparse

import pytest

from hub.cli.reports import approval_arguments, approvals
from hub.errors import ConfigurationError
from hub.release.policy import Approvals
from hub.release.preview import Preview, PreviewRow


def decided(*words: str, officer: str = "Aisyah") -> Approvals:
    parser = argparse.ArgumentParser()
    parser.add_argument("--confirm", action="append", default=[])
    approval_arguments(parser)
    return approvals(parser.parse_args([*words, "--officer", officer]))


@pytest.mark.parametrize(
    ("words", "reasons"),
    [
        ("--approve a --despite one", {"a": "one"}),
        ("--approve a --approve b --despite both", {"a": "both", "b": "both"}),
        ("--approve a --despite one --approve b --despite two", {"a": "one", "b": "two"}),
        ("--despite all --approve a --approve b", {"a": "all", "b": "all"}),
        ("--approve a", {}),
    ],
)
def test_each_key_has_the_reason_behind_it(words: str, reasons: dict[str, str]) -> None:
    """The preview's commands are joined, and one reason must not be recorded for another decision."""
    assert decided(*words.split()).despite == reasons


@pytest.mark.parametrize(
    ("words", "officer", "words_named"),
    [
        (("--approve", "a", "--despite", "REASON"), "Aisyah", "REASON"),
        (("--approve", "a", "--despite", " "), "Aisyah", "empty"),
        (("--approve", "a"), "NAME", "your own name"),
        (("--approve", "a"), " ", "--officer"),
        (("--despite", "because"), "Aisyah", "--approve"),
    ],
)
def test_a_command_that_was_pasted_without_a_name_or_a_reason_decides_nothing(
    words: tuple[str, ...], officer: str, words_named: str
) -> None:
    with pytest.raises(ConfigurationError, match=words_named):
        decided(*words, officer=officer)


def test_the_command_for_a_value_that_begins_with_a_dash_is_no_option() -> None:
    row = PreviewRow("file", "file--1", "", "--kit.exe", None, "held: nobody's", key="--kit.exe", value="--kit.exe")
    text = Preview("title", (row,)).text(command=["hub", "publish", "a.csv"])
    assert "--approve=--kit.exe" in text
    assert decided("--approve=--kit.exe").values == {"--kit.exe"}
