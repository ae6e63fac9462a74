"""The command `hub`: one module per command, which is loaded only when that command is run.

A command is a module here with EXAMPLE (shown in its --help), `arguments(parser)` and `run(args) -> exit code`.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from types import ModuleType
from typing import Final, TextIO, cast

from hub.cli.language import language_argument, language_of
from hub.cli.parsing import CommandParser, nearest
from hub.errors import (
    BusyError,
    ConfigurationError,
    ConnectionFailedError,
    HubError,
    ReadingError,
    RefusedError,
    ReleaseError,
    StoreError,
)
from hub.pages.texts import ENGLISH, choose_language
from hub.terminal import SafeText, Style, StyledLine, print_lines, takes_colour
from hub.version import __version__

DONE: Final = 0
SOME_REFUSED: Final = 1
USAGE: Final = 2
REFUSED: Final = 3
AWAY: Final = 4
FAILED: Final = 5
INTERRUPTED: Final = 130
EXIT_CODES: Final[Mapping[int, str]] = {
    DONE: "done",
    SOME_REFUSED: "done in part: the output names what was refused, and why",
    USAGE: "the command line cannot be used",
    REFUSED: "refused, or answered with no: settings, declarations, credentials or input must change first",
    AWAY: "the hub, the store or the mail server cannot be reached: the same command may succeed later",
    FAILED: "failed for another reason, which the output names",
    INTERRUPTED: "interrupted (Ctrl-C)",
}

# name -> summary, in the order of --help
COMMANDS: Final[Mapping[str, str]] = {
    "init": "create the store and load collections and profiles; run it again to apply changes",
    "serve": "serve the hub: TAXII 2.1 and the pages for people",
    "check": "check the hub before it goes live: what is wrong, and how to fix it",
    "account": "add, list, disable, enable and delete accounts, and give them new keys",
    "collections": "list the declared collections, what they contain, and what to paste into a SIEM",
    "setup": "test and save the hub's address and key, and save who this CERT is",
    "doctor": "check what a member needs before it can publish, and say how to fix what is wrong",
    "form": "write a blank sheet for reports",
    "convert": "convert reports to one STIX bundle, complete or as it would leave, and list what could not be used",
    "publish": "send reports (with the victim protected) or STIX to a collection, and print the result",
    "withdraw": "take back what was released of a report",
    "record": "show what left of a report, when, to whom, under which consent, and who approved what and why",
    "desk": "work in your own browser: reports, what leaves of them, and what other members report",
    "follow": "print each object of a collection as it comes",
    "alert": "publish a report to all members, in the collection of alerts",
    "acknowledge": "say that this member has received an incident",
    "ask": "ask other members for help with an incident",
    "answer": "accept a request to this member, refuse it with a reason, or say that it is done",
    "board": "list open incidents: who has received, acknowledged or answered each, and who is overdue",
    "lookup": "find the incidents and indicators that mention an address, domain, hash, name or other value",
    "contacts": "list each member's point of contact, or confirm your own",
    "remind": "remind members, once, of each deadline that has passed",
    "drill": "play a scenario in an API root for drills, and report who reacted how fast",
    "outbox": "list, send, retry or delete the bundles that wait or were refused",
    "hand-over": "give an id to the member that owns the object, if another member published it first",
    "backup": "copy the store while the hub serves, with a manifest of digests",
    "restore": "check a backup, or restore it where the store is gone",
    "deploy": "write the files that an operator needs: systemd units, proxies, containers, scrape and alert rules",
    "audit": "show who did what, and verify that the store is as the hub wrote it",
    "levels": "list the objects that an upgrade hid because today's rules would refuse them; show or remove them",
    "purge": "remove an object completely: no byte of it stays in the store",
    "export": "write a store's objects with their positions, or only the definitions",
    "import": "read an export, a bundle or a medallion data file into the store",
    "demo": "run a demonstration hub, and send one incident through it",
    "settings": "print the settings in force, and where each value came from",
    "completion": "print what a shell needs to complete commands and options with the tab key",
}
MODULES: Final[Mapping[str, str]] = {
    "import": "import_",
    "hand-over": "hand_over",
}  # modules that cannot have the name of their command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name. Returns one of the exit codes above."""
    if "_ARGCOMPLETE" in os.environ:  # a shell asks for completions
        importlib.import_module("hub.cli.completion").complete()
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(
            stream, io.TextIOWrapper
        ):  # if the terminal's encoding lacks a character, its number is printed instead
            stream.reconfigure(errors="backslashreplace")
    # text of other members must not change the terminal's state
    with redirect_stdout(_safe_stream(sys.stdout)), redirect_stderr(_safe_stream(sys.stderr)):
        return _main(argv)


def _open_closed_streams() -> None:
    """Open each standard stream that the caller closed (`<&-`) on /dev/null.

    This comes first, in the order of the descriptors: otherwise the store or an outbox would get the descriptor of a stream.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - open until the process ends


def _safe_stream(stream: TextIO) -> TextIO:
    return cast("TextIO", SafeText(stream, colour=takes_colour(stream, os.environ)))


def _main(argv: Sequence[str] | None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in COMMANDS:
        return _run(arguments[0], arguments[1:])
    if arguments and not arguments[0].startswith("-"):
        suggestion = nearest(arguments[0], COMMANDS) or f" There are {', '.join(COMMANDS)}."
        print(f"hub: there is no command {arguments[0]!r}.{suggestion}", file=sys.stderr)
        return USAGE
    parser = CommandParser(
        prog="hub",
        description="The threat-sharing hub: national CERTs share STIX 2.1 incidents over TAXII 2.1.",
        epilog="commands:\n"
        + "".join(f"  {name:<12} {summary}\n" for name, summary in COMMANDS.items())
        + "\n`hub COMMAND --help` shows each with an example.\n\nexit codes:\n"
        + "".join(f"  {code:<4} {meaning}\n" for code, meaning in EXIT_CODES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip - the help as it is printed
    parser.add_argument("--version", action="version", version=f"hub {__version__}")
    parser.add_argument("command", choices=list(COMMANDS), metavar="COMMAND", help="one of the commands below")
    if not arguments:
        parser.print_help(sys.stderr)
        return USAGE
    parser.parse_args(arguments)  # prints help, the version or an error, and exits: the first argument is no command
    return USAGE


def _run(name: str, arguments: list[str]) -> int:
    gc.disable()  # modules are never garbage, so collections while they load, and later walks over them, are wasted time
    try:
        module = command_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "hub").partition(".")[0] == "hub":
            raise
        print(
            f"hub {name}: this command belongs to the hub itself and needs the package {error.name}; install it with "
            "`pip install 'threat-sharing-hub[server]'`",
            file=sys.stderr,
        )
        return REFUSED
    finally:
        gc.freeze()
        gc.enable()
    parser = CommandParser(
        prog=f"hub {name}",
        description=COMMANDS[name][0].upper() + COMMANDS[name][1:] + ".",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command_parser(name, parser)
    parser.show_examples(module.EXAMPLE)
    parser.set_defaults(command_line=("hub", name, *arguments))
    args = parser.parse_args(arguments)
    try:
        choose_language(language_of(args, os.environ))
        code: int = module.run(args)
    except HubError as error:
        print_lines([StyledLine(f"hub {name}: {error}", Style.BAD)], sys.stderr)
        return exit_code(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the output has closed it
        sys.stderr.close()
        return DONE
    finally:
        choose_language(ENGLISH)
    return code


def command_module(name: str) -> ModuleType:
    """The module of a command. ModuleNotFoundError if a package that it needs is not installed."""
    return importlib.import_module(f"hub.cli.{MODULES.get(name, name)}")


def command_parser(name: str, parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to the parser."""
    command_module(name).arguments(parser)
    language_argument(parser)


def exit_code(error: HubError) -> int:
    """The exit code for this kind of error."""
    if isinstance(error, ConfigurationError | RefusedError | ReadingError | ReleaseError):
        return REFUSED
    if isinstance(error, BusyError | ConnectionFailedError | StoreError):
        return AWAY
    return FAILED
