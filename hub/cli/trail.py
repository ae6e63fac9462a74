"""The entries that the operator's commands write to the audit trail."""

from __future__ import annotations

import os
import pwd
from typing import Any

from hub.audit import commands
from hub.store.base import Store


def note_command(store: Store, command: str, **about: Any) -> None:
    """Write who ran the command, on this machine."""
    commands.note_command(store, command, who(), **about)


def who() -> dict[str, str]:
    """The user of this machine, and before `sudo`."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a number alone
        name = str(os.getuid())
    before = os.environ.get("SUDO_USER")
    return {"user": f"{name} ({before})" if before else name}
