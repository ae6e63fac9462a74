"""The language of a command's output: `--lang`, else HUB_LANG, else the system's (LANGUAGE, LC_ALL, LC_MESSAGES, LANG).

Results, previews, boards, questions and the blank sheet are in that language. Help, errors, reasons of refusals, JSON and
logs are always in English, since people search for them and programs read them.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Final

from hub.cli.parsing import subcommands
from hub.errors import ConfigurationError
from hub.pages.texts import ENGLISH, LANGUAGES, first_known

VARIABLE: Final = "HUB_LANG"
_LOCALE_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")


def language_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option `--lang` to the command, or to each of its actions."""
    commands = [item for actions in subcommands(parser) for item in actions.choices.values()]
    for command in commands or [parser]:
        command.add_argument(
            "--lang",
            choices=list(LANGUAGES),
            default=argparse.SUPPRESS,
            help=f"language of results and questions (default: {VARIABLE}, else the system's)",
        )


def language_of(args: argparse.Namespace, environment: Mapping[str, str]) -> str:
    """The language of this run. ConfigurationError if HUB_LANG names one without translations."""
    option: str | None = getattr(args, "lang", None)
    if option is not None:
        return option
    if variable := environment.get(VARIABLE):
        language = first_known([variable])
        if language is None:
            raise ConfigurationError(f"{VARIABLE} is {variable!r}; there are {', '.join(LANGUAGES)}")
        return language
    # the rules of gettext: the first variable that is set gives the locale; unless it is C, LANGUAGE takes precedence
    locale = next((environment[name] for name in _LOCALE_VARIABLES if environment.get(name)), "")
    if locale.partition(".")[0] in ("", "C", "POSIX"):
        return ENGLISH
    return first_known([*environment.get("LANGUAGE", "").split(":"), locale]) or ENGLISH
