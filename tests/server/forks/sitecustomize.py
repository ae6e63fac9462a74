"""Python imports this when it starts, where PYTHONPATH names this folder: notes each fork, and what is open at that moment.

One JSON line a fork in the file that FORKS names. A program started by `subprocess` is no fork in this sense: nothing of
the parent's memory is used in it.
"""

from __future__ import annotations

import json
import os
import sys


def _note() -> None:
    apsw = sys.modules.get("apsw")
    names = [connection.filename for connection in apsw.connections()] if apsw else []
    line = json.dumps({"process": os.getpid(), "open": names}) + "\n"
    descriptor = os.open(os.environ["FORKS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, line.encode())
    os.close(descriptor)


os.register_at_fork(before=_note)
