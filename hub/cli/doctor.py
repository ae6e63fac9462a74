"""`hub doctor`: check what a member needs before it can publish, and say how to fix what is wrong."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from hub.cli.client import client, connection_arguments, environment, home, outbox, outbox_arguments
from hub.cli.findings import Finding, show_findings
from hub.errors import HubError
from hub.home.access import read_access
from hub.home.files import others_may_use
from hub.home.member import OwnMember, load_member
from hub.producer.respond import own_contact

EXAMPLE = "  hub doctor\n  hub doctor --json\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("--json", action="store_true", help="as a JSON list")
    connection_arguments(parser)
    outbox_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Make all checks, even if one fails. Returns 3 if something has to be fixed."""
    folder = home(environment())
    findings = [*_home(folder), *_member_and_hub(args, folder), *_outbox(args)]
    return show_findings(findings, as_json=args.json)


def _home(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        yield Finding("home", good=False, words=f"there is no folder {folder}; run: hub setup")
        return
    is_private = not others_may_use(folder)
    advice = f"{folder}" if is_private else f"others on this machine may look into it; run: chmod 700 {folder}"
    yield Finding("home", is_private, advice)
    try:
        access = read_access(folder)
    except HubError as error:
        yield Finding("access", good=False, words=str(error))
        return
    variables = [name for name in ("HUB_URL", "HUB_KEY") if environment().get(name)]
    if access is not None:
        words = f"{access.url}, as kept in the {'keyring' if access.in_keyring else 'home'}"
        yield Finding("access", good=True, words=", but ".join([words, *_replaced(variables)]))
    elif len(variables) == 2:
        yield Finding("access", good=True, words="by HUB_URL and HUB_KEY; `hub setup` would keep both for you")
    else:
        yield Finding("access", good=False, words="neither address nor key are known here; run: hub setup")


def _replaced(variables: Sequence[str]) -> list[str]:
    """What is used in place of the access that is kept: options and variables of the environment come first."""
    return (
        [f"{' and '.join(variables)} of the environment {'is' if len(variables) == 1 else 'are'} used"]
        if variables
        else []
    )


def _member_and_hub(args: argparse.Namespace, folder: Path) -> Iterator[Finding]:
    member: OwnMember | None = None
    try:
        member = load_member(folder)
    except HubError as error:
        yield Finding("member.toml", good=False, words=str(error))
    else:
        yield Finding("member.toml", good=True, words=f"{member.name}, {member.country}")
        organisations = sum(member.constituents.values())
        words = (
            f"{organisations} declared"
            if organisations
            else "none are declared, so that no sector is published (hub/docs/release.md)"
        )
        yield Finding("constituents", bool(organisations), words)
    try:
        with client(args, environment()) as hub:
            contact = own_contact(hub.connection)
    except HubError as error:
        yield Finding("hub", good=False, words=str(error))
        return
    yield Finding("hub", good=True, words=f"answers, and knows this account as {contact['member']}'s")
    if member is not None:
        is_same = contact["identity"] == member.identity
        advice = (
            "is the one that the hub lists"
            if is_same
            else f"should be {contact['identity']}: correct it in {folder}/member.toml"
        )
        yield Finding("identity", is_same, advice)
    summary = f"{contact['contact']}, {contact['duty_line']}"
    warning = "nobody confirmed it for 90 days; look at it and run: hub contacts confirm"
    yield Finding("contact", contact["confirmed"], summary if contact["confirmed"] else f"{summary}: {warning}")


def _outbox(args: argparse.Namespace) -> Iterator[Finding]:
    try:
        box = outbox(args, environment())
        waiting_files, refused_files = box.waiting(), box.refused()
    except HubError as error:
        yield Finding("outbox", good=False, words=str(error))
        return
    words = f"{len(waiting_files)} wait (hub outbox send), {len(refused_files)} were refused (hub outbox)"
    yield Finding(
        "outbox", not waiting_files and not refused_files, words if waiting_files or refused_files else "empty"
    )
