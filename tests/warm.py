"""Commands in processes of their own that need not import the hub: it is imported once, in a process that forks for each.

To start Python and import what a command needs takes a third of a second, most of what a command takes.

1. `run` hands over words, environment, folder and files for the standard streams, as a line of JSON.
2. The process forks. The child takes them over, runs the command, and ends as Python ends.
3. The process answers with the exit code. It ends with the process that started it.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import hub.cli

TOP: Final = Path(__file__).parents[1]
SECONDS: Final = 120  # for one command
STREAMS: Final = ("input", "output", "errors")  # descriptors 0, 1 and 2
MODULES: Final = ("hub.wiring", "hub.server.app", "hub.reports.read", "hub.producer.api", "tests.producer.dying")

_lock: Final = threading.Lock()
_started: Final[list[socket.socket]] = []


def run(
    *words: str, environment: Mapping[str, str], stdin: str = "", folder: Path = TOP, die_at: int | None = None
) -> subprocess.CompletedProcess[str]:
    """`hub` with these words; with `die_at`, killed at that line of the producer's code, see `tests.producer.dying`."""
    with tempfile.TemporaryDirectory() as place:
        files = {name: str(Path(place) / name) for name in STREAMS}
        Path(files["input"]).write_text(stdin, encoding="utf-8")
        request = {"words": words, "environment": dict(environment), "folder": str(folder), "die_at": die_at, **files}
        with _lock:
            line = _line()
            line.sendall(json.dumps(request).encode() + b"\n")
            answer = line.makefile("rb").readline()
        output, errors = (Path(files[name]).read_text(encoding="utf-8") for name in STREAMS[1:])
    return subprocess.CompletedProcess(list(words), json.loads(answer)["code"], output, errors)


def _line() -> socket.socket:
    if not _started:
        mine, other = socket.socketpair()
        mine.settimeout(SECONDS)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm", str(other.fileno())],
            cwd=TOP,
            stdin=subprocess.DEVNULL,
            pass_fds=[other.fileno()],
        )
        other.close()
        _started.append(mine)

        def end() -> None:
            mine.close()
            process.wait()

        atexit.register(end)
    return _started[0]


# --- inside ---------------------------------------------------------------------------------------------------------


def main(descriptor: int) -> None:
    """The process that forks."""
    for module in (
        *MODULES,
        *(f"hub.cli.{module_info.name}" for module_info in pkgutil.iter_modules(hub.cli.__path__)),
    ):
        if not module.endswith("_process"):  # those run when they are imported, or are servers
            with contextlib.suppress(ModuleNotFoundError):
                importlib.import_module(module)
    line = socket.socket(fileno=descriptor)
    for text in line.makefile("rb"):
        request = json.loads(text)
        child = os.fork()
        if child == 0:
            line.close()
            _become(request)
            if request["die_at"] is not None:
                from tests.producer.dying import kill_at

                kill_at(request["die_at"])
            sys.exit(hub.cli.main(request["words"]))
        status = os.waitpid(child, 0)[1]
        line.sendall(json.dumps({"code": os.waitstatus_to_exitcode(status)}).encode() + b"\n")


def _become(request: Mapping[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    flags = (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT)
    for number, (name, flag) in enumerate(zip(STREAMS, flags, strict=True)):
        descriptor = os.open(request[name], flag, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    main(int(sys.argv[1]))
