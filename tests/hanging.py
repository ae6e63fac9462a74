"""Tests that hang: each is named while it runs on, and run a second time in another process.

`faulthandler_timeout` (pyproject.toml) ends the process of a test that takes longer and prints the stacks of its threads;
the other tests go on. A machine that is paused for a while can cause this, so a parallel run tries the test again and
counts it as `hung` in the last line; a second time it fails. A process that ends for another reason, such as a crash,
fails its test the first time.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any, Final

import pytest

from tests.summary import add_line

LONG_SECONDS: Final = 300.0  # after which a running test is named
_EVERY_SECONDS: Final = 20.0
_started: Final[dict[str, float]] = {}  # tests that run -> since when (monotonic)
_named: Final[set[str]] = set()
_hung: Final[set[str]] = set()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Watch, in the process that says what happens."""
    if not hasattr(session.config, "workerinput"):
        threading.Thread(target=_watch, name="hanging", daemon=True).start()


def pytest_runtest_logstart(nodeid: str) -> None:
    """A test begins."""
    _started[nodeid] = time.monotonic()


def pytest_runtest_logfinish(nodeid: str) -> None:
    """It has ended."""
    _started.pop(nodeid, None)


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(crashitem: str, report: pytest.TestReport, sched: Any) -> None:
    """The process of a test has ended: a test that hung for the first time goes to another process."""
    limit = float(sched.config.getini("faulthandler_timeout") or 0)
    seconds = time.monotonic() - _started.pop(crashitem, time.monotonic())
    if crashitem not in _hung and 0 < limit <= seconds:
        _hung.add(crashitem)
        report.outcome = "hung"  # type: ignore[assignment] # counted as such in the last line
        sched.mark_test_pending(crashitem)
        add_line(sched.config, f"HUNG {crashitem}: the stacks of its threads are above; it was run a second time")


def _watch() -> None:
    while True:
        time.sleep(_EVERY_SECONDS)
        for nodeid, start in list(_started.items()):
            seconds = time.monotonic() - start
            if seconds >= LONG_SECONDS and nodeid not in _named:
                _named.add(nodeid)
                sys.__stderr__.write(f"\n{nodeid} has been running for {seconds:.0f} seconds\n")  # type: ignore[union-attr]
