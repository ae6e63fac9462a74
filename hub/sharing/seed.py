"""What each collection holds from the start: the definitions that its objects refer to, and the members' identities."""

from __future__ import annotations

from typing import Any

from hub.errors import ConfigurationError
from hub.settings import Limits
from hub.sharing.catalogue import Catalogue, Collection
from hub.sharing.definitions import definitions
from hub.stix.objects import StixObject, parse_object
from hub.stix.tlp import TLP
from hub.store.base import NOBODY, Batch, Candidate, Store, Verdict, describe_nothing


def seed(store: Store, catalogue: Catalogue, collection: Collection) -> int:
    """Add what is missing or newer, as one batch; how many objects that were. Run again, it adds nothing.

    ConfigurationError where a declaration was changed without its `modified`: readers would never learn of it.
    """
    candidates = tuple(
        _candidate(index, content, catalogue) for index, content in enumerate(definitions(catalogue, collection))
    )
    outcomes = store.append(
        Batch(collection.id, NOBODY, candidates, status_id=None, account="hub", describe=describe_nothing)
    ).outcomes
    for outcome in outcomes:
        if outcome.verdict is Verdict.REFUSED:
            raise ConfigurationError(
                f"{collection.root}/{collection.alias}: {outcome.id} was not taken: {outcome.message}"
                " Where it is a member's identity, give the member a later `modified` in members.toml."
            )
    return sum(outcome.verdict is Verdict.ADDED for outcome in outcomes)


def _candidate(index: int, content: dict[str, Any], catalogue: Catalogue) -> Candidate:
    found = parse_object(content, Limits())
    if not isinstance(found, StixObject):
        raise ConfigurationError(f"{content.get('id')} is not valid: {found[0].path} {found[0].message}")
    return Candidate(
        index=index,
        id=found.id,
        type=found.type,
        version=found.version,
        version_text=found.version_text,
        level=TLP.CLEAR,
        owner=catalogue.reserved.get(found.id, NOBODY),
        revoked=False,
        names=(),
        body=found.body,
        digest=found.digest,
    )
