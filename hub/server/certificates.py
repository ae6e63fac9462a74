"""Login by client certificate: a proxy in front verifies the certificate, and sends its subject in a header.

Any client that reaches the hub's port could send such a header. So the proxy also sends a secret that only it and the hub
have. A subject without that secret is refused, not ignored: it may be an attack.
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
_MIN_SECRET_CHARACTERS: Final = 32  # characters


class Certificates:
    """The certificate subjects of accounts, from [certificates] in hub.toml."""

    def __init__(self, credentials: Credentials, accounts: Mapping[str, str], secret: str) -> None:
        """`accounts` maps an account's name to its subject."""
        self._credentials = credentials
        self._names = {subject: name for name, subject in accounts.items()}
        self._secret = secret.encode()

    def account(self, environ: Mapping[str, Any]) -> Account | None:
        """The account of the request's certificate; None if there is no certificate, or no account has this subject.

        UnauthenticatedError if the header does not come from the proxy, or the account is missing or disabled.
        """
        subject = environ.get(SUBJECT)
        if not subject:
            return None
        if not hmac.compare_digest(str(environ.get(SECRET, "")).encode("utf-8", "replace"), self._secret):
            raise UnauthenticatedError("The subject of a certificate is accepted only from the hub's own proxy.")
        name = self._names.get(subject)
        if name is None:
            return None
        return self._credentials.find_account(name)


def combine_accounts(by_certificate: Account | None, by_header: Account | None) -> Account | None:
    """The account of a request that may have a certificate and a header; UnauthenticatedError if they are two accounts."""
    if by_certificate is None or by_header is None:
        return by_header or by_certificate
    if by_certificate.name != by_header.name:
        raise UnauthenticatedError("The client certificate and the credentials belong to two different accounts.")
    return by_header


def open_certificates(credentials: Credentials, settings: Settings) -> Certificates | None:
    """The certificates in the settings; None if there are none. ConfigurationError if the settings are wrong."""
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
    if len(secret) < _MIN_SECRET_CHARACTERS:
        raise ConfigurationError(
            f"{settings.proxy_secret_file}: the secret has {len(secret)} characters, and needs {_MIN_SECRET_CHARACTERS}: "
            "`openssl rand -hex 32` makes one"
        )
    return Certificates(credentials, settings.certificates, secret)
