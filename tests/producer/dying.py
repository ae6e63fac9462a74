"""A command that kills itself (SIGKILL) at the n-th line of the producer's code that runs; `tests.warm` starts it.

Where fewer lines run, the command ends as it would.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import Any

WATCHED = (
    "hub/producer/checkpoint.py",
    "hub/producer/follow.py",
    "hub/producer/outbox.py",
    "hub/producer/pipeline.py",
    "hub/producer/publish.py",
    "hub/home/files.py",
    "hub/cli/follow.py",
    "hub/cli/publish.py",
)  # fmt: skip - one list


def kill_at(lines: int) -> None:
    """Count the lines of the watched files, and die at that one."""
    lines_left = lines

    def count(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal lines_left
        if event == "line":
            lines_left -= 1
            if lines_left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return count

    def enter(frame: FrameType, _event: str, _argument: Any) -> Any:
        name = frame.f_code.co_filename
        return count if name.endswith(WATCHED) and frame.f_code.co_name != "<module>" else None

    sys.settrace(enter)
