"""`hub account`: who may use the hub."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from datetime import UTC, datetime
from typing import Final

from hub.cli import DONE
from hub.cli.trail import note_command
from hub.community.hub import Hub
from hub.errors import UnprocessableError
from hub.settings import load_settings
from hub.sharing.drill_listings import accounts_with_drills, list_drills
from hub.sharing.members import Account, AccountKind
from hub.wiring import open_hub

EXAMPLE = (
    "  hub account add id-cert --member ID --kind cert\n"
    "  hub account add sg-soc-7 --member SG --kind constituent --password-stdin < password.txt\n"
    "  hub account add exercise-siem --member SG --kind constituent --drills\n"
    "  hub account drills id-cert\n"
    "  hub account disable id-cert\n"
    "  hub account enable id-cert\n"
    "  hub account rotate id-cert\n"
)
# without ":", which ends the name in HTTP Basic (RFC 7617)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,63}", re.ASCII)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="add|list|disable|enable|rotate|drills")
    add = actions.add_parser("add", help="make an account; without --password-stdin it prints a key, once")
    add.add_argument("name")
    add.add_argument("--member", metavar="CC", help="country code of its member")
    add.add_argument("--kind", choices=[kind.value for kind in AccountKind], required=True)
    add.add_argument("--password-stdin", action="store_true", help="read a password from standard input instead")
    add.add_argument("--drills", action="store_true", help="list the API roots for drills to it, too")
    shown = actions.add_parser("list", help="all accounts; never a credential")
    shown.add_argument("--json", action="store_true", help="as a JSON list")
    actions.add_parser("disable", help="shut an account out from its next request on").add_argument("name")
    actions.add_parser("enable", help="let a disabled account in again, with the key it had").add_argument("name")
    rotate = actions.add_parser("rotate", help="a new key (or password) in place of the old one, at once")
    rotate.add_argument("name")
    rotate.add_argument("--password-stdin", action="store_true", help="read a password from standard input instead")
    drills = actions.add_parser("drills", help="list the API roots for drills to an account, or no longer")
    drills.add_argument("name")
    drills.add_argument("--off", action="store_true", help="list them no longer")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; a key goes to standard output alone, so that it can be piped."""
    hub = open_hub(load_settings(os.environ))
    try:
        if args.action == "add":
            key = hub.credentials.add(_account(args, hub), _password(args))
            if args.drills:
                list_drills(hub.store, args.name, listed=True)
            note_command(hub.store, "account add", account=args.name)
            _show(key, args.name)
        elif args.action == "rotate":
            key = hub.credentials.rotate(args.name, _password(args))
            note_command(hub.store, "account rotate", account=args.name)
            _show(key, args.name)
        elif args.action == "drills":
            _list_drills(args, hub)
        elif args.action == "disable":
            hub.credentials.disable(args.name)
            note_command(hub.store, "account disable", account=args.name)
            print(f"{args.name} is disabled.", file=sys.stderr)
        elif args.action == "enable":
            hub.credentials.enable(args.name)
            note_command(hub.store, "account enable", account=args.name)
            print(f"{args.name} is enabled.", file=sys.stderr)
        else:
            _list(hub, as_json=args.json)
    finally:
        hub.store.close()
    return DONE


def _account(args: argparse.Namespace, hub: Hub) -> Account:
    kind = AccountKind(args.kind)
    if not _NAME.fullmatch(args.name):
        raise UnprocessableError(
            f"{args.name!r} cannot be an account's name: letters, digits and . _ @ - only, 2 to 64."
        )
    needs_member = kind in (AccountKind.CERT, AccountKind.CONSTITUENT)
    if needs_member and args.member not in hub.catalogue.members:
        members = " ".join(hub.catalogue.members)
        raise UnprocessableError(f"An account of kind {kind} needs --member with one of {members}.")
    if not needs_member and args.member is not None:
        raise UnprocessableError(f"An account of kind {kind} belongs to no member: leave --member out.")
    return Account(args.name, kind, args.member)


def _list_drills(args: argparse.Namespace, hub: Hub) -> None:
    if hub.store.get_account(args.name) is None:
        raise UnprocessableError(f"There is no account {args.name!r}; `hub account list` shows all.")
    list_drills(hub.store, args.name, listed=not args.off)
    note_command(hub.store, "account drills", account=args.name)
    state = "no longer listed" if args.off else "listed"
    print(f"The API roots for drills are {state} to {args.name}.", file=sys.stderr)


def _password(args: argparse.Namespace) -> str | None:
    return sys.stdin.readline().rstrip("\r\n") if args.password_stdin else None


def _show(key: str | None, name: str) -> None:
    if key is None:
        print(f"{name} has the password that was given.", file=sys.stderr)
        return
    print(f"The key of {name}; it is shown this once:", file=sys.stderr)
    print(key)


def _list(hub: Hub, *, as_json: bool) -> None:
    rows = hub.store.list_accounts()
    drills = accounts_with_drills(hub.store)
    if as_json:
        shown = [
            {
                "name": row.name,
                "kind": row.kind,
                "member": row.member or None,
                "disabled": row.disabled,
                "login": "password" if row.password_hash else "key",
                "drills": row.name in drills,
            }
            for row in rows
        ]  # fmt: skip - one account, one row
        print(json.dumps(shown, indent=1))
        return
    for row in rows:
        created = datetime.fromtimestamp(row.created_at / 1000, UTC)
        state = "disabled" if row.disabled else "password" if row.password_hash else "key"
        listed = "  drills" if row.name in drills else ""
        print(f"{row.name:<32} {row.kind:<12} {row.member or '-':<3} {state:<9} {created:%Y-%m-%d}{listed}")
