"""`hub collections`: list the collections, what they contain, and what to paste into a SIEM.

On the hub's machine it reads the store. Elsewhere it asks the hub, with the account of `hub setup` or HUB_KEY, and shows
the collections that this account can see.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hub.cli import DONE
from hub.cli.client import client, connection_arguments, environment, home
from hub.errors import ConfigurationError, NotFoundError, UnprocessableError
from hub.home.access import read_access
from hub.taxii.recipes import RECIPES, PolledCollection

if TYPE_CHECKING:
    from hub.community.hub import Hub
    from hub.settings import Settings
    from hub.sharing.catalogue import Collection

EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - addresses to warn of, not to listen on
EXAMPLE = (
    "  hub collections\n"
    "  hub collections --json | jq -r '.[].url'\n"
    "  hub collections --for sentinel --collection indicators   # with the account's key: HUB_URL and HUB_KEY, or hub setup\n"
    "  hub collections --copy-to /etc/hub                       # what came with the hub, to be made your own\n"
)
_DECLARATION_FOLDERS: Final = ("collections", "profiles")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("--json", action="store_true", help="as a JSON list")
    parser.add_argument("--for", dest="client", choices=list(RECIPES), help="print what to paste into this client")
    parser.add_argument(
        "--collection", metavar="COLLECTION", help="only this collection: its id, its alias, or API-ROOT/ALIAS"
    )
    parser.add_argument(
        "--copy-to",
        type=Path,
        metavar="FOLDER",
        help="copy the declarations that came with the hub into FOLDER/collections and FOLDER/profiles",
    )
    connection_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print each collection: its API root and id, its writers and readers, and the number of its objects."""
    if args.copy_to is not None:
        _copy(args.copy_to)
        return DONE
    rows = _rows_from_hub(args) if _is_remote(args) else _rows_from_store()
    if args.collection:
        rows = _matching_rows(rows, args.collection)
    if args.client:
        readable = [row for row in rows if row.get("can_read", True)]
        texts = {_collection_name(row): RECIPES[args.client](_polled_collection(row)) for row in readable}
        if args.json:
            print(json.dumps([{"collection": name, "text": text} for name, text in texts.items()], indent=1))
        else:
            print("\n\n".join(f"# {name}\n{text}" if len(texts) > 1 else text for name, text in texts.items()))
    elif args.json:
        print(json.dumps(rows, indent=1))
    else:
        for row in rows:
            print(_describe_row(row) + "\n")
    return DONE


def _is_remote(args: argparse.Namespace) -> bool:
    """Whether to ask a hub over the network, instead of reading the store on this machine."""
    variables = environment()
    if args.url or args.copy_to or variables.get("HUB_STORE"):
        return bool(args.url)
    return bool(variables.get("HUB_URL")) or read_access(home(variables), with_key=False) is not None


def _rows_from_hub(args: argparse.Namespace) -> list[dict[str, Any]]:
    with client(args, environment()) as hub:
        root = hub.connection.root_url
        return [
            {
                "title": collection.title,
                "api_root": root,
                "id": collection.id,
                "alias": collection.alias,
                "url": f"{root}collections/{collection.id}/",
                "highest_tlp": collection.x_hub_highest_tlp,
                "profiles": list(collection.x_hub_profiles),
                "can_read": collection.can_read,
                "can_write": collection.can_write,
            }
            for collection in hub.collections()
        ]


def _rows_from_store() -> list[dict[str, Any]]:
    try:
        from hub.settings import load_settings  # noqa: PLC0415 - a SOC does not install the server's packages
        from hub.wiring import open_hub  # noqa: PLC0415 - as above
    except ModuleNotFoundError:
        raise ConfigurationError(
            "which hub? Run `hub setup` once, or set HUB_URL and HUB_KEY, or give --url: it tells its collections. On the "
            "hub's own machine, install its packages: pip install 'threat-sharing-hub[server]'"
        ) from None

    settings = load_settings(environment())
    hub = open_hub(settings)
    with closing(hub.store):
        rows = [_row(hub, settings, collection) for collection in hub.catalogue]
    if not settings.public_url and settings.host in EVERYWHERE:
        print(
            f"hub collections: {settings.host} is where the hub listens, not where clients find it: "
            "HUB_PUBLIC_URL=https://… names that address.",
            file=sys.stderr,
        )
    return rows


def _row(hub: Hub, settings: Settings, collection: Collection) -> dict[str, Any]:
    from hub.stix.timestamps import format_place  # noqa: PLC0415 - as above
    from hub.stix.tlp import TLP  # noqa: PLC0415 - as above

    count, newest = hub.store.counts(collection.id, TLP.RED)
    base = settings.public_url or f"{'https' if settings.tls_cert else 'http'}://{settings.host}:{settings.port}"
    root = f"{base.rstrip('/')}/{collection.root}/"
    return {
        "title": collection.title,
        "api_root": root,
        "id": collection.id,
        "alias": collection.alias,
        "url": f"{root}collections/{collection.id}/",
        "highest_tlp": collection.highest_tlp.label,
        "unmarked": None if collection.unmarked is None else collection.unmarked.label,
        "profiles": [profile.name for profile in collection.profiles],
        "writers": sorted(collection.writers),
        "readers": sorted(collection.readers),
        "objects": count,
        "last_added": format_place(newest) if newest else None,
    }


def _describe_row(row: Mapping[str, Any]) -> str:
    heading = f"{row['title']}\n  API root    {row['api_root']}\n  collection  {row['id']} (alias {row['alias']})"
    if "objects" not in row:
        permissions = " and ".join(
            word for word, is_allowed in (("read", row["can_read"]), ("publish", row["can_write"])) if is_allowed
        )
        return f"{heading}\n  this account may {permissions or 'do nothing here'}"
    unmarked = "refused" if row["unmarked"] is None else f"shown as {row['unmarked']}"
    return (
        f"{heading}\n"
        f"  level       up to {row['highest_tlp']}; unmarked: {unmarked}; profiles: {' '.join(row['profiles']) or '-'}\n"
        f"  writers     {' '.join(row['writers']) or 'nobody'}\n  readers     {' '.join(row['readers']) or 'nobody'}\n"
        f"  holds       {row['objects']} objects, the last at {row['last_added'] or '-'}"
    )


def _matching_rows(rows: Sequence[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    matches = [row for row in rows if name in (row["id"], row["alias"], row["title"], _collection_name(row))]
    if not matches:
        raise NotFoundError(
            f"There is no collection {name!r}; there are {', '.join(map(_collection_name, rows)) or 'none'}."
        )
    return matches


def _collection_name(row: Mapping[str, Any]) -> str:
    return f"{row['api_root'].rstrip('/').rpartition('/')[2]}/{row['alias'] or row['id']}"


def _polled_collection(row: Mapping[str, Any]) -> PolledCollection:
    return PolledCollection(row["title"], row["api_root"], row["id"])


def _copy(folder: Path) -> None:
    """Copy the declarations that came with the hub. Nothing is overwritten."""
    targets = [folder / name for name in _DECLARATION_FOLDERS]
    if existing := [target for target in targets if target.exists()]:
        raise UnprocessableError(
            f"{existing[0]} is there already, and nothing is written over it: name another folder."
        )
    try:
        for name, target in zip(_DECLARATION_FOLDERS, targets, strict=True):
            _copy_folder(_packaged(name), target)
    except OSError as error:
        for target in targets:
            shutil.rmtree(target, ignore_errors=True)
        raise ConfigurationError(f"{folder}: cannot be written: {error.strerror}") from None
    print(f"{targets[0]} and {targets[1]} are yours now: put your members' contacts in, and name both to the hub:")
    print(f"  export HUB_COLLECTIONS={targets[0].absolute()} HUB_PROFILES={targets[1].absolute()}")
    print("  hub init && hub check")


def _copy_folder(source: Traversable, target: Path) -> None:
    target.mkdir(parents=True)
    for entry in source.iterdir():
        if entry.is_dir():
            _copy_folder(entry, target / entry.name)
        else:
            (target / entry.name).write_bytes(entry.read_bytes())


def _packaged(name: str) -> Traversable:
    packaged = files("hub") / "defaults" / name
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / name  # a checkout
