"""The hub as a TAXII 2.1 server: one short method for each operation.

The two long operations have their own files: `accept` is the way in, `deliver` the way out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin

from hub.errors import ForbiddenError, NotFoundError
from hub.settings import Limits
from hub.sharing import access, deleted_ids, deliver, gate
from hub.sharing.accept import AcceptResult, accept
from hub.sharing.catalogue import Catalogue, Collection
from hub.sharing.credentials import Credentials
from hub.sharing.deliver import DeliveredPage, DeliveryContext, LookupCriteria
from hub.sharing.drill_listings import has_drills_listed
from hub.sharing.gate import Writer
from hub.sharing.handover import HandOvers
from hub.sharing.members import Account
from hub.sharing.ready import ReadyPages
from hub.stix.tlp import TLP
from hub.store.base import MOST_COMPARED, Deletion, Store
from hub.store.batch import Candidate, Stranded
from hub.store.query import EVERY, Page
from hub.taxii import resources
from hub.taxii.filters import Filters


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """A collection on the console: its TAXII resource, how many objects this account may see, and the newest one's place."""

    resource: resources.CollectionResource
    count: int
    newest: int


@dataclass(frozen=True, slots=True)
class RootOverview:
    """An API root on the console."""

    title: str
    description: str
    url: str
    rows: tuple[CollectionRow, ...]


@dataclass(frozen=True, slots=True)
class TaxiiHub(ABC):
    """All operations of TAXII 2.1. `clock` returns milliseconds since 1970, `new_id` a UUIDv4.

    `hub.community.hub.Hub` adds the joint protocol, and with it the check of its steps.
    """

    catalogue: Catalogue
    store: Store
    credentials: Credentials
    limits: Limits
    secret: bytes
    clock: Callable[[], int]
    new_id: Callable[[], str]
    hand_overs: HandOvers = field(init=False, repr=False)
    # called with each page of objects that a reader gets, over TAXII or on the pages for people
    read_observers: set[Callable[[Account | None, DeliveredPage], None]] = field(
        init=False, repr=False, default_factory=set
    )
    ready: ReadyPages = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hand_overs", HandOvers(self.store))
        object.__setattr__(self, "ready", ReadyPages(self.limits.ready_megabytes * 1_000_000))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.catalogue.title!r})"

    @abstractmethod
    def refused_steps(
        self, account: Account, collection: Collection, candidates: Sequence[Candidate]
    ) -> Mapping[int, str]:
        """The candidates that are steps of the joint protocol and may not be taken now: index -> reason."""

    @abstractmethod
    def stranded_accounts(self, collection: str, stranded: Stranded) -> Sequence[str]:
        """The accounts that were sent a record before its level rose, and that may not see it any more."""

    # --- API roots and collections ------------------------------------------------------------------------------

    def discovery(self, account: Account | None, base_url: str) -> resources.Discovery:
        """TAXII 2.1, 4.1; the API roots that the account may know of, as absolute URLs below `base_url`.

        API roots for drills are listed only to accounts that the operator named; others can use their address.
        UnauthenticatedError for an anonymous reader if no collection is public.
        """
        drills = has_drills_listed(self.store, account)
        roots = tuple(
            urljoin(base_url, f"/{root.name}/")
            for root in self.catalogue.roots.values()
            if (drills or not root.exercise)
            and any(access.may_know_of(account, collection) for collection in root.collections)
        )
        if account is None and not roots:
            raise gate.no_credentials()
        default = urljoin(base_url, f"/{self.catalogue.default}/")
        return resources.Discovery(
            title=self.catalogue.title,
            description=self.catalogue.description or None,
            contact=self.catalogue.contact or None,
            default=default if default in roots else next(iter(roots), None),
            api_roots=roots,
        )

    def api_root(self, account: Account | None, name: str) -> resources.ApiRootResource:
        """TAXII 2.1, 4.2."""
        root = gate.find_root(self.catalogue, account, name)
        return resources.ApiRootResource(
            title=root.title, description=root.description or None, max_content_length=self.max_content_length(name)
        )

    def max_content_length(self, root: str) -> int:
        """The maximum bytes of a request body in this API root."""
        declared_bytes = self.catalogue.roots[root].max_content_length if root in self.catalogue.roots else 0
        return min(declared_bytes or self.limits.body_bytes, self.limits.body_bytes)

    def collections(self, account: Account | None, root: str) -> resources.Collections:
        """TAXII 2.1, 5.1: the collections that the account may know of, in the declared order."""
        api_root = gate.find_root(self.catalogue, account, root)
        visible_collections = (c for c in api_root.collections if access.may_know_of(account, c))
        return resources.Collections(tuple(_resource(account, collection) for collection in visible_collections))

    def collection(self, account: Account | None, root: str, name: str) -> resources.CollectionResource:
        """TAXII 2.1, 5.2; by id or alias."""
        return _resource(account, self.find(account, root, name))

    def overview(self, account: Account | None, base_url: str) -> tuple[RootOverview, ...]:
        """For the console: each API root with its collections, and how many objects this account may see (law L5)."""
        overviews = []
        for root in self.catalogue.roots.values():
            visible_collections = [c for c in root.collections if access.may_know_of(account, c)]
            if visible_collections:
                url = urljoin(base_url, f"/{root.name}/")
                rows = tuple(self._row(account, collection) for collection in visible_collections)
                overviews.append(RootOverview(root.title, root.description, url, rows))
        return tuple(overviews)

    def holdings(self) -> Iterator[tuple[Collection, int, int]]:
        """For the operator's figures: each collection, its number of object versions, and its newest place."""
        for collection in self.catalogue:
            yield collection, *self.store.counts(collection.id, TLP.RED)

    def _row(self, account: Account | None, collection: Collection) -> CollectionRow:
        clearance = access.readable_level(account, collection)
        count, newest = (0, 0) if clearance is None else self.store.counts(collection.id, clearance)
        return CollectionRow(_resource(account, collection), count, newest)

    # --- reading ------------------------------------------------------------------------------------------------

    def objects(self, account: Account | None, root: str, name: str, filters: Filters) -> DeliveredPage:
        """TAXII 2.1, 5.4."""
        return self._notify_observers(
            account, deliver.objects(self._delivery, account, self.find(account, root, name), filters)
        )

    def manifest(self, account: Account | None, root: str, name: str, filters: Filters) -> DeliveredPage:
        """TAXII 2.1, 5.3."""
        return deliver.manifest(self._delivery, account, self.find(account, root, name), filters)

    def object(self, account: Account | None, root: str, name: str, object_id: str, filters: Filters) -> DeliveredPage:
        """TAXII 2.1, 5.6."""
        collection = self.find(account, root, name)
        return self._notify_observers(
            account, deliver.object_by_id(self._delivery, account, collection, object_id, filters)
        )

    def look_up(self, account: Account | None, collection: Collection, criteria: LookupCriteria, limit: int) -> Page:
        """Find objects by their values, see `deliver.look_up`."""
        return deliver.look_up(self._delivery, account, collection, criteria, limit)

    def count_unindexed(self, account: Account | None, collection: Collection) -> tuple[int, bool]:
        """How many objects are not in the index yet, so that `look_up` has to read them, and whether it cannot read all.

        Counts only objects that this reader may see (law L5).
        """
        waiting_count = self.store.index_values(collection.id, 0, gate.must_read(account, collection))
        return min(waiting_count, MOST_COMPARED), waiting_count > MOST_COMPARED

    def _notify_observers(self, account: Account | None, page: DeliveredPage) -> DeliveredPage:
        for observe in self.read_observers:
            observe(account, page)
        return page

    def versions(
        self, account: Account | None, root: str, name: str, object_id: str, filters: Filters
    ) -> DeliveredPage:
        """TAXII 2.1, 5.8."""
        return deliver.versions(self._delivery, account, self.find(account, root, name), object_id, filters)

    # --- writing ------------------------------------------------------------------------------------------------

    def may_add(self, account: Account | None, root: str, name: str) -> Writer:
        """The account as a writer of the collection, if it may publish there. Called before the body is read."""
        return gate.must_write(account, self.find(account, root, name))

    def add_objects(self, writer: Writer, body: bytes) -> AcceptResult:
        """TAXII 2.1, 5.5: store an envelope or a bundle; return the status of the request when all is on disk."""
        return accept(self, writer, body)

    def delete_object(self, account: Account | None, root: str, name: str, object_id: str, filters: Filters) -> None:
        """TAXII 2.1, 5.7: delete what this member published of all versions, or of those in match[version] (law L4)."""
        collection = self.find(account, root, name)
        clearance, member = gate.must_delete(account, collection)
        versions = filters.match.versions or EVERY
        assert account is not None  # `must_delete` raises for None
        deleted_ids.note(self.store, collection.id, object_id, member, self.clock())
        deletion = self.store.delete(collection.id, object_id, member, clearance, versions, account=account.name)
        if deletion is Deletion.MISSING:
            raise NotFoundError(f"There is no object {object_id[:100]!r} in this collection, or no such version.")
        if deletion is Deletion.OTHERS_REMAIN:
            raise ForbiddenError(
                "What your member published of this object, if anything, is deleted. Other members published it, too, and what "
                "they published stays."
            )

    def status(self, account: Account | None, root: str, status_id: str) -> bytes:
        """TAXII 2.1, 4.3: for the CERT of the member that sent the request; NotFoundError for all other accounts."""
        gate.find_root(self.catalogue, account, root)
        if account is None:
            raise gate.no_credentials()
        status = self.store.get_status(status_id)
        collection = self.catalogue.by_id(status.collection) if status is not None else None
        # a status names objects of every level, so a member's constituents may not read it (law L5)
        is_own = collection is not None and access.may_write(account, collection) and collection.root == root
        if status is None or not is_own or account.member != status.publisher:
            raise NotFoundError(
                f"There is no status {status_id[:100]!r} for this account; "
                f"a status is kept for {self.limits.status_hours} hours."
            )
        return status.body

    def find(self, account: Account | None, root: str, name: str) -> Collection:
        """The collection with this id or alias; NotFoundError if the account may not know of it."""
        return gate.find_collection(self.catalogue, account, root, name)

    @property
    def _delivery(self) -> DeliveryContext:
        return DeliveryContext(self.store, self.limits, self.secret, self.ready)


def _resource(account: Account | None, collection: Collection) -> resources.CollectionResource:
    return resources.CollectionResource(
        id=collection.id,
        title=collection.title,
        description=collection.description or None,
        alias=collection.alias,
        can_read=access.readable_level(account, collection) is not None,
        can_write=access.may_write(account, collection),
        x_hub_highest_tlp=collection.highest_tlp.word,
        x_hub_profiles=tuple(profile.name for profile in collection.profiles),
    )
