"""Adds the hub's own objects to a collection: the definitions that its objects refer to, and the members' identities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from hub.errors import ConfigurationError
from hub.settings import Limits
from hub.sharing.catalogue import Catalogue, Collection
from hub.sharing.definitions import definitions, surplus_ids
from hub.stix.objects import StixObject, parse_object
from hub.stix.tlp import TLP
from hub.store.base import Deletion, Store
from hub.store.batch import Batch, Candidate, Outcome, Verdict, describe_nothing
from hub.store.query import EVERY, ManifestRow, Query
from hub.store.records import BY_HUB, HIDDEN, NOBODY

PAGE_ROWS: Final = 1_000  # of the manifest, read at once


def seed(store: Store, catalogue: Catalogue, collection: Collection) -> int:
    """Add the objects that are missing or newer, as one batch; return how many. Run again, it adds nothing.

    ConfigurationError if a declaration was changed without its `modified`: readers would never get the change.
    """
    contents = definitions(catalogue, collection)
    candidates = tuple(_candidate(index, content, catalogue) for index, content in enumerate(contents))
    batch = Batch(collection.id, NOBODY, candidates, status_id=None, account="hub", describe=describe_nothing)
    outcomes = store.append(batch).outcomes
    if _remove_foreign_versions(store, collection, candidates, outcomes):
        second_outcomes = store.append(batch).outcomes
        outcomes = tuple(
            first if first.verdict is Verdict.ADDED else second
            for first, second in zip(outcomes, second_outcomes, strict=True)
        )
    for outcome in outcomes:
        if outcome.verdict is Verdict.REFUSED:
            raise ConfigurationError(
                f"{collection.root}/{collection.alias}: {outcome.id} was not added: {outcome.message}"
                " If it is a member's identity, give the member a later `modified` in members.toml."
            )
    return sum(outcome.verdict is Verdict.ADDED for outcome in outcomes)


def _remove_foreign_versions(
    store: Store, collection: Collection, candidates: Sequence[Candidate], outcomes: Sequence[Outcome]
) -> bool:
    """Remove versions with the hub's own ids that members published; return whether there were any.

    Hubs up to 2026-11 accepted such versions, and revocations, from any member (law L4).
    """
    own_versions = {candidate.id: candidate.version_text for candidate in candidates}
    suspects = {outcome.id for outcome in outcomes if outcome.verdict is Verdict.REFUSED}
    suspects |= {
        row.id for row in _versions(store, collection, own_versions) if row.version_text != own_versions[row.id]
    }
    has_removed = False
    for identifier in sorted(suspects):
        for publisher in store.publishers(collection.id, identifier, HIDDEN):
            if publisher != NOBODY:
                store.delete(collection.id, identifier, publisher, HIDDEN)
                has_removed = True
    return has_removed


def remove_surplus(store: Store, collection: Collection) -> int:
    """Remove the definitions above the collection's highest level that an older hub added; return how many.

    A definition that a member also published stays as that member's.
    """
    removed_count = 0
    for object_id in dict.fromkeys(row.id for row in _versions(store, collection, surplus_ids(collection))):
        removed_count += store.delete(collection.id, object_id, NOBODY, HIDDEN) is Deletion.DELETED
    return removed_count


def _versions(store: Store, collection: Collection, ids: Iterable[str]) -> Iterator[ManifestRow]:
    """All stored versions of these ids, in one query: there are a few dozen ids, and many collections."""
    query = Query(collection.id, HIDDEN, after=0, limit=PAGE_ROWS, ids=tuple(ids), versions=EVERY)
    while query.ids:
        page = store.manifest(query)
        yield from page.rows
        if not page.more:
            return
        query = replace(query, after=page.rows[-1].place)


def _candidate(index: int, content: dict[str, Any], catalogue: Catalogue) -> Candidate:
    obj = parse_object(content, Limits())
    if not isinstance(obj, StixObject):
        raise ConfigurationError(f"{content.get('id')} is not valid: {obj[0].path} {obj[0].message}")
    return Candidate(
        index=index,
        id=obj.id,
        type=obj.type,
        version=obj.version,
        version_text=obj.version_text,
        level=TLP.CLEAR,
        owner=catalogue.member_by_identity.get(obj.id, NOBODY),
        revoked=False,
        named_ids=(),
        body=obj.body,
        digest=obj.digest,
        source=BY_HUB,
    )
