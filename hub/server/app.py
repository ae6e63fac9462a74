"""The hub's Flask application: every address with its view, and what happens before and after each request."""

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
from hub.server.certificates import SUBJECT, Certificates, combine_accounts
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
_LOGGED_CHARACTERS: Final = 64  # characters of a path's part in the log: the client chooses them

# (address, view, methods). TAXII's addresses end with a slash; without it the response is the same.
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
PROBES: Final = frozenset({"healthz", "readyz"})  # for load balancers: no account, no content
# also for programs, as plain JSON: `server.community` checks the Accept header
COMMUNITY_VIEWS: Final = frozenset({"board", "contacts", "confirm"})
PAGES: Final = addresses.PAGES | COMMUNITY_VIEWS  # also accept the session of a browser
NOT_TAXII: Final = PROBES | PAGES | {"metrics", "events", "checkpoint"}  # their responses have another media type
# statuses of requests whose credentials were refused: wrong, or not verified
_LOGIN_REFUSED: Final = frozenset({401, 429})
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
_HSTS: Final = "max-age=31536000"  # browsers and clients use only TLS for this many seconds: a year
_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})


class _App(flask.Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function unchanged: no view of the hub is a coroutine, and Flask would check that at every request."""
        return func


def create_app(  # noqa: PLR0913 - keyword arguments
    hub: Hub,
    *,
    public_url: str = "",
    behind_proxy: bool = False,
    shared_metrics: bool = False,
    events: str | int | None = None,
    trail: AuditTrail | None = None,
    certificates: Certificates | None = None,
    provider: Provider | None = None,
) -> flask.Flask:
    """The WSGI application for one hub.

    `public_url`: the hub's address in discovery; empty: the address in the request.
    `behind_proxy`: trust X-Forwarded-* of one proxy in front.
    `shared_metrics`: several workers keep their figures in one folder.
    `events`: the address of the events process, or its port on this host; None if there is none.
    `trail`: the audit trail; None: one whose key is derived from the store's secret.
    `certificates`: logs accounts in by the certificate that the proxy verified.
    `provider`: the OpenID Connect provider through which people sign in to the pages.
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
    app.config["METRICS_TOGETHER"] = shared_metrics
    app.config["EVENTS"] = events
    app.config["BEHIND_PROXY"] = behind_proxy
    app.extensions["certificates"] = certificates
    errors.install(app)
    app.before_request(_before_request)
    app.after_request(_after_request)
    if behind_proxy:
        app.wsgi_app = _assume_tls(ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1))  # type: ignore[method-assign,assignment] # as Flask documents it
    return app


@functools.cache
def _url_map() -> Map:
    """The addresses and their views. Shared by all applications of a process, since compiling it takes long."""
    return Map(
        [Rule(address, endpoint=view.__name__, methods=methods) for address, view, methods in ADDRESSES],
        strict_slashes=False,  # no redirects: clients differ in following them
        merge_slashes=False,  # a redirect would be no TAXII response (3.1)
    )


def _assume_tls(application: front.Wsgi) -> front.Wsgi:
    """The application behind a proxy that ends TLS: assume https if the proxy sends no X-Forwarded-Proto.

    Otherwise the session's cookie would be sent without `Secure`, and discovery would list addresses with plain http.
    """

    def application_with_scheme(environ: dict[str, Any], start_response: front.StartResponse) -> Iterable[bytes]:
        environ.setdefault("HTTP_X_FORWARDED_PROTO", "https")
        return application(environ, start_response)

    return application_with_scheme


def _before_request() -> flask.Response | None:
    """Before each request: note the time, find the account, and check that the client accepts the media type."""
    # resolve each of Flask's proxies once: it takes time, and a poll without new objects does little else
    request = current_request()
    context = flask.g._get_current_object()  # noqa: SLF001 - as Flask's manual does
    app: flask.Flask = flask.current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001 - as above
    context.start_time = time.perf_counter()
    context.request_id = _request_id(app, request)
    endpoint = request.endpoint
    if endpoint in PROBES:
        return None
    if endpoint not in PAGES:
        _check_person(request)
    if request.url_rule is None:
        return None
    if endpoint in PAGES:
        pages.begin_page()
        if (session_account := context.get("account")) is not None or "HTTP_AUTHORIZATION" not in request.environ:
            # the front counts a request with a session for its account, and one with an expired session for its address
            request.environ[front.ACCOUNT] = session_account
    elif request.method not in _SAFE_METHODS:
        guard.check_other_site(request)
    if endpoint in addresses.WITHOUT_ACCOUNT or context.get("account") is not None:
        return None
    if (check_response := _log_in(app.extensions["hub"], app.extensions["certificates"], request.environ)) is not None:
        return check_response
    context.account = request.environ[front.ACCOUNT]
    if endpoint not in NOT_TAXII:
        check_taxii_accept(request.environ.get("HTTP_ACCEPT"))
    return None


def _check_person(request: flask.Request) -> None:
    """Show an error page to a browser at an address for programs, such as one typed by hand.

    Otherwise the browser itself would ask for a name and a password.
    """
    if request.method in _SAFE_METHODS and "HTTP_AUTHORIZATION" not in request.environ and pages.wants_page(request):
        pages.begin_page()
        if request.url_rule is not None:
            raise NotAcceptableError("This address is for TAXII clients and other programs.")


def _request_id(app: flask.Flask, request: flask.Request) -> str:
    """The id of the request in the log; a proxy in front may have set it."""
    request_id = request.headers.get("X-Request-ID") if app.config["BEHIND_PROXY"] else None
    return request_id if request_id and _REQUEST_ID.fullmatch(request_id) else os.urandom(8).hex()


def _log_in(hub: Hub, certificates: Certificates | None, environ: dict[str, Any]) -> flask.Response | None:
    """Find the account of the request. Returns a response if the front has to verify a password first and call again."""
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
    environ[front.ACCOUNT] = combine_accounts(by_certificate, login)
    return None


def _count_read(_account: Account | None, page: DeliveredPage) -> None:
    """Count the bytes that a page for people reads: they count for the account even if the page itself is short."""
    if page.count and flask.has_request_context():
        flask.g.bytes_read = flask.g.get("bytes_read", 0) + page.content.size


def _attempted_name(request: flask.Request, by_form: str | None) -> str | None:
    """The name in refused credentials of a form or a header; None if there were no credentials."""
    header = request.environ.get("HTTP_AUTHORIZATION")
    if by_form or header is not None:
        return by_form or attempted_name(header or "")
    return NO_NAME if SUBJECT in request.environ else None  # a certificate's subject is no name of an account


def _after_request(response: flask.Response) -> flask.Response:
    """After each request: write one line to the log, without credentials and content."""
    request = current_request()
    if front.CHECK in request.environ:
        return response  # the front calls again
    context = flask.g._get_current_object()  # noqa: SLF001 - as in `_before_request`
    endpoint = request.endpoint or "unknown"
    if endpoint in PAGES:
        pages.end_page(response)
        request.environ[front.WORK_BYTES] = context.get("bytes_read", 0)
        if context.get("signed_out"):
            request.environ[front.ACCOUNT] = None
    response = compress(request, response)
    status = response.status_code
    seconds = time.perf_counter() - context.start_time
    metrics.count_request(endpoint, status, seconds)
    if endpoint in PROBES and status < 400:
        return response
    account = context.get("account")
    attempt = None
    if account is None and status in _LOGIN_REFUSED and (attempt := _attempted_name(request, context.get("attempt"))):
        flask.current_app.extensions["trail"].recorder.refused_login(request.remote_addr or "", attempt)
        metrics.count_refused_login()
    line = {
        "what": endpoint,
        "method": request.method,
        "status": status,
        "request": context.request_id,
        "address": request.remote_addr,
        "account": account.name if account is not None else None,
        "tried": attempt,
        "root": (request.view_args or {}).get("root", "")[:_LOGGED_CHARACTERS] or None,
        "collection": context.get("collection", "")[:_LOGGED_CHARACTERS] or None,
        "count": context.get("count"),
        "failures": context.get("failures"),
        "bytes": response.content_length,
        "milliseconds": round(seconds * 1000, 1),
        "error_id": context.get("error_id"),
    }
    response.headers.add("X-Request-ID", context.request_id)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = _HSTS
    if account is not None:
        metrics.note_seen(account)
        flask.current_app.extensions["last_seen"].note(account.name)
        flask.current_app.extensions["volumes"].write_if_due()
    _log.info("%s", orjson.dumps({key: value for key, value in line.items() if value is not None}).decode())
    return response
