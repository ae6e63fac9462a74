"""The hub's registration at an OpenID Connect provider, from the settings, and the provider's metadata."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from hub.errors import ConfigurationError, ProviderError, UnauthenticatedError
from hub.settings import Secret, Settings
from hub.sharing.identities import Identities

RETURN_PATH: Final = "/console/oidc/return"  # to which the provider sends the browser back
_log = logging.getLogger("hub.provider")
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
EMAIL: Final = "email"
# Claims that people at a provider can change themselves, or that do not identify them (OpenID Connect Core 1.0, 2 and 5.1).
UNFIT_CLAIMS: Final = frozenset(
    "name given_name family_name middle_name nickname preferred_username profile picture website gender birthdate zoneinfo "
    "locale phone_number phone_number_verified address updated_at email_verified "
    "iss aud exp nbf iat jti auth_time nonce acr amr azp at_hash c_hash".split()
)


@dataclass(frozen=True, slots=True)
class Registration:
    """The hub as a client of the provider."""

    issuer: str
    client_id: str
    secret: Secret | None
    return_address: str
    scope: str
    acr: str  # empty: any
    authority: str  # file of the CA of the provider's certificate; empty: the system's CAs
    seconds: int  # for each step


@dataclass(frozen=True, slots=True)
class Metadata:
    """The provider's metadata (OpenID Connect Discovery 1.0, 3)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str  # empty if it has none
    secret_in_body: bool  # whether it accepts the client's secret only in the body
    says_issuer: bool  # whether each of its answers names it (RFC 9207)


def open_registration(settings: Settings) -> Registration | None:
    """The registration in the settings; None if there is no provider. ConfigurationError if the settings are wrong."""
    if not settings.oidc_issuer:
        if settings.oidc:
            raise ConfigurationError("[oidc] needs HUB_OIDC_ISSUER: the provider of the people in it")
        return None
    _check(settings)
    scope = settings.oidc_scope.split()
    if settings.oidc_claim == EMAIL and EMAIL not in scope:
        scope.append(EMAIL)
    return Registration(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        secret=_secret(settings.oidc_secret_file) if settings.oidc_secret_file else None,
        return_address=settings.public_url.rstrip("/") + RETURN_PATH,
        scope=" ".join(scope),
        acr=settings.oidc_acr,
        authority=settings.oidc_ca,
        seconds=settings.limits.provider_seconds,
    )


def open_identities(settings: Settings) -> Identities:
    """The people who may sign in through the provider, from the settings; nobody if there is no provider."""
    people = settings.oidc.items() if settings.oidc_issuer else ()
    accounts = {value: account for account, values in people for value in values}
    return Identities(settings.oidc_issuer, settings.oidc_claim, accounts)


def is_safe(address: str, *, allows_http: bool) -> bool:
    """Whether the address is safe to use: https, or with `allows_http` also http on loopback."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if not host or parts.fragment or parts.username is not None or not address.isascii() or not address.isprintable():
        return False
    return parts.scheme == "https" or (allows_http and parts.scheme == "http" and host in _LOOPBACK)


def sign_in_refusal(reason: str) -> UnauthenticatedError:
    """The error for a sign-in that is refused. The reason goes to the log: it must contain no secret."""
    _log.warning("a sign-in was refused: %s", reason)
    return UnauthenticatedError("What the provider sent could not be verified.")


def provider_failure(reason: str) -> ProviderError:
    """The error for a provider that cannot be used now. The reason goes to the log, and to `hub check`."""
    _log.warning("the provider cannot be used: %s", reason)
    return ProviderError(reason)


def _check(settings: Settings) -> None:
    issuer = settings.oidc_issuer
    if not is_safe(issuer, allows_http=True) or "?" in issuer:
        raise ConfigurationError(
            f"oidc_issuer: {issuer!r} should be the provider's https:// address (http:// only on this machine)"
        )
    if not is_safe(settings.public_url, allows_http=True):
        raise ConfigurationError(
            "oidc_issuer needs HUB_PUBLIC_URL, with https:// (http:// only on this machine): the provider sends browsers back "
            f"to {RETURN_PATH} there, and accepts no other address"
        )
    if not settings.oidc_client_id:
        raise ConfigurationError("oidc_issuer needs HUB_OIDC_CLIENT_ID: the hub's id at the provider")
    if "openid" not in settings.oidc_scope.split():
        raise ConfigurationError(f"oidc_scope: {settings.oidc_scope!r} should contain openid")
    if not settings.oidc_claim or settings.oidc_claim in UNFIT_CLAIMS:
        raise ConfigurationError(
            f"oidc_claim: {settings.oidc_claim!r} does not identify a person, or people can choose its value themselves: use sub or email"
        )
    if settings.oidc_ca and not Path(settings.oidc_ca).is_file():
        raise ConfigurationError(f"oidc_ca: there is no file {settings.oidc_ca!r}")


def _secret(file: str) -> Secret:
    try:
        secret = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"oidc_secret_file: {file!r} cannot be read") from None
    if not secret:
        raise ConfigurationError(f"oidc_secret_file: {file!r} is empty")
    return Secret(secret)
