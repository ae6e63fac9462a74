"""`hub collections`: what is declared, what is in it, and what to paste into a SIEM."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any, Final

from hub.cli import DONE
from hub.community.hub import Hub
from hub.settings import Settings, load_settings
from hub.sharing.catalogue import Collection
from hub.stix.timestamps import format_place
from hub.stix.tlp import TLP
from hub.wiring import open_hub

EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - addresses to warn of, not to listen on
EXAMPLE = "  hub collections\n  hub collections --json | jq -r '.[].url'\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--json", action="store_true", help="as a JSON list")


def run(args: argparse.Namespace) -> int:
    """Print each collection with its API root's URL and its id, who writes and reads, and how much it holds."""
    settings = load_settings(os.environ)
    hub = open_hub(settings)
    try:
        rows = [_row(hub, settings, collection) for collection in hub.catalogue]
    finally:
        hub.store.close()
    if not settings.public_url and settings.host in EVERYWHERE:
        print(
            f"hub collections: {settings.host} is where the hub listens, not where clients find it: "
            "HUB_PUBLIC_URL=https://… names that address.",
            file=sys.stderr,
        )
    if args.json:
        print(json.dumps(rows, indent=1))
        return DONE
    for row in rows:
        print(
            f"{row['title']}\n  API root    {row['api_root']}\n  collection  {row['id']} (alias {row['alias']})\n"
            f"  level       up to {row['highest_tlp']}; unmarked: {row['unmarked']}; profiles: {row['profiles'] or '-'}\n"
            f"  writers     {row['writers'] or 'nobody'}\n  readers     {row['readers'] or 'nobody'}\n"
            f"  holds       {row['objects']} objects, the last at {row['last_added'] or '-'}\n"
        )
    return DONE


def _row(hub: Hub, settings: Settings, collection: Collection) -> dict[str, Any]:
    count, newest = hub.store.counts(collection.id, TLP.RED)
    base = settings.public_url or f"{'https' if settings.tls_cert else 'http'}://{settings.host}:{settings.port}"
    return {
        "title": collection.title,
        "api_root": f"{base.rstrip('/')}/{collection.root}/",
        "id": collection.id,
        "alias": collection.alias,
        "url": f"{base.rstrip('/')}/{collection.root}/collections/{collection.id}/",
        "highest_tlp": collection.highest_tlp.label,
        "unmarked": "refused" if collection.unmarked is None else f"shown as {collection.unmarked.label}",
        "profiles": " ".join(profile.name for profile in collection.profiles),
        "writers": " ".join(sorted(collection.writers)),
        "readers": " ".join(sorted(collection.readers)),
        "objects": count,
        "last_added": format_place(newest) if newest else None,
    }
