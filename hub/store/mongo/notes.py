"""How each change gets its entry in the audit trail exactly once, even if a process is killed. In steps, no I/O here.

A change and its entry are documents of two collections, and this store does not rely on transactions. So:

1. The document that makes the change contains the content of its entry and a unique name: a log entry has them in its
   plan, an account in its own document.
2. The entry is written before the change is marked as done, and so before anything else changes the same records or
   account; by the writer, or by the process that finishes the work of a dead writer. So the entries of a collection have
   the order of its commits, and the seals in an entry are those of the records as its commit left them.
3. Read the end of the trail, then check whether the entry exists, then insert it with the next number. If another process
   writes it after the check, that entry has this number or a later one: this insert fails, since numbers are unique, and
   the next check finds the entry. So any number of processes may do this at any time, and it is written once.

Entries of acts that change no record or account have a name, too, so that a writer whose answer was lost finds its own.
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
    AddEntry,
    IsNoted,
    LogEntry,
    MarkAccountNoted,
    Plan,
    PutAccount,
    ReadAccount,
    ReadRows,
    ReadTrailEnd,
    ReadTrailKey,
    ReadUnnotedAccounts,
    Step,
)
from hub.store.records import AccountRow


def add_entry(act: Act, at: int, name: str) -> Generator[Step, Any, None]:
    """Write the entry of the change of that name, unless it exists (3)."""
    key: bytes = yield ReadTrailKey()
    while True:
        head: TrailHead = yield ReadTrailEnd()
        if (yield IsNoted(name)):
            return
        (entry,) = chain.make_entries([act], head, key=key, now=at)
        if (yield AddEntry(entry, name)) == name:
            return


def note_commit(entry: LogEntry, plan: Plan) -> Generator[Step, Any, None]:
    """Write the entry of a commit whose rows are inserted and touched, and which is not yet marked as done."""
    if plan.note is None:
        return
    key: bytes = yield ReadTrailKey()
    seals = trail.seals_of(key, map(mongo_rows.record_of, plan.rows))
    if plan.touches:
        touched_keys = tuple(row_key for row_key, _ in plan.touches)
        rows: list[Document] = yield ReadRows(touched_keys)
        seals |= dict.fromkeys(map(mongo_rows.place_of, touched_keys), chain.GONE)
        seals |= trail.seals_of(key, map(mongo_rows.record_of, rows))
    name = mongo_rows.entry_id(entry.collection, entry.n)
    yield from add_entry(replace(plan.note.act, seals=seals), plan.note.at, name)


def put_account(account: AccountRow, at: int, name: str) -> Generator[Step, Any, None]:
    """Write an account and its entry; `name` is unique to this call."""
    document: Document | None = yield ReadAccount(account.name)
    for attempt in itertools.count(1):
        if document is not None:
            yield from _note_account(document)
        # each attempt has its own name: after a lost answer another process may have written the account
        change = f"{name}.{attempt}"
        is_put: bool = yield PutAccount(account, change, at, None if document is None else document["change"])
        document = yield ReadAccount(account.name)
        if is_put:
            break
    if document is not None:
        yield from _note_account(document)


def note_accounts() -> Generator[Step, Any, None]:
    """Write the missing entries of accounts."""
    documents: list[Document] = yield ReadUnnotedAccounts()
    for document in documents:
        yield from _note_account(document)


def _note_account(document: Document) -> Generator[Step, Any, None]:
    if document["noted"]:
        return
    key: bytes = yield ReadTrailKey()
    account = mongo_rows.account_of(document)
    yield from add_entry(trail.account_act(key, account), document["changed_at"], document["change"])
    yield MarkAccountNoted(account.name, document["change"])
