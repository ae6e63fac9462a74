"""Commands print results in the officer's language; errors, help and JSON stay in English."""

from __future__ import annotations

import argparse
import re
from typing import Any

import pytest

from hub.cli import COMMANDS, command_parser
from hub.cli.board import board_lines
from hub.cli.language import language_of
from hub.cli.parsing import subcommands
from hub.errors import ConfigurationError
from hub.pages import texts
from hub.pages.texts import LANGUAGES, choose_language, chosen_language, gettext
from hub.producer.publish import Failure, Receipt
from hub.release.preview import Preview, PreviewRow
from tests.commands import Command

FIELDS = re.compile(r"(\{\w*\})")


@pytest.fixture(autouse=True)
def _english_afterwards() -> Any:
    yield
    choose_language("en")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "id_ID.UTF-8"}, "id"),
        ({"LANG": "tl_PH"}, "fil"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "de:ms:en"}, "ms"),
        ({"LANG": "id_ID.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C", "LANGUAGE": "th"}, "en"),
        ({"LANG": "id_ID.UTF-8", "LC_MESSAGES": "vi_VN.UTF-8"}, "vi"),
        ({"LANG": "id_ID.UTF-8", "HUB_LANG": "th"}, "th"),
        ({"HUB_LANG": "en", "LANG": "id_ID.UTF-8"}, "en"),
    ],
)
def test_the_environment_says_the_language(environment: dict[str, str], expected: str) -> None:
    """HUB_LANG over the system's own, in gettext's order; what has no texts is English."""
    assert language_of(argparse.Namespace(), environment) == expected
    assert language_of(argparse.Namespace(lang="fil"), environment) == "fil"


def test_a_language_without_texts_is_refused_by_name() -> None:
    """HUB_LANG is set on purpose: a slip in it is no wish for English."""
    with pytest.raises(ConfigurationError, match="HUB_LANG is 'xx'; there are en, id"):
        language_of(argparse.Namespace(), {"HUB_LANG": "xx"})


def test_every_command_and_action_takes_the_option() -> None:
    """In one place, so that none is forgotten."""
    for name in COMMANDS:
        parser = argparse.ArgumentParser()
        command_parser(name, parser)
        below = [action for actions in subcommands(parser) for action in actions.choices.values()]
        for command in below or [parser]:
            assert "--lang" in command.format_help(), name


def test_a_command_does_not_leave_its_language_to_the_next(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run chooses, and what else the process does is in English again."""
    assert "REQUIRED" not in command("form", "--lang", "th").out
    assert chosen_language() == "en"
    assert "REQUIRED" in command("form").out


def preview() -> Preview:
    rows = (
        PreviewRow("incident", "incident--1", "name", "a bank", None, "because", key="k1", span="x", insist=True),
        PreviewRow(
            "incident", "incident--1", "description", "words", None, "because", key="k2", span="x", refused=True
        ),
        PreviewRow("indicator", "indicator--1", "pattern", "p", "p", "because"),
        PreviewRow("identity", "identity--1", "", "a bank", "victim", "because"),
    )
    return Preview("title", rows)


BOARD: dict[str, Any] = {
    "api_root": "asean",
    "exercise": True,
    "open": 3,
    "overdue": 1,
    "more": True,
    "unconfirmed": ["SG"],
    "incidents": [
        {
            "name": "n",
            "incident": "incident--1",
            "reported_by": None,
            "relayed_by": "ID",
            "age_seconds": 5,
            "criticality": 70,
            "criticality_given": False,
            "scale": [],
            "stage": None,
            "fetched": {},
            "not_fetched": ["SG"],
            "acknowledged": {},
            "requests": [
                {
                    "by": "ID",
                    "asked": [],
                    "due": None,
                    "what": "w",
                    "request": "note--1",
                    "answers": {"SG": [{"says": "refused", "at": None, "why": "y"}]},
                    "owing": ["MY"],
                }
            ],
            "overdue": [{"member": "MY", "what": "answer", "due": None}],
        }
    ],
    "statistics": {"days": 90, "members": {}, "all": {"fetch": {"of": 0}, "answer": {"of": 0}}},
}
RECEIPT = Receipt("Indonesia", ("a",), ("b",), (Failure("c", "v", "why"),), 1, ())


class Pseudo(dict[str, str]):
    """A language of which every letter is the same, and every field is kept."""

    def get(self, message: str, _default: Any = None) -> str:
        return "".join(
            part if part.startswith("{") else re.sub("[A-Za-z]", "ж", part) for part in FIELDS.split(message)
        )


# What others wrote, options and types of STIX.
VALUES = set("title hub note incident indicator identity name pattern description bank victim because words".split())
VALUES |= set("approve own leaves Indonesia asean own-words why officer despite NAME REASON".split())


def test_no_word_of_a_result_is_left_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Preview, board and receipt, in a language of which no letter looks like English."""
    monkeypatch.setattr(texts, "_catalogue", lambda _language: Pseudo())
    result = [
        preview().text(command=["hub"]),
        preview().text(command=["hub"], full=True),
        *map(str, board_lines(BOARD)),
        RECEIPT.in_words(),
    ]
    assert set(re.findall("[A-Za-z]{3,}", "\n".join(result))) - VALUES == set()


def test_a_blank_sheet_is_in_the_language_of_the_command(command: Command) -> None:
    """Its headings are the same in all."""
    sheets = {language: command("form", "--lang", language).out for language in LANGUAGES}
    assert len(set(sheets.values())) == len(LANGUAGES)
    assert len({text.splitlines()[0] for text in sheets.values()}) == 1
    choose_language("vi")
    assert gettext("REQUIRED: {text}").partition(":")[0] in sheets["vi"]
