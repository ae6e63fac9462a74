"""Audit entries for what operators do, by command on the hub's machine or on the operator's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.audit.state import COMMAND
from hub.store.base import Store
from hub.store.chain import Act
from hub.store.trail import keyed_id


def note_command(store: Store, command: str, actor: Mapping[str, str], **details: Any) -> None:
    """Add an entry: the command and its actor, who is `user` of the machine or `by`, the account that is signed in.

    An object's id is written as a keyed hash, since the object may be purged later.
    """
    if "object_id" in details:
        details["object"] = keyed_id(store.trail_key(), details.pop("object_id"))
    store.add_to_trail([Act(COMMAND, {"command": command, **actor, **details})])
