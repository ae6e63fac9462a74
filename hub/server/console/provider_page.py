"""Signing in through the OpenID Connect provider that the operator named: to it, and back with a code.

What somebody could do with the way back, and what stops it:

1. Open it in a browser that began no sign-in, or another one, so that its owner is signed in as somebody else: the `state`
   must be that of this browser's own cookie.
2. Answer in another provider's name: `iss` must be the provider's (RFC 9207), where it comes or should come.
3. Send a code again, or one that was meant for another sign-in: the provider takes it once and with this sign-in's verifier,
   the ID token has this sign-in's nonce, and a sign-in ends once.
4. Be signed in by another site without a click: a sign-in begins on the hub's own page.
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

_TRIED: Final = "provider:"  # before whom it vouched for, in the log: no account has such a name
_CODE_CHARACTERS: Final = 4096


def go_to_provider() -> flask.Response:
    """GET /console/oidc?to=/asean/board/: to the provider, with a cookie that ties the way back to this browser."""
    request = flask.request
    provider = _provider()
    target = forms.local_target(request.args.get("to", ""))
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):  # (4)
        return layout.see("/console/login" + (f"?to={quote(target, safe='')}" if target else ""))
    if pages.session() is not None:
        return layout.see(target or pages.start_of(pages.account()))
    try:
        if not provider.has_metadata and isinstance(wait := signing_in.asked(provider.look_up), flask.Response):
            return wait
        handshake = _handshakes().begin(target)
        address = provider.address_for(handshake)
    except TooManyRequestsError as error:
        return signing_in.throttled(error, target=target)
    except ProviderError:
        return _is_away(provider, target)
    response = layout.see(address)
    name = _cookie_name()
    response.set_cookie(
        name,
        _handshakes().cookie(handshake),
        max_age=LIFE_SECONDS,
        httponly=True,
        secure=name == SECURE_COOKIE,
        samesite="Lax",  # the provider's page leads back here
        path="/",
    )
    return response


def return_from_provider() -> flask.Response:
    """GET /console/oidc/return?code=…&state=…: a session for the person whom the provider vouches for."""
    provider = _provider()
    handshake = _handshakes().find(flask.request.cookies.get(_cookie_name()))
    # (1); nobody was tried, and no sign-in that this browser began ends, as any site can lead a browser here
    if handshake is None or not _is_own(handshake):
        words = gettext(
            "This sign-in was begun in another browser, or took too long, or was ended before. Begin again."
        )
        return signing_in.form(400, words)
    flask.g.attempt = _TRIED
    code = _parameter("code")
    issuer = _parameter("iss") if "iss" in flask.request.args else None  # (2)
    if not code or len(code) > _CODE_CHARACTERS:
        # `error_description` is not shown: the author of the address wrote it
        words = gettext("{provider} did not let you sign in.").format(provider=provider.name)
        return _ended(signing_in.form(401, words, target=handshake.target))
    try:
        person = signing_in.asked(lambda: provider.find_person(code, issuer, handshake))
        if isinstance(person, flask.Response):
            return person
        response = _enter(provider, handshake, person)
    except TooManyRequestsError as error:
        response = signing_in.throttled(error, target=handshake.target)
    except ProviderError:
        response = _is_away(provider, handshake.target)
    except UnknownIdentityError as error:
        flask.g.attempt = (_TRIED + error.value)[:NAME_CHARACTERS]
        response = _is_unknown(provider, error.claim, error.value, handshake.target)
    except UnauthenticatedError:
        words = gettext("What {provider} sent could not be verified. Try again; if it fails again, tell the operator.")
        response = signing_in.form(401, words.format(provider=provider.name), target=handshake.target)
    return _ended(response)


def _enter(provider: Provider, handshake: Handshake, person: Person) -> flask.Response:
    """The session, once it is noted who came. An account that is gone or disabled is answered like none."""
    flask.g.attempt = (_TRIED + person.value)[:NAME_CHARACTERS]
    identities = provider.identities
    try:
        account = pages.hub().credentials.find_account(person.account)
    except UnauthenticatedError:
        return _is_unknown(provider, identities.claim, person.value, handshake.target)
    if not _handshakes().use(handshake):  # (3)
        raise UnauthenticatedError("Somebody signed in by this handshake before.")
    session = pages.sessions().begin(account, identities.digest(person.value))
    if session is None:
        return _is_unknown(provider, identities.claim, person.value, handshake.target)
    trail: AuditTrail = flask.current_app.extensions["trail"]
    address = flask.request.remote_addr or ""
    trail.recorder.signed_in(account, address, identities.issuer, f"{identities.claim}={person.value}")
    return signing_in.enter(account, session, handshake.target)


def _provider() -> Provider:
    provider = pages.provider()
    if provider is None:
        raise NotFoundError("Nobody signs in through a provider here.")
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


def _is_away(provider: Provider, target: str) -> flask.Response:
    words = gettext(
        "{provider} does not answer at the moment. Your account's name with its password or key works as before."
    )
    return signing_in.form(503, words.format(provider=provider.name), target=target)


def _is_unknown(provider: Provider, claim: str, value: str, target: str) -> flask.Response:
    words = gettext(
        "{provider} knows you, and no account of this hub is tied to you. Tell its operator: {claim} is {value}"
    )
    return signing_in.form(401, words.format(provider=provider.name, claim=claim, value=value), target=target)


def _cookie_name() -> str:
    over_tls = guard.cookie_name(flask.request, pages.public_url()) == SECURE_SESSION
    return SECURE_COOKIE if over_tls else COOKIE


def _ended(response: flask.Response) -> flask.Response:
    """The response, with the handshake's cookie deleted."""
    name = _cookie_name()
    response.delete_cookie(name, path="/", httponly=True, secure=name == SECURE_COOKIE, samesite="Lax")
    return response
