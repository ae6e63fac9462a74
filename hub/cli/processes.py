"""The processes of `hub serve`: its workers and the process of the events, which the parent keeps running.

1. Each is started as a new program, not forked: it shares no open file with the parent, except the descriptors it is given.
2. A process that ends is started again: immediately if it ran for a while, otherwise after a pause that grows.
3. All end with the parent: when it stops them, and, if it was killed, when the pipe between them closes.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, Self

FIRST_PAUSE_SECONDS: Final = 0.2  # before a process starts again; doubles each time it ends soon after its start
LONGEST_PAUSE_SECONDS: Final = 30.0
STEADY_SECONDS: Final = 60.0  # a process that ran so long is started again immediately


class KeptProcess:
    """A child process, `python -m MODULE`, which its parent keeps running. Use it in a `with` statement."""

    def __init__(self, name: str, module: str, *, end_seconds: float, descriptors: Sequence[int] = ()) -> None:
        """After `end_seconds`, a process that should end is killed. It inherits the `descriptors`."""
        self._name = name
        self._module = module
        self._end_seconds = end_seconds
        self._descriptors = tuple(descriptors)
        self._stopping = threading.Event()
        self._lock = threading.Lock()  # so that no process is started during `end`
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        with self._lock:
            if self._process.poll() is None:
                self._process.send_signal(number)

    def end(self) -> None:
        """Tell the process to end."""
        with self._lock:
            self._stopping.set()
        self._process.terminate()
        _close_pipe(self._process)

    def wait(self) -> None:
        """Wait until the process has ended; after `end_seconds`, kill it."""
        try:
            self._process.wait(self._end_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._keeper.join()

    def _keep(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            started_at = time.monotonic()
            code = self._process.wait()
            _close_pipe(self._process)
            if self._stopping.is_set():
                return
            # (2)
            pause = FIRST_PAUSE_SECONDS if time.monotonic() - started_at > STEADY_SECONDS else pause
            print(f"hub: the {self._name} ended ({code}) and starts again", file=sys.stderr, flush=True)
            self._stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            with self._lock:
                if self._stopping.is_set():
                    return
                self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        # the process reads its settings from the environment, to which the parent has added its options
        return subprocess.Popen(  # noqa: S603 - this Python and a module of ours
            [sys.executable, "-m", self._module, *map(str, self._descriptors)],
            stdin=subprocess.PIPE,
            pass_fds=self._descriptors,
        )


def _close_pipe(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()


# --- inside such a process ------------------------------------------------------------------------------------------


def ignore_terminal() -> None:
    """A terminal sends SIGINT to all processes, and SIGHUP when it closes; only the parent decides when to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def end_with_parent(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """(3) Call `stop` on the loop once the parent has ended."""
    threading.Thread(target=_wait_for_parent, args=(loop, stop), name="parent", daemon=True).start()


def _wait_for_parent(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    while os.read(sys.stdin.fileno(), 1):  # nothing is written to the pipe, so `read` returns when the parent closes it
        pass
    loop.call_soon_threadsafe(stop)


def allow_files(count: int) -> None:
    """Raise the process's limit of open files to `count`, or as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        limit = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, limit), hard))
