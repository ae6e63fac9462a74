"""Sessions of people who signed in: a signed cookie that says who, since when, and with which credentials.

The hub keeps no list of sessions, so any worker can answer. What ends one:

1. Too long without a request, or too long since the sign-in: both times stand in the cookie.
2. The account is disabled, or its password, key, kind or member changes, or a key that was replaced comes to its end: the
   cookie holds a digest of them.
3. It was begun through an OpenID Connect provider, and the operator ties that person to the account no longer.
4. Signing out: the session's id is noted in the store until its longest life is over.
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
# Browsers take a cookie of this name over TLS only, for this host only, and let no other host set it (RFC 6265bis).
SECURE_COOKIE: Final = "__Host-hub_session"
ENDED: Final = "ended_session"  # kind of the facts that name sessions which were signed out of
_MINUTE: Final = 60 * 1000  # milliseconds
_HOUR: Final = 60 * _MINUTE
_ID_BYTES: Final = 16
_COOKIE_CHARACTERS: Final = 2000


@dataclass(frozen=True, slots=True)
class Session:
    """One browser in which somebody signed in. Times are milliseconds since 1970."""

    id: str
    account: str
    began: int
    used: int
    credentials: str  # digest
    identity: str = ""  # digest of the person at the provider through which it was begun, if one was


class Sessions:
    """Begins, reads and ends sessions. For several threads and processes."""

    def __init__(
        self,
        store: Store,
        secret: bytes,
        clock: Callable[[], int],
        limits: Limits,
        identities: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`identities` are those of a provider who may sign in: the digest of each, and the account's name."""
        self._store = store
        self._identities = identities
        self._secret = hashlib.sha256(b"session of the console\x00" + secret).digest()
        self._clock = clock
        self._idle = limits.session_idle_minutes * _MINUTE
        self._longest = limits.session_hours * _HOUR
        self._cookies = URLSafeSerializer(
            self._secret, salt="cookie", signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        )

    def begin(self, account: Account, identity: str = "") -> Session | None:
        """A new session of that account, for that person of a provider; None where it is gone or disabled by now."""
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
        """The session of a cookie and its account as it is now; None where there is none, or it has ended."""
        if not cookie or len(cookie) > _COOKIE_CHARACTERS:
            return None
        try:
            session = Session(**self._cookies.loads(cookie))
        except (BadData, TypeError):
            return None
        # (1)
        now = self._clock()
        if now - session.used > self._idle or now - session.began > self._longest:
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

    def used_now(self, session: Session) -> Session | None:
        """The session with the time of this request in it; None where that changes too little to send a new cookie."""
        now = self._clock()
        return replace(session, used=now) if now - session.used >= _MINUTE else None

    def end(self, session: Session) -> None:
        """Sign out: the cookie opens nothing from now on, also where somebody kept a copy."""
        now = self._clock()
        over = [fact.key for fact in self._store.facts(ENDED) if now - (fact.milliseconds or now) > self._longest]
        self._store.put_facts(ENDED, {session.id: str(session.began).encode()}, over)

    def form_token(self, session: Session) -> str:
        """What a form of this session holds, and a page of another site cannot know; another one each time.

        One that stays the same could be guessed from the sizes of compressed pages (BREACH).
        """
        return self._form_token(session, secrets.token_hex(8))

    def is_form_token(self, session: Session, token: str) -> bool:
        """Whether the token is this session's."""
        expected = self._form_token(session, token.partition(".")[0])
        return hmac.compare_digest(expected.encode("utf-8", "replace"), token.encode("utf-8", "replace"))

    def _form_token(self, session: Session, salt: str) -> str:
        text = f"form\x00{session.id}\x00{salt}".encode("utf-8", "replace")
        return f"{salt}.{hmac.digest(self._secret, text, hashlib.sha256).hex()[:32]}"

    def seal(self, session: Session, purpose: str, value: object) -> str:
        """A value that goes through the browser and comes back unchanged, in this session and for this purpose only."""
        text: str = self._sealer(session, purpose).dumps(value)
        return text

    def unseal(self, session: Session, purpose: str, text: str) -> object | None:
        """What `seal` was given; None where the text is not its."""
        try:
            value: object = self._sealer(session, purpose).loads(text)
        except BadData:
            return None
        return value

    def state_of(self, name: str) -> str:
        """Changes with whatever is kept of that account: what was decided about it as it was is not done to what it became."""
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
