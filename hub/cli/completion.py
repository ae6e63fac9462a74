"""`hub completion`: print what a shell needs to complete commands, options and choices with the tab key.

The shell asks the command itself (argcomplete), so that completions always match the installed command. Only the module of
the command on the line is loaded.
"""

from __future__ import annotations

import argparse
import os
from typing import Final

from hub.cli import COMMANDS, DONE, command_parser
from hub.errors import ConfigurationError

SHELLS: Final = ("bash", "zsh", "fish")
NAMES: Final = ("hub", "threat-hub")  # of the installed command
EXAMPLE = (
    '  eval "$(hub completion bash)"                                  # for this shell; in ~/.bashrc for each\n'
    '  eval "$(hub completion zsh)"                                   # in ~/.zshrc, after compinit\n'
    "  hub completion fish > ~/.config/fish/completions/hub.fish\n"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("shell", choices=SHELLS, help="the shell that completes")


def run(args: argparse.Namespace) -> int:
    """Print the code that the shell runs at its start."""
    try:
        from argcomplete.shell_integration import shellcode  # noqa: PLC0415 - only this command and the tab key need it
    except ModuleNotFoundError:
        raise ConfigurationError("completion needs the package argcomplete: pip install argcomplete") from None
    print(shellcode(list(NAMES), shell=args.shell))
    return DONE


def complete() -> None:
    """Answer a shell that asks for completions, and exit. `main` calls this if the environment says that a shell asks."""
    import argcomplete  # noqa: PLC0415 - as above

    words = os.environ.get("COMP_LINE", "").split()
    parser = argparse.ArgumentParser(prog="hub")
    commands = parser.add_subparsers(dest="command")
    for name, summary in COMMANDS.items():
        subparser = commands.add_parser(name, help=summary, add_help=False)
        if len(words) > 1 and words[1] == name:
            command_parser(name, subparser)
    argcomplete.autocomplete(parser)
