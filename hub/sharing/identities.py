"""People at an OpenID Connect provider, and the accounts as which they sign in to the pages.

The operator ties each value of one claim to one account. Nothing else is compared with an account's name: people choose
what many claims say of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identities:
    """Who signs in as which account. `accounts` maps a value of the claim to the name of an account."""

    issuer: str  # the provider, as it names itself
    claim: str
    accounts: Mapping[str, str]

    def digest(self, value: str) -> str:
        """What a session holds of the person: this value of this claim at this provider."""
        identity = f"{self.issuer}\x00{self.claim}\x00{value}"
        return hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:32]

    def digests(self) -> dict[str, str]:
        """Each person's digest, and the name of the account."""
        return {self.digest(value): account for value, account in self.accounts.items()}
