"""The operator's page: the accounts and when each was last seen, the numbers of objects, the audit trail, the limits."""

from __future__ import annotations

import http
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import flask

from hub.audit import background
from hub.audit.result import last_verification
from hub.audit.search import WORDS
from hub.pages import layout
from hub.server import metrics
from hub.server.console import board_view, operation, operators, pages
from hub.settings import Settings, setting_texts, setting_values
from hub.sharing.credentials import deleted_accounts
from hub.sharing.last_seen import last_seen
from hub.sharing.members import AccountKind
from hub.sharing.volumes import Volume, Volumes, volumes
from hub.stix.timestamps import format_place

SILENT_DAYS: Final = 7
_SEARCH_CHARACTERS: Final = 100
_SEARCH_FIELDS: Final = ("what", "account", "day", "until")
_DAY: Final = 24 * 3600 * 1000  # milliseconds


@dataclass(frozen=True, slots=True)
class AccountLine:
    """A row of the list of accounts, without credentials."""

    name: str
    kind: str
    member: str
    secret: str  # "key" or "password"
    disabled: bool
    created: str
    seen: str  # when it last sent a request, to the hour; "" if never
    fetched: str  # when it was last sent objects; "" if never
    volume: Volume  # of everything that it was sent
    silent: bool  # whether it is a CERT that sends no requests


def operator() -> flask.Response:
    """GET /console/operator."""
    account, hub = operators.operator(), pages.hub()
    seen_times = last_seen(hub.store)
    last_sent = hub.community.ledger.last_sent()
    counts: Volumes = flask.current_app.extensions["volumes"]
    counts.write()  # so that the page includes what this worker sent
    volumes_by_account = volumes(hub.store)
    deleted_names = deleted_accounts(hub.store)
    now = hub.clock()
    lines = [
        AccountLine(
            name=row.name,
            kind=row.kind,
            member=row.member,
            secret="key" if row.key_hashes else "password",
            disabled=row.disabled,
            created=format_place(row.created_at)[:10],
            seen=board_view.clock(format_place(seen_times[row.name])) if row.name in seen_times else "",
            fetched=board_view.clock(format_place(last_sent[row.name])) if row.name in last_sent else "",
            volume=volumes_by_account.get(row.name, Volume()),
            silent=row.kind == AccountKind.CERT
            and not row.disabled
            and now - max(seen_times.get(row.name, 0), last_sent.get(row.name, 0)) > SILENT_DAYS * _DAY,
        )
        for row in hub.store.list_accounts()
        if row.name not in deleted_names
    ]
    active_members = {
        line.member for line in lines if line.kind == AccountKind.CERT and not line.silent and not line.disabled
    }
    arguments = flask.request.args
    search_texts = {name: arguments.get(name, "").strip()[:_SEARCH_CHARACTERS] for name in _SEARCH_FIELDS}
    search = operation.TrailSearch(**search_texts, before_number=_number(arguments.get("before", "")))
    texts = setting_texts()
    limits = setting_values(Settings(limits=hub.limits))
    return pages.render(
        "operator.html",
        accounts=lines,
        silent=[member for member in hub.catalogue.members.values() if member.code not in active_members],
        days=SILENT_DAYS,
        holdings=[
            (collection, count, board_view.clock(format_place(newest)) if newest else "")
            for collection, count, newest in hub.holdings()
        ],
        trail=operation.trail_view(hub, search),
        search=search,
        search_address=lambda before: "?" + urlencode({**search_texts, "before": before} if before else search_texts),
        words=WORDS,
        published=operation.count_published(hub),
        may_act=operators.may_act(account) and pages.session() is not None,
        verified=last_verification(hub.store),
        running=background.current_run(hub),
        limit_minutes=int(background.LONGEST_SECONDS // 60),
        clock=lambda place: board_view.clock(format_place(place)),
        space=hub.store.space(),
        throttles=metrics.throttle_counts(),
        has_exercises=any(root.exercise for root in hub.catalogue.roots.values()),
        drills=operation.drills_played(hub),
        refusals=[
            (status, http.HTTPStatus(int(status)).phrase, count) for status, count in metrics.refusal_counts().items()
        ],
        view=board_view,
        limits=[(name, value, texts[name][1]) for name, value in limits.items() if name.startswith("limits.")],
    )


def _number(text: str) -> int:
    """The number of an entry; 0 if the text is no number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def verify_store() -> flask.Response:
    """POST /console/operator/verify: start a verification in the background, if none is running."""
    account = operators.acting_operator()
    operators.form_session()
    background.start(pages.hub(), {"by": account.name})
    return layout.see("/console/operator#trail")
