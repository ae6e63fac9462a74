"""Which accounts are listed the API roots for drills.

Tools take over whatever discovery lists to them, and most of them drop the label that says that it is an exercise. So the
roots for drills are listed to nobody but accounts that the operator named; members reach them by their address.
"""

from __future__ import annotations

from typing import Final

from hub.sharing.members import Account
from hub.store.base import Store

KIND: Final = "lists drills"  # of the facts, whose keys are names of accounts


def list_drills(store: Store, account: str, *, listed: bool) -> None:
    """From now on they are listed to the account, or not any more."""
    store.put_facts(KIND, {account: b""} if listed else {}, () if listed else (account,))


def accounts_with_drills(store: Store) -> frozenset[str]:
    """The names of the accounts to which they are listed."""
    return frozenset(fact.key for fact in store.facts(KIND))


def lists_drills(store: Store, account: Account | None) -> bool:
    """Whether they are listed to this account."""
    return account is not None and any(fact.key == account.name for fact in store.facts(KIND, prefix=account.name))
