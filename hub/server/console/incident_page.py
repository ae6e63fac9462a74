"""The page of an incident: what happened, who has received it, what to do; its indicators as files; forms for the steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

import flask
import orjson

from hub.errors import ForbiddenError, NotFoundError, UnprocessableError
from hub.pages import forms, indicators, layout
from hub.pages.texts import gettext
from hub.server import front
from hub.server.console import board_view, guard, pages, picture, steps, withdrawal
from hub.server.console.incident import Incident, find_incident
from hub.server.console.steps import PlannedObject
from hub.server.metrics import count_objects
from hub.sharing.catalogue import ApiRoot
from hub.sharing.members import Account, AccountKind
from hub.sharing.sessions import Session
from hub.stix import tlp
from hub.stix.timestamps import format_milliseconds

_FORM_BYTES: Final = 64 * 1024
_PURPOSE: Final = "publish"
_DOWNLOADS: Final = {
    "bundle.json": "application/stix+json;version=2.1",
    "indicators.csv": "text/csv; charset=utf-8",
    **{f"{name}.txt": "text/plain; charset=utf-8" for name in indicators.LISTS},
}


def incident(root: str, incident_id: str) -> flask.Response:
    """GET /<root>/board/<incident>/: the page; for a program the board's entry as JSON."""
    if not pages.wants_page(flask.request):
        entry = pages.hub().community.incident(pages.account(), root, incident_id)
        if entry is None:
            raise NotFoundError("There is no such incident, or not for this account.")
        return _file(orjson.dumps(entry), "application/json")
    done = flask.request.args.get("done", "")
    return _page(root, find_incident(pages.hub(), pages.account(), root, incident_id), done=done)


def preview_step(root: str, incident_id: str) -> flask.Response:
    """POST /<root>/board/<incident>/preview: show the objects that the form would publish."""
    session = _checked_form()
    hub, account, api_root = pages.hub(), _account(), _root(root)
    incident = find_incident(hub, account, root, incident_id)
    form = {**flask.request.form.to_dict(), "asked": flask.request.form.getlist("asked")}
    if form.get("action") == steps.WITHDRAW:
        return _preview_withdrawal(session, api_root, incident)
    try:
        planned = steps.plan(hub, account, api_root, incident, form)
    except UnprocessableError as error:
        return _page(root, incident, problem=str(error), form=form, status=422)
    sealed = pages.sessions().seal(session, _PURPOSE, [asdict(step) for step in planned])
    return _preview(api_root, incident, flask.request.form["action"], planned, sealed)


def publish_step(root: str, incident_id: str) -> flask.Response:
    """POST /<root>/board/<incident>/publish: publish what was shown, with the same checks as over TAXII."""
    session = _checked_form()
    hub, account, api_root = pages.hub(), _account(), _root(root)
    values = pages.sessions().unseal(session, _PURPOSE, flask.request.form.get("sealed", ""))
    planned = [PlannedObject(**step) for step in values] if isinstance(values, list) else []
    incident = find_incident(hub, account, root, incident_id)
    if isinstance(values, dict):
        return _withdraw(session, api_root, incident, values)
    if not planned or not steps.is_fresh(planned, hub.clock()):
        return _page(root, incident, problem=gettext("This was shown too long ago: begin again."), status=422)
    refusals = _publish(account, api_root, planned)
    if refusals:
        return _page(root, incident, problem=" ".join(refusals), status=422)
    action = flask.request.form.get("action", "")
    return layout.see(f"/{root}/board/{incident.content['id']}/" + (f"?done={action}" if action in steps.WORDS else ""))


def _publish(account: Account, root: ApiRoot, planned: Sequence[PlannedObject]) -> list[str]:
    """Publish the objects and count them; return the messages about refused ones."""
    results, refusals = steps.publish(pages.hub(), account, root, planned)
    flask.g.count = sum(result.successes for result in results)
    flask.g.failures = sum(result.failures for result in results)
    count_objects(flask.g.count, flask.g.failures)
    flask.request.environ[front.OBJECTS] = flask.g.count + flask.g.failures
    return refusals


def _preview_withdrawal(session: Session, root: ApiRoot, incident: Incident, problem: str = "") -> flask.Response:
    """Show what a withdrawal would revoke and delete, with a form that confirms exactly that."""
    hub, account = pages.hub(), _account()
    moment = hub.clock()
    try:
        planned = withdrawal.plan(hub, account, root, incident, moment)
    except UnprocessableError as error:
        return _page(root.name, incident, problem=str(error), status=422)
    collections = {change.collection for change in planned.revocations} | {
        change.collection for change in planned.deletions
    }
    targets = [collection for collection in root.collections if collection.id in collections]
    return pages.render(
        "withdrawal.html",
        422 if problem else 200,
        exercise=root.exercise,
        root=root,
        incident=incident,
        problem=problem,
        planned=planned,
        targets=targets,
        titles={collection.id: collection.title for collection in targets},
        readers=[
            hub.catalogue.members[code]
            for code in sorted({code for collection in targets for code in collection.readers} - {account.member})
        ],
        sealed=pages.sessions().seal(session, _PURPOSE, withdrawal.sealed_values(moment, planned)),
        level_of=lambda content: level.label if (level := tlp.level(content)) is not None else "",
    )


def _withdraw(session: Session, root: ApiRoot, incident: Incident, preview_values: Mapping[str, Any]) -> flask.Response:
    """Withdraw what was shown; if anything changed meanwhile, show it again."""
    hub, account = pages.hub(), _account()
    if not 0 <= hub.clock() - preview_values["moment"] <= steps.SHOWN_MINUTES * 60_000:
        return _preview_withdrawal(session, root, incident, gettext("This was shown too long ago: begin again."))
    planned = withdrawal.plan(hub, account, root, incident, preview_values["moment"])
    if planned.digest != preview_values["digest"]:
        reason = gettext("What would be withdrawn has changed in the meantime: look at it again.")
        return _preview_withdrawal(session, root, incident, reason)
    refusals = _publish(account, root, planned.revocations)
    if refusals:
        return _page(root.name, incident, problem=" ".join(dict.fromkeys(refusals)), status=422)
    withdrawal.delete(hub, account, root, planned)
    return layout.see(f"/{root.name}/board/{incident.content['id']}/?done={steps.WITHDRAW}")


def back_to_incident(root: str, incident_id: str) -> flask.Response:
    """GET of an address for forms: somebody loaded the page again, or went back to it."""
    return layout.see(forms.local_target(f"/{root}/board/{incident_id}/") or "/")


def download(root: str, incident_id: str, name: str) -> flask.Response:
    """GET /<root>/board/<incident>/download/<name>: the indicators as CSV or lists, or all objects as a STIX bundle."""
    if name not in _DOWNLOADS:
        raise NotFoundError(f"There is no such file; there are {', '.join(_DOWNLOADS)}.")
    incident = find_incident(pages.hub(), pages.account(), root, incident_id)
    indicator_list = incident.of_type("indicator")
    if name == "bundle.json":
        objects = [*incident.objects, *incident.reports, incident.content]
        body = orjson.dumps({"type": "bundle", "id": f"bundle--{pages.hub().new_id()}", "objects": objects})
    elif name == "indicators.csv":
        body = indicators.as_csv(indicator_list).encode()
    else:
        body = indicators.as_list(indicator_list, indicators.LISTS[name.removesuffix(".txt")], _now()).encode()
    _note_sent(incident)
    response = _file(body, _DOWNLOADS[name])
    level = "" if incident.level is None else f"-{incident.level.label.replace(':', '-').replace('+', '-')}"
    file = f"{incident_id[:18]}{level}-{name}"
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return response


# ------------------------------------------------------------------------------------------------------------ the page


def _page(  # noqa: PLR0913 - keyword arguments
    root: str,
    incident: Incident,
    *,
    problem: str = "",
    done: str = "",
    form: Mapping[str, Any] | None = None,
    status: int = 200,
) -> flask.Response:
    hub, account, api_root = pages.hub(), pages.account(), _root(root)
    entry = _entry(account, api_root, incident)
    member = (account.member if account is not None else None) or ""
    plain = "plain" in flask.request.args
    response = pages.render(
        "incident.html",
        status,
        exercise=api_root.exercise,
        root=api_root,
        incident=incident,
        entry=entry,
        row=None if entry is None else board_view.row_of(entry, api_root.members, member),
        board={"generated_at": format_milliseconds(hub.clock()), "member": member},
        view=board_view,
        members=hub.catalogue.members,
        countries={member.code: member.country for member in hub.catalogue.members.values()},
        may_withdraw=withdrawal.may_withdraw(hub, account, incident),
        possible=steps.possible_steps(account, api_root, entry) if account is not None and entry is not None else None,
        steps=steps,
        form=form or {},
        problem=problem,
        done=steps.WORDS.get(done, ""),
        timeline=_timeline(incident, entry),
        indicators=[(indicator, indicators.values_of(indicator)) for indicator in incident.of_type("indicator")],
        plain=plain,
        now=_now(),
        lists=indicators.LISTS,
        techniques=_techniques(incident),
        picture=picture.draw([incident.content, *incident.objects]),
        box=(picture.BOX_WIDTH, picture.BOX_HEIGHT),
        translations=incident.translations,
        author=hub.catalogue.member_by_identity.get(incident.content.get("created_by_ref", "")),
        level_of=lambda content: level.label if (level := tlp.level(content)) is not None else "",
        events=pages.events_address(root, board=False),
    )
    if flask.request.method == "GET":
        _note_sent(incident)
    return response


def _preview(
    root: ApiRoot, incident: Incident, action: str, planned: list[PlannedObject], sealed: str
) -> flask.Response:
    hub, account = pages.hub(), _account()
    targets = [collection for step in planned if (collection := hub.catalogue.by_id(step.collection)) is not None]
    readers = sorted({code for collection in targets for code in collection.readers})
    return pages.render(
        "preview.html",
        exercise=root.exercise,
        root=root,
        incident=incident,
        action=action,
        word=steps.WORDS[action],
        planned=planned,
        targets=targets,
        readers=[hub.catalogue.members[code] for code in readers if code != account.member],
        member=hub.catalogue.members[account.member or ""],
        sealed=sealed,
        level_of=lambda content: level.label if (level := tlp.level(content)) is not None else "",
        source=[orjson.dumps(step.content, option=orjson.OPT_INDENT_2).decode() for step in planned],
        names=hub.catalogue.members,
        identities=hub.catalogue.member_by_identity,
    )


def _entry(account: Account | None, root: ApiRoot, incident: Incident) -> dict[str, Any] | None:
    """The board's entry, if the account may see the board."""
    if account is None or account.kind is not AccountKind.CERT or account.member not in root.members:
        return None
    entry = pages.hub().community.incident(account, root.name, incident.content["id"])
    if entry is not None:
        first_added = datetime.fromisoformat(entry["first_added"]).timestamp()
        entry["age_seconds"] = max(0, int(pages.hub().clock() / 1000 - first_added))
    return entry


def _timeline(incident: Incident, entry: Mapping[str, Any] | None) -> list[tuple[str, str, str, str]]:
    """(time, member, event, text) of everything that happened, the oldest first."""
    events = [event for event in incident.of_type("event") if isinstance(event.get("start_time"), str)]
    lines = [(event["start_time"], "", gettext("It happened"), str(event.get("name", ""))) for event in events]
    lines += [(report["modified"], "", gettext("Report published"), report["name"]) for report in incident.reports]
    if entry is None:
        return sorted(lines)
    lines.append(
        (entry["first_added"], entry["reported_by"] or entry["relayed_by"] or "", gettext("put it on the hub"), "")
    )
    lines += [(time, member, gettext("has it"), "") for member, time in entry["fetched"].items()]
    lines += [(time, member, gettext("acknowledged it"), "") for member, time in entry["acknowledged"].items()]
    for request in entry["requests"]:
        members = pages.hub().catalogue.members
        countries = ", ".join(members[code].country if code in members else code for code in request["asked"])
        question = gettext("asks {members}").format(members=countries)
        lines.append((request["at"], request["by"], question, request["what"]))
        for member, answers in request["answers"].items():
            lines += [
                (answer["at"], member, gettext(_ANSWER_TEXTS[answer["says"]]), _reason(member, answer))
                for answer in answers
            ]
    return sorted(lines)


def _reason(member: str, answer: Mapping[str, Any]) -> str:
    """The text that the member wrote; "" if it only repeats the answer."""
    reason: str = answer["why"]
    return "" if reason == f"{member}: {answer['says']}." else reason


_ANSWER_TEXTS: Final = {"accepted": "accepted a request", "refused": "refused a request", "done": "did what was asked"}


def _techniques(incident: Incident) -> list[tuple[str, str]]:
    """(id, name) of each technique of ATT&CK."""
    techniques = []
    for pattern in incident.of_type("attack-pattern"):
        references = pattern.get("external_references", [])
        technique_id = next(
            (
                str(reference.get("external_id", ""))
                for reference in references
                if "mitre" in str(reference.get("source_name"))
            ),
            "",
        )
        techniques.append((technique_id, pattern["name"] if pattern["name"] != technique_id else ""))
    return sorted(set(techniques))


# ------------------------------------------------------------------------------------------------------------- helpers


def _checked_form() -> Any:
    request = flask.request
    guard.check_origin(request, pages.public_url())
    if forms.is_longer(request, _FORM_BYTES):
        raise UnprocessableError("The form is too large.")
    return guard.check_form(request, pages.session(), pages.sessions())


def _account() -> Account:
    account = pages.account()
    if account is None or account.kind is not AccountKind.CERT:
        raise ForbiddenError("This is for the national CERTs of the members.")
    return account


def _root(name: str) -> ApiRoot:
    root = pages.hub().catalogue.roots.get(name)
    if root is None:
        raise NotFoundError("There is no such API root.")
    return root


def _now() -> str:
    return datetime.fromtimestamp(pages.hub().clock() / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _note_sent(incident: Incident) -> None:
    """Tell the delivery ledger, after the page was sent, that the account has the incident."""
    if not incident.delivery_notes:
        return

    def note() -> None:
        for record_delivery in incident.delivery_notes:
            record_delivery()

    if front.FRONT in flask.request.environ:
        flask.request.environ[front.ON_SENT] = note
    else:
        flask.after_this_request(_called_on_close(note))


def _called_on_close(note: Callable[[], None]) -> Callable[[flask.Response], flask.Response]:
    def add(response: flask.Response) -> flask.Response:
        response.call_on_close(note)
        return response

    return add


def _file(body: bytes, content_type: str) -> flask.Response:
    response = flask.Response(body, content_type=content_type)
    pages.secure(response)
    return response
