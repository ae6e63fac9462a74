"""`hub account`: who may use the hub."""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import Final

from hub.audit.accounts import AccountChanges
from hub.cli import DONE, REFUSED
from hub.cli.agreement import agreement_argument, confirm
from hub.cli.trail import operating_user
from hub.community.hub import Hub
from hub.errors import UnprocessableError
from hub.protocol.spans import parse_span
from hub.settings import load_settings
from hub.sharing.credentials import deleted_accounts
from hub.sharing.drill_listings import accounts_with_drills
from hub.sharing.last_seen import last_seen
from hub.sharing.members import Account, AccountKind
from hub.sharing.volumes import Volume, volumes
from hub.stix.timestamps import format_place
from hub.store.records import AccountRow
from hub.wiring import open_hub

EXAMPLE = (
    "  hub account add id-cert --member ID --kind cert\n"
    "  hub account add sg-soc-7 --member SG --kind constituent --password-stdin < password.txt\n"
    "  hub account add exercise-siem --member SG --kind constituent --drills\n"
    "  hub account drills id-cert\n"
    "  hub account disable id-cert\n"
    "  hub account enable id-cert\n"
    "  hub account rotate id-cert --overlap 24h      # the old key opens the hub a day longer\n"
    "  hub account last-seen --json\n"
    "  hub account delete sg-soc-7 --yes\n"
)
_MEGABYTE: Final = 1_000_000
_TIME: Final = "%Y-%m-%d %H:%MZ"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="add|list|disable|enable|rotate|delete|last-seen|drills"
    )
    add = actions.add_parser("add", help="make an account; without --password-stdin it prints a key, once")
    add.add_argument("name", help="name of the account: letters, digits and . _ @ -")
    add.add_argument("--member", metavar="CC", help="country code of the account's member")
    add.add_argument(
        "--kind", choices=[kind.value for kind in AccountKind], required=True, help="what the account may do"
    )
    add.add_argument("--password-stdin", action="store_true", help="read a password from standard input instead")
    add.add_argument("--drills", action="store_true", help="list the API roots for drills to this account, too")
    list_parser = actions.add_parser("list", help="all accounts; never a credential")
    list_parser.add_argument("--all", action="store_true", help="list deleted accounts, too")
    disable = actions.add_parser("disable", help="shut an account out from its next request on")
    enable = actions.add_parser("enable", help="let a disabled account in again, with the key it had")
    rotate = actions.add_parser("rotate", help="a new key (or password) in place of the old one, effective immediately")
    rotate.add_argument("--password-stdin", action="store_true", help="read a password from standard input instead")
    rotate.add_argument(
        "--overlap", metavar="TIME", help="how long the old key stays valid beside the new one, such as 30m, 24h or 7d"
    )
    delete = actions.add_parser("delete", help="delete an account permanently; its name is never given again")
    agreement_argument(delete)
    actions.add_parser("last-seen", help="when each account last asked for something, to the hour, and what it fetched")
    drills = actions.add_parser("drills", help="list the API roots for drills to an account, or no longer")
    drills.add_argument("--off", action="store_true", help="stop listing them")
    for action in (disable, enable, rotate, delete, drills):
        action.add_argument("name", help="name of the account, as `hub account list` shows it")
    for action in actions.choices.values():
        action.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    """Run the action. Only a key goes to standard output, so that it can be piped. Returns 3 if the user does not confirm."""
    hub = open_hub(load_settings(os.environ))
    with closing(hub.store):
        if args.action == "list":
            _list(hub, as_json=args.json, with_deleted=args.all)
        elif args.action == "last-seen":
            _last_seen(hub, as_json=args.json)
        elif args.action == "delete" and not confirm(
            f"{args.name} will be deleted permanently, and its name cannot be used again. Delete it?", yes=args.yes
        ):
            print("Nothing was deleted.", file=sys.stderr)
            return REFUSED
        else:
            _change(args, hub)
    return DONE


def _change(args: argparse.Namespace, hub: Hub) -> None:
    """Add or change an account, which the audit trail records."""
    changes = AccountChanges(hub, operating_user())
    key, message = None, ""
    if args.action == "add":
        account = Account(args.name, AccountKind(args.kind), args.member)
        key = changes.add(account, password=_password(args), drills=args.drills)
    elif args.action == "rotate":
        key = changes.rotate(args.name, password=_password(args), overlap_milliseconds=_overlap(args.overlap))
        message = f"The old key opens the hub for {args.overlap} more." if args.overlap else ""
    elif args.action == "drills":
        changes.set_drill_listing(args.name, listed=not args.off)
        state = "no longer listed" if args.off else "listed"
        message = f"The API roots for drills are {state} to {args.name}."
    elif args.action == "disable":
        changes.disable(args.name)
        message = f"{args.name} is disabled."
    elif args.action == "enable":
        changes.enable(args.name)
        message = f"{args.name} is enabled."
    else:
        changes.delete(args.name)
        message = f"{args.name} is deleted; what it published stays, and `hub account list --all` still names it."
    _print_result(args, key, message)


def _overlap(text: str | None) -> int:
    seconds = 0 if text is None else parse_span(text)
    if seconds is None or (text is not None and not seconds):
        raise UnprocessableError(f"--overlap {text!r} says no time: write 30m, 24h or 7d.")
    return seconds * 1000


def _password(args: argparse.Namespace) -> str | None:
    return sys.stdin.readline().rstrip("\r\n") if args.password_stdin else None


def _print_result(args: argparse.Namespace, key: str | None, message: str) -> None:
    if args.json:
        print(json.dumps({"account": args.name, "action": args.action, "key": key}))
        return
    if key is not None:
        print(f"The key of {args.name}; it is shown this once:", file=sys.stderr)
        print(key, flush=True)
    elif args.action in ("add", "rotate"):
        message = f"{args.name} has the password that was given."
    if message:
        print(message, file=sys.stderr)


def _list(hub: Hub, *, as_json: bool, with_deleted: bool) -> None:
    deleted_names = deleted_accounts(hub.store)
    rows = [row for row in hub.store.list_accounts() if with_deleted or row.name not in deleted_names]
    drills = accounts_with_drills(hub.store)
    if as_json:
        account_lines = [
            {
                "name": row.name,
                "kind": row.kind,
                "member": row.member or None,
                "disabled": row.disabled,
                "login": _login(row),
                "drills": row.name in drills,
                **({"deleted": row.name in deleted_names} if with_deleted else {}),
            }
            for row in rows
        ]  # fmt: skip - one account, one row
        print(json.dumps(account_lines, indent=1))
        return
    for row in rows:
        created = datetime.fromtimestamp(row.created_at / 1000, UTC)
        state = "deleted" if row.name in deleted_names else "disabled" if row.disabled else _login(row)
        drills_column = "  drills" if row.name in drills else ""
        print(f"{row.name:<32} {row.kind:<12} {row.member or '-':<3} {state:<9} {created:%Y-%m-%d}{drills_column}")


def _login(row: AccountRow) -> str:
    return "password" if row.password_hash else "key"


def _last_seen(hub: Hub, *, as_json: bool) -> None:
    times, deleted_names, sent_volumes = last_seen(hub.store), deleted_accounts(hub.store), volumes(hub.store)
    rows = [
        (row, times.get(row.name), sent_volumes.get(row.name, Volume()))
        for row in hub.store.list_accounts()
        if row.name not in deleted_names
    ]
    rows.sort(key=lambda line: line[1] or 0)
    if as_json:
        account_lines = [
            {
                "name": row.name,
                "member": row.member or None,
                "last_seen": format_place(at) if at else None,
                "fetched_objects": volume.objects,
                "fetched_bytes": volume.bytes,
            }
            for row, at, volume in rows
        ]
        print(json.dumps(account_lines, indent=1))
        return
    for row, at, volume in rows:
        when = datetime.fromtimestamp(at / 1000, UTC).strftime(_TIME) if at else "never"
        fetched = f"{volume.objects:>10} objects {volume.bytes / _MEGABYTE:>10.1f} MB"
        print(f"{when:<17}  {row.name:<32} {row.kind:<12} {row.member or '-':<3} {fetched}")
