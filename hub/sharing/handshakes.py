"""Sign-ins that are on their way: between the hub's page, where one begins, and the return from the provider.

The browser holds a signed cookie meanwhile, and the hub nothing, so any worker can end what another began. What ties the
way back to this browser and this sign-in is derived from the cookie's id with the hub's secret: the `state`, the `nonce`
in the ID token (OpenID Connect Core 1.0, 3.1.2.1) and the verifier of the code (RFC 7636). The verifier never leaves the hub but to
the provider.
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
USED: Final = "used_handshake"  # kind of the facts that name handshakes by which somebody signed in
_ID_BYTES: Final = 16
_COOKIE_CHARACTERS: Final = 2000


@dataclass(frozen=True, slots=True)
class Handshake:
    """One sign-in through a provider, from its begin on."""

    id: str
    begun: int  # milliseconds since 1970
    target: str  # the page that was asked for
    state: str
    nonce: str
    verifier: str


class Handshakes:
    """Begins, reads and ends them. For several threads and processes."""

    def __init__(self, store: Store, secret: bytes, clock: Callable[[], int]) -> None:
        self._store = store
        self._secret = hashlib.sha256(b"sign-in through a provider\x00" + secret).digest()
        self._clock = clock
        self._cookies = URLSafeSerializer(
            self._secret, salt="cookie", signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        )

    def begin(self, target: str) -> Handshake:
        """A new one, which leads to that page."""
        return self._handshake(secrets.token_hex(_ID_BYTES), self._clock(), target)

    def cookie(self, handshake: Handshake) -> str:
        """The handshake as a cookie's value."""
        text: str = self._cookies.dumps([handshake.id, handshake.begun, handshake.target])
        return text

    def find(self, cookie: str | None) -> Handshake | None:
        """The handshake of a cookie; None where there is none, or it was begun too long ago."""
        if not cookie or len(cookie) > _COOKIE_CHARACTERS:
            return None
        try:
            identifier, begun, target = self._cookies.loads(cookie)
        except (BadData, TypeError, ValueError):
            return None
        # the clock of the machine where it was begun may be ahead of this one's
        if abs(self._clock() - begun) > LIFE_SECONDS * 1000:
            return None
        return self._handshake(identifier, begun, target)

    def use(self, handshake: Handshake) -> bool:
        """Note that somebody signed in by it; False where somebody did before, also by a copy of its cookie."""
        if self._store.facts(USED, prefix=handshake.id):
            return False
        now = self._clock()
        over = [fact.key for fact in self._store.facts(USED) if now - (fact.milliseconds or now) > LIFE_SECONDS * 1000]
        self._store.put_facts(USED, {handshake.id: str(handshake.begun).encode()}, over)
        return True

    def _handshake(self, identifier: str, begun: int, target: str) -> Handshake:
        return Handshake(
            identifier,
            begun,
            target,
            state=self._derived("state", identifier),
            nonce=self._derived("nonce", identifier),
            verifier=self._derived("verifier", identifier),
        )

    def _derived(self, purpose: str, identifier: str) -> str:
        """43 characters, as many as a verifier has at least (RFC 7636, 4.1)."""
        digest = hmac.digest(self._secret, f"{purpose}\x00{identifier}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
