"""Figures for operators, in Prometheus' text form: counted by each worker, added up over all of them when asked for."""

from __future__ import annotations

from functools import cache

import flask
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from hub.community.hub import Hub
from hub.errors import ForbiddenError, UnauthenticatedError
from hub.sharing.members import AccountKind

_registry = CollectorRegistry()
_requests = Counter("hub_requests_total", "Requests answered.", ["what", "status"], registry=_registry)
_seconds = Histogram("hub_request_seconds", "From the request's head to its answer.", ["what"], registry=_registry)
_objects = Counter(
    "hub_objects_total", "Objects that requests brought, by what became of them.", ["verdict"], registry=_registry
)


def count_request(what: str, status: int, seconds: float) -> None:
    """Count one request; `what` is the operation, never a path."""
    counted, timed = _series(what, status)
    counted.inc()
    timed.observe(seconds)


@cache
def _series(what: str, status: int) -> tuple[Counter, Histogram]:
    """The two series of an operation and its outcome: as many as the hub has operations and statuses."""
    return _requests.labels(what, str(status)), _seconds.labels(what)


def count_objects(successes: int, failures: int) -> None:
    """Count what one publishing request came to."""
    _objects.labels("accepted").inc(successes)
    _objects.labels("refused").inc(failures)


def metrics() -> flask.Response:
    """For accounts of kind operator: figures show how much is held where."""
    account = flask.g.account
    if account is None:
        raise UnauthenticatedError("Send the credentials of an account of kind operator.")
    if account.kind is not AccountKind.OPERATOR:
        raise ForbiddenError("Metrics are for accounts of kind operator.")
    registry = _registry
    if flask.current_app.config["METRICS_TOGETHER"]:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # prometheus-client types its rest
    text = generate_latest(registry) + _held(flask.current_app.extensions["hub"])
    return flask.Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _held(hub: Hub) -> bytes:
    """What the store holds now, asked of it each time: no worker can be behind another."""
    lines = ["# HELP hub_collection_objects Versions of objects held.", "# TYPE hub_collection_objects gauge"]
    newest = [
        "# HELP hub_collection_newest_seconds date_added of the newest, as a Unix time.",
        "# TYPE hub_collection_newest_seconds gauge",
    ]
    for collection, count, place in hub.holdings():
        label = f'{{root="{collection.root}",collection="{collection.alias}"}}'
        lines.append(f"hub_collection_objects{label} {count}")
        newest.append(f"hub_collection_newest_seconds{label} {place / 1000:.3f}")
    return ("\n".join([*lines, *newest]) + "\n").encode()
