"""Drills, for the operator: upload a scenario, look at it, play it, follow it, and see the report.

1. An uploaded scenario is checked as `hub drill start` checks it, and shown as text before it is played.
2. The scenario goes through the browser and comes back sealed, with the time that is part of the drill's key, so that a form
   that is sent again does not start a second drill. After `AGREED_MINUTES` it has to be uploaded again.
3. The report has counts and times of members, and no texts that they wrote: an operator reads no content.
"""

from __future__ import annotations

from typing import Any, Final

import flask

from hub.audit.commands import note_command
from hub.community import performance
from hub.community.drills import Scenario, drill_report, drills_of, exercise_root, key_of, parse_scenario
from hub.declarations import parse_table
from hub.errors import ConfigurationError, MalformedError, NotFoundError, UnprocessableError
from hub.pages import layout
from hub.pages.owed import OWED
from hub.pages.texts import gettext, marked
from hub.server.console import board_view, operators, pages
from hub.sharing.catalogue import ApiRoot, Collection
from hub.stix.timestamps import format_place

SPEEDS: Final = (1, 2, 5, 10, 60)  # times as fast as the scenario says
AGREED_MINUTES: Final = 30
STATES: Final = {
    performance.PLAYING: marked("It is being played."),
    performance.ENDED: marked("It was played to its end."),
    performance.STOPPED: marked("It was stopped."),
    performance.FAILED: marked("It ended early: the hub did not take an event."),
    performance.LOST: marked("It ended early: the hub's process ended."),
}
_PURPOSE: Final = "drill"  # of the sealed value in the form
_FORM_BYTES: Final = 16 * 1024  # of the form, without the scenario
_SEALED_FACTOR: Final = 2  # a sealed text is longer than the text
_MINUTE: Final = 60 * 1000
_CLOCKS: Final = ("fetch", "acknowledge", "answer")


def new_drill() -> flask.Response:
    """GET /console/operator/new-drill: the form for a scenario."""
    operators.operator()
    return _form_page()


def check_drill() -> flask.Response:
    """POST /console/operator/new-drill: show what would be played, or why it cannot be played."""
    operators.acting_operator()
    hub = pages.hub()
    byte_limit = hub.limits.scenario_bytes
    session = operators.form_session(byte_limit + _FORM_BYTES)
    file = flask.request.files.get("scenario")
    content = b"" if file is None else file.stream.read(byte_limit + 1)
    if not content:
        return _form_page(gettext("Choose the file of a scenario."))
    if len(content) > byte_limit:
        return _form_page(gettext("A scenario has at most {n} bytes.").format(n=byte_limit))
    speed_text = flask.request.form.get("speed", "")
    speed = next((speed for speed in SPEEDS if str(speed) == speed_text), 1)
    try:
        root, _ = exercise_root(hub, flask.request.form.get("root") or None)
        scenario = parse_scenario(parse_table("scenario", content), root.members)
        performance.must_be_playable(scenario, speed)
    except (ConfigurationError, UnprocessableError) as error:
        return _form_page(str(error), english=True)
    text = content.decode()
    sealed = pages.sessions().seal(session, _PURPOSE, [root.name, hub.clock(), speed, text])
    return pages.render(
        "check_drill.html",
        root=root,
        scenario=scenario,
        speed=speed,
        span=board_view.span,
        sealed=sealed,
        members=hub.catalogue.members,
    )


def start_drill() -> flask.Response:
    """POST /console/operator/start-drill: play the scenario that was shown."""
    actor = operators.acting_operator()
    hub = pages.hub()
    session = operators.form_session(hub.limits.scenario_bytes * _SEALED_FACTOR + _FORM_BYTES)
    value: Any = pages.sessions().unseal(session, _PURPOSE, flask.request.form.get("sealed", ""))
    if value is None:
        raise MalformedError("This form is not one that the hub made for this session: upload the scenario again.")
    name, started_at, speed, text = value
    if hub.clock() - started_at > AGREED_MINUTES * _MINUTE:
        return _form_page(gettext("It is long ago that this was shown. Upload the scenario again."))
    try:
        root, alerts, scenario = _parse_again(name, text)
        key = key_of(root.name, started_at)
        drill = performance.start(hub, root, alerts, scenario, started_at=started_at, speed=speed, by=actor.name)
        if drill is not None:  # else this form was sent before
            note_command(hub.store, "drill", {"by": actor.name}, root=root.name, events=len(scenario.events))
    except (ConfigurationError, UnprocessableError) as error:
        return _form_page(str(error), english=True)
    return layout.see(f"/console/operator/drills/{key}")


def show_drill(root: str, started_at: str) -> flask.Response:
    """GET /console/operator/drills/<root>/<started_at>: the progress of a drill, and who reacted."""
    account, hub = operators.operator(), pages.hub()
    api_root = _exercise(root)
    key = f"{api_root.name}/{started_at}"
    state = performance.find_performance(hub, key)
    drill = next((drill for drill in drills_of(hub, api_root) if drill["drill"] == key), None)
    if state is None and drill is None:
        raise NotFoundError("There was no such drill.")
    report = None if drill is None else drill_report(hub, api_root, drill)
    return pages.render(
        "drill.html",
        stopping="stopping" in flask.request.args,
        owed=OWED,
        exercise=True,
        root=api_root,
        key=key,
        title=str(drill["title"]) if drill is not None else state.title if state is not None else "",
        began=board_view.clock(format_place(int(started_at))) if started_at.isdecimal() else "",
        state=state,
        words=STATES,
        may_act=operators.may_act(account) and pages.session() is not None,
        report=report,
        clocks=_CLOCKS,
        late=[] if report is None else [deadline for entry in report["incidents"] for deadline in entry["overdue"]],
        view=board_view,
        members=hub.catalogue.members,
    )


def stop_drill(root: str, started_at: str) -> flask.Response:
    """POST /console/operator/drills/<root>/<started_at>: stop the drill."""
    actor, hub = operators.acting_operator(), pages.hub()
    operators.form_session()
    key = f"{_exercise(root).name}/{started_at}"
    state = performance.find_performance(hub, key)
    if state is None:
        raise NotFoundError("There was no such drill.")
    if state.state == performance.PLAYING:
        performance.stop(hub, key)
        note_command(hub.store, "drill stop", {"by": actor.name}, root=root)
    return layout.see(f"{flask.request.path}?stopping=1")


def _parse_again(name: str, text: str) -> tuple[ApiRoot, Collection, Scenario]:
    root, alerts = exercise_root(pages.hub(), name)
    return root, alerts, parse_scenario(parse_table("scenario", text.encode()), root.members)


def _exercise(name: str) -> ApiRoot:
    root = pages.hub().catalogue.roots.get(name)
    if root is None or not root.exercise:
        raise NotFoundError("There was no such drill.")
    return root


def _form_page(problem: str = "", *, english: bool = False) -> flask.Response:
    account, hub = operators.operator(), pages.hub()
    return pages.render(
        "new_drill.html",
        422 if problem else 200,
        problem={"words": problem, "english": english} if problem else None,
        may_act=operators.may_act(account) and pages.session() is not None,
        roots=[root for root in hub.catalogue.roots.values() if root.exercise],
        speeds=SPEEDS,
        kilobytes=hub.limits.scenario_bytes // 1024,
    )
