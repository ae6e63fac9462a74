"""Sessions of people who signed in: a signed cookie with the account, the times, and a digest of the credentials.

The hub has no list of sessions, so any worker can answer. A session ends if:

1. there was no request for too long, or the sign-in was too long ago: the cookie contains both times;
2. the account is disabled, or its password, key, kind or member changes, or a replaced key expires: the cookie contains a
   digest of them;
3. it began through an OpenID Connect provider, and the operator no longer assigns that person to the account;
4. the person signs out: the store keeps the session's id until the session would have expired.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Final

from itsdangerous import BadData, URLSafeSerializer

from hub.settings import Limits
from hub.sharing.credentials import account_of, keys_in_force
from hub.sharing.members import Account
from hub.store.base import Store
from hub.store.records import AccountRow

COOKIE: Final = "hub_session"
# Browsers accept a cookie with this prefix only over TLS and only from this host (RFC 6265bis).
SECURE_COOKIE: Final = "__Host-hub_session"
ENDED: Final = "ended_session"  # kind of facts with ids of signed-out sessions as keys
_MINUTE: Final = 60 * 1000  # milliseconds
_HOUR: Final = 60 * _MINUTE
_ID_BYTES: Final = 16
_COOKIE_CHARACTERS: Final = 2000


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser. Times are milliseconds since 1970. The cookie contains these fields under their names."""

    id: str
    account: str
    began: int
    used: int
    credentials: str  # digest
    identity: str = ""  # digest of the person at the provider, if the session began through one


class Sessions:
    """Begins, reads and ends sessions. Safe for several threads and processes."""

    def __init__(
        self,
        store: Store,
        secret: bytes,
        clock: Callable[[], int],
        limits: Limits,
        identities: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`identities` are the people of a provider who may sign in: digest -> name of the account."""
        self._store = store
        self._identities = identities
        self._secret = hashlib.sha256(b"session of the console\x00" + secret).digest()
        self._clock = clock
        self._max_idle = limits.session_idle_minutes * _MINUTE
        self._max_age = limits.session_hours * _HOUR
        self._cookies = URLSafeSerializer(
            self._secret, salt="cookie", signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        )

    def begin(self, account: Account, identity: str = "") -> Session | None:
        """Begin a session of that account, for that person of a provider; None if the account is missing or disabled."""
        row = self._store.get_account(account.name)
        if row is None or row.disabled:
            return None
        now = self._clock()
        return Session(secrets.token_hex(_ID_BYTES), row.name, now, now, self._digest(row), identity)

    def cookie(self, session: Session) -> str:
        """The session as a cookie's value."""
        text: str = self._cookies.dumps(asdict(session))
        return text

    def find(self, cookie: str | None) -> tuple[Session, Account] | None:
        """The session in a cookie and its account as it is now; None if there is no session, or it has ended."""
        if not cookie or len(cookie) > _COOKIE_CHARACTERS:
            return None
        try:
            session = Session(**self._cookies.loads(cookie))
        except (BadData, TypeError):
            return None
        # (1)
        now = self._clock()
        if now - session.used > self._max_idle or now - session.began > self._max_age:
            return None
        # (2)
        row = self._store.get_account(session.account)
        if row is None or row.disabled or not hmac.compare_digest(self._digest(row), session.credentials):
            return None
        # (3)
        if session.identity and self._identities.get(session.identity) != session.account:
            return None
        # (4)
        if self._store.facts(ENDED, prefix=session.id):
            return None
        return session, account_of(row)

    def renewed_session(self, session: Session) -> Session | None:
        """The session with the time of this request; None if the time changed too little for a new cookie."""
        now = self._clock()
        return replace(session, used=now) if now - session.used >= _MINUTE else None

    def end(self, session: Session) -> None:
        """Sign out: the cookie and all copies of it are invalid from now on."""
        now = self._clock()
        expired_ids = [
            fact.key for fact in self._store.facts(ENDED) if now - (fact.milliseconds or now) > self._max_age
        ]
        self._store.put_facts(ENDED, {session.id: str(session.began).encode()}, expired_ids)

    def form_token(self, session: Session) -> str:
        """A token for a form of this session, which a page of another site cannot know. Each call returns another one.

        A constant token could be guessed from the sizes of compressed pages (BREACH).
        """
        return self._form_token(session, secrets.token_hex(8))

    def is_form_token(self, session: Session, token: str) -> bool:
        """Whether the token belongs to this session."""
        expected = self._form_token(session, token.partition(".")[0])
        return hmac.compare_digest(expected.encode("utf-8", "replace"), token.encode("utf-8", "replace"))

    def _form_token(self, session: Session, salt: str) -> str:
        text = f"form\x00{session.id}\x00{salt}".encode("utf-8", "replace")
        return f"{salt}.{hmac.digest(self._secret, text, hashlib.sha256).hex()[:32]}"

    def seal(self, session: Session, purpose: str, value: object) -> str:
        """Sign a value that goes through the browser, so that it is valid in this session and for this purpose only."""
        text: str = self._sealer(session, purpose).dumps(value)
        return text

    def unseal(self, session: Session, purpose: str, text: str) -> object | None:
        """The value that `seal` signed; None if the text is not from `seal`."""
        try:
            value: object = self._sealer(session, purpose).loads(text)
        except BadData:
            return None
        return value

    def state_of(self, name: str) -> str:
        """A text that changes with the account: a confirmed change is not made if the account changed meanwhile."""
        row = self._store.get_account(name)
        return "" if row is None else f"{self._digest(row)} {'disabled' if row.disabled else 'open'}"

    def _sealer(self, session: Session, purpose: str) -> URLSafeSerializer:
        return URLSafeSerializer(
            self._secret,
            salt=f"{purpose} in {session.id}",
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )

    def _digest(self, row: AccountRow) -> str:
        keys = keys_in_force(self._store, row, self._clock())
        parts = "\x00".join((row.name, row.kind, row.member, row.password_hash, *keys))
        return hmac.digest(self._secret, f"credentials\x00{parts}".encode(), hashlib.sha256).hex()[:32]
