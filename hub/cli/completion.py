"""`hub completion`: what a shell needs to complete commands, options and choices at the tab key.

The shell asks the command itself (argcomplete), so that a completion is never older than the command. Only the module of
the command that stands on the line is loaded.
"""

from __future__ import annotations

import argparse
import os
from typing import Final

from hub.cli import COMMANDS, DONE, command_parser
from hub.errors import ConfigurationError

SHELLS: Final = ("bash", "zsh", "fish")
NAMES: Final = ("hub", "threat-hub")  # under which the command is installed
EXAMPLE = (
    '  eval "$(hub completion bash)"                                  # for this shell; in ~/.bashrc for each\n'
    '  eval "$(hub completion zsh)"                                   # in ~/.zshrc, after compinit\n'
    "  hub completion fish > ~/.config/fish/completions/hub.fish\n"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("shell", choices=SHELLS, help="the shell that completes")


def run(args: argparse.Namespace) -> int:
    """Print the shell's part of completion."""
    try:
        from argcomplete.shell_integration import shellcode  # noqa: PLC0415 - only this command and the tab key need it
    except ModuleNotFoundError:
        raise ConfigurationError("completion needs the package argcomplete: pip install argcomplete") from None
    print(shellcode(list(NAMES), shell=args.shell))
    return DONE


def complete() -> None:
    """Answer a shell that asks what may come next, and end; called where the environment says that one asks."""
    import argcomplete  # noqa: PLC0415 - as above

    words = os.environ.get("COMP_LINE", "").split()
    parser = argparse.ArgumentParser(prog="hub")
    commands = parser.add_subparsers(dest="command")
    for name, summary in COMMANDS.items():
        below = commands.add_parser(name, help=summary, add_help=False)
        if len(words) > 1 and words[1] == name:
            command_parser(name, below)
    argcomplete.autocomplete(parser)
