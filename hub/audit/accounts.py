"""Functions that add and change accounts, and write to the audit trail who did it: for `hub account` and the operator's page.

The entry `command` is written before the change, so that no change goes unrecorded: if the store refuses the entry, the
account is not changed. If no entry `account` follows it, the change was refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.audit.commands import note_command
from hub.community.hub import Hub
from hub.errors import UnprocessableError
from hub.sharing.drill_listings import set_drill_listing
from hub.sharing.members import Account, AccountKind

# without ":", which ends the name in HTTP Basic (RFC 7617)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AccountChanges:
    """Changes of accounts by one person; `actor` names the person in the trail. UnprocessableError if a change is not possible."""

    hub: Hub
    actor: Mapping[str, str]

    def add(self, account: Account, *, password: str | None = None, drills: bool = False) -> str | None:
        """Add an account. Returns its key, which cannot be read again later, or None if it has a password."""
        self._must_be_valid(account)
        self.hub.credentials.must_be_new(account.name)
        self._note("add", account.name)
        if drills:
            set_drill_listing(self.hub.store, account.name, listed=True)
        # last: if the store fails before this line, there is no account with a key that nobody has seen
        return self.hub.credentials.add(account, password)

    def rotate(self, name: str, *, password: str | None = None, overlap_milliseconds: int = 0) -> str | None:
        """Replace the password or key. Returns the new key as `add` does."""
        self._note("rotate", name)
        return self.hub.credentials.rotate(name, password, overlap_milliseconds=overlap_milliseconds)

    def disable(self, name: str) -> None:
        """Disable the account: its sessions and open connections end, too."""
        self._note("disable", name)
        self.hub.credentials.disable(name)

    def enable(self, name: str) -> None:
        """Enable a disabled account again, with its former password or key."""
        self._note("enable", name)
        self.hub.credentials.enable(name)

    def delete(self, name: str) -> None:
        """Delete the account. No new account can have its name."""
        self._note("delete", name)
        self.hub.credentials.delete(name)

    def set_drill_listing(self, name: str, *, listed: bool) -> None:
        """Set whether the API roots for drills are listed to the account."""
        if self.hub.store.get_account(name) is None:
            raise UnprocessableError(f"There is no account {name!r}; `hub account list` shows all.")
        self._note("drills", name, listed=listed)
        set_drill_listing(self.hub.store, name, listed=listed)

    def _must_be_valid(self, account: Account) -> None:
        if not _NAME.fullmatch(account.name):
            raise UnprocessableError(
                f"{account.name!r} cannot be an account's name: letters, digits and . _ @ - only, 2 to 64."
            )
        needs_member = account.kind in (AccountKind.CERT, AccountKind.CONSTITUENT)
        if needs_member and account.member not in self.hub.catalogue.members:
            members = " ".join(self.hub.catalogue.members)
            raise UnprocessableError(f"An account of kind {account.kind} needs a member (--member): one of {members}.")
        if not needs_member and account.member is not None:
            raise UnprocessableError(
                f"An account of kind {account.kind} belongs to no member: leave the member (--member) out."
            )

    def _note(self, action: str, name: str, **details: Any) -> None:
        note_command(self.hub.store, f"account {action}", self.actor, account=name, **details)
