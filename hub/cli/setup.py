"""`hub setup`: test the address and key of a hub, and save them in the home, with the identity of this CERT."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hub.cli import DONE
from hub.cli.client import connection_arguments, environment, home
from hub.errors import ConfigurationError, ForbiddenError
from hub.home.access import HubAccess, quoted, read_access, write_access
from hub.home.files import write_once
from hub.home.member import FILE, load_member
from hub.producer.api import connect
from hub.producer.respond import own_contact
from hub.settings import Secret

EXAMPLE = (
    "  hub setup\n"
    "  hub setup --url https://hub.example/asean/ --key-file key.txt\n"
    "  echo $KEY | hub setup --url https://hub.example/asean/ --key-file -\n"
    "  hub setup --keyring                                     # the key goes where the system keeps passwords\n"
)

_MEMBER = """\
# Who this CERT is, as the hub lists it. Further keys, each with its meaning: hub/docs/release.md.
[identity]
id      = {id}
name    = {name}
country = {country}
contact = {contact}

# [deny]                       # what must never leave, besides what each report says about its victim
# names   = ["Bank Contoh Berhad"]
# domains = ["contoh.example"]

# [register]                   # your constituents: searched for in all that leaves, and counted, so that a sector is published
# file = "constituents.csv"    # if enough of them share it; without it, or counts, no sector is published
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument(
        "--key-file",
        metavar="FILE",
        help="file with the key, - for standard input (default: HUB_KEY, else the command asks)",
    )
    parser.add_argument(
        "--keyring", action="store_true", help="keep the key in the system's keyring, not in a file (extra `keyring`)"
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    connection_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """(1) Ask for address and key, (2) test them, (3) save them, (4) say what comes next."""
    folder = home(environment())
    # (1)
    access = read_access(folder, with_key=False)
    url = args.url or environment().get("HUB_URL") or _ask_address("Address of the hub", access.url if access else "")
    key = _key(args)
    ca = args.ca or environment().get("HUB_CA") or ""
    # (2)
    with connect(url, key=key, ca=ca or None, plain_http=args.plain_http) as hub:
        writable = [collection.alias for collection in hub.collections() if collection.can_write]
        try:
            contact = own_contact(hub.connection)
        except ForbiddenError:
            contact = None  # the account does not belong to a CERT
    # (3)
    file = write_access(folder, HubAccess(url, Secret(key), str(Path(ca).absolute()) if ca else "", args.keyring))
    result = {"url": url, "kept_in": str(file), "member": None, "may_publish": [name for name in writable if name]}
    locations = (
        f"The address is in {file}, the key in your keyring." if args.keyring else f"Both are in {file}, for you alone."
    )
    lines = [f"{url} takes the key. {locations}"]
    if contact is None:
        lines.append("This account reads; it acts for no CERT, so nothing else is needed: hub follow COLLECTION")
    else:
        _write_member(folder, contact)
        # (4)
        member = load_member(folder, warn=lambda advice: print(advice, file=sys.stderr))
        result["member"] = contact["member"]
        lines.append(
            f"This CERT is {member.name} ({contact['member']}); it may publish to {', '.join(filter(None, writable))}."
        )
        if not member.constituents:
            lines.append(
                f"No constituents are declared in {folder / FILE}: until they are, no report says its victim's sector."
            )
        if not contact["confirmed"]:
            lines.append("The others read this point of contact; look at it, and confirm it: hub contacts confirm")
        lines.append(
            "Next: hub form --out reports.xlsx, fill it in, hub publish reports.xlsx --to COLLECTION --preview"
        )
    print(json.dumps(result, ensure_ascii=False) if args.json else "\n".join(lines))
    return DONE


def _ask_address(question: str, default: str) -> str:
    if not sys.stdin.isatty():
        raise ConfigurationError("which hub? Give --url, such as https://hub.example/asean/")
    print(f"{question}{f' [{default}]' if default else ''}: ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip() or default
    if not answer:
        raise ConfigurationError("an address is needed, such as https://hub.example/asean/; the operator knows it")
    return answer


def _key(args: argparse.Namespace) -> str:
    try:
        if args.key_file == "-":
            key = sys.stdin.readline()
        elif args.key_file:
            key = Path(args.key_file).read_text("utf-8")
        else:
            key = environment().get("HUB_KEY") or ""
            if not key and sys.stdin.isatty():
                key = getpass.getpass("Key (it is not shown): ")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{args.key_file}: the key cannot be read: {error}") from None
    if not key.strip():
        raise ConfigurationError("a key is needed: --key-file FILE or HUB_KEY; the operator gives it to you once")
    return key.strip()


def _write_member(folder: Path, contact: Mapping[str, Any]) -> None:
    """Write member.toml if there is none. ConfigurationError if there is one of another member."""
    path = folder / FILE
    text = _MEMBER.format(
        id=quoted(contact["identity"]),
        name=quoted(contact["cert"]),
        country=quoted(contact["member"]),
        contact=quoted(contact["contact"]),
    )
    if write_once(path, text.encode()):
        return
    try:
        identity = tomllib.loads(path.read_text("utf-8"))["identity"]["id"]
    except (OSError, ValueError, KeyError, TypeError):
        return  # `load_member` reports what is wrong with the file
    if identity != contact["identity"]:
        raise ConfigurationError(
            f"{path} says that this CERT is {identity}, and the hub knows this account as {contact['cert']} "
            f"({contact['identity']}): correct identity.id, or use another home (HUB_HOME)"
        )
