"""What operators do, as the audit trail notes it: by command on the hub's machine, or on their page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.audit.state import COMMAND
from hub.store.base import Store
from hub.store.chain import Act
from hub.store.trail import keyed_id


def note_command(store: Store, command: str, who: Mapping[str, str], **about: Any) -> None:
    """Write what is done, and who does it: `user` of the machine, or `by`, the account that was signed in.

    An id of an object stands there keyed, since the object may be purged later.
    """
    if "object_id" in about:
        about["object"] = keyed_id(store.trail_key(), about.pop("object_id"))
    store.add_to_trail([Act(COMMAND, {"command": command, **who, **about})])
