"""The decisions of `access` as errors: finds an API root or collection, and raises if the account may not use it.

A collection that an account may not know of answers like a missing one (404); one that it may know of and not use answers
403. A request without credentials is asked for them (401), whether the collection exists or not.
"""

from __future__ import annotations

from dataclasses import dataclass

from hub.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from hub.sharing import access
from hub.sharing.catalogue import ApiRoot, Catalogue, Collection
from hub.sharing.members import Account
from hub.stix.tlp import TLP


@dataclass(frozen=True, slots=True)
class Writer:
    """An account that may publish in a collection, and its member. `must_write` returns it."""

    account: Account
    member: str
    collection: Collection


def find_root(catalogue: Catalogue, account: Account | None, name: str) -> ApiRoot:
    """The API root of that name, if the account may know of a collection in it."""
    root = catalogue.roots.get(name)
    if root is not None and any(access.may_know_of(account, collection) for collection in root.collections):
        return root
    raise _unknown(account, f"There is no API root {name[:100]!r}; /taxii2/ lists them.")


def find_collection(catalogue: Catalogue, account: Account | None, root: str, id_or_alias: str) -> Collection:
    """The collection of that id or alias (TAXII 2.1, 5.2.1), if the account may know of it."""
    collection = catalogue.find(root, id_or_alias)
    if collection is not None and access.may_know_of(account, collection):
        return collection
    raise _unknown(
        account,
        f"There is no collection {id_or_alias[:100]!r} in this API root; /{root[:100]}/collections/ lists them.",
    )


def must_read(account: Account | None, collection: Collection) -> TLP:
    """The highest level that the account may read there; ForbiddenError if it may read nothing."""
    clearance = access.readable_level(account, collection)
    if clearance is None:
        raise ForbiddenError(f"This account may not read {collection.title!r}.")
    return clearance


def must_write(account: Account | None, collection: Collection) -> Writer:
    """The account as a writer there; ForbiddenError if it may not publish."""
    if account is None:
        raise no_credentials()
    if account.member is None or not access.may_write(account, collection):
        raise ForbiddenError(f"This account may not publish to {collection.title!r}.")
    return Writer(account, account.member, collection)


def must_delete(account: Account | None, collection: Collection) -> tuple[TLP, str]:
    """(clearance, member) of an account that may read and write there.

    ForbiddenError if it may do only one of the two, NotFoundError if it may do neither (TAXII 2.1, 5.7).
    """
    if (
        account is not None
        and access.readable_level(account, collection) is None
        and not access.may_write(account, collection)
    ):
        raise NotFoundError("There is no such collection for this account.")
    return must_read(account, collection), must_write(account, collection).member


def _unknown(account: Account | None, message: str) -> NotFoundError | UnauthenticatedError:
    return NotFoundError(message) if account is not None else no_credentials()


def no_credentials() -> UnauthenticatedError:
    """The error for an anonymous request that needs credentials."""
    return UnauthenticatedError(
        "Send credentials: HTTP Basic with the account's name and its password or key, or `Authorization: Bearer KEY`."
    )
