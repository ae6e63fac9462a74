"""Commands in processes of their own that need not import the hub: it is imported once, in a process that forks for each.

To start Python and import what a command needs takes a third of a second, most of what a command takes; the three
processes of `hub serve` take two seconds together.

1. `run` hands over words, environment, folder and files for the standard streams, as a line of JSON.
2. The process forks. The child takes them over, runs the command, and ends as Python ends.
3. The process answers with the exit code. It ends with the process that started it.

`serve` does the same with `hub serve`, whose workers and process of the events are forks, too, and returns while it runs.
How the hub really starts its processes, and what it does where one ends, is for tests/server/test_process.py.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import hub.cli
from hub.stix import schema
from tests.places import TOP

SECONDS: Final = 300  # for one command, on a machine that has much else to do; then it is killed
STREAMS: Final = ("input", "output", "errors")  # descriptors 0, 1 and 2
STANDARD_INPUT: Final = slice(
    9, 11
)  # both ends of that pipe, in what CPython's Popen hands on when it starts a process
MODULES: Final = (
    "hub.wiring",
    "hub.server.app",
    "hub.reports.read",
    "hub.producer.api",
    "hub.cli.worker_process",
    "hub.cli.events_process",
    "tests.producer.dying",
)  # fmt: skip - one list

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
        code = _ask(request)["code"]
        output, errors = (Path(files[name]).read_text(encoding="utf-8") for name in STREAMS[1:])
    return subprocess.CompletedProcess(list(words), code, output, errors)


class Served:
    """A `hub serve` that runs; its methods are those of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptor = os.pidfd_open(pid)
        self._code: int | None = None

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float) -> int:
        """Wait for the exit code, so many seconds at most."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("hub serve", timeout)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the parent of its processes."""
        if self._code is None:
            signal.pidfd_send_signal(self._descriptor, number)

    def terminate(self) -> None:
        """Tell it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once; its processes end as soon as they notice."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float) -> int | None:
        if self._code is None and select.select([self._descriptor], [], [], timeout)[0]:
            self._code = _ask({"reap": self.pid})["code"]
            os.close(self._descriptor)
        return self._code


def serve(*, environment: Mapping[str, str], log: Path, folder: Path = TOP, new_session: bool = False) -> Served:
    """`hub serve`, which writes to that log."""
    files = {"input": os.devnull, "output": str(log), "errors": str(log)}
    request = {"words": ["serve"], "environment": dict(environment), "folder": str(folder), "die_at": None, **files}
    return Served(_ask(request | {"serve": True, "new_session": new_session})["pid"])


def _ask(request: Mapping[str, Any]) -> Any:
    with _lock:
        line = _line()
        line.sendall(json.dumps(request).encode() + b"\n")
        return json.loads(line.makefile("rb").readline())


def _line() -> socket.socket:
    if not _started:
        own_end, other = socket.socketpair()
        own_end.settimeout(SECONDS + 60)  # the other side answers before that, also of a command that it had to kill
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm", str(other.fileno())],
            cwd=TOP,
            stdin=subprocess.DEVNULL,
            pass_fds=[other.fileno()],
        )
        other.close()
        _started.append(own_end)

        def end() -> None:
            own_end.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:  # it waits for a child of its own
                process.kill()
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
    schema.prepare()
    line = socket.socket(fileno=descriptor)
    for text in line.makefile("rb"):
        request = json.loads(text)
        if "reap" in request:
            line.sendall(_as_answer("code", _exit_code(request["reap"])))
            continue
        child = os.fork()
        if child == 0:
            line.close()
            _become(request)
            if request.get("serve"):
                if request["new_session"]:
                    os.setsid()
                subprocess.Popen = _Forked  # type: ignore[misc,assignment] # how its processes are started
            if request["die_at"] is not None:
                from tests.producer.dying import kill_at

                kill_at(request["die_at"])
            sys.exit(hub.cli.main(request["words"]))
        if request.get("serve"):
            line.sendall(_as_answer("pid", child))
            continue
        line.sendall(_as_answer("code", _exit_code(child)))


def _exit_code(child: int) -> int:
    """Wait for a child, and kill one that does not end: all later commands of this process wait behind it."""
    descriptor = os.pidfd_open(child)
    if not select.select([descriptor], [], [], SECONDS)[0]:
        sys.stderr.write(f"a command did not end within {SECONDS} seconds and is killed: process {child}\n")
        os.kill(child, signal.SIGKILL)
    os.close(descriptor)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _as_answer(name: str, number: int) -> bytes:
    return json.dumps({name: number}).encode() + b"\n"


class _Forked(subprocess.Popen[bytes]):
    """`python -m MODULE …` as a fork: all is there that it would import."""

    def _execute_child(self, args: Sequence[str], *others: Any) -> None:  # as CPython 3.11 to 3.13 call it
        reading, writing = others[STANDARD_INPUT]
        self.pid = os.fork()
        if self.pid == 0:
            os.dup2(reading, 0)
            os.close(writing)
            sys.argv = [args[2], *args[3:]]
            try:
                importlib.import_module(args[2]).main()
            finally:
                os._exit(1)  # a server ends by itself, in `server_process.serve`
        self._child_created = True
        os.close(reading)


def _become(request: Mapping[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    flags = (os.O_RDONLY, *(os.O_WRONLY | os.O_CREAT | os.O_APPEND,) * 2)
    for number, (name, flag) in enumerate(zip(STREAMS, flags, strict=True)):
        descriptor = os.open(request[name], flag, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    main(int(sys.argv[1]))
