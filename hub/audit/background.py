"""A verification of the whole store: for `hub audit verify`, and in the background for the operator's page.

1. One runs at a time in the whole hub. A fact in the store describes it, so that every worker can show it.
2. It has its own thread in the worker that got the request, and pauses regularly, so that requests are still answered.
3. It ends after `LONGEST_SECONDS` even if it is not complete, and says so.
4. If the fact was not renewed for `SILENT_MILLISECONDS`, its process is taken as dead.
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
from hub.audit.result import VerificationResult, note_verification
from hub.audit.state import Finding
from hub.audit.verify import Verification
from hub.community.hub import Hub
from hub.community.turn import Turn
from hub.errors import StoreError
from hub.protocol.checkpoint import Checkpoint

KIND: Final = "verifying"
PAUSE_SECONDS: Final = 0.5  # until a writer has probably added its entry
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
class VerificationRun:
    """A verification that is running, or the last that failed. Times are milliseconds since 1970."""

    began: int
    by: str
    renewed: int
    records: int = 0
    problem: str = ""  # TOO_LONG or FAILED if it did not complete


def verification_of(hub: Hub, progress: Callable[[int], None] = lambda _count: None) -> Verification:
    """A verification of the hub's store; `progress` is called with the number of records read."""
    return Verification(
        hub.store,
        examiner(hub.store, hub.catalogue, hub.limits),
        pause=lambda: time.sleep(PAUSE_SECONDS),
        progress=progress,
    )


def verify(hub: Hub, verification: Verification, checkpoint: Checkpoint | None = None) -> list[Finding]:
    """Run the verification over all declared collections, store its result, and return the findings."""
    findings = list(verification.run((collection.id for collection in hub.catalogue), checkpoint))
    kinds = dict(Counter(finding.kind for finding in findings))
    note_verification(
        hub.store, VerificationResult(hub.clock(), len(findings), verification.records, verification.size, kinds)
    )
    return findings


def current_run(hub: Hub) -> VerificationRun | None:
    """The verification that is running or failed; None if there is none, or its process died."""
    fact = next(iter(hub.store.facts(KIND)), None)
    if fact is None:
        return None
    try:
        run = VerificationRun(**orjson.loads(fact.value))
    except (ValueError, TypeError):  # the fact is damaged: nothing renews it
        return None
    is_dead = not run.problem and abs(hub.clock() - run.renewed) > SILENT_MILLISECONDS
    return None if is_dead else run


def start(hub: Hub, actor: Mapping[str, str], longest_seconds: float = LONGEST_SECONDS) -> threading.Thread | None:
    """Start a verification in the background, and return its thread; None if one is already running (1)."""
    with Turn(hub, "verify") as turn:
        if not turn.acquire() or ((previous_run := current_run(hub)) is not None and not previous_run.problem):
            return None
        note_command(hub.store, "audit verify", actor)
        run = VerificationRun(hub.clock(), next(iter(actor.values()), ""), hub.clock())
        _note(hub, run)
    thread = threading.Thread(target=_keep, args=(hub, run, longest_seconds), name="verify", daemon=True)
    thread.start()
    return thread


def _keep(hub: Hub, run: VerificationRun, longest_seconds: float) -> None:
    """Run the verification in a thread, and renew the fact from this one: the verifying thread reads one snapshot all along."""
    deadline = time.monotonic() + longest_seconds
    outcome = [FAILED]
    record_count = [0]

    def breathe(records: int) -> None:
        record_count[0] = records
        if records % _BREATH_RECORDS == 0:
            time.sleep(_BREATH_SECONDS)
        if time.monotonic() > deadline:
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
        _try_to_note(hub, replace(run, renewed=hub.clock(), records=record_count[0]))
    last_run = replace(run, renewed=hub.clock(), records=record_count[0], problem=outcome[0])
    _try_to_note(hub, last_run if last_run.problem else None)


def _try_to_note(hub: Hub, run: VerificationRun | None) -> None:
    try:
        _note(hub, run)
    except StoreError as error:  # not renewed: (4) takes effect
        _log.warning("verification: %s", error)


def _note(hub: Hub, run: VerificationRun | None) -> None:
    if run is None:
        hub.store.put_facts(KIND, {}, [_KEY])
    else:
        hub.store.put_facts(KIND, {_KEY: orjson.dumps(asdict(run))})
