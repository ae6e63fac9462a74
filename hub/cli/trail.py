"""Entries in the audit trail about the operator's commands."""

from __future__ import annotations

import os
import pwd
from typing import Any

from hub.audit import commands
from hub.store.base import Store


def note_command(store: Store, command: str, **details: Any) -> None:
    """Write an entry that names the command and the user of this machine who ran it."""
    commands.note_command(store, command, operating_user(), **details)


def operating_user() -> dict[str, str]:
    """The user that runs this process, and the one who called `sudo`, as an entry names them."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a user that has only a number
        name = str(os.getuid())
    sudo_user = os.environ.get("SUDO_USER")
    return {"user": f"{name} ({sudo_user})" if sudo_user else name}
