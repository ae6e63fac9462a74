"""How the audit trail gets the entry of each change, once, even if a process is killed between the two. In steps, no I/O here.

A change and its entry are documents of two collections, and this store counts on no transactions over them. So:

1. The document that makes the change keeps what its entry will say, and a name that no other change has: a log entry
   in its plan, an account in itself.
2. Before that is marked as done, and so before anything else changes the same records or account, the entry is written;
   by the writer, or by the process that finishes what a dead writer left. So the entries of a collection follow each other as its
   commits do, and the seals in an entry are those of the records as its commit left them.
3. Read where the trail ends, then look whether the entry is there, then insert it as the number after that end. Where
   somebody else wrote it after the look, it has that number or a later one: this insert fails, since numbers are unique,
   and the next look finds it. So however many do this at once, and whenever they wake, it is written once.

Entries of what is no change of records or accounts have a name, too, by which a writer whose answer was lost finds its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator
from dataclasses import replace
from typing import Any

from hub.store import chain, trail
from hub.store.chain import Act, TrailHead
from hub.store.mongo import rows as mongo_rows
from hub.store.mongo.rows import Document
from hub.store.mongo.steps import (
    AccountNoted,
    AddEntry,
    IsNoted,
    LogEntry,
    Plan,
    PutAccount,
    ReadAccount,
    ReadRows,
    Step,
    TrailEnd,
    TrailKey,
    UnnotedAccounts,
)
from hub.store.records import AccountRow


def add_entry(act: Act, at: int, name: str) -> Generator[Step, Any, None]:
    """Write the entry of the change of that name, unless it is there (3)."""
    key: bytes = yield TrailKey()
    while True:
        head: TrailHead = yield TrailEnd()
        if (yield IsNoted(name)):
            return
        (entry,) = chain.entries_of([act], head, key=key, now=at)
        if (yield AddEntry(entry, name)) == name:
            return


def note_commit(entry: LogEntry, plan: Plan) -> Generator[Step, Any, None]:
    """Write the entry of a commit whose rows are written and touched, and which is not marked as done."""
    if plan.note is None:
        return
    key: bytes = yield TrailKey()
    seals = trail.seals_of(key, map(mongo_rows.record_of, plan.rows))
    if plan.touches:
        touched = tuple(row_key for row_key, _ in plan.touches)
        rows: list[Document] = yield ReadRows(touched)
        seals |= dict.fromkeys(map(mongo_rows.place_of, touched), chain.GONE)
        seals |= trail.seals_of(key, map(mongo_rows.record_of, rows))
    name = mongo_rows.entry_id(entry.collection, entry.n)
    yield from add_entry(replace(plan.note.act, seals=seals), plan.note.at, name)


def put_account(account: AccountRow, at: int, name: str) -> Generator[Step, Any, None]:
    """Write an account and its entry; `name` is one that nobody else uses."""
    document: Document | None = yield ReadAccount(account.name)
    for attempt in itertools.count(1):
        if document is not None:
            yield from _note_account(document)
        # each attempt has a name of its own: where an answer was lost, another may have written the account since
        change = f"{name}.{attempt}"
        is_put: bool = yield PutAccount(account, change, at, None if document is None else document["change"])
        document = yield ReadAccount(account.name)
        if is_put:
            break
    if document is not None:
        yield from _note_account(document)


def note_accounts() -> Generator[Step, Any, None]:
    """Write the entries that accounts still wait for."""
    documents: list[Document] = yield UnnotedAccounts()
    for document in documents:
        yield from _note_account(document)


def _note_account(document: Document) -> Generator[Step, Any, None]:
    if document["noted"]:
        return
    key: bytes = yield TrailKey()
    account = mongo_rows.account_of(document)
    yield from add_entry(trail.account_act(key, account), document["changed_at"], document["change"])
    yield AccountNoted(account.name, document["change"])
