"""Accounts: keys and passwords are made, proved, replaced and shut out; none of them ever shows."""

from __future__ import annotations

import secrets

import pytest

from hub.errors import UnauthenticatedError, UnprocessableError
from hub.sharing.credentials import KEY_PREFIX, Credentials
from hub.sharing.members import Account, AccountKind
from hub.store.base import Store
from tests.durations import MINUTE
from tests.server.making import PASSWORD, Clock, basic, cheap_credentials

CERT = Account("th-duty", AccountKind.CERT, "TH")


class Counting:
    """The password hasher, which counts how often it verifies."""

    def __init__(self, credentials: Credentials) -> None:
        self._hasher = credentials._hasher
        self.verified = 0
        credentials._hasher = self  # type: ignore[assignment] # stands in for it in all that is used here

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def verify(self, hashed: str, password: str) -> bool:
        self.verified += 1
        return self._hasher.verify(hashed, password)


def test_a_key_is_made_and_proves_its_account(credentials: Credentials) -> None:
    """As Bearer, Token, or password of Basic; it starts with a mark that scanners for leaked keys can find."""
    key = credentials.add(CERT, None)
    assert key is not None
    assert key.startswith(KEY_PREFIX)
    for header in (f"Bearer {key}", f"token {key}", basic("th-duty", key)):
        assert credentials.authenticate(header) == CERT


def test_nobody_is_anonymous_by_mistake(credentials: Credentials) -> None:
    """No header is an anonymous reader; an empty or broken one is refused."""
    assert credentials.authenticate(None) is None
    for header in ("", " ", "Basic", "Bearer", "Bearer  ", "x"):
        with pytest.raises(UnauthenticatedError):
            credentials.authenticate(header)


def test_every_refusal_has_the_same_words(credentials: Credentials) -> None:
    """So that nobody learns which names exist."""
    credentials.add(CERT, PASSWORD)
    messages = set()
    for header in (
        basic("th-duty", "wrong password"),
        basic("nobody", PASSWORD),
        basic("", ""),
        "Bearer x",
        "Basic ???",
    ):
        with pytest.raises(UnauthenticatedError) as refused:
            credentials.authenticate(header)
        messages.add(str(refused.value))
    assert len(messages) == 1


def test_keys_and_passwords_are_kept_as_hashes(account_store: Store, clock: Clock) -> None:
    """argon2id for what a person chose, SHA-256 for what is random; at the cost that a real hub uses."""
    credentials = Credentials(account_store, clock=clock, random=secrets.token_bytes, remember_milliseconds=10 * MINUTE)
    key = credentials.add(CERT, None)
    credentials.add(Account("th-soc-2", AccountKind.CONSTITUENT, "TH"), PASSWORD)
    rows = {row.name: row for row in account_store.list_accounts()}
    # the cost that RFC 9106 recommends where memory is scarce: 64 MiB, three passes, four lanes
    assert rows["th-soc-2"].password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert key is not None
    assert not any(secret in repr(rows) for secret in (key, key.removeprefix(KEY_PREFIX), PASSWORD))
    assert len(rows["th-duty"].key_hashes[0]) == 64
    assert credentials.authenticate(basic("th-soc-2", PASSWORD)) == Account("th-soc-2", AccountKind.CONSTITUENT, "TH")


def test_a_verified_password_is_remembered_for_minutes(credentials: Credentials, clock: Clock) -> None:
    """A client that polls each minute does not pay for argon2 each time; a wrong password always does."""
    credentials.add(CERT, PASSWORD)
    hasher = Counting(credentials)
    for _ in range(3):
        assert credentials.authenticate(basic("th-duty", PASSWORD)) == CERT
    assert hasher.verified == 1
    clock.now += 10 * MINUTE
    credentials.authenticate(basic("th-duty", PASSWORD))
    assert hasher.verified == 2
    for _ in range(2):
        with pytest.raises(UnauthenticatedError):
            credentials.authenticate(basic("th-duty", PASSWORD + "x"))
    assert hasher.verified == 4


def test_an_unknown_name_costs_what_a_wrong_password_costs(credentials: Credentials) -> None:
    """One verification each: the time shows nothing about names."""
    hasher = Counting(credentials)
    with pytest.raises(UnauthenticatedError):
        credentials.authenticate(basic("nobody-at-all", PASSWORD))
    assert hasher.verified == 1


def test_a_new_secret_counts_at_once_and_the_old_one_no_longer(credentials: Credentials) -> None:
    """Also where the old password was remembered."""
    first = credentials.add(CERT, None)
    second = credentials.rotate("th-duty", None)
    assert second not in (None, first)
    assert credentials.authenticate(f"Bearer {second}") == CERT
    for header in (f"Bearer {first}", basic("th-duty", str(first))):
        with pytest.raises(UnauthenticatedError):
            credentials.authenticate(header)
    assert credentials.rotate("th-duty", PASSWORD) is None
    assert credentials.authenticate(basic("th-duty", PASSWORD)) == CERT
    with pytest.raises(UnauthenticatedError):
        credentials.authenticate(f"Bearer {second}")
    credentials.rotate("th-duty", PASSWORD + " anew")
    with pytest.raises(UnauthenticatedError):
        credentials.authenticate(basic("th-duty", PASSWORD))


@pytest.mark.parametrize("password", [None, PASSWORD])
def test_a_disabled_account_is_refused_from_its_next_request(credentials: Credentials, password: str | None) -> None:
    """Also where its password was remembered."""
    key = credentials.add(CERT, password)
    header = basic("th-duty", key or PASSWORD)
    assert credentials.authenticate(header) == CERT
    credentials.disable("th-duty")
    for refused in (header, f"Bearer {key}"):
        with pytest.raises(UnauthenticatedError):
            credentials.authenticate(refused)


def test_another_process_sees_the_change(credentials: Credentials, account_store: Store, clock: Clock) -> None:
    """What is remembered in one worker does not outlive a change made in another."""
    credentials.add(CERT, PASSWORD)
    other = cheap_credentials(account_store, clock, 10 * MINUTE)
    assert other.authenticate(basic("th-duty", PASSWORD)) == CERT
    credentials.rotate("th-duty", PASSWORD + " anew")
    with pytest.raises(UnauthenticatedError):
        other.authenticate(basic("th-duty", PASSWORD))


def test_a_name_is_given_once(credentials: Credentials) -> None:
    """The account that has it stays as it is."""
    key = credentials.add(CERT, None)
    with pytest.raises(UnprocessableError, match="already"):
        credentials.add(Account("th-duty", AccountKind.CERT, "SG"), None)
    assert credentials.authenticate(f"Bearer {key}") == CERT


@pytest.mark.parametrize("action", ["rotate", "disable"])
def test_an_unknown_account_is_reported(credentials: Credentials, action: str) -> None:
    """With the command that lists them."""
    with pytest.raises(UnprocessableError, match="hub account list"):
        credentials.rotate("nobody", None) if action == "rotate" else credentials.disable("nobody")


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("correct horse", "at least 15 characters"),
        ("abcabcabcabcabcabc", "6 different characters"),
        ("🔑" * 20, "6 different characters"),
        ("Th-Duty is on duty", "account's name"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(credentials: Credentials, password: str, words: str) -> None:
    """In words that say what is wrong, and no account is made."""
    with pytest.raises(UnprocessableError, match=words) as refused:
        credentials.add(CERT, password)
    assert password not in str(refused.value)
    with pytest.raises(UnprocessableError, match="no account"):
        credentials.disable(CERT.name)


@pytest.mark.parametrize("password", ["ບໍ່ມີໃຜຮູ້ລະຫັດ", "with:colon:and more", " spaces around it ", "🔑🗝️🔐🔒🔓🛡️" * 3])
def test_any_password_works(credentials: Credentials, password: str) -> None:
    """UTF-8 in Basic (RFC 7617), colons after the first included."""
    credentials.add(CERT, password)
    assert credentials.authenticate(basic("th-duty", password)) == CERT
