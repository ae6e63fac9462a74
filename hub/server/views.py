"""One view for each operation of TAXII 2.1: read the request, call the hub, build the response."""

from __future__ import annotations

from urllib.parse import urlsplit

import flask

from hub.community.hub import Hub
from hub.errors import MalformedError, NotFoundError
from hub.server.front import FRONT, OBJECTS, ON_SENT
from hub.server.metrics import count_objects
from hub.server.requests import base_url, current_request, query_pairs, read_body
from hub.server.responses import page_response, resource_response, taxii_response
from hub.sharing.deliver import DeliveredPage
from hub.sharing.events import collection_views
from hub.sharing.members import Account
from hub.sharing.volumes import Volumes
from hub.taxii.filters import Filters, parse_filters
from hub.taxii.negotiation import check_content_type


def discovery() -> flask.Response:
    """TAXII 2.1, 4.1."""
    return resource_response(_hub().discovery(_account(), _base_url()))


def api_root(root: str) -> flask.Response:
    """TAXII 2.1, 4.2."""
    return resource_response(_hub().api_root(_account(), root))


def status(root: str, status_id: str) -> flask.Response:
    """TAXII 2.1, 4.3."""
    return taxii_response(_hub().status(_account(), root, status_id))


def collections(root: str) -> flask.Response:
    """TAXII 2.1, 5.1."""
    return resource_response(_hub().collections(_account(), root))


def collection(root: str, name: str) -> flask.Response:
    """TAXII 2.1, 5.2."""
    flask.g.collection = name
    return resource_response(_hub().collection(_account(), root, name))


def manifest(root: str, name: str) -> flask.Response:
    """TAXII 2.1, 5.3."""
    flask.g.collection = name
    hub, request = _hub(), current_request()
    return _page(request, hub.manifest(_account(), root, name, _filters(hub, request)))


def objects(root: str, name: str) -> flask.Response:
    """TAXII 2.1, 5.4."""
    flask.g.collection = name
    hub, request, account = _hub(), current_request(), _account()
    return _objects(hub, request, account, hub.objects(account, root, name, _filters(hub, request)))


def add_objects(root: str, name: str) -> flask.Response:
    """TAXII 2.1, 5.5: 202 with the status, when all accepted objects are on disk."""
    flask.g.collection = name
    hub, request = _hub(), current_request()
    # rights first: the body is not read if the account may not publish here
    writer = hub.may_add(_account(), root, name)
    check_content_type(request.headers.get("Content-Type"))
    body = read_body(request, hub.limits, hub.max_content_length(root))
    result = hub.add_objects(writer, body)
    flask.g.count, flask.g.failures = result.successes, result.failures
    count_objects(result.successes, result.failures)
    request.environ[OBJECTS] = result.successes + result.failures
    return taxii_response(result.body, 202)


def object_by_id(root: str, name: str, object_id: str) -> flask.Response:
    """TAXII 2.1, 5.6."""
    flask.g.collection = name
    hub, request, account = _hub(), current_request(), _account()
    return _objects(hub, request, account, hub.object(account, root, name, object_id, _filters(hub, request)))


def delete_object(root: str, name: str, object_id: str) -> flask.Response:
    """TAXII 2.1, 5.7."""
    flask.g.collection = name
    hub = _hub()
    hub.delete_object(_account(), root, name, object_id, _filters(hub, current_request()))
    return taxii_response(b"{}")


def versions(root: str, name: str, object_id: str) -> flask.Response:
    """TAXII 2.1, 5.8."""
    flask.g.collection = name
    hub, request = _hub(), current_request()
    return _page(request, hub.versions(_account(), root, name, object_id, _filters(hub, request)))


def events(root: str) -> flask.Response:
    """Redirect to the events process: a listener here would occupy a thread (`server.events`)."""
    collection_views(_hub().catalogue, _account(), root, tuple(flask.request.args.getlist("collection")))
    events_url = flask.current_app.config["EVENTS"]
    if events_url is None:
        raise NotFoundError("This hub sends no events: poll it instead.")
    if isinstance(events_url, int):
        own_url = urlsplit(_base_url())
        if not own_url.hostname:
            raise MalformedError(
                "The Host header names no host: send one, so that the hub can redirect you to the port for events."
            )
        host = f"[{own_url.hostname}]" if ":" in (own_url.hostname or "") else own_url.hostname
        events_url = f"{own_url.scheme}://{host}:{events_url}"
    query = flask.request.query_string.decode("latin-1")
    return flask.Response(
        status=307,
        headers={
            "Location": f"{events_url.rstrip('/')}/{root}/events" + (f"?{query}" if query else ""),
            "Cache-Control": "no-store",
        },
    )


def _hub() -> Hub:
    hub: Hub = flask.current_app.extensions["hub"]
    return hub


def _base_url() -> str:
    return base_url(flask.request, flask.current_app.config["PUBLIC_URL"])


def _account() -> Account | None:
    account: Account | None = flask.g.account
    return account


def _filters(hub: Hub, request: flask.Request) -> Filters:
    return parse_filters(query_pairs(request, hub.limits), max_values=hub.limits.filter_values)


def _objects(hub: Hub, request: flask.Request, account: Account | None, page: DeliveredPage) -> flask.Response:
    """A response with a page of objects, which the delivery ledger notes before and after it is sent."""
    response = _page(request, page)
    if request.method == "GET":  # a response to HEAD delivers nothing
        if account is not None and page.count:
            counts: Volumes = flask.current_app.extensions["volumes"]
            counts.add(account.name, page.count, page.content.size)
        note_delivery = hub.begin_sending(account, page)
        if note_delivery is not None and FRONT in request.environ:
            request.environ[ON_SENT] = note_delivery
        elif note_delivery is not None:
            response.call_on_close(note_delivery)
    return response


def _page(request: flask.Request, page: DeliveredPage) -> flask.Response:
    flask.g.count = page.count
    return page_response(request, page)
