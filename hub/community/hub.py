"""The complete hub, for the server and the commands: TAXII 2.1 (`hub.sharing.hub`) and the joint protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hub.community.community import Community
from hub.sharing.catalogue import Collection
from hub.sharing.deliver import DeliveredPage
from hub.sharing.hub import TaxiiHub
from hub.sharing.members import Account
from hub.store.batch import Candidate, Stranded


@dataclass(frozen=True, slots=True)
class Hub(TaxiiHub):
    """The TAXII server with the joint protocol."""

    community: Community = field(init=False, repr=False)

    def __post_init__(self) -> None:
        TaxiiHub.__post_init__(self)
        object.__setattr__(self, "community", Community(self.store, self.catalogue, self.clock, self.limits))

    def refused_steps(
        self, account: Account, collection: Collection, candidates: Sequence[Candidate]
    ) -> Mapping[int, str]:
        """See `Community.refused_steps`."""
        return self.community.refused_steps(account, collection, candidates)

    def stranded_accounts(self, collection: str, stranded: Stranded) -> Sequence[str]:
        """See `Ledger.stranded_accounts`."""
        return self.community.ledger.stranded_accounts(collection, stranded)

    def begin_sending(self, account: Account | None, page: DeliveredPage) -> Callable[[], None] | None:
        """See `Ledger.begin_sending`."""
        return self.community.ledger.begin_sending(account, page)
