"""Plays a drill in the background, for the operator's page. Its progress is a fact in the store, which every worker can read.

1. One drill is played at a time in an API root, and each only once, even if the form is sent again.
2. While it waits for its next event, it looks for a request to stop, and renews its fact.
3. If the fact was not renewed for `SILENT_MILLISECONDS`, its process is taken as dead.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Final

import orjson

from hub.community.drills import Play, Scenario, key_of
from hub.community.hub import Hub
from hub.community.turn import Turn
from hub.errors import HubError, StoreError, UnprocessableError
from hub.sharing.catalogue import ApiRoot, Collection

KIND: Final = "drill played"  # kind of facts with keys of drills as keys
STOP: Final = "stop drill"  # kind of facts that ask a drill to stop
LONGEST_SECONDS: Final = 24 * 3600  # that a drill on the page may take
SILENT_MILLISECONDS: Final = 60 * 1000
_LOOK_SECONDS: Final = 2.0  # between two looks for a request to stop
_RENEWED_MILLISECONDS: Final = 10 * 1000

PLAYING: Final = "playing"
ENDED: Final = "ended"
STOPPED: Final = "stopped"
FAILED: Final = "failed"  # the hub refused an event: `problem` has the reason
LOST: Final = "lost"  # its process died

_log = logging.getLogger("hub.drill")
Wait = Callable[[float], object]
_sleep: Wait = time.sleep


class StoppedError(Exception):
    """Raised in a drill that was asked to stop."""


@dataclass(frozen=True, slots=True)
class Performance:
    """The progress of a drill. `renewed` is in milliseconds since 1970."""

    title: str
    by: str
    events: int
    played: int
    renewed: int
    state: str = PLAYING
    problem: str = ""


def find_performance(hub: Hub, key: str) -> Performance | None:
    """The progress of the drill with that key; None if it was played by command, or never."""
    fact = next((fact for fact in hub.store.facts(KIND, prefix=key) if fact.key == key), None)
    if fact is None:
        return None
    try:
        state = Performance(**orjson.loads(fact.value))
    except (ValueError, TypeError):  # the fact is damaged: nothing renews it
        state = Performance("", "", 0, 0, 0)
    if state.state == PLAYING and abs(hub.clock() - state.renewed) > SILENT_MILLISECONDS:
        return replace(state, state=LOST)  # (3)
    return state


def stop(hub: Hub, key: str) -> None:
    """Ask the drill to stop; what it has published stays."""
    hub.store.put_facts(STOP, {key: b""})


def must_be_playable(scenario: Scenario, speed: float) -> None:
    """UnprocessableError if the scenario takes longer than a drill on the page may."""
    seconds = scenario.events[-1].start_seconds / speed
    if seconds > LONGEST_SECONDS:
        raise UnprocessableError(
            f"The last event is {seconds / 3600:.0f} hours after the start; a drill on this page takes "
            f"{LONGEST_SECONDS // 3600} hours at most: play it faster."
        )


def start(  # noqa: PLR0913 - a drill has that many choices
    hub: Hub,
    root: ApiRoot,
    alerts: Collection,
    scenario: Scenario,
    *,
    started_at: int,
    speed: float,
    by: str,
    wait: Wait | None = None,
) -> threading.Thread | None:
    """Start the drill, and return its thread; None if this drill was started before (1).

    UnprocessableError if another drill is being played in the API root. `wait` is called with the seconds to wait.
    """
    must_be_playable(scenario, speed)
    key = key_of(root.name, started_at)
    with Turn(hub, "drill") as turn:
        if find_performance(hub, key) is not None:
            return None
        is_playing = any(
            (state := find_performance(hub, fact.key)) is not None and state.state == PLAYING
            for fact in hub.store.facts(KIND, prefix=f"{root.name}/")
        )
        if is_playing or not turn.acquire():
            raise UnprocessableError("Another drill is being played there: wait for its end, or stop it.")
        state = Performance(scenario.title, by, len(scenario.events), 0, hub.clock())
        _note(hub, key, state)
    play = Play(hub, root, alerts, scenario, started_at)
    run = _Run(hub, key, state, wait or _sleep)
    thread = threading.Thread(target=run.perform, args=(play, speed), name="drill", daemon=True)
    thread.start()
    return thread


class _Run:
    """One run of a scenario, in its own thread."""

    def __init__(self, hub: Hub, key: str, state: Performance, wait: Wait) -> None:
        self._hub = hub
        self._key = key
        self._state = state
        self._wait = wait

    def perform(self, play: Play, speed: float) -> None:
        """Play the scenario to its end, or until it fails or is stopped."""
        try:
            self._must_go_on()
            play.run(self._wait_seconds, self._count, speed)
            self._state = replace(self._state, state=ENDED)
        except StoppedError:
            self._state = replace(self._state, state=STOPPED)
        except StoreError as error:
            _log.warning("drill %s: %s", self._key, error)
            self._state = replace(self._state, state=FAILED)
        except HubError as error:
            self._state = replace(self._state, state=FAILED, problem=str(error)[:1000])
        try:
            self._hub.store.put_facts(STOP, {}, [self._key])
            self._renew()
        except StoreError as error:  # not renewed: (3) takes effect
            _log.warning("drill %s: %s", self._key, error)

    def _wait_seconds(self, seconds: float) -> None:
        while seconds > 0:
            part = min(seconds, _LOOK_SECONDS)
            self._wait(part)
            seconds -= part
            self._must_go_on()

    def _must_go_on(self) -> None:
        """(2)"""
        if any(fact.key == self._key for fact in self._hub.store.facts(STOP, prefix=self._key)):
            raise StoppedError
        if self._hub.clock() - self._state.renewed > _RENEWED_MILLISECONDS:
            self._renew()

    def _count(self, _words: str) -> None:
        self._state = replace(self._state, played=self._state.played + 1)
        self._renew()
        self._must_go_on()

    def _renew(self) -> None:
        self._state = replace(self._state, renewed=self._hub.clock())
        _note(self._hub, self._key, self._state)


def _note(hub: Hub, key: str, state: Performance) -> None:
    hub.store.put_facts(KIND, {key: orjson.dumps(asdict(state))})
