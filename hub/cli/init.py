"""`hub init`: create or update the store, and add to each collection the definitions and identities that every reader needs."""

from __future__ import annotations

import argparse
import json
import os
import secrets
from collections.abc import Callable
from itertools import islice
from typing import Final

from hub.cli import DONE
from hub.cli.levels import describe_hidden
from hub.cli.trail import note_command
from hub.settings import load_settings, masked_uri, setting_values
from hub.sharing.applied import apply, digest
from hub.sharing.catalogue import Catalogue
from hub.sharing.hidden import hidden_objects
from hub.sharing.relevel import relevel
from hub.sharing.reread import reread
from hub.sharing.seed import remove_surplus, seed
from hub.store.base import Store
from hub.wiring import SECRET_BYTES, now, open_catalogue, open_store

EXAMPLE = "  HUB_STORE=sqlite:////var/lib/hub/hub.sqlite hub init\n"

MOST_LISTED: Final = 20  # hidden objects that are named one by one


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command; the settings name the store and the folders."""
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Create or update the store, and print what changed."""
    if not args.json:
        _update(print)
        return DONE
    messages: list[str] = []
    changed_count, hidden_count = _update(messages.append)
    print(json.dumps({"changed": changed_count, "hidden": hidden_count, "messages": messages}, ensure_ascii=False))
    return DONE


def _update(report: Callable[[str], object]) -> tuple[int, int]:
    """The numbers of objects that were added, removed or judged, and of those that are hidden."""
    settings = load_settings(os.environ)
    catalogue = open_catalogue(settings)
    store = open_store(settings, create=True)
    try:
        store.secret(secrets.token_bytes(SECRET_BYTES))
        changed_count = 0
        for collection in catalogue:
            added_count = seed(store, catalogue, collection)
            changed_count += added_count
            if added_count:
                report(f"{collection.root}/{collection.alias}: {added_count} definitions and identities added")
            removed_count = remove_surplus(store, collection)
            changed_count += removed_count
            if removed_count:
                report(
                    f"{collection.root}/{collection.alias}: {removed_count} marking definitions removed, which are above "
                    f"{collection.highest_tlp.label}: nothing here may be marked with them"
                )
        for result in relevel(store, catalogue, settings.limits, now()):
            changed_count += result.judged_count
            report(
                f"{result.collection.root}/{result.collection.alias}: {result.judged_count} objects of an older version judged by "
                f"today's rules: {result.raised_count} have a higher level, {result.hidden_count} are hidden"
            )
            if result.unfit_count:
                report(
                    f"  {result.unfit_count} of them do not meet today's profiles, which say what may come in; they stay as they are. "
                    "Ask their members for new versions."
                )
        for outcome in reread(store, catalogue):
            changed_count += outcome.raised_count + outcome.hidden_count
            report(
                f"{outcome.collection.root}/{outcome.collection.alias}: levels that an older version did not read: "
                f"{outcome.raised_count} objects have a higher level, {outcome.hidden_count} are hidden"
            )
        # after the objects: if a step above raised an error, the next run reports these changes again
        declaration_changes = apply(store, catalogue)
        for sentence in declaration_changes:
            report(sentence)
        chosen_settings = {name: value for name, value in setting_values(settings).items() if name in settings.origins}
        note_command(
            store, "init", settings=chosen_settings, declarations=digest(catalogue), changes=list(declaration_changes)
        )
        collection_count = sum(1 for _ in catalogue)
        report(
            f"{masked_uri(settings.store)}: {len(catalogue.members)} members, {collection_count} collections; "
            + (
                f"{changed_count} objects added, removed or judged."
                if changed_count
                else "no objects added."
                if declaration_changes
                else "nothing had changed."
            )
        )
        hidden_count = _list_hidden(store, catalogue, report)
        if declaration_changes:
            report("A hub that is running still uses what it read at its start: restart it.")
    finally:
        store.close()
    return changed_count, hidden_count


def _list_hidden(store: Store, catalogue: Catalogue, report: Callable[[str], object]) -> int:
    """Report the hidden objects that wait for a decision, at most MOST_LISTED of them, and return their number."""
    hidden_entries = hidden_objects(store, catalogue)
    first_entries = list(islice(hidden_entries, MOST_LISTED))
    if not first_entries:
        return 0
    count = len(first_entries) + sum(1 for _ in hidden_entries)
    report(f"{count} objects are hidden from every reader until you decide, since the hub would refuse them today:")
    for entry in first_entries:
        report(f"  {describe_hidden(entry)}")
    if count > len(first_entries):
        report(f"  and {count - len(first_entries)} more: `hub levels list`")
    report("`hub levels release` shows one again at a level that you give, `hub levels remove` removes it permanently.")
    return count
