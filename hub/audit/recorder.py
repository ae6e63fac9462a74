"""What is noted in the audit trail beside the changes of the store, so that neither a flood nor a poll costs an entry each.

1. Refused logins: counted in memory, per minute, address and name.
2. Pages read with the right to see AMBER+STRICT or RED: counted in memory, per account and collection.
3. What the delivery ledger noted since the last time: read from the store, where it outlives every process.

`flush` writes one entry of each kind at most; a thread calls it every minute, and a server process when it ends. What is
counted in memory, of one minute at most, is lost with a process that is killed: the log has each of these requests.
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
from hub.sharing.deliver import Delivered
from hub.sharing.members import Account
from hub.stix.timestamps import format_place
from hub.stix.tlp import TLP
from hub.store.base import Store
from hub.store.chain import Act

KIND: Final = "audited"  # of the fact that tells how much of the ledger is in the trail
LOGINS_MOST: Final = 1_000  # of addresses and names between two flushes; the rest is counted together
ROWS_AT_ONCE: Final = 1_000  # in one entry
NAME_CHARACTERS: Final = 64  # of what a client calls itself
UNKNOWN_NAME: Final = "unknown"  # in place of a name that no account has; the log shows it until it is rotated
_OTHERS: Final = ("others", "")


@dataclass(slots=True)
class _Reading:
    pages: int = 0
    objects: int = 0
    first: int = 0  # places
    last: int = 0


class Recorder:
    """The notes of one process. For several threads."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._logins = Counter[tuple[str, str]]()
        self._readings: dict[tuple[str, str, int], _Reading] = {}
        self._since = clock()

    def refused_login(self, address: str, name: str) -> None:
        """Count one; `name` is what the client called itself, empty where it gave a key."""
        pair = (address[:NAME_CHARACTERS], name[:NAME_CHARACTERS])
        with self._lock:
            if pair not in self._logins and len(self._logins) >= LOGINS_MOST:
                pair = _OTHERS
            self._logins[pair] += 1

    def signed_in(self, account: Account, address: str, issuer: str, person: str) -> None:
        """Write immediately that a person signed in through a provider as the account. StoreError if the store refuses it.

        Each costs a sign-in at the provider, so a flood of them is not the hub's to count.
        """
        about = {"account": account.name, "address": address[:NAME_CHARACTERS], "issuer": issuer, "person": person}
        self._store.add_to_trail([Act(SIGNED_IN, about)])

    def read(self, account: Account | None, delivered: Delivered) -> None:
        """Note a page of objects, if its reader may see AMBER+STRICT or RED there."""
        query = delivered.query
        if account is None or query is None or not delivered.count or query.clearance < TLP.AMBER_STRICT:
            return
        with self._lock:
            reading = self._readings.setdefault((account.name, query.collection, query.clearance), _Reading())
            reading.pages += 1
            reading.objects += delivered.count
            reading.first = min(reading.first or delivered.first, delivered.first)
            reading.last = max(reading.last, delivered.last)

    def flush(self) -> None:
        """Write what was counted, and what the ledger noted since. StoreError where the store does not take it."""
        with self._lock:
            logins, self._logins = self._logins, Counter()
            readings, self._readings = self._readings, {}
            since, self._since = self._since, self._clock()
        try:
            acts = [*_login_acts(self._named(logins), since), *_read_acts(readings, since)]
            if acts:
                self._store.add_to_trail(acts)
        except BaseException:
            self._put_back(logins, readings, since)
            raise
        self._note_deliveries()

    def _named(self, logins: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
        """The same with names of accounts alone: what else is typed there may be a password, and nothing is ever removed."""
        exists = {name: self._store.get_account(name) is not None for _, name in logins}
        named = Counter[tuple[str, str]]()
        for (address, name), count in logins.items():
            named[address, name if exists[name] or not name else UNKNOWN_NAME] += count
        return named

    def _put_back(
        self, logins: Counter[tuple[str, str]], readings: dict[tuple[str, str, int], _Reading], since: int
    ) -> None:
        with self._lock:
            self._logins.update(logins)
            self._since = since
            for key, before in readings.items():
                reading = self._readings.setdefault(key, _Reading(first=before.first))
                reading.pages += before.pages
                reading.objects += before.objects
                reading.first = min(reading.first, before.first)
                reading.last = max(reading.last, before.last)

    def _note_deliveries(self) -> None:
        marks = self._store.facts(KIND)
        upto = int(marks[0].value) if marks else 0
        notes: dict[str, Any] = {}
        number = upto
        for fact in self._store.facts(LEDGER_KIND, since=upto):
            number = max(number, fact.number)
            delivery = delivery_from(fact)  # None where it was damaged: the verification names it
            if delivery is not None and delivery.sent:  # before that, nothing is claimed
                notes[fact.key] = orjson.loads(fact.value)
        if number == upto:
            return
        rows = list(notes.items())
        parts = [dict(rows[start : start + ROWS_AT_ONCE]) for start in range(0, len(rows), ROWS_AT_ONCE)] or [{}]
        acts = [Act(DELIVERED, {"notes": part, "upto": number if part is parts[-1] else upto}) for part in parts]
        self._store.add_to_trail(acts)
        self._store.put_facts(KIND, {"ledger": str(number).encode()})


def _login_acts(logins: Counter[tuple[str, str]], since: int) -> Iterator[Act]:
    rows = [[address, name, count] for (address, name), count in sorted(logins.items())]
    if rows:
        yield Act(REFUSED_LOGIN, {"since": since, "logins": rows})


def _read_acts(readings: dict[tuple[str, str, int], _Reading], since: int) -> Iterator[Act]:
    for (account, collection, clearance), reading in sorted(readings.items()):
        about = {
            "account": account,
            "of": collection,
            "level": TLP(clearance).label,
            "since": since,
            "pages": reading.pages,
            "objects": reading.objects,
            "from": format_place(reading.first),
            "to": format_place(reading.last),
        }
        yield Act(READ, about)
