"""Entries of the audit trail that summarise many requests, so that a flood of logins or polls does not fill the trail.

1. Refused logins: counted in memory, per minute, address and name.
2. Pages read with the right to see AMBER+STRICT or RED: counted in memory, per account and collection.
3. Deliveries: what the delivery ledger in the store noted since the last flush.

`flush` writes at most one entry of each kind; a thread calls it every minute, and a server process when it ends. A process
that is killed loses its counts of at most one minute; the log still has each of these requests.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hub.audit.state import DELIVERED, READ, REFUSED_LOGIN, SIGNED_IN
from hub.community.ledger import KIND as LEDGER_KIND
from hub.community.ledger import delivery_from
from hub.sharing.deliver import DeliveredPage
from hub.sharing.members import Account
from hub.stix.timestamps import format_place
from hub.stix.tlp import TLP
from hub.store.base import Store
from hub.store.chain import Act

KIND: Final = "audited"  # the fact that has the number of the last ledger fact in the trail
MAX_LOGINS: Final = 1_000  # pairs of address and name between two flushes; all others are counted together
ROWS_AT_ONCE: Final = 1_000  # in one entry
NAME_CHARACTERS: Final = 64  # of a user name that a client sends
UNKNOWN_NAME: Final = "unknown"  # written for a name that no account has; the log has the name until it is rotated
_OTHERS: Final = ("others", "")


@dataclass(slots=True)
class _Reading:
    pages: int = 0
    objects: int = 0
    first: int = 0  # places
    last: int = 0


class Recorder:
    """The counts of one process. Safe for several threads."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._logins = Counter[tuple[str, str]]()
        self._readings: dict[tuple[str, str, int], _Reading] = {}
        self._since = clock()

    def refused_login(self, address: str, name: str) -> None:
        """Count a refused login; `name` is the user name that the client sent, empty if it sent a key."""
        pair = (address[:NAME_CHARACTERS], name[:NAME_CHARACTERS])
        with self._lock:
            if pair not in self._logins and len(self._logins) >= MAX_LOGINS:
                pair = _OTHERS
            self._logins[pair] += 1

    def signed_in(self, account: Account, address: str, issuer: str, person: str) -> None:
        """Write immediately that a person signed in as the account through a provider. StoreError if the store refuses it.

        These are not summarised: each needs a sign-in at the provider, so they cannot become a flood.
        """
        content = {"account": account.name, "address": address[:NAME_CHARACTERS], "issuer": issuer, "person": person}
        self._store.add_to_trail([Act(SIGNED_IN, content)])

    def read(self, account: Account | None, page: DeliveredPage) -> None:
        """Count a page of objects if its reader may see AMBER+STRICT or RED in that collection."""
        query = page.query
        if account is None or query is None or not page.count or query.clearance < TLP.AMBER_STRICT:
            return
        with self._lock:
            reading = self._readings.setdefault((account.name, query.collection, query.clearance), _Reading())
            reading.pages += 1
            reading.objects += page.count
            reading.first = min(reading.first or page.first, page.first)
            reading.last = max(reading.last, page.last)

    def flush(self) -> None:
        """Write the counts, and what the ledger noted since the last flush. StoreError if the store refuses them."""
        with self._lock:
            logins, self._logins = self._logins, Counter()
            readings, self._readings = self._readings, {}
            since, self._since = self._since, self._clock()
        try:
            acts = [*_login_acts(self._hide_unknown_names(logins), since), *_read_acts(readings, since)]
            if acts:
                self._store.add_to_trail(acts)
        except BaseException:
            self._put_back(logins, readings, since)
            raise
        self._note_deliveries()

    def _hide_unknown_names(self, logins: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
        """Replace names that no account has: people type passwords there, and the trail keeps everything for ever."""
        is_account = {name: self._store.get_account(name) is not None for _, name in logins}
        counts = Counter[tuple[str, str]]()
        for (address, name), count in logins.items():
            counts[address, name if is_account[name] or not name else UNKNOWN_NAME] += count
        return counts

    def _put_back(
        self, logins: Counter[tuple[str, str]], readings: dict[tuple[str, str, int], _Reading], since: int
    ) -> None:
        with self._lock:
            self._logins.update(logins)
            self._since = since
            for key, added_reading in readings.items():
                reading = self._readings.setdefault(key, _Reading(first=added_reading.first))
                reading.pages += added_reading.pages
                reading.objects += added_reading.objects
                reading.first = min(reading.first, added_reading.first)
                reading.last = max(reading.last, added_reading.last)

    def _note_deliveries(self) -> None:
        progress_facts = self._store.facts(KIND)
        noted_number = int(progress_facts[0].value) if progress_facts else 0
        notes: dict[str, Any] = {}
        number = noted_number
        for fact in self._store.facts(LEDGER_KIND, since=noted_number):
            number = max(number, fact.number)
            delivery = delivery_from(fact)  # None for a damaged note, which the verification reports
            if delivery is not None and delivery.sent:  # a note that is not marked as sent proves no delivery
                notes[fact.key] = orjson.loads(fact.value)
        if number == noted_number:
            return
        rows = list(notes.items())
        parts = [dict(rows[start : start + ROWS_AT_ONCE]) for start in range(0, len(rows), ROWS_AT_ONCE)] or [{}]
        acts = [
            Act(DELIVERED, {"notes": part, "upto": number if part is parts[-1] else noted_number}) for part in parts
        ]
        self._store.add_to_trail(acts)
        self._store.put_facts(KIND, {"ledger": str(number).encode()})


def _login_acts(logins: Counter[tuple[str, str]], since: int) -> Iterator[Act]:
    rows = [[address, name, count] for (address, name), count in sorted(logins.items())]
    if rows:
        yield Act(REFUSED_LOGIN, {"since": since, "logins": rows})


def _read_acts(readings: dict[tuple[str, str, int], _Reading], since: int) -> Iterator[Act]:
    for (account, collection, clearance), reading in sorted(readings.items()):
        content = {
            "account": account,
            "of": collection,
            "level": TLP(clearance).label,
            "since": since,
            "pages": reading.pages,
            "objects": reading.objects,
            "from": format_place(reading.first),
            "to": format_place(reading.last),
        }
        yield Act(READ, content)
