"""A verification of the whole store: for `hub audit verify`, and in the background for the operator's page.

1. One at a time in the whole hub. What runs is a fact of the store, so that every worker can tell of it.
2. It has a thread of its own, in the worker that was asked, and yields the processor regularly, so that requests are still answered.
3. It ends after `LONGEST_SECONDS`, whatever the store holds, and says so.
4. A fact that was not renewed for `SILENT_MILLISECONDS` is that of a process that died.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final

import orjson

from hub.audit.commands import note_command
from hub.audit.examine import examiner
from hub.audit.state import Finding
from hub.audit.verified import Verified, note_verification
from hub.audit.verify import Verification
from hub.community.hub import Hub
from hub.community.turn import Turn
from hub.errors import StoreError
from hub.protocol.checkpoint import Checkpoint

KIND: Final = "verifying"
PAUSE_SECONDS: Final = 0.5  # for a writer whose entry is on its way
LONGEST_SECONDS: Final = 3600.0
SILENT_MILLISECONDS: Final = 60 * 1000
_RENEWED_SECONDS: Final = 5.0
_BREATH_RECORDS: Final = 50  # read between two pauses
_BREATH_SECONDS: Final = 0.001
_KEY: Final = "now"
TOO_LONG: Final = "too long"
FAILED: Final = "failed"
_log = logging.getLogger("hub.audit")


class TooLongError(Exception):
    """A verification took longer than it may."""


@dataclass(frozen=True, slots=True)
class Running:
    """A verification that runs, or the last that failed. Times are milliseconds since 1970."""

    began: int
    by: str
    renewed: int
    records: int = 0
    problem: str = ""  # where it came to no end: TOO_LONG or FAILED


def verification_of(hub: Hub, progress: Callable[[int], None] = lambda _count: None) -> Verification:
    """A verification of the hub's store; `progress` is told how many records were read."""
    return Verification(
        hub.store,
        examiner(hub.store, hub.catalogue, hub.limits),
        pause=lambda: time.sleep(PAUSE_SECONDS),
        progress=progress,
    )


def verify(hub: Hub, verification: Verification, against: Checkpoint | None = None) -> list[Finding]:
    """Run it over all that is declared, and keep what it came to."""
    findings = list(verification.run((collection.id for collection in hub.catalogue), against))
    kinds = dict(Counter(finding.kind for finding in findings))
    note_verification(hub.store, Verified(hub.clock(), len(findings), verification.records, verification.size, kinds))
    return findings


def running(hub: Hub) -> Running | None:
    """The one that runs, or failed; None where there is none, or its process died."""
    fact = next(iter(hub.store.facts(KIND)), None)
    if fact is None:
        return None
    try:
        state = Running(**orjson.loads(fact.value))
    except (ValueError, TypeError):  # it was damaged: nobody renews it
        return None
    is_dead = not state.problem and abs(hub.clock() - state.renewed) > SILENT_MILLISECONDS
    return None if is_dead else state


def start(hub: Hub, who: Mapping[str, str], longest_seconds: float = LONGEST_SECONDS) -> threading.Thread | None:
    """Start one in the background, and return its thread; None where one runs already (1)."""
    with Turn(hub, "verify") as turn:
        if not turn.mine() or ((before := running(hub)) is not None and not before.problem):
            return None
        note_command(hub.store, "audit verify", who)
        state = Running(hub.clock(), next(iter(who.values()), ""), hub.clock())
        _note(hub, state)
    thread = threading.Thread(target=_keep, args=(hub, state, longest_seconds), name="verify", daemon=True)
    thread.start()
    return thread


def _keep(hub: Hub, state: Running, longest_seconds: float) -> None:
    """Watch over the thread that verifies: it reads one snapshot for long, and writes nothing meanwhile."""
    ends_at = time.monotonic() + longest_seconds
    outcome = [FAILED]
    read = [0]

    def breathe(records: int) -> None:
        read[0] = records
        if records % _BREATH_RECORDS == 0:
            time.sleep(_BREATH_SECONDS)
        if time.monotonic() > ends_at:
            raise TooLongError

    def work() -> None:
        try:
            verify(hub, verification_of(hub, breathe))
            outcome[0] = ""
        except TooLongError:
            outcome[0] = TOO_LONG
        except StoreError as error:
            _log.warning("verification: %s", error)

    worker = threading.Thread(target=work, name="verify-store", daemon=True)
    worker.start()
    while worker.is_alive():
        worker.join(_RENEWED_SECONDS)
        _try_to_note(hub, replace(state, renewed=hub.clock(), records=read[0]))
    failed = replace(state, renewed=hub.clock(), records=read[0], problem=outcome[0])
    _try_to_note(hub, failed if failed.problem else None)


def _try_to_note(hub: Hub, state: Running | None) -> None:
    try:
        _note(hub, state)
    except StoreError as error:  # (4) says it later
        _log.warning("verification: %s", error)


def _note(hub: Hub, state: Running | None) -> None:
    if state is None:
        hub.store.put_facts(KIND, {}, [_KEY])
    else:
        hub.store.put_facts(KIND, {_KEY: orjson.dumps(asdict(state))})
