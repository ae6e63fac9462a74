"""Accounts made and changed, with who did it in the audit trail: for `hub account` and for the operator's page.

The note comes first, so that nobody changes an account unseen: a store that does not take the note takes no change. A note
that no entry `account` follows is that of an attempt which was refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.audit.commands import note_command
from hub.community.hub import Hub
from hub.errors import UnprocessableError
from hub.sharing.drill_listings import list_drills
from hub.sharing.members import Account, AccountKind

# without ":", which ends the name in HTTP Basic (RFC 7617)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AccountChanges:
    """Changes of accounts by one person, `who` as the trail names them. UnprocessableError where one cannot be."""

    hub: Hub
    who: Mapping[str, str]

    def add(self, account: Account, *, password: str | None = None, drills: bool = False) -> str | None:
        """Make an account; its key, or None where it has a password. The key is shown once."""
        self._must_be_valid(account)
        self.hub.credentials.must_be_new(account.name)
        self._note("add", account.name)
        if drills:
            list_drills(self.hub.store, account.name, listed=True)
        # last, so that a store that fails meanwhile leaves no account whose key nobody saw
        return self.hub.credentials.add(account, password)

    def rotate(self, name: str, *, password: str | None = None, overlap_milliseconds: int = 0) -> str | None:
        """A new password or key in place of the old one; the key as in `add`."""
        self._note("rotate", name)
        return self.hub.credentials.rotate(name, password, overlap_milliseconds=overlap_milliseconds)

    def disable(self, name: str) -> None:
        """Shut the account out: its sessions and open connections end, too."""
        self._note("disable", name)
        self.hub.credentials.disable(name)

    def enable(self, name: str) -> None:
        """Let a disabled account in again, with what it had."""
        self._note("enable", name)
        self.hub.credentials.enable(name)

    def delete(self, name: str) -> None:
        """Delete the account. Its name is never given again."""
        self._note("delete", name)
        self.hub.credentials.delete(name)

    def list_drills(self, name: str, *, listed: bool) -> None:
        """List the API roots for drills to the account, or not any more."""
        if self.hub.store.get_account(name) is None:
            raise UnprocessableError(f"There is no account {name!r}; `hub account list` shows all.")
        self._note("drills", name, listed=listed)
        list_drills(self.hub.store, name, listed=listed)

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

    def _note(self, action: str, name: str, **about: Any) -> None:
        note_command(self.hub.store, f"account {action}", self.who, account=name, **about)
