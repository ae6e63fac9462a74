"""Who is asking: passwords, keys, and the Authorization header (RFC 7235, 7617, 6750)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import argon2

from hub.errors import UnauthenticatedError, UnprocessableError
from hub.sharing.members import Account, AccountKind
from hub.store.base import Store
from hub.store.records import AccountRow

KEY_PREFIX: Final = "hub_"  # so that leaked keys can be found by scanners
KEY_BYTES: Final = 32
NOBODY_TRIED: Final = "-"  # in the log, of refused credentials without a name
NAME_CHARACTERS: Final = 64  # of a name that was tried
_REMEMBERED_MOST: Final = 4096  # verified passwords in memory; about 200 bytes each
_HEADER_CHARACTERS: Final = 4096
DELETED: Final = "deleted account"  # of the facts, whose keys are names of accounts: none is ever used again
OVERLAP: Final = (
    "key until"  # of the facts, whose keys are hashes of keys: when one that was replaced opens nothing any more
)
_ALIKE: Final = str.maketrans({"0": "o", "1": "l", "i": "l", ".": "-", "_": "-", "@": "-"})
_PASSWORD_LEAST: Final = 15  # characters; as NIST SP 800-63B-4 (3.1.1.2) asks where a password is all that is needed
_DIFFERENT_LEAST: Final = 6  # characters that differ: a password of one repeated word is guessed like the word


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """A password still to be verified. `verify` returns the account or raises UnauthenticatedError."""

    name: str  # of the account, as the client says
    verify: Callable[[], Account] = field(repr=False)


class Credentials:
    """Accounts and what proves them. Passwords are kept as argon2id, keys as SHA-256 (they are random: no salt needed).

    A verified password is remembered in memory for a few minutes, as a hash under a secret of this process, so that a
    client that polls each minute does not pay for argon2 each time. A change to an account counts immediately.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], int],
        random: Callable[[int], bytes],
        remember_milliseconds: int,
        password_cost: argon2.Parameters = argon2.profiles.RFC_9106_LOW_MEMORY,
    ) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._remember = remember_milliseconds
        self._pepper = random(32)
        self._hasher = argon2.PasswordHasher.from_parameters(password_cost)
        self._decoy: str | None = None
        self._one_at_a_time = threading.Lock()  # each verification takes 64 MiB and all cores it can get
        self._verified: OrderedDict[bytes, int] = OrderedDict()  # proof -> until, oldest first

    # --- asking -----------------------------------------------------------------------------------------------

    def authenticate(self, header: str | None) -> Account | None:
        """The account behind an Authorization header; None where there is no header (an anonymous reader).

        Takes Basic (a key does as password, too), Bearer and Token, scheme names in any case. UnauthenticatedError
        in the same words for whatever is wrong, so that nobody learns which names exist.
        """
        login = self.look_up(header)
        return login.verify() if isinstance(login, PasswordCheck) else login

    def look_up(self, header: str | None) -> Account | PasswordCheck | None:
        """As `authenticate`, but a password that is not remembered comes back as a check still to be made.

        Such a check takes 64 MiB and tens of milliseconds on all cores, so a server makes it where no other request
        waits for it.
        """
        if header is None:
            return None
        if len(header) > _HEADER_CHARACTERS:
            raise _refused()
        scheme, _, rest = header.strip().partition(" ")
        if scheme.lower() == "basic":
            name, password = _basic(rest.strip())
            return self._by_password(name, password)
        if scheme.lower() in ("bearer", "token"):
            offered = key_hash(rest.strip())
            row = self._store.find_key(offered)
            if row is None or row.disabled or offered not in self._keys(row):
                raise _refused()
            return account_of(row)
        raise _refused()

    def named(self, name: str) -> Account:
        """The account of that name, whose identity was proved elsewhere; UnauthenticatedError where it is gone or disabled."""
        row = self._store.get_account(name)
        if row is None or row.disabled:
            raise _refused()
        return account_of(row)

    def proof(self, account: Account | None) -> bytes | None:
        """What changes with the account's credentials, kind and member; None where it is gone or shut out.

        For a connection that stays open: as long as this value stays the same, the account could open the connection again.
        """
        if account is None:
            return b""
        row = self._store.get_account(account.name)
        if row is None or row.disabled:
            return None
        description = "\x00".join((row.kind, row.member, row.password_hash, *self._keys(row)))
        return hmac.digest(self._pepper, description.encode(), hashlib.sha256)

    def _keys(self, row: AccountRow) -> tuple[str, ...]:
        return keys_in_force(self._store, row, self._clock())

    def _by_password(self, name: str, password: str) -> Account | PasswordCheck:
        row = self._store.get_account(name)
        if row is not None and not row.disabled:
            offered = key_hash(password)
            # every key is compared, in constant time: no early exit tells which one it was
            if sum(hmac.compare_digest(offered, key_hash) for key_hash in self._keys(row)):
                return account_of(row)
            if self._is_remembered(row, password):
                return account_of(row)
        return PasswordCheck(name, lambda: self._verify(name, password))

    def _verify(self, name: str, password: str) -> Account:
        """Verify with argon2; an unknown name takes as long as a wrong password."""
        row = self._store.get_account(name)  # as it is now: the check may have waited
        if not self._password_fits(row, password) or row is None or row.disabled:
            raise _refused()
        return account_of(row)

    def _is_remembered(self, row: AccountRow, password: str) -> bool:
        return bool(row.password_hash) and self._verified.get(self._proof(row, password), 0) > self._clock()

    def _proof(self, row: AccountRow, password: str) -> bytes:
        return hmac.digest(self._pepper, f"{row.password_hash}\x00{password}".encode(), hashlib.sha256)

    def _password_fits(self, row: AccountRow | None, password: str) -> bool:
        password_hash = row.password_hash if row is not None else ""
        now = self._clock()
        with self._one_at_a_time:
            if self._decoy is None:
                self._decoy = self._hasher.hash(self._random(16).hex())
            try:
                self._hasher.verify(password_hash or self._decoy, password)
            except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
                return False
            if row is None or not password_hash:
                return False
            self._verified[self._proof(row, password)] = now + self._remember
            while len(self._verified) > _REMEMBERED_MOST:
                self._verified.popitem(last=False)
        return True

    # --- keeping ----------------------------------------------------------------------------------------------

    def add(self, account: Account, password: str | None) -> str | None:
        """Make an account; the key that was made for it, or None where it has a password. The key is shown once."""
        self.must_be_new(account.name)
        row = AccountRow(
            name=account.name,
            kind=account.kind.value,
            member=account.member or "",
            password_hash="",
            key_hashes=(),
            disabled=False,
            created_at=self._clock(),
        )  # fmt: skip - as short as the table row that it becomes
        row, key = self._with_secret(row, password)
        self._store.put_account(row)
        return key

    def must_be_new(self, name: str) -> None:
        """UnprocessableError where the name is, was or reads like that of an account: people would take one for the other."""
        if name in deleted_accounts(self._store):
            raise UnprocessableError(
                f"There was an account {name!r}, and what it was sent is noted under that name: choose another."
            )
        if self._store.get_account(name) is not None:
            raise UnprocessableError(f"There is an account {name!r} already; `hub account list` shows all.")
        look = _look(name)
        if (
            like := next((row.name for row in self._store.list_accounts() if _look(row.name) == look), None)
        ) is not None:
            raise UnprocessableError(f"{name!r} is easily read as {like!r}, which there is: choose another name.")

    def rotate(self, name: str, password: str | None, *, overlap_milliseconds: int = 0) -> str | None:
        """Replace the account's password or key by a new one; the new key as in `add`.

        The old one opens nothing from now on; with an overlap, the old key goes on that long beside the new one.
        """
        row = self._known(name)
        if row.disabled:
            raise UnprocessableError(f"{name} is disabled, and a new key would open nothing: enable it first.")
        if overlap_milliseconds and (password is not None or not row.key_hashes):
            raise UnprocessableError(
                "Two keys may overlap, and an account has one password at a time: leave --overlap out."
            )
        before = row.key_hashes
        row, key = self._with_secret(row, password)
        ends = {}
        if overlap_milliseconds:
            row = replace(row, key_hashes=(*row.key_hashes, before[0]))
            ends = {before[0]: str(self._clock() + overlap_milliseconds).encode()}
        # the end first: without it the old key opens nothing
        self._store.put_facts(OVERLAP, ends, [key_hash for key_hash in before if key_hash not in ends])
        self._store.put_account(row)
        return key

    def disable(self, name: str) -> None:
        """Shut the account out from its next request on; what it published stays."""
        self._store.put_account(replace(self._known(name), disabled=True))

    def enable(self, name: str) -> None:
        """Let a disabled account in again, with the password or key that it had."""
        self._store.put_account(replace(self._known(name), disabled=False))

    def delete(self, name: str) -> None:
        """Delete the account's credentials permanently, and never give its name to another; what it published stays.

        Its row stays, too, shut out: the trail, the board and the statuses name it.
        """
        row = self._known(name)
        self._store.put_facts(DELETED, {name: b""})
        self._store.put_account(replace(row, password_hash="", key_hashes=(), disabled=True))

    def _known(self, name: str) -> AccountRow:
        row = self._store.get_account(name)
        if row is None or name in deleted_accounts(self._store):
            raise UnprocessableError(f"There is no account {name!r}; `hub account list` shows all.")
        return row

    def _with_secret(self, row: AccountRow, password: str | None) -> tuple[AccountRow, str | None]:
        if password is not None:
            _check_password(password, row)
            return replace(row, password_hash=self._hasher.hash(password), key_hashes=()), None
        key = KEY_PREFIX + base64.urlsafe_b64encode(self._random(KEY_BYTES)).rstrip(b"=").decode()
        return replace(row, password_hash="", key_hashes=(key_hash(key),)), key


def _look(name: str) -> str:
    """The name as a hasty reader sees it. Digits stay apart, unlike in names of people: `soc-6` is not `soc-8`."""
    return name.casefold().translate(_ALIKE).replace("rn", "m").replace("vv", "w")


def _check_password(password: str, row: AccountRow) -> None:
    """UnprocessableError where it is too short, or among the first that somebody would guess for this account."""
    if len(password) < _PASSWORD_LEAST:
        raise UnprocessableError(f"A password has at least {_PASSWORD_LEAST} characters; four words make a good one.")
    if len(set(password.casefold())) < _DIFFERENT_LEAST:
        raise UnprocessableError(f"A password has at least {_DIFFERENT_LEAST} different characters.")
    if row.name.casefold() in password.casefold():
        raise UnprocessableError("A password does not contain the account's name: it would be guessed first.")


def keys_in_force(store: Store, row: AccountRow, now: int) -> tuple[str, ...]:
    """The hashes of the keys that open the account now: the newest, and one that it replaced until that one's end.

    A key whose end is not known any more opens nothing.
    """
    newest, *replaced = row.key_hashes or ("",)
    if not replaced:
        return row.key_hashes
    ends = {fact.key: fact.milliseconds or 0 for key_hash in replaced for fact in store.facts(OVERLAP, prefix=key_hash)}
    return (newest, *(key_hash for key_hash in replaced if ends.get(key_hash, 0) > now))


def deleted_accounts(store: Store) -> frozenset[str]:
    """The names of accounts that were deleted."""
    return frozenset(fact.key for fact in store.facts(DELETED))


def name_tried(header: str) -> str:
    """Whom credentials that were refused name, for the log: a name, or `-` where they name nobody.

    A key that was given as a name is not shown.
    """
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return NOBODY_TRIED
    try:
        return shown_name(_basic(rest.strip())[0])
    except UnauthenticatedError:
        return NOBODY_TRIED


def shown_name(name: str) -> str:
    """A name that was tried, as a log may show it: a key that was given as a name is not shown."""
    return NOBODY_TRIED if KEY_PREFIX in name else name[:NAME_CHARACTERS] or NOBODY_TRIED


def key_hash(key: str) -> str:
    """What is kept of a key: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def account_of(row: AccountRow) -> Account:
    """The account that a kept row stands for."""
    return Account(name=row.name, kind=AccountKind(row.kind), member=row.member or None)


def _basic(encoded: str) -> tuple[str, str]:
    try:
        name, colon, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise _refused() from None
    if not colon:
        raise _refused()
    return name, password


def _refused() -> UnauthenticatedError:
    return UnauthenticatedError(
        "These credentials are not known here. Send HTTP Basic with the account's name and its password or key, or "
        "`Authorization: Bearer KEY`."
    )
