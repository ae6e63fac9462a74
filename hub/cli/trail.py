"""What the operator's commands note of themselves in the audit trail."""

from __future__ import annotations

import os
import pwd
from typing import Any

from hub.audit.state import COMMAND
from hub.store.base import Store
from hub.store.chain import Act
from hub.store.trail import keyed_id


def note_command(store: Store, command: str, **about: Any) -> None:
    """Write who ran the command, on this machine; an id stands there keyed, since it may be purged later."""
    if "object_id" in about:
        about["object"] = keyed_id(store.trail_key(), about.pop("object_id"))
    store.add_to_trail([Act(COMMAND, {"command": command, "user": _user(), **about})])


def _user() -> str:
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a number alone
        name = str(os.getuid())
    before = os.environ.get("SUDO_USER")
    return f"{name} ({before})" if before else name
