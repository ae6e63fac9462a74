"""What hub and OpenID Connect provider agreed on, from the settings, and what the provider says of itself."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from hub.errors import ConfigurationError, ProviderError, UnauthenticatedError
from hub.settings import Secret, Settings
from hub.sharing.identities import Identities

RETURN_PATH: Final = "/console/oidc/return"  # where the provider sends the browser back to
_log = logging.getLogger("hub.provider")
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
EMAIL: Final = "email"
# What people at a provider may write themselves, or what says nothing of who they are (OpenID Connect Core 1.0, 2 and 5.1).
UNFIT_CLAIMS: Final = frozenset(
    "name given_name family_name middle_name nickname preferred_username profile picture website gender birthdate zoneinfo "
    "locale phone_number phone_number_verified address updated_at email_verified "
    "iss aud exp nbf iat jti auth_time nonce acr amr azp at_hash c_hash".split()
)


@dataclass(frozen=True, slots=True)
class Registration:
    """What hub and provider agreed on."""

    issuer: str
    client_id: str
    secret: Secret | None
    return_address: str
    scope: str
    acr: str  # empty: any
    authority: str  # file of the authority of its certificate; empty: the usual ones
    seconds: int  # for each step


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a provider says of itself (OpenID Connect Discovery 1.0, 3)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str  # empty where it has none
    secret_in_body: bool  # it takes the client's secret in the form alone
    says_issuer: bool  # in each answer (RFC 9207)


def open_registration(settings: Settings) -> Registration | None:
    """As the settings declare it; None where they name none. ConfigurationError where they cannot be used."""
    if not settings.oidc_issuer:
        if settings.oidc:
            raise ConfigurationError("[oidc] needs HUB_OIDC_ISSUER: the provider whose people are named there")
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
    """Who may sign in through the provider, as the settings declare it; nobody where they name none."""
    people = settings.oidc.items() if settings.oidc_issuer else ()
    accounts = {value: account for account, values in people for value in values}
    return Identities(settings.oidc_issuer, settings.oidc_claim, accounts)


def is_safe(address: str, *, plain: bool) -> bool:
    """Whether the address is one of https; with `plain`, or of http on loopback."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if not host or parts.fragment or parts.username is not None or not address.isascii() or not address.isprintable():
        return False
    return parts.scheme == "https" or (plain and parts.scheme == "http" and host in _LOOPBACK)


def refused(reason: str) -> UnauthenticatedError:
    """The error for an answer of the provider that does not hold. The reason is for the log: it has no secret in it."""
    _log.warning("a sign-in was refused: %s", reason)
    return UnauthenticatedError("What the provider sent could not be verified.")


def away(reason: str) -> ProviderError:
    """The error for a provider that cannot be used now. The reason is for the log, and for `hub check`."""
    _log.warning("the provider cannot be used: %s", reason)
    return ProviderError(reason)


def _check(settings: Settings) -> None:
    issuer = settings.oidc_issuer
    if not is_safe(issuer, plain=True) or "?" in issuer:
        raise ConfigurationError(
            f"oidc_issuer: {issuer!r} should be the provider's https:// address (http:// on this machine alone)"
        )
    if not is_safe(settings.public_url, plain=True):
        raise ConfigurationError(
            "oidc_issuer needs HUB_PUBLIC_URL, with https:// (http:// on this machine alone): the provider sends browsers back "
            f"to {RETURN_PATH} there, and takes no other address"
        )
    if not settings.oidc_client_id:
        raise ConfigurationError("oidc_issuer needs HUB_OIDC_CLIENT_ID: what the provider calls the hub")
    if "openid" not in settings.oidc_scope.split():
        raise ConfigurationError(f"oidc_scope: {settings.oidc_scope!r} should contain openid")
    if not settings.oidc_claim or settings.oidc_claim in UNFIT_CLAIMS:
        raise ConfigurationError(
            f"oidc_claim: {settings.oidc_claim!r} does not say who somebody is, or is theirs to choose: use sub, or email"
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
