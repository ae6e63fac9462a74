"""Accounts and how they authenticate: passwords, keys, and the Authorization header (RFC 7235, 7617, 6750)."""

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

KEY_PREFIX: Final = "hub_"  # so that scanners for leaked secrets find keys
KEY_BYTES: Final = 32
NO_NAME: Final = "-"  # in the log, for refused credentials without a name
NAME_CHARACTERS: Final = 64  # of a refused name in the log
_MAX_REMEMBERED: Final = 4096  # verified passwords in memory; about 200 bytes each
_HEADER_CHARACTERS: Final = 4096
DELETED: Final = "deleted account"  # kind of facts with names of accounts as keys; no new account may have these names
OVERLAP: Final = "key until"  # kind of facts with key hashes as keys: until when a replaced key is valid
_SIMILAR_CHARACTERS: Final = str.maketrans({"0": "o", "1": "l", "i": "l", ".": "-", "_": "-", "@": "-"})
_MIN_PASSWORD_CHARACTERS: Final = 15  # as NIST SP 800-63B-4 (3.1.1.2) asks for passwords without a second factor
_MIN_DIFFERENT_CHARACTERS: Final = 6  # a password of one repeated word is as easy to guess as the word


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """A password that is not verified yet. `verify` returns the account or raises UnauthenticatedError."""

    name: str  # of the account, as the client sent it
    verify: Callable[[], Account] = field(repr=False)


class Credentials:
    """Accounts and their credentials. Passwords are stored as argon2id, keys as SHA-256 (they are random and need no salt).

    A verified password is remembered in memory for a few minutes, as a hash with a secret of this process, so that a client
    that polls each minute does not need argon2 each time. A change of an account takes effect immediately.
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
        self._verify_lock = threading.Lock()  # each verification takes 64 MiB and all cores it can get
        self._verified_until: OrderedDict[bytes, int] = OrderedDict()  # proof -> until, oldest first

    # --- authentication ---------------------------------------------------------------------------------------

    def authenticate(self, header: str | None) -> Account | None:
        """The account of an Authorization header; None if there is no header (an anonymous reader).

        Accepts Basic (with a password or a key), Bearer and Token, scheme names in any case. UnauthenticatedError has the
        same message for every cause, so that nobody learns which names exist.
        """
        login = self.look_up(header)
        return login.verify() if isinstance(login, PasswordCheck) else login

    def look_up(self, header: str | None) -> Account | PasswordCheck | None:
        """Like `authenticate`, but for a password that is not remembered, return a check that the caller has to run.

        Such a check takes 64 MiB and tens of milliseconds on all cores, so a server runs it where no other request has to
        wait for it.
        """
        if header is None:
            return None
        if len(header) > _HEADER_CHARACTERS:
            raise _refusal()
        scheme, _, value = header.strip().partition(" ")
        if scheme.lower() == "basic":
            name, password = _basic(value.strip())
            return self._by_password(name, password)
        if scheme.lower() in ("bearer", "token"):
            offered_hash = key_hash(value.strip())
            row = self._store.find_key(offered_hash)
            if row is None or row.disabled or offered_hash not in self._keys(row):
                raise _refusal()
            return account_of(row)
        raise _refusal()

    def find_account(self, name: str) -> Account:
        """The account of that name, after authentication elsewhere; UnauthenticatedError if it is missing or disabled."""
        row = self._store.get_account(name)
        if row is None or row.disabled:
            raise _refusal()
        return account_of(row)

    def fingerprint(self, account: Account | None) -> bytes | None:
        """A value that changes with the account's credentials, kind and member; None if it is missing or disabled.

        For a connection that stays open: as long as this value is the same, the account may keep it open.
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
            offered_hash = key_hash(password)
            # compare every key, in constant time: the duration must not show which key matched
            if sum(hmac.compare_digest(offered_hash, key_hash) for key_hash in self._keys(row)):
                return account_of(row)
            if self._is_remembered(row, password):
                return account_of(row)
        return PasswordCheck(name, lambda: self._verify(name, password))

    def _verify(self, name: str, password: str) -> Account:
        """Verify with argon2; an unknown name takes as long as a wrong password."""
        row = self._store.get_account(name)  # read again: the check may have waited in a queue
        if not self._password_fits(row, password) or row is None or row.disabled:
            raise _refusal()
        return account_of(row)

    def _is_remembered(self, row: AccountRow, password: str) -> bool:
        return bool(row.password_hash) and self._verified_until.get(self._proof(row, password), 0) > self._clock()

    def _proof(self, row: AccountRow, password: str) -> bytes:
        return hmac.digest(self._pepper, f"{row.password_hash}\x00{password}".encode(), hashlib.sha256)

    def _password_fits(self, row: AccountRow | None, password: str) -> bool:
        password_hash = row.password_hash if row is not None else ""
        now = self._clock()
        with self._verify_lock:
            if self._decoy is None:
                self._decoy = self._hasher.hash(self._random(16).hex())
            try:
                self._hasher.verify(password_hash or self._decoy, password)
            except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
                return False
            if row is None or not password_hash:
                return False
            self._verified_until[self._proof(row, password)] = now + self._remember
            while len(self._verified_until) > _MAX_REMEMBERED:
                self._verified_until.popitem(last=False)
        return True

    # --- changes of accounts ----------------------------------------------------------------------------------

    def add(self, account: Account, password: str | None) -> str | None:
        """Add an account. Returns its new key, which cannot be read again later, or None if it has a password."""
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
        """UnprocessableError if an account has or had this name, or a similar one that people could confuse with it."""
        if name in deleted_accounts(self._store):
            raise UnprocessableError(
                f"There was an account {name!r}, and the hub still has records of it: choose another name."
            )
        if self._store.get_account(name) is not None:
            raise UnprocessableError(f"There is an account {name!r} already; `hub account list` shows all.")
        skeleton = _skeleton(name)
        if (
            similar_name := next(
                (row.name for row in self._store.list_accounts() if _skeleton(row.name) == skeleton), None
            )
        ) is not None:
            raise UnprocessableError(f"{name!r} looks like the existing account {similar_name!r}: choose another name.")

    def rotate(self, name: str, password: str | None, *, overlap_milliseconds: int = 0) -> str | None:
        """Replace the account's password or key by a new one. Returns the new key as `add` does.

        The old one is invalid immediately; with an overlap, the old key stays valid for that time.
        """
        row = self._existing_row(name)
        if row.disabled:
            raise UnprocessableError(f"{name} is disabled, and a new key would not work: enable it first.")
        if overlap_milliseconds and (password is not None or not row.key_hashes):
            raise UnprocessableError(
                "Only keys may overlap; an account has one password at a time: leave --overlap out."
            )
        old_hashes = row.key_hashes
        row, key = self._with_secret(row, password)
        end_times = {}
        if overlap_milliseconds:
            row = replace(row, key_hashes=(*row.key_hashes, old_hashes[0]))
            end_times = {old_hashes[0]: str(self._clock() + overlap_milliseconds).encode()}
        # the facts first: if the second write fails, no old key is valid without an end
        self._store.put_facts(OVERLAP, end_times, [key_hash for key_hash in old_hashes if key_hash not in end_times])
        self._store.put_account(row)
        return key

    def disable(self, name: str) -> None:
        """Disable the account from its next request on; what it published stays."""
        self._store.put_account(replace(self._existing_row(name), disabled=True))

    def enable(self, name: str) -> None:
        """Enable a disabled account again, with its former password or key."""
        self._store.put_account(replace(self._existing_row(name), disabled=False))

    def delete(self, name: str) -> None:
        """Delete the account's credentials permanently; no new account may have its name. What it published stays.

        Its row stays, too, as disabled: the trail, the board and the statuses refer to it.
        """
        row = self._existing_row(name)
        self._store.put_facts(DELETED, {name: b""})
        self._store.put_account(replace(row, password_hash="", key_hashes=(), disabled=True))

    def _existing_row(self, name: str) -> AccountRow:
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


def _skeleton(name: str) -> str:
    """The name with similar characters made equal. Other digits stay different: `soc-6` and `soc-8` are two accounts."""
    return name.casefold().translate(_SIMILAR_CHARACTERS).replace("rn", "m").replace("vv", "w")


def _check_password(password: str, row: AccountRow) -> None:
    """UnprocessableError if the password is too short, or one of the first that somebody would guess for this account."""
    if len(password) < _MIN_PASSWORD_CHARACTERS:
        raise UnprocessableError(
            f"A password has at least {_MIN_PASSWORD_CHARACTERS} characters; four words make a good one."
        )
    if len(set(password.casefold())) < _MIN_DIFFERENT_CHARACTERS:
        raise UnprocessableError(f"A password has at least {_MIN_DIFFERENT_CHARACTERS} different characters.")
    if row.name.casefold() in password.casefold():
        raise UnprocessableError("A password does not contain the account's name: it would be guessed first.")


def keys_in_force(store: Store, row: AccountRow, now: int) -> tuple[str, ...]:
    """The hashes of the valid keys of the account: the newest one, and the one that it replaced until that one expires.

    A replaced key without a stored end is invalid.
    """
    newest, *replaced_keys = row.key_hashes or ("",)
    if not replaced_keys:
        return row.key_hashes
    end_times = {
        fact.key: fact.milliseconds or 0 for key_hash in replaced_keys for fact in store.facts(OVERLAP, prefix=key_hash)
    }
    return (newest, *(key_hash for key_hash in replaced_keys if end_times.get(key_hash, 0) > now))


def deleted_accounts(store: Store) -> frozenset[str]:
    """The names of accounts that were deleted."""
    return frozenset(fact.key for fact in store.facts(DELETED))


def attempted_name(header: str) -> str:
    """The account name in refused credentials, for the log, or `-` if they have none. A key sent as a name is not shown."""
    scheme, _, value = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return NO_NAME
    try:
        return loggable_name(_basic(value.strip())[0])
    except UnauthenticatedError:
        return NO_NAME


def loggable_name(name: str) -> str:
    """A refused name, shortened for the log. A key sent as a name is not shown."""
    return NO_NAME if KEY_PREFIX in name else name[:NAME_CHARACTERS] or NO_NAME


def key_hash(key: str) -> str:
    """The stored hash of a key: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def account_of(row: AccountRow) -> Account:
    """The account in a stored row."""
    return Account(name=row.name, kind=AccountKind(row.kind), member=row.member or None)


def _basic(encoded: str) -> tuple[str, str]:
    try:
        name, colon, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise _refusal() from None
    if not colon:
        raise _refusal()
    return name, password


def _refusal() -> UnauthenticatedError:
    return UnauthenticatedError(
        "These credentials are not known here. Send HTTP Basic with the account's name and its password or key, or "
        "`Authorization: Bearer KEY`."
    )
