"""Accounts and the signing secret, as they are kept beside the objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hub.errors import StoreError
from hub.store.base import Store
from hub.store.records import AccountRow
from tests.store.making import START

ANA = AccountRow("ana", "cert", "ID", "argon2-hash", ("key-1", "key-2"), disabled=False, created_at=START)
BEN = AccountRow("ben", "operator", "", "", (), disabled=True, created_at=START + 1)


def test_an_account_is_found_by_its_name_and_by_each_of_its_keys(
    store: Store, open_store: Callable[..., Store]
) -> None:
    """Also by another process."""
    store.put_account(ANA)
    store.put_account(BEN)
    other = open_store()
    assert other.get_account("ana") == ANA
    assert other.get_account("ben") == BEN
    assert other.find_key("key-1") == other.find_key("key-2") == ANA
    assert other.list_accounts() == (ANA, BEN)


def test_what_is_unknown_is_none(store: Store) -> None:
    """Names and keys are compared as they are, letter by letter."""
    store.put_account(ANA)
    assert store.get_account("Ana") is None
    assert store.find_key("") is None
    assert store.find_key("key-3") is None


def test_a_changed_account_replaces_the_old_one_with_its_keys(store: Store) -> None:
    """A rotated key opens nothing any more."""
    store.put_account(ANA)
    changed = replace(ANA, key_hashes=("key-3",), disabled=True, password_hash="another")
    store.put_account(changed)
    assert store.list_accounts() == (changed,)
    assert store.find_key("key-1") is None
    assert store.find_key("key-3") == changed


def test_a_change_counts_at_once_for_those_who_looked_before_it(store: Store, open_store: Callable[..., Store]) -> None:
    """A store may remember what it read only until anything is committed: by itself, or by another process."""
    other = open_store()
    store.put_account(ANA)
    for writer, row in ((store, ANA), (other, replace(ANA, disabled=True)), (store, replace(ANA, key_hashes=("new",)))):
        writer.put_account(row)
        for reader in (store, other):
            assert reader.get_account("ana") == row
            assert reader.find_key(row.key_hashes[0]) == row
            assert reader.find_key("old" if row.key_hashes == ("new",) else "new") is None


def test_one_key_never_opens_two_accounts(store: Store) -> None:
    """The second is refused, and stays as it was."""
    store.put_account(ANA)
    store.put_account(BEN)
    with pytest.raises(StoreError, match="ben"):
        store.put_account(replace(BEN, key_hashes=("key-1",)))
    assert store.list_accounts() == (ANA, BEN)


def test_the_first_secret_stays(store: Store, open_store: Callable[..., Store]) -> None:
    """Law L8: tokens are good on any worker and after a restart."""
    assert store.secret(b"a" * 32) == b"a" * 32
    assert open_store().secret(b"b" * 32) == b"a" * 32


def test_an_imported_secret_takes_the_place_of_the_old_one(store: Store) -> None:
    """Readers of the exported store continue with their tokens."""
    store.secret(b"a" * 32)
    store.put_secret(b"c" * 32)
    assert store.secret(b"d" * 32) == b"c" * 32
