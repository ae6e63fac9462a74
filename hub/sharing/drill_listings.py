"""The accounts to which discovery lists the API roots for drills.

Tools import from every API root that discovery lists, and most of them drop the label that marks an exercise. So the roots
for drills are listed only to accounts that the operator named; members can still reach them by their address.
"""

from __future__ import annotations

from typing import Final

from hub.sharing.members import Account
from hub.store.base import Store

KIND: Final = "lists drills"  # kind of facts with names of accounts as keys


def set_drill_listing(store: Store, account: str, *, listed: bool) -> None:
    """Set whether the API roots for drills are listed to the account."""
    store.put_facts(KIND, {account: b""} if listed else {}, () if listed else (account,))


def accounts_with_drills(store: Store) -> frozenset[str]:
    """The names of the accounts to which the API roots for drills are listed."""
    return frozenset(fact.key for fact in store.facts(KIND))


def has_drills_listed(store: Store, account: Account | None) -> bool:
    """Whether the API roots for drills are listed to this account."""
    return account is not None and any(fact.key == account.name for fact in store.facts(KIND, prefix=account.name))
