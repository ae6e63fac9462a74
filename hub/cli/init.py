"""`hub init`: create the store and put into each collection what every reader needs from the start."""

from __future__ import annotations

import argparse
import json
import os
import secrets
from collections.abc import Callable
from itertools import islice
from typing import Final

from hub.cli import DONE
from hub.cli.levels import sentence
from hub.cli.trail import note_command
from hub.settings import described, load_settings, masked_uri
from hub.sharing.applied import apply, digest
from hub.sharing.catalogue import Catalogue
from hub.sharing.hidden import hidden_objects
from hub.sharing.relevel import relevel
from hub.sharing.reread import reread
from hub.sharing.seed import remove_surplus, seed
from hub.store.base import Store
from hub.wiring import SECRET_BYTES, now, open_catalogue, open_store

EXAMPLE = "  HUB_STORE=sqlite:////var/lib/hub/hub.sqlite hub init\n"

LISTED: Final = 20  # hidden objects that are named one by one


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command; the settings name the store and the folders."""
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Create or update the store, and say what changed."""
    if not args.json:
        _update(print)
        return DONE
    lines: list[str] = []
    changed, hidden = _update(lines.append)
    print(json.dumps({"changed": changed, "hidden": hidden, "messages": lines}, ensure_ascii=False))
    return DONE


def _update(say: Callable[[str], object]) -> tuple[int, int]:
    """How many objects were added, removed or judged, and how many are hidden."""
    settings = load_settings(os.environ)
    catalogue = open_catalogue(settings)
    store = open_store(settings, create=True)
    try:
        store.secret(secrets.token_bytes(SECRET_BYTES))
        changed = 0
        for collection in catalogue:
            added = seed(store, catalogue, collection)
            changed += added
            if added:
                say(f"{collection.root}/{collection.alias}: {added} definitions and identities added")
            removed = remove_surplus(store, collection)
            changed += removed
            if removed:
                say(
                    f"{collection.root}/{collection.alias}: {removed} marking definitions removed, which are above "
                    f"{collection.highest_tlp.label}: nothing here may be marked with them"
                )
        for result in relevel(store, catalogue, settings.limits, now()):
            changed += result.judged_count
            say(
                f"{result.collection.root}/{result.collection.alias}: {result.judged_count} objects of an older version judged by "
                f"today's rules: {result.raised_count} have a higher level, {result.hidden_count} are hidden"
            )
            if result.unfit_count:
                say(
                    f"  {result.unfit_count} of them do not meet today's profiles, which say what may come in; they stay as they are. "
                    "Ask their members for new versions."
                )
        for outcome in reread(store, catalogue):
            changed += outcome.raised_count + outcome.hidden_count
            say(
                f"{outcome.collection.root}/{outcome.collection.alias}: levels that an older version did not read: "
                f"{outcome.raised_count} objects have a higher level, {outcome.hidden_count} are hidden"
            )
        # after the objects: what was refused above is named again next time
        declared = apply(store, catalogue)
        for sentence in declared:
            say(sentence)
        chosen_settings = {name: value for name, value in described(settings).items() if name in settings.origins}
        note_command(store, "init", settings=chosen_settings, declarations=digest(catalogue), changes=list(declared))
        count = sum(1 for _ in catalogue)
        say(
            f"{masked_uri(settings.store)}: {len(catalogue.members)} members, {count} collections; "
            + (
                f"{changed} objects added, removed or judged."
                if changed
                else "no objects added."
                if declared
                else "nothing had changed."
            )
        )
        hidden = _list_hidden(store, catalogue, say)
        if declared:
            say("A hub that is running goes on with what it read at its start: start it again.")
    finally:
        store.close()
    return changed, hidden


def _list_hidden(store: Store, catalogue: Catalogue, say: Callable[[str], object]) -> int:
    """What waits for a decision, and how much; of very much, the beginning."""
    hidden = hidden_objects(store, catalogue)
    listed = list(islice(hidden, LISTED))
    if not listed:
        return 0
    count = len(listed) + sum(1 for _ in hidden)
    say(f"{count} objects are hidden from every reader until you decide, since the hub would refuse them today:")
    for hidden_object in listed:
        say(f"  {sentence(hidden_object)}")
    if count > len(listed):
        say(f"  and {count - len(listed)} more: `hub levels list`")
    say("`hub levels release` shows one again at a level that you give, `hub levels remove` removes it permanently.")
    return count
