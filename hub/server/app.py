"""The table of contents of the hub's HTTP side: every address, what happens around each request, and in which order."""

from __future__ import annotations

import functools
import logging
import os
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import flask
import orjson
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import Map, Rule

from hub.audit.trail import AuditTrail
from hub.community.hub import Hub
from hub.errors import HubError, NotAcceptableError
from hub.pages import layout
from hub.server import audit, community, errors, front, health, metrics, views
from hub.server.certificates import SUBJECT, Certificates, agreed
from hub.server.console import addresses, guard, pages
from hub.server.console.live import LiveBoards
from hub.server.provider import Provider
from hub.server.requests import current_request
from hub.server.responses import compress
from hub.sharing.credentials import NO_NAME, PasswordCheck, attempted_name
from hub.sharing.deliver import DeliveredPage
from hub.sharing.handshakes import Handshakes
from hub.sharing.last_seen import LastSeen
from hub.sharing.members import Account
from hub.sharing.sessions import Sessions
from hub.sharing.volumes import Volumes
from hub.taxii.negotiation import check_taxii_accept

_log = logging.getLogger("hub.request")
_LOGGED: Final = 64  # characters of a path's part in the log: the client chooses them

# (address, view, methods). Slashes at the end are TAXII's; without one the answer is the same.
ADDRESSES: Final = (
    ("/taxii2/", views.discovery, ("GET",)),
    ("/<root>/", views.api_root, ("GET",)),
    ("/<root>/status/<status_id>/", views.status, ("GET",)),
    ("/<root>/collections/", views.collections, ("GET",)),
    ("/<root>/collections/<name>/", views.collection, ("GET",)),
    ("/<root>/collections/<name>/manifest/", views.manifest, ("GET",)),
    ("/<root>/collections/<name>/objects/", views.objects, ("GET",)),
    ("/<root>/collections/<name>/objects/", views.add_objects, ("POST",)),
    ("/<root>/collections/<name>/objects/<object_id>/", views.object_by_id, ("GET",)),
    ("/<root>/collections/<name>/objects/<object_id>/", views.delete_object, ("DELETE",)),
    ("/<root>/collections/<name>/objects/<object_id>/versions/", views.versions, ("GET",)),
    ("/<root>/events/", views.events, ("GET",)),
    ("/<root>/checkpoint/", audit.checkpoint, ("GET",)),
    ("/<root>/board/", community.board, ("GET",)),
    ("/<root>/contacts/", community.contacts, ("GET",)),
    ("/<root>/contacts/", community.confirm, ("POST",)),
    ("/healthz", health.healthz, ("GET",)),
    ("/readyz", health.readyz, ("GET",)),
    ("/metrics", metrics.metrics, ("GET",)),
    *addresses.ADDRESSES,
)
OPEN: Final = frozenset({"healthz", "readyz"})  # for load balancers: no account, no content
BESIDE: Final = frozenset({"board", "contacts", "confirm"})  # answer plain JSON, too: `server.community` checks Accept
PAGES: Final = addresses.PAGES | BESIDE  # take the session of a browser, too
NOT_TAXII: Final = OPEN | PAGES | {"metrics", "events", "checkpoint"}  # answers in a form of their own
_LOGIN_REFUSED: Final = frozenset(
    {401, 429}
)  # with credentials and without an account: they were wrong, or not looked at
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
_HSTS: Final = "max-age=31536000"  # seconds: browsers and clients use TLS alone for a year
_SAFE: Final = frozenset({"GET", "HEAD"})


class _App(flask.Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is: none of the hub's is a coroutine, and Flask would look into each at every request."""
        return func


def create_app(  # noqa: PLR0913 - each by its name
    hub: Hub,
    *,
    public_url: str = "",
    behind_proxy: bool = False,
    metrics_together: bool = False,
    events: str | int | None = None,
    trail: AuditTrail | None = None,
    certificates: Certificates | None = None,
    provider: Provider | None = None,
) -> flask.Flask:
    """The WSGI application for one hub; without `trail`, with one whose key is derived from the store's secret.

    `public_url` is the address that discovery names, empty for the one that was asked; `behind_proxy` believes
    X-Forwarded-* of one proxy in front; `metrics_together` says that several workers keep their figures in one folder; `events`
    is the address of the process that holds those who wait for events, or its port on this host, None if there is none;
    `certificates` log accounts in by what the proxy says of a client's certificate; through `provider` people sign in to the pages.
    """
    app = _App("hub", static_folder=None, template_folder=str(Path(__file__).parent / "console" / "templates"))
    app.url_map = _url_map()
    app.view_functions = {view.__name__: view for _, view, _ in ADDRESSES}
    layout.install(app, pages.reader_zone)
    app.extensions["hub"] = hub
    trail = trail or AuditTrail(hub.store, hub.secret, hub.clock)
    app.extensions["trail"] = trail
    hub.read_observers.update((trail.recorder.read, _count_read))
    app.extensions["last_seen"] = LastSeen(hub.store, hub.clock)
    app.extensions["volumes"] = Volumes(hub.store, hub.clock)
    app.extensions["live_boards"] = LiveBoards()
    identities = provider.identities.digests() if provider is not None else {}
    app.extensions["sessions"] = Sessions(hub.store, hub.secret, hub.clock, hub.limits, identities)
    app.extensions["provider"] = provider
    app.extensions["handshakes"] = Handshakes(hub.store, hub.secret, hub.clock)
    app.config["PUBLIC_URL"] = public_url
    app.config["METRICS_TOGETHER"] = metrics_together
    app.config["EVENTS"] = events
    app.config["BEHIND_PROXY"] = behind_proxy
    app.extensions["certificates"] = certificates
    errors.install(app)
    app.before_request(_begin)
    app.after_request(_end)
    if behind_proxy:
        app.wsgi_app = _over_tls(ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1))  # type: ignore[method-assign,assignment] # as Flask documents it
    return app


@functools.cache
def _url_map() -> Map:
    """Which address leads to which view: the same for all hubs of a process, since to compile it takes longer than all
    else in making an application.
    """
    return Map(
        [Rule(address, endpoint=view.__name__, methods=methods) for address, view, methods in ADDRESSES],
        strict_slashes=False,  # no redirects: clients differ in following them
        merge_slashes=False,  # a redirect would be no TAXII answer (3.1)
    )


def _over_tls(application: front.Wsgi) -> front.Wsgi:
    """The application behind a proxy that ends TLS: one that does not say so in X-Forwarded-Proto is believed to.

    Else the session's cookie would leave without `Secure`, and discovery would name addresses of plain HTTP.
    """

    def over_tls(environ: dict[str, Any], start_response: front.StartResponse) -> Iterable[bytes]:
        environ.setdefault("HTTP_X_FORWARDED_PROTO", "https")
        return application(environ, start_response)

    return over_tls


def _begin() -> flask.Response | None:
    """Before each request: its clock, who is asking, and whether the client takes what the hub answers."""
    # each proxy is looked through once: each look costs, and a poll with nothing new costs little else
    request = current_request()
    about = flask.g._get_current_object()  # noqa: SLF001 - as Flask's manual does
    app: flask.Flask = flask.current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001 - as above
    about.begun = time.perf_counter()
    about.request_id = _request_id(app, request)
    endpoint = request.endpoint
    if endpoint in OPEN:
        return None
    if endpoint not in PAGES:
        _check_person(request)
    if request.url_rule is None:
        return None
    if endpoint in PAGES:
        pages.begin_page()
        if (known := about.get("account")) is not None or "HTTP_AUTHORIZATION" not in request.environ:
            # the front counts a session as its account, and a cookie that is no session any more as its address
            request.environ[front.ACCOUNT] = known
    elif request.method not in _SAFE:
        guard.check_other_site(request)
    if endpoint in addresses.WITHOUT_ACCOUNT or about.get("account") is not None:
        return None
    if (wait := _log_in(app.extensions["hub"], app.extensions["certificates"], request.environ)) is not None:
        return wait
    about.account = request.environ[front.ACCOUNT]
    if endpoint not in NOT_TAXII:
        check_taxii_accept(request.environ.get("HTTP_ACCEPT"))
    return None


def _check_person(request: flask.Request) -> None:
    """A person's browser at an address without a page, such as one typed by hand, gets a page that says so.

    Otherwise the browser itself would ask for a name and a password.
    """
    if request.method in _SAFE and "HTTP_AUTHORIZATION" not in request.environ and pages.wants_page(request):
        pages.begin_page()
        if request.url_rule is not None:
            raise NotAcceptableError("This address answers TAXII clients and other programs.")


def _request_id(app: flask.Flask, request: flask.Request) -> str:
    """What names the request in the log; a proxy in front may have named it already."""
    request_id = request.headers.get("X-Request-ID") if app.config["BEHIND_PROXY"] else None
    return request_id if request_id and _REQUEST_ID.fullmatch(request_id) else os.urandom(8).hex()


def _log_in(hub: Hub, certificates: Certificates | None, environ: dict[str, Any]) -> flask.Response | None:
    """Note whose request it is. An answer where the front must have a password verified first: it asks again."""
    by_certificate = certificates.account(environ) if certificates is not None else None
    login = environ.get(front.LOGIN)
    if isinstance(login, HubError):
        raise login
    if login is None:
        login = hub.credentials.look_up(environ.get("HTTP_AUTHORIZATION"))
    if isinstance(login, PasswordCheck):
        if environ.get(front.FRONT):
            environ[front.CHECK] = login
            return flask.Response(status=401)
        login = login.verify()
    environ[front.ACCOUNT] = agreed(by_certificate, login)
    return None


def _count_read(_account: Account | None, delivered: DeliveredPage) -> None:
    """Count what a page for people reads to find what it shows: it is work for the account, however short the page is."""
    if delivered.count and flask.has_request_context():
        flask.g.bytes_read = flask.g.get("bytes_read", 0) + delivered.content.size


def _tried(request: flask.Request, by_form: str | None) -> str | None:
    """Whom refused credentials name, those of a form or of a header; None where there were none."""
    header = request.environ.get("HTTP_AUTHORIZATION")
    if by_form or header is not None:
        return by_form or attempted_name(header or "")
    return NO_NAME if SUBJECT in request.environ else None  # a certificate's subject is no name of an account


def _end(response: flask.Response) -> flask.Response:
    """After each request: one line for the log, which holds no credential and no content."""
    request = current_request()
    if front.CHECK in request.environ:
        return response  # the front asks again
    about = flask.g._get_current_object()  # noqa: SLF001 - as in `_begin`
    endpoint = request.endpoint or "unknown"
    if endpoint in PAGES:
        pages.end_page(response)
        request.environ[front.READ] = about.get("bytes_read", 0)
        if about.get("signed_out"):
            request.environ[front.ACCOUNT] = None
    response = compress(request, response)
    status = response.status_code
    seconds = time.perf_counter() - about.begun
    metrics.count_request(endpoint, status, seconds)
    if endpoint in OPEN and status < 400:
        return response
    account = about.get("account")
    tried = None
    if account is None and status in _LOGIN_REFUSED and (tried := _tried(request, about.get("tried"))):
        flask.current_app.extensions["trail"].recorder.refused_login(request.remote_addr or "", tried)
        metrics.count_refused_login()
    line = {
        "what": endpoint,
        "method": request.method,
        "status": status,
        "request": about.request_id,
        "address": request.remote_addr,
        "account": account.name if account is not None else None,
        "tried": tried,
        "root": (request.view_args or {}).get("root", "")[:_LOGGED] or None,
        "collection": about.get("collection", "")[:_LOGGED] or None,
        "count": about.get("count"),
        "failures": about.get("failures"),
        "bytes": response.content_length,
        "milliseconds": round(seconds * 1000, 1),
        "error_id": about.get("error_id"),
    }
    response.headers.add("X-Request-ID", about.request_id)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = _HSTS
    if account is not None:
        metrics.note_seen(account)
        flask.current_app.extensions["last_seen"].note(account.name)
        flask.current_app.extensions["volumes"].write_if_due()
    _log.info("%s", orjson.dumps({key: value for key, value in line.items() if value is not None}).decode())
    return response
