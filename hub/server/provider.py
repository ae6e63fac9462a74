"""Signing in to the pages through an OpenID Connect provider that the operator configures (OpenID Connect Core 1.0, 3.1).

The provider's metadata is fetched at the first sign-in, and again when it is old. A request to the provider may take seconds,
so it is made where no other request has to wait for it (`provider_queue`). The libraries for it are imported only then, so
that a hub without a provider never loads them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from hub.errors import UnauthenticatedError
from hub.server.registration import EMAIL, Metadata, Registration, open_identities, open_registration, sign_in_refusal
from hub.settings import Settings
from hub.sharing.handshakes import Handshake
from hub.sharing.identities import Identities

_METADATA_SECONDS: Final = 3600  # for which the provider's metadata and keys are used
_KEYS_RETRY_SECONDS: Final = 60  # between two requests for new keys, if a token names an unknown one
_VALUE_CHARACTERS: Final = 255  # of a claim; a `sub` has no more (OpenID Connect Core 1.0, 2)


class UnknownIdentityError(UnauthenticatedError):
    """The provider identified the person, and the operator has assigned no account to them."""

    def __init__(self, claim: str, value: str) -> None:
        super().__init__(f"No account is assigned to the {claim} {value}.")
        self.claim = claim
        self.value = value


@dataclass(frozen=True, slots=True)
class Person:
    """A person whom the provider identified."""

    value: str  # of the claim
    account: str  # the name of the account with which they sign in


class Provider:
    """The provider, for one server process. Safe for several threads."""

    def __init__(self, registration: Registration, identities: Identities, name: str, clock: Callable[[], int]) -> None:
        """`name` is the provider's name on the pages; `clock` returns milliseconds since 1970."""
        self.identities = identities
        self.name = name
        self._registration = registration
        self._clock = clock
        self._metadata: Metadata | None = None
        self._metadata_until = 0.0  # monotonic seconds
        self._keys: Any = None  # joserfc's KeySet
        self._keys_at = 0.0

    @property
    def has_metadata(self) -> bool:
        """Whether `address_for` needs no request to the provider."""
        return self._metadata is not None and time.monotonic() < self._metadata_until

    @property
    def sign_out_address(self) -> str:
        """The address at which people sign out at the provider itself; empty if it is unknown."""
        return self._metadata.end_session_endpoint if self._metadata is not None else ""

    def look_up(self) -> None:
        """Fetch the provider's metadata if it is missing or old. ProviderError if the provider cannot be used."""
        self._current_metadata()

    def address_for(self, handshake: Handshake) -> str:
        """The address to which the browser goes to sign in; needs no request to the provider after `look_up`."""
        from hub.server import provider_client  # noqa: PLC0415 - see the module

        return provider_client.sign_in_address(
            self._registration,
            self._metadata or self._current_metadata(),
            handshake.state,
            handshake.nonce,
            handshake.verifier,
        )

    def find_person(self, code: str, issuer: str | None, handshake: Handshake) -> Person:
        """Exchange the code for the person who signed in; `issuer` is the `iss` of the provider's answer, if it has one.

        UnauthenticatedError if the answer is another provider's, or the ID token is not valid; ProviderError if the provider
        is not available; UnknownIdentityError if no account is assigned to the person.
        """
        from hub.server import provider_client  # noqa: PLC0415 - see the module

        metadata = self._current_metadata()
        if issuer != self.identities.issuer and (issuer is not None or metadata.says_issuer):
            raise sign_in_refusal("the answer comes from another provider, or does not name its provider (iss)")
        token = provider_client.exchange(self._registration, metadata, code, handshake.verifier)
        keys = self._keys_for(metadata, token)
        claims = provider_client.verify_token(self._registration, token, keys, handshake.nonce, self._clock() // 1000)
        value = value_of(claims, self.identities.claim)
        account = self.identities.accounts.get(value)
        if account is None:
            raise UnknownIdentityError(self.identities.claim, value)
        return Person(value, account)

    def _current_metadata(self) -> Metadata:
        metadata = self._metadata
        if metadata is None or time.monotonic() >= self._metadata_until:
            from hub.server import provider_client  # noqa: PLC0415 - see the module

            metadata = self._metadata = provider_client.discover(self._registration)
            self._metadata_until = time.monotonic() + _METADATA_SECONDS
        return metadata

    def _keys_for(self, metadata: Metadata, token: Mapping[str, Any]) -> Any:
        """The provider's keys; fetched again if the ID token names a key that is not among them."""
        from hub.server import provider_client  # noqa: PLC0415 - see the module

        age = time.monotonic() - self._keys_at
        is_key_missing = self._keys is None or not provider_client.names_key_of(self._keys, token)
        if self._keys is None or age > _METADATA_SECONDS or (is_key_missing and age > _KEYS_RETRY_SECONDS):
            self._keys = provider_client.fetch_keys(self._registration, metadata)
            self._keys_at = time.monotonic()
        return self._keys


def value_of(claims: Mapping[str, Any], claim: str) -> str:
    """The claim's value; UnauthenticatedError if it does not identify one person."""
    value = claims.get(claim)
    if not isinstance(value, str) or not 0 < len(value) <= _VALUE_CHARACTERS or not value.isprintable():
        raise sign_in_refusal(f"the claim {claim} is missing, or no text of 1 to {_VALUE_CHARACTERS} characters")
    if claim == EMAIL and claims.get("email_verified") is not True:
        raise sign_in_refusal("the claim email is not verified (email_verified)")
    return value


def open_provider(settings: Settings, clock: Callable[[], int]) -> Provider | None:
    """The provider in the settings; None if there is none. ConfigurationError if the settings are wrong."""
    registration = open_registration(settings)
    if registration is None:
        return None
    name = settings.oidc_name or urlsplit(settings.oidc_issuer).hostname or ""
    return Provider(registration, open_identities(settings), name, clock)
