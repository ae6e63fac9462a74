"""Ask before an action that cannot be undone: at a terminal with a question, elsewhere `--yes` is required."""

from __future__ import annotations

import argparse
import sys
from typing import Final

from hub.errors import ConfigurationError

# Yes in the languages of the commands, too.
_YES: Final = frozenset({"y", "yes", "ya", "có", "co", "oo", "opo", "ใช่"})


def agreement_argument(parser: argparse.ArgumentParser) -> None:
    """The argument by which a script agrees."""
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation; needed without a terminal")


def agreed(question: str, *, yes: bool) -> bool:
    """Whether the user agrees to something that cannot be undone: asked at a terminal; anywhere else `--yes` says so.

    ConfigurationError where nobody can be asked and `--yes` was not given.
    """
    if yes:
        return True
    if not sys.stdin.isatty():
        raise ConfigurationError(
            f"{question} There is no terminal to answer at, so nothing was done: give --yes to agree."
        )
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in _YES
