"""How command lines are read: as argparse does, and a name that is misspelt is answered with the one that was meant."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Iterable
from typing import Any, Final, NoReturn

_UNKNOWN: Final = re.compile(r"unrecognized arguments: (.*)")
_NOT_A_CHOICE: Final = re.compile(r"invalid choice: '([^']*)' \(choose from (.*)\)")
_QUOTED: Final = re.compile(r"'([^']*)'")
_LIKE: Final = 0.6  # of difflib's ratio: two letters of six may be wrong


class CommandParser(argparse.ArgumentParser):
    """A parser whose complaints name the option or choice that comes nearest. Its subcommands are read the same way."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.color = False  # since Python 3.14 argparse colours its help, which would come out escaped
        self._mixing = False

    def error(self, message: str) -> NoReturn:
        """Print the usage and the complaint, and end with exit code 2."""
        super().error(message + self._suggestion(message))

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does; where options are not known, the complaint is that of the subcommand that was named."""
        known, unknown = self.parse_known_args(args, namespace)
        if unknown:
            self._named(known).error(f"unrecognized arguments: {' '.join(unknown)}")
        return known

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does; an option may also stand between a word and the names behind it, as in `discard --yes FILE`."""
        words = [action for action in self._actions if not action.option_strings]
        if self._mixing or len(words) < 2 or not any(action.nargs == "*" for action in words):
            return super().parse_known_args(args, namespace)
        self._mixing = True  # argparse calls this again, for the options and for the rest
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False

    def show_examples(self, examples: str) -> None:
        """Put the examples at the end of the help; at that of each subcommand those that are its own."""
        self.epilog = f"example:\n{examples}"
        for actions in subcommands(self):
            for name, below in actions.choices.items():
                own = [line for line in examples.splitlines() if f"{self.prog} {name}" in line]
                below.formatter_class = argparse.RawDescriptionHelpFormatter
                below.epilog = "\n".join(["example:", *own]) if own else None

    def _named(self, known: argparse.Namespace) -> argparse.ArgumentParser:
        below = next(iter(subcommands(self)), None)
        return self if below is None else below.choices.get(str(getattr(known, below.dest, "")), self)

    def _suggestion(self, message: str) -> str:
        unknown = _UNKNOWN.search(message)
        if unknown is not None:
            options = [name for action in self._actions for name in action.option_strings if name.startswith("--")]
            words = [word.partition("=")[0] for word in unknown[1].split() if word.startswith("-")]
            return "".join(nearest(word, options) for word in words)
        choice = _NOT_A_CHOICE.search(message)
        return nearest(choice[1], _QUOTED.findall(choice[2])) if choice is not None else ""


def subcommands(parser: argparse.ArgumentParser) -> Iterable[argparse._SubParsersAction[argparse.ArgumentParser]]:
    """The parser's subcommands: of a command such as `hub account`."""
    return (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))  # noqa: SLF001 - argparse shows them nowhere else


def nearest(word: str, names: Iterable[str]) -> str:
    """A sentence, after a space, with the name that comes nearest to the word; empty where none does."""
    like = difflib.get_close_matches(word, list(names), n=1, cutoff=_LIKE)
    return f" Did you mean {like[0]}?" if like else ""
