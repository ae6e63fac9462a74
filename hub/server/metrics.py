"""Metrics for operators, in Prometheus' text format: each worker counts, and a request for them adds all workers up."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import flask
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from hub.audit.result import last_verification
from hub.community.alarms import certificate_end, silences
from hub.community.hub import Hub
from hub.errors import ForbiddenError, UnauthenticatedError
from hub.sharing.members import Account, AccountKind
from hub.version import __version__

_registry = CollectorRegistry()
_requests = Counter("hub_requests_total", "Requests answered.", ["what", "status"], registry=_registry)
_seconds = Histogram("hub_request_seconds", "From the head of a request to its response.", ["what"], registry=_registry)
_objects = Counter("hub_objects_total", "Objects in publishing requests, by verdict.", ["verdict"], registry=_registry)


_front_refusals = Counter(
    "hub_front_refusals_total", "Requests refused before they came to the application.", ["status"], registry=_registry
)
_throttles = Counter(
    "hub_throttles_total", "Requests refused with 429, by the limit that they exceeded.", ["limit"], registry=_registry
)
_waiting = Gauge(
    "hub_waiting",
    "How much waits in the server processes, by queue.",
    ["queue"],
    registry=_registry,
    multiprocess_mode="livesum",
)
_logins = Counter("hub_refused_logins_total", "Requests whose credentials were refused.", registry=_registry)
_seen = Gauge(
    "hub_member_seen_seconds",
    "The last request of a member's accounts, as a Unix time.",
    ["member", "kind"],
    registry=_registry,
    multiprocess_mode="max",
)
_LIMIT_STATUSES = frozenset({"408", "413", "414", "429", "431", "503"})  # of requests that a limit or throttle refused
_SEEN_INTERVAL_SECONDS = 10.0  # between two notes of one member
_seen_at: dict[tuple[str, str], float] = {}


def note_seen(account: Account) -> None:
    """Note that a member's account sent a request, so that operators see silent members."""
    if account.member is None:
        return
    key = (account.member, account.kind.value)
    now = time.time()
    if now - _seen_at.get(key, 0.0) > _SEEN_INTERVAL_SECONDS:
        _seen_at[key] = now
        _seen.labels(*key).set(now)


def count_front_refusal(status: int) -> None:
    """Count a request that the front refused."""
    _front_refusals.labels(str(status)).inc()


def note_front(waiting_counts: Mapping[str, int], throttled: Mapping[str, int]) -> None:
    """Note how much waits in the front now, and how much it refused since the last call."""
    for queue, count in waiting_counts.items():
        _waiting.labels(queue).set(count)
    for limit, count in throttled.items():
        _throttles.labels(limit).inc(count)


def forget_dead_workers(folder: Path) -> None:
    """Drop the gauges of processes that have ended: a killed process could not reset them.

    `folder` is the folder in which all workers keep their figures.
    """
    for file in folder.glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdecimal() and not Path(f"/proc/{pid}").exists():
            mark_process_dead(int(pid), str(folder))  # type: ignore[no-untyped-call] # prometheus-client types its rest


def count_refused_login() -> None:
    """Count a request whose credentials were refused."""
    _logins.inc()


def count_request(endpoint: str, status: int, seconds: float) -> None:
    """Count one request; `what` is the operation, never a path."""
    counter, duration = _series(endpoint, status)
    counter.inc()
    duration.observe(seconds)


@cache
def _series(endpoint: str, status: int) -> tuple[Counter, Histogram]:
    """The two series of an operation and a status, cached."""
    return _requests.labels(endpoint, str(status)), _seconds.labels(endpoint)


def count_objects(successes: int, failures: int) -> None:
    """Count the accepted and the refused objects of one publishing request."""
    _objects.labels("accepted").inc(successes)
    _objects.labels("refused").inc(failures)


def metrics() -> flask.Response:
    """GET /metrics, only for accounts of kind operator: the figures show how many objects each collection has."""
    account = flask.g.account
    if account is None:
        raise UnauthenticatedError("Send the credentials of an account of kind operator.")
    if account.kind is not AccountKind.OPERATOR:
        raise ForbiddenError("Metrics are for accounts of kind operator.")
    text = (
        generate_latest(_combined_registry())
        + _store_figures(flask.current_app.extensions["hub"])
        + _operating_figures(flask.current_app)
    )
    return flask.Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _combined_registry() -> CollectorRegistry:
    """The figures of all workers if they share a folder, else those of this process."""
    if not flask.current_app.config["METRICS_TOGETHER"]:
        return _registry
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # prometheus-client types its rest
    return registry


def refusal_counts() -> dict[str, int]:
    """How many requests were refused by limits since the hub was started, by status; statuses without refusals are left out."""
    counts: dict[str, float] = {}
    for family in _combined_registry().collect():
        for sample in family.samples:
            status = sample.labels.get("status", "")
            if sample.name in ("hub_requests_total", "hub_front_refusals_total") and status in _LIMIT_STATUSES:
                counts[status] = counts.get(status, 0) + sample.value
    return {status: int(count) for status, count in sorted(counts.items()) if count}


def throttle_counts() -> dict[str, int]:
    """How many requests exceeded each limit of a client (429) since the hub was started; limits without any are left out."""
    counts: dict[str, float] = {}
    for family in _combined_registry().collect():
        for sample in family.samples:
            if sample.name == "hub_throttles_total":
                counts[sample.labels["limit"]] = counts.get(sample.labels["limit"], 0) + sample.value
    return {limit: int(count) for limit, count in sorted(counts.items()) if count}


def _store_figures(hub: Hub) -> bytes:
    """Figures of the store, read at each request, so that all workers give the same."""
    lines = ["# HELP hub_collection_objects Stored versions of objects.", "# TYPE hub_collection_objects gauge"]
    newest = [
        "# HELP hub_collection_newest_seconds date_added of the newest, as a Unix time.",
        "# TYPE hub_collection_newest_seconds gauge",
    ]
    for collection, count, place in hub.holdings():
        label = f'{{root="{collection.root}",collection="{collection.alias}"}}'
        lines.append(f"hub_collection_objects{label} {count}")
        newest.append(f"hub_collection_newest_seconds{label} {place / 1000:.3f}")
    return ("\n".join([*lines, *newest]) + "\n").encode()


def _operating_figures(app: flask.Flask) -> bytes:
    """Figures for an operator's alarms: disk space, certificate, deadlines, verification."""
    hub: Hub = app.extensions["hub"]
    lines = [*_gauge("hub_info", "The version of the running hub.", {f'{{version="{__version__}"}}': 1})]
    size, free = hub.store.space()
    lines += _gauge("hub_store_bytes", "The size of the store.", {"": size})
    if free is not None:
        lines += _gauge("hub_disk_free_bytes", "The free space on the store's disk.", {"": free})
    expiry = certificate_end(app.config.get("TLS_CERT", ""))
    if expiry is not None:
        lines += _gauge(
            "hub_certificate_expiry_seconds", "When the TLS certificate ends, as a Unix time.", {"": expiry}
        )
    overdue = {f'{{root="{root.name}"}}': len(hub.community.overdue(root)) for root in hub.catalogue.roots.values()}
    lines += _gauge("hub_overdue_steps", "Deadlines of the joint protocol that have passed.", overdue)
    silent_codes = {silence.member.code for silence in silences(hub)}
    members = {
        f'{{member="{member.code}"}}': float(member.code in silent_codes)
        for member in hub.catalogue.members.values()
        if member.silent_hours
    }
    lines += _gauge("hub_member_silent", "1: the member has sent no request for longer than it declares.", members)
    result = last_verification(hub.store)
    if result is not None:
        lines += _gauge("hub_audit_verified_seconds", "The last verification, as a Unix time.", {"": result.at / 1000})
        lines += _gauge("hub_audit_findings", "Findings of the last verification.", {"": result.findings})
    return ("\n".join(lines) + "\n").encode()


def _gauge(name: str, text: str, values: Mapping[str, float]) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} gauge"
    for labels, value in values.items():
        yield f"{name}{labels} {value}"
