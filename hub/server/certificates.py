"""Accounts that a client certificate logs in: a proxy in front verifies it, and says its subject in a header.

Any client that reaches the hub's port could write such a header. So the proxy sends a secret with it that only it and the hub
have, and a subject without that secret is refused, not ignored: somebody is trying to be another.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hub.errors import ConfigurationError, UnauthenticatedError
from hub.settings import Settings
from hub.sharing.credentials import Credentials
from hub.sharing.members import Account

SUBJECT: Final = "HTTP_X_CLIENT_SUBJECT"  # of the certificate that the proxy verified, as RFC 2253 writes it
SECRET: Final = "HTTP_X_PROXY_SECRET"  # noqa: S105 - the name of a header
_SECRET_LEAST: Final = 32  # characters


class Certificates:
    """The subjects that hub.toml gives to accounts under [certificates]."""

    def __init__(self, credentials: Credentials, accounts: Mapping[str, str], secret: str) -> None:
        """`accounts` maps an account's name to its subject."""
        self._credentials = credentials
        self._names = {subject: name for name, subject in accounts.items()}
        self._secret = secret.encode()

    def account(self, environ: Mapping[str, Any]) -> Account | None:
        """The account of the request's certificate; None where it brought none, or one that is no account's.

        UnauthenticatedError where the header is not the proxy's, or the account is gone or disabled.
        """
        subject = environ.get(SUBJECT)
        if not subject:
            return None
        if not hmac.compare_digest(str(environ.get(SECRET, "")).encode("utf-8", "replace"), self._secret):
            raise UnauthenticatedError("The subject of a certificate counts only where the hub's own proxy sends it.")
        name = self._names.get(subject)
        if name is None:
            return None
        return self._credentials.find_account(name)


def agreed(by_certificate: Account | None, by_header: Account | None) -> Account | None:
    """The account of a request that may bring both; UnauthenticatedError where they are two accounts."""
    if by_certificate is None or by_header is None:
        return by_header or by_certificate
    if by_certificate.name != by_header.name:
        raise UnauthenticatedError("The client certificate and the credentials are those of two accounts.")
    return by_header


def open_certificates(credentials: Credentials, settings: Settings) -> Certificates | None:
    """As the settings declare them; None where they declare none. ConfigurationError where they cannot be used."""
    if not settings.certificates:
        return None
    if not settings.behind_proxy or not settings.proxy_secret_file:
        raise ConfigurationError(
            "[certificates] needs HUB_BEHIND_PROXY=true and HUB_PROXY_SECRET_FILE: the proxy verifies the certificates, "
            "and the secret shows that it was the proxy."
        )
    try:
        secret = Path(settings.proxy_secret_file).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"proxy_secret_file: {settings.proxy_secret_file!r} cannot be read") from None
    if len(secret) < _SECRET_LEAST:
        raise ConfigurationError(
            f"{settings.proxy_secret_file}: the secret has {len(secret)} characters, and needs {_SECRET_LEAST}: "
            "`openssl rand -hex 32` makes one"
        )
    return Certificates(credentials, settings.certificates, secret)
