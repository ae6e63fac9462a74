"""Parse command lines with argparse, and suggest the nearest name for a misspelt option or choice."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Iterable
from typing import Any, Final, NoReturn

_UNKNOWN: Final = re.compile(r"unrecognized arguments: (.*)")
_NOT_A_CHOICE: Final = re.compile(r"invalid choice: '([^']*)' \(choose from (.*)\)")
_QUOTED: Final = re.compile(r"'([^']*)'")
_SIMILARITY: Final = 0.6  # lowest ratio of difflib: two letters of six may be wrong


class CommandParser(argparse.ArgumentParser):
    """A parser whose errors suggest the nearest option or choice, for subcommands, too."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.color = False  # since Python 3.14 argparse colours its help, and SafeText would escape the colour codes
        self._parsing_intermixed = False

    def error(self, message: str) -> NoReturn:
        """Print the usage and the error, and exit with code 2."""
        super().error(message + self._suggestion(message))

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse as argparse does. An unknown option is reported by the parser of the subcommand, with its usage."""
        values, unknown = self.parse_known_args(args, namespace)
        if unknown:
            self._chosen_parser(values).error(f"unrecognized arguments: {' '.join(unknown)}")
        return values

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse as argparse does, but also allow options between positional arguments, as in `discard --yes FILE`."""
        positionals = [action for action in self._actions if not action.option_strings]
        if self._parsing_intermixed or len(positionals) < 2 or not any(action.nargs == "*" for action in positionals):
            return super().parse_known_args(args, namespace)
        self._parsing_intermixed = (
            True  # argparse calls this method again, once for the options and once for the other arguments
        )
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._parsing_intermixed = False

    def show_examples(self, examples: str) -> None:
        """Put the examples at the end of the help, and those of each subcommand at the end of its help."""
        self.epilog = f"example:\n{examples}"
        for actions in subcommands(self):
            for name, subparser in actions.choices.items():
                lines = [line for line in examples.splitlines() if f"{self.prog} {name}" in line]
                subparser.formatter_class = argparse.RawDescriptionHelpFormatter
                subparser.epilog = "\n".join(["example:", *lines]) if lines else None

    def _chosen_parser(self, values: argparse.Namespace) -> argparse.ArgumentParser:
        actions = next(iter(subcommands(self)), None)
        return self if actions is None else actions.choices.get(str(getattr(values, actions.dest, "")), self)

    def _suggestion(self, message: str) -> str:
        unknown = _UNKNOWN.search(message)
        if unknown is not None:
            options = [name for action in self._actions for name in action.option_strings if name.startswith("--")]
            misspelt_options = [word.partition("=")[0] for word in unknown[1].split() if word.startswith("-")]
            return "".join(nearest(word, options) for word in misspelt_options)
        choice = _NOT_A_CHOICE.search(message)
        return nearest(choice[1], _QUOTED.findall(choice[2])) if choice is not None else ""


def subcommands(parser: argparse.ArgumentParser) -> Iterable[argparse._SubParsersAction[argparse.ArgumentParser]]:
    """The subcommands of a parser, such as those of `hub account`."""
    return (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))  # noqa: SLF001 - argparse has no public access to them


def nearest(word: str, names: Iterable[str]) -> str:
    """A space and a question that suggests the name nearest to the word; empty if none is near."""
    matches = difflib.get_close_matches(word, list(names), n=1, cutoff=_SIMILARITY)
    return f" Did you mean {matches[0]}?" if matches else ""
