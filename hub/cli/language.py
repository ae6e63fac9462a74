"""The language of a command's output: `--lang`, else HUB_LANG, else the system's (LANGUAGE, LC_ALL, LC_MESSAGES, LANG).

What it speaks are results, previews, boards, questions and the blank sheet. Help, errors, reasons of refusals, JSON and
logs are in English: they are searched for, and read by programs.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Final

from hub.cli.parsing import subcommands
from hub.errors import ConfigurationError
from hub.pages.texts import ENGLISH, LANGUAGES, first_known

VARIABLE: Final = "HUB_LANG"
_SYSTEMS_OWN: Final = ("LC_ALL", "LC_MESSAGES", "LANG")


def language_argument(parser: argparse.ArgumentParser) -> None:
    """Give the command, and each of its actions, the option that says the language."""
    commands = [item for actions in subcommands(parser) for item in actions.choices.values()]
    for command in commands or [parser]:
        command.add_argument(
            "--lang",
            choices=list(LANGUAGES),
            default=argparse.SUPPRESS,
            help=f"language of results and questions (default: {VARIABLE}, else the system's)",
        )


def language_of(args: argparse.Namespace, environment: Mapping[str, str]) -> str:
    """The language of this run. ConfigurationError where HUB_LANG names one that has no texts."""
    option: str | None = getattr(args, "lang", None)
    if option is not None:
        return option
    if variable := environment.get(VARIABLE):
        known = first_known([variable])
        if known is None:
            raise ConfigurationError(f"{VARIABLE} is {variable!r}; there are {', '.join(LANGUAGES)}")
        return known
    # as gettext's manual has it: the first locale variable that is set decides, and where it is no C, LANGUAGE goes before it
    system = next((environment[name] for name in _SYSTEMS_OWN if environment.get(name)), "")
    if system.partition(".")[0] in ("", "C", "POSIX"):
        return ENGLISH
    return first_known([*environment.get("LANGUAGE", "").split(":"), system]) or ENGLISH
