"""Ask the user to confirm an action that cannot be undone; without a terminal, `--yes` is required."""

from __future__ import annotations

import argparse
import sys
from typing import Final

from hub.errors import ConfigurationError

# "Yes" in each language of the commands.
_YES: Final = frozenset({"y", "yes", "ya", "có", "co", "oo", "opo", "ใช่"})


def agreement_argument(parser: argparse.ArgumentParser) -> None:
    """Add `--yes`, with which a script confirms."""
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation; needed without a terminal")


def confirm(question: str, *, yes: bool) -> bool:
    """Ask the question at the terminal, unless `yes` is given; return whether the user confirms.

    ConfigurationError if there is no terminal and `yes` was not given.
    """
    if yes:
        return True
    if not sys.stdin.isatty():
        raise ConfigurationError(
            f"{question} There is no terminal to answer at, so nothing was done: give --yes to agree."
        )
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in _YES
