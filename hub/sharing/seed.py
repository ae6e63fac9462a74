"""What each collection holds from the start: the definitions that its objects refer to, and the members' identities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from hub.errors import ConfigurationError
from hub.settings import Limits
from hub.sharing.catalogue import Catalogue, Collection
from hub.sharing.definitions import definitions, surplus
from hub.stix.objects import StixObject, parse_object
from hub.stix.tlp import TLP
from hub.store.base import Deletion, Store
from hub.store.batch import Batch, Candidate, Outcome, Verdict, describe_nothing
from hub.store.query import EVERY, ManifestRow, Query
from hub.store.records import BY_HUB, HIDDEN, NOBODY

PAGE_ROWS: Final = 1_000  # of the manifest, looked through at once


def seed(store: Store, catalogue: Catalogue, collection: Collection) -> int:
    """Add what is missing or newer, as one batch; how many objects that were. Run again, it adds nothing.

    ConfigurationError where a declaration was changed without its `modified`: readers would never learn of it.
    """
    contents = definitions(catalogue, collection)
    candidates = tuple(_candidate(index, content, catalogue) for index, content in enumerate(contents))
    batch = Batch(collection.id, NOBODY, candidates, status_id=None, account="hub", describe=describe_nothing)
    outcomes = store.append(batch).outcomes
    if _remove_others(store, collection, candidates, outcomes):
        again = store.append(batch).outcomes
        outcomes = tuple(
            before if before.verdict is Verdict.ADDED else after for before, after in zip(outcomes, again, strict=True)
        )
    for outcome in outcomes:
        if outcome.verdict is Verdict.REFUSED:
            raise ConfigurationError(
                f"{collection.root}/{collection.alias}: {outcome.id} was not taken: {outcome.message}"
                " Where it is a member's identity, give the member a later `modified` in members.toml."
            )
    return sum(outcome.verdict is Verdict.ADDED for outcome in outcomes)


def _remove_others(
    store: Store, collection: Collection, candidates: Sequence[Candidate], outcomes: Sequence[Outcome]
) -> bool:
    """Take out what members published under the hub's own ids and the hub did not; whether there was anything.

    Hubs up to 2026-11 took such versions, and revocations, from any member (law L4).
    """
    own = {candidate.id: candidate.version_text for candidate in candidates}
    suspects = {outcome.id for outcome in outcomes if outcome.verdict is Verdict.REFUSED}
    suspects |= {row.id for row in _versions(store, collection, own) if row.version_text != own[row.id]}
    removed = False
    for identifier in sorted(suspects):
        for publisher in store.publishers(collection.id, identifier, HIDDEN):
            if publisher != NOBODY:
                store.delete(collection.id, identifier, publisher, HIDDEN)
                removed = True
    return removed


def remove_surplus(store: Store, collection: Collection) -> int:
    """Remove the definitions that an older hub put in and that lie above the collection's highest level; how many.

    One that a member published, too, stays for that member.
    """
    removed = 0
    for object_id in dict.fromkeys(row.id for row in _versions(store, collection, surplus(collection))):
        removed += store.delete(collection.id, object_id, NOBODY, HIDDEN) is Deletion.DELETED
    return removed


def _versions(store: Store, collection: Collection, ids: Iterable[str]) -> Iterator[ManifestRow]:
    """All versions that are held of these ids, asked for together: there are a few dozen ids, and many collections."""
    query = Query(collection.id, HIDDEN, after=0, limit=PAGE_ROWS, ids=tuple(ids), versions=EVERY)
    while query.ids:
        page = store.manifest(query)
        yield from page.rows
        if not page.more:
            return
        query = replace(query, after=page.rows[-1].place)


def _candidate(index: int, content: dict[str, Any], catalogue: Catalogue) -> Candidate:
    parsed = parse_object(content, Limits())
    if not isinstance(parsed, StixObject):
        raise ConfigurationError(f"{content.get('id')} is not valid: {parsed[0].path} {parsed[0].message}")
    return Candidate(
        index=index,
        id=parsed.id,
        type=parsed.type,
        version=parsed.version,
        version_text=parsed.version_text,
        level=TLP.CLEAR,
        owner=catalogue.reserved.get(parsed.id, NOBODY),
        revoked=False,
        names=(),
        body=parsed.body,
        digest=parsed.digest,
        source=BY_HUB,
    )
