"""Sign-ins through a provider that are in progress: from the hub's page to the return from the provider.

Meanwhile the browser has a signed cookie and the hub stores nothing, so any worker can complete what another one began. The
values that bind the return to this browser and this sign-in are derived from the cookie's id with the hub's secret: the
`state`, the `nonce` in the ID token (OpenID Connect Core 1.0, 3.1.2.1) and the code verifier (RFC 7636). The hub sends the
verifier to the provider only.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from itsdangerous import BadData, URLSafeSerializer

from hub.store.base import Store

COOKIE: Final = "hub_handshake"
SECURE_COOKIE: Final = "__Host-hub_handshake"  # as the session's: over TLS, for this host only
LIFE_SECONDS: Final = 600
USED: Final = "used_handshake"  # kind of facts with ids of completed handshakes as keys
_ID_BYTES: Final = 16
_COOKIE_CHARACTERS: Final = 2000


@dataclass(frozen=True, slots=True)
class Handshake:
    """One sign-in through a provider that is in progress."""

    id: str
    started_at: int  # milliseconds since 1970
    target: str  # the page to show after the sign-in
    state: str
    nonce: str
    verifier: str


class Handshakes:
    """Begins, reads and completes handshakes. Safe for several threads and processes."""

    def __init__(self, store: Store, secret: bytes, clock: Callable[[], int]) -> None:
        self._store = store
        self._secret = hashlib.sha256(b"sign-in through a provider\x00" + secret).digest()
        self._clock = clock
        self._cookies = URLSafeSerializer(
            self._secret, salt="cookie", signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        )

    def begin(self, target: str) -> Handshake:
        """Begin a handshake that leads to the page `target`."""
        return self._handshake(secrets.token_hex(_ID_BYTES), self._clock(), target)

    def cookie(self, handshake: Handshake) -> str:
        """The handshake as a cookie's value."""
        text: str = self._cookies.dumps([handshake.id, handshake.started_at, handshake.target])
        return text

    def find(self, cookie: str | None) -> Handshake | None:
        """The handshake in a cookie; None if there is none, or it began too long ago."""
        if not cookie or len(cookie) > _COOKIE_CHARACTERS:
            return None
        try:
            identifier, started_at, target = self._cookies.loads(cookie)
        except (BadData, TypeError, ValueError):
            return None
        # abs(): the clock of the machine where it began may be ahead of this one
        if abs(self._clock() - started_at) > LIFE_SECONDS * 1000:
            return None
        return self._handshake(identifier, started_at, target)

    def use(self, handshake: Handshake) -> bool:
        """Note that the handshake was used to sign in; False if it was used before, also through a copy of its cookie."""
        if self._store.facts(USED, prefix=handshake.id):
            return False
        now = self._clock()
        expired_ids = [
            fact.key for fact in self._store.facts(USED) if now - (fact.milliseconds or now) > LIFE_SECONDS * 1000
        ]
        self._store.put_facts(USED, {handshake.id: str(handshake.started_at).encode()}, expired_ids)
        return True

    def _handshake(self, identifier: str, started_at: int, target: str) -> Handshake:
        return Handshake(
            identifier,
            started_at,
            target,
            state=self._derive("state", identifier),
            nonce=self._derive("nonce", identifier),
            verifier=self._derive("verifier", identifier),
        )

    def _derive(self, purpose: str, identifier: str) -> str:
        """43 characters, the minimum for a verifier (RFC 7636, 4.1)."""
        digest = hmac.digest(self._secret, f"{purpose}\x00{identifier}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
