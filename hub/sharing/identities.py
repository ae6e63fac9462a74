"""The people at an OpenID Connect provider, and the accounts with which they sign in to the pages.

The operator assigns each value of one claim to one account. No other claim is compared with an account's name, since people
can choose the values of many claims themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identities:
    """The people of one provider. `accounts` maps a value of the claim to the name of an account."""

    issuer: str  # the provider's identifier for itself
    claim: str
    accounts: Mapping[str, str]

    def digest(self, value: str) -> str:
        """The digest that a session stores for the person: of this value of this claim at this provider."""
        identity = f"{self.issuer}\x00{self.claim}\x00{value}"
        return hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:32]

    def digests(self) -> dict[str, str]:
        """Each person's digest, and the name of the account."""
        return {self.digest(value): account for value, account in self.accounts.items()}
