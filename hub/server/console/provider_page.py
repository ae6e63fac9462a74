"""Signing in through the configured OpenID Connect provider: the redirect to it, and the return with a code.

Possible attacks on the return, and what prevents them:

1. Open the return address in another browser, so that its owner is signed in as somebody else: the `state` must match the
   cookie of the browser that began the sign-in.
2. Send an answer of another provider: `iss` must be this provider's (RFC 9207), if it is sent or required.
3. Use a code again, or a code of another sign-in: the provider accepts a code once and only with this sign-in's verifier, the
   ID token has this sign-in's nonce, and each handshake can be used once.
4. Start a sign-in from another site without a click: a sign-in can only begin on the hub's own page.
"""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import quote

import flask

from hub.audit.trail import AuditTrail
from hub.errors import NotFoundError, ProviderError, TooManyRequestsError, UnauthenticatedError
from hub.pages import forms, layout
from hub.pages.texts import gettext
from hub.server.console import guard, pages, signing_in
from hub.server.provider import Person, Provider, UnknownIdentityError
from hub.sharing.credentials import NAME_CHARACTERS
from hub.sharing.handshakes import COOKIE, LIFE_SECONDS, SECURE_COOKIE, Handshake, Handshakes
from hub.sharing.sessions import SECURE_COOKIE as SECURE_SESSION

_NAME_PREFIX: Final = "provider:"  # before the person in the log; no account name can begin with it
_CODE_CHARACTERS: Final = 4096


def go_to_provider() -> flask.Response:
    """GET /console/oidc?to=/asean/board/: redirect to the provider, with a cookie that binds the return to this browser."""
    request = flask.request
    provider = _provider()
    target = forms.local_target(request.args.get("to", ""))
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):  # (4)
        return layout.see("/console/login" + (f"?to={quote(target, safe='')}" if target else ""))
    if pages.session() is not None:
        return layout.see(target or pages.start_address(pages.account()))
    try:
        if not provider.has_metadata and isinstance(
            check_response := signing_in.ask_provider(provider.look_up), flask.Response
        ):
            return check_response
        handshake = _handshakes().begin(target)
        address = provider.address_for(handshake)
    except TooManyRequestsError as error:
        return signing_in.throttled(error, target=target)
    except ProviderError:
        return _provider_unavailable(provider, target)
    response = layout.see(address)
    name = _cookie_name()
    response.set_cookie(
        name,
        _handshakes().cookie(handshake),
        max_age=LIFE_SECONDS,
        httponly=True,
        secure=name == SECURE_COOKIE,
        samesite="Lax",  # the browser must send it when it comes back from the provider
        path="/",
    )
    return response


def return_from_provider() -> flask.Response:
    """GET /console/oidc/return?code=…&state=…: begin a session for the person whom the provider identified."""
    provider = _provider()
    handshake = _handshakes().find(flask.request.cookies.get(_cookie_name()))
    # (1); not logged as a refused login, and the cookie stays, since any site can send a browser here
    if handshake is None or not _is_own(handshake):
        words = gettext(
            "This sign-in was begun in another browser, or took too long, or was ended before. Begin again."
        )
        return signing_in.form(400, words)
    flask.g.attempt = _NAME_PREFIX
    code = _parameter("code")
    issuer = _parameter("iss") if "iss" in flask.request.args else None  # (2)
    if not code or len(code) > _CODE_CHARACTERS:
        # do not show `error_description`: anybody can write it into the address
        words = gettext("{provider} did not let you sign in.").format(provider=provider.name)
        return _without_cookie(signing_in.form(401, words, target=handshake.target))
    try:
        person = signing_in.ask_provider(lambda: provider.find_person(code, issuer, handshake))
        if isinstance(person, flask.Response):
            return person
        response = _enter(provider, handshake, person)
    except TooManyRequestsError as error:
        response = signing_in.throttled(error, target=handshake.target)
    except ProviderError:
        response = _provider_unavailable(provider, handshake.target)
    except UnknownIdentityError as error:
        flask.g.attempt = (_NAME_PREFIX + error.value)[:NAME_CHARACTERS]
        response = _unknown_person(provider, error.claim, error.value, handshake.target)
    except UnauthenticatedError:
        words = gettext("What {provider} sent could not be verified. Try again; if it fails again, tell the operator.")
        response = signing_in.form(401, words.format(provider=provider.name), target=handshake.target)
    return _without_cookie(response)


def _enter(provider: Provider, handshake: Handshake, person: Person) -> flask.Response:
    """Record the sign-in and begin the session. A missing or disabled account gets the same response as an unknown person."""
    flask.g.attempt = (_NAME_PREFIX + person.value)[:NAME_CHARACTERS]
    identities = provider.identities
    try:
        account = pages.hub().credentials.find_account(person.account)
    except UnauthenticatedError:
        return _unknown_person(provider, identities.claim, person.value, handshake.target)
    if not _handshakes().use(handshake):  # (3)
        raise UnauthenticatedError("This sign-in was completed before.")
    session = pages.sessions().begin(account, identities.digest(person.value))
    if session is None:
        return _unknown_person(provider, identities.claim, person.value, handshake.target)
    trail: AuditTrail = flask.current_app.extensions["trail"]
    address = flask.request.remote_addr or ""
    trail.recorder.signed_in(account, address, identities.issuer, f"{identities.claim}={person.value}")
    return signing_in.enter(account, session, handshake.target)


def _provider() -> Provider:
    provider = pages.provider()
    if provider is None:
        raise NotFoundError("This hub has no provider for sign-ins.")
    return provider


def _handshakes() -> Handshakes:
    handshakes: Handshakes = flask.current_app.extensions["handshakes"]
    return handshakes


def _parameter(name: str) -> str:
    """The parameter of the query with this name; "" if it is missing or given twice."""
    values = flask.request.args.getlist(name)
    return values[0] if len(values) == 1 else ""


def _is_own(handshake: Handshake) -> bool:
    return hmac.compare_digest(_parameter("state").encode("utf-8", "replace"), handshake.state.encode())


def _provider_unavailable(provider: Provider, target: str) -> flask.Response:
    words = gettext(
        "{provider} does not answer at the moment. Your account's name with its password or key works as before."
    )
    return signing_in.form(503, words.format(provider=provider.name), target=target)


def _unknown_person(provider: Provider, claim: str, value: str, target: str) -> flask.Response:
    words = gettext(
        "{provider} knows you, and no account of this hub is tied to you. Tell its operator: {claim} is {value}"
    )
    return signing_in.form(401, words.format(provider=provider.name, claim=claim, value=value), target=target)


def _cookie_name() -> str:
    over_tls = guard.cookie_name(flask.request, pages.public_url()) == SECURE_SESSION
    return SECURE_COOKIE if over_tls else COOKIE


def _without_cookie(response: flask.Response) -> flask.Response:
    """The response, with the handshake's cookie deleted."""
    name = _cookie_name()
    response.delete_cookie(name, path="/", httponly=True, secure=name == SECURE_COOKIE, samesite="Lax")
    return response
