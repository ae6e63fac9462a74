"""Every call of a store, by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hub.store.base import Store
from hub.store.records import AccountRow
from tests.server.making import an_id
from tests.store.making import ROOMY, add, asking, candidate


def calls_of(store: Store) -> dict[str, Callable[[], object]]:
    """Each thing that can be asked of a store."""
    query = asking()
    return {
        "append": lambda: add(store, candidate(99)),
        "read": lambda: store.read(query, ROOMY),
        "manifest": lambda: store.manifest(query),
        "holds": lambda: store.holds("shared", an_id(1), 4),
        "delete": lambda: store.delete("shared", an_id(1), "ID", 4),
        "purge": lambda: store.purge("shared", an_id(1)),
        "counts": lambda: store.counts("shared", 4),
        "get_status": lambda: store.get_status("s1"),
        "sweep": lambda: store.sweep(1),
        "get_account": lambda: store.get_account("ana"),
        "find_key": lambda: store.find_key("key"),
        "put_account": lambda: store.put_account(AccountRow("ana", "cert", "ID", "", (), disabled=False, created_at=1)),
        "list_accounts": lambda: store.list_accounts(),  # noqa: PLW0108 - looked up when it is called
        "secret": lambda: store.secret(b"x"),
        "head": lambda: store.head("shared"),
        "records": lambda: list(store.records("shared")),
        "restore": lambda: store.restore("again", 1, []),
        "put_secret": lambda: store.put_secret(b"x"),
        "ping": lambda: store.ping(),  # noqa: PLW0108 - as above
    }


CALLS: Final = tuple(calls_of(None))  # type: ignore[arg-type] # their names only
