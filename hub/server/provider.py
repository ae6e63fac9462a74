"""Signing in to the pages through an OpenID Connect provider that the operator names (OpenID Connect Core 1.0, 3.1).

What is known of the provider is asked of it when somebody first signs in, and again when it is old. Everything here that
asks it may take seconds: it is called where no other request waits for it (`provider_queue`). The libraries that speak with it are
imported then, too: a hub without a provider never loads them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from hub.errors import UnauthenticatedError
from hub.server.registration import EMAIL, Metadata, Registration, open_identities, open_registration, refused
from hub.settings import Settings
from hub.sharing.handshakes import Handshake
from hub.sharing.identities import Identities

_KNOWN_SECONDS: Final = 3600  # for which what the provider said of itself is good
_KEYS_AGAIN_SECONDS: Final = 60  # between two looks for new keys, where a token names one that is not known
_VALUE_CHARACTERS: Final = 255  # of a claim; a `sub` has no more (OpenID Connect Core 1.0, 2)


class UnknownIdentityError(UnauthenticatedError):
    """The provider knows the person, and the operator has tied no account to what it says of them."""

    def __init__(self, claim: str, value: str) -> None:
        super().__init__(f"No account is tied to the {claim} {value}.")
        self.claim = claim
        self.value = value


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider vouched for."""

    value: str  # of the claim
    account: str  # the name of the account as which they sign in


class Provider:
    """The provider of one server process. For several threads."""

    def __init__(self, registration: Registration, identities: Identities, name: str, clock: Callable[[], int]) -> None:
        """`name` is what the pages call it, `clock` gives milliseconds since 1970."""
        self.identities = identities
        self.name = name
        self._registration = registration
        self._clock = clock
        self._metadata: Metadata | None = None
        self._metadata_until = 0.0  # monotonic seconds
        self._keys: Any = None  # joserfc's KeySet
        self._keys_at = 0.0

    @property
    def is_known(self) -> bool:
        """Whether `address_for` can answer without asking the provider."""
        return self._metadata is not None and time.monotonic() < self._metadata_until

    @property
    def sign_out_address(self) -> str:
        """Where people sign out at the provider itself, if it is known; else empty."""
        return self._metadata.end_session_endpoint if self._metadata is not None else ""

    def look_up(self) -> None:
        """Ask the provider for its addresses, where they are not known. ProviderError where it cannot be used."""
        self._known()

    def address_for(self, handshake: Handshake) -> str:
        """Where the browser goes to sign in; asks nobody after `look_up`."""
        from hub.server import provider_client  # noqa: PLC0415 - see the module

        return provider_client.sign_in_address(
            self._registration, self._metadata or self._known(), handshake.state, handshake.nonce, handshake.verifier
        )

    def person(self, code: str, issuer: str | None, handshake: Handshake) -> Person:
        """Who came back with this code, and with this name of the provider, or none.

        UnauthenticatedError where it is another's, or what the provider sends for the code does not hold; ProviderError where the provider is away; UnknownIdentityError where no account is tied to the person.
        """
        from hub.server import provider_client  # noqa: PLC0415 - see the module

        metadata = self._known()
        if issuer != self.identities.issuer and (issuer is not None or metadata.says_issuer):
            raise refused("the answer is another provider's, or does not say whose it is (iss)")
        token = provider_client.exchange(self._registration, metadata, code, handshake.verifier)
        keys = self._keys_for(metadata, token)
        claims = provider_client.verified(self._registration, token, keys, handshake.nonce, self._clock() // 1000)
        value = value_of(claims, self.identities.claim)
        account = self.identities.accounts.get(value)
        if account is None:
            raise UnknownIdentityError(self.identities.claim, value)
        return Person(value, account)

    def _known(self) -> Metadata:
        metadata = self._metadata
        if metadata is None or time.monotonic() >= self._metadata_until:
            from hub.server import provider_client  # noqa: PLC0415 - see the module

            metadata = self._metadata = provider_client.discover(self._registration)
            self._metadata_until = time.monotonic() + _KNOWN_SECONDS
        return metadata

    def _keys_for(self, metadata: Metadata, token: Mapping[str, Any]) -> Any:
        """The provider's keys, with the one that the ID token names if the provider has it."""
        from hub.server import provider_client  # noqa: PLC0415 - see the module

        age = time.monotonic() - self._keys_at
        unknown = self._keys is None or not provider_client.names_key_of(self._keys, token)
        if self._keys is None or age > _KNOWN_SECONDS or (unknown and age > _KEYS_AGAIN_SECONDS):
            self._keys = provider_client.fetch_keys(self._registration, metadata)
            self._keys_at = time.monotonic()
        return self._keys


def value_of(claims: Mapping[str, Any], claim: str) -> str:
    """The claim's value; UnauthenticatedError where it is none that names one person."""
    value = claims.get(claim)
    if not isinstance(value, str) or not 0 < len(value) <= _VALUE_CHARACTERS or not value.isprintable():
        raise refused(f"the claim {claim} is missing, or no text of 1 to {_VALUE_CHARACTERS} characters")
    if claim == EMAIL and claims.get("email_verified") is not True:
        raise refused("the claim email is not verified (email_verified)")
    return value


def open_provider(settings: Settings, clock: Callable[[], int]) -> Provider | None:
    """As the settings declare it; None where they name none. ConfigurationError where they cannot be used."""
    registration = open_registration(settings)
    if registration is None:
        return None
    name = settings.oidc_name or urlsplit(settings.oidc_issuer).hostname or ""
    return Provider(registration, open_identities(settings), name, clock)
