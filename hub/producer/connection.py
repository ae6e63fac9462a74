"""A connection to a TAXII 2.1 hub, or to any other TAXII 2.1 server, through taxii2-client.

The address may be that of an API root (https://hub.example/asean/) or of a server (https://hub.example/): then
discovery names the API root. Requests are sent only when needed, and answers about the API root are cached.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urljoin, urlsplit

from taxii2client.exceptions import ValidationError
from taxii2client.v21 import ApiRoot, Server, Status
from taxii2client.v21 import Collection as ClientCollection

from hub.errors import ConfigurationError, ConnectionFailedError, ForbiddenError, NotFoundError
from hub.producer.patience import HubLine, Patience, place
from hub.settings import Secret
from hub.stix.timestamps import parse_timestamp
from hub.taxii import protocol
from hub.taxii.resources import CollectionResource, StatusDetail, StatusResource

_ACCEPT: Final = {"Accept": protocol.CONTENT_TYPE}
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """One page of objects (TAXII 2.1, 3.7). `first` and `last` are the dates of its records (3.2), None if not given."""

    objects: list[dict[str, Any]]
    more: bool
    next: str | None
    first: str | None
    last: str | None


class HubConnection:
    """A connection to one hub. For one thread at a time; use it in a `with`, or `close` it.

    Give `key`, or `user` with `password`, or neither. `ca` names a file of CA certificates (PEM) to trust instead of the
    usual ones; `plain_http` allows credentials without TLS to another machine. ConfigurationError says which argument
    cannot be used.
    """

    def __init__(  # noqa: PLR0913 - all are keywords
        self,
        url: str,
        *,
        key: str | None = None,
        user: str | None = None,
        password: str | None = None,
        ca: str | Path | None = None,
        plain_http: bool = False,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._plain_http = plain_http
        self.url = self._address(url)
        authorization = _authorization(key, user, password)
        if ca is not None and not Path(ca).is_file():
            raise ConfigurationError(f"{ca}: there is no such file of CA certificates")
        self._line = HubLine(authorization, ca=None if ca is None else str(ca), patience=patience, sleep=sleep)
        self._root: ApiRoot | None = None
        self._collections: dict[str, tuple[CollectionResource, ClientCollection]] = {}

    def __repr__(self) -> str:
        return f"Connection({self.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._line.close()

    @property
    def patience(self) -> Patience:
        """How long this connection waits, and how often it tries."""
        return self._line.patience

    def pause(self, failures: int) -> None:
        """Wait for the usual time after that many failures in a row."""
        self._line.sleep(self.patience.pause(failures))

    # --- the API root and its collections ------------------------------------------------------------------------------------------

    @property
    def root_url(self) -> str:
        """The address of the API root, with a slash at its end."""
        url: str = self._api_root().url
        return url

    def max_content_length(self) -> int:
        """The largest request body that the API root accepts, in bytes (TAXII 2.1, 4.2.1)."""
        root = self._api_root()
        length = self._line.retry(lambda: root.max_content_length)
        if not isinstance(length, int) or length <= 0:
            raise ConnectionFailedError(f"{place(self.url)}: the hub names {length!r} as its max_content_length")
        return length

    def collections(self) -> list[CollectionResource]:
        """The collections of the API root that this account may see (5.1); each call asks the hub."""
        root = self._api_root()

        def load() -> list[tuple[CollectionResource, ClientCollection]]:
            root.refresh_collections()
            return [(_collection(client), client) for client in root.collections]

        self._collections = {collection.id: (collection, client) for collection, client in self._line.retry(load)}
        return [collection for collection, _ in self._collections.values()]

    def collection(self, name: str) -> CollectionResource:
        """The collection with this id, alias or title. NotFoundError lists the existing ones."""
        collections = [collection for collection, _ in self._collections.values()]
        matches = find_by_name(collections, name) or find_by_name(collections := self.collections(), name)
        if len(matches) == 1:
            return matches[0]
        if matches:
            ids = ", ".join(collection.id for collection in matches)
            raise NotFoundError(f"{len(matches)} collections are called {name!r}; take the id of one: {ids}")
        names = ", ".join(collection.alias or collection.title for collection in collections) or "none for this account"
        raise NotFoundError(f"{self.root_url} has no collection {name!r}; it has: {names}")

    # --- objects ------------------------------------------------------------------------------------------

    def page(  # noqa: PLR0913 - TAXII's filters, by their names
        self,
        collection: CollectionResource,
        *,
        added_after: str | None = None,
        next_token: str | None = None,
        limit: int = 1000,
        types: Iterable[str] = (),
        ids: Iterable[str] = (),
        versions: str | None = None,
    ) -> FetchedPage:
        """One page of a collection's objects (5.4), oldest first; `limit` counts objects.

        A request with a `next` token is not repeated: on some servers a token is valid for one answer only, and a second
        try would skip the page that was lost on the way.
        """
        filters = {
            "added_after": added_after,
            "next": next_token,
            "limit": limit,
            "type": list(types),
            "id": list(ids),
            "version": versions,
        }
        client = self._client(collection)
        if not collection.can_read:
            raise ForbiddenError(f"this account may not read {collection.title!r}")
        return self._line.retry(
            lambda: self._page(client.get_objects(**filters)), tries=None if next_token is None else 1
        )

    def newest(self, collection: CollectionResource, object_id: str) -> dict[str, Any]:
        """The last version of one object (5.6). NotFoundError if the account may see none."""
        client = self._client(collection)
        if not collection.can_read:
            raise ForbiddenError(f"this account may not read {collection.title!r}")
        objects = self._line.retry(lambda: self._page(client.get_object(object_id))).objects
        if not objects:
            raise NotFoundError(f"{collection.title!r} has no {object_id}, or not for this account")
        return objects[-1]

    def add(self, collection: CollectionResource, envelope: bytes) -> StatusResource:
        """Send one envelope (5.5); return the status when it is complete, or after `status_seconds`."""
        client = self._client(collection)
        self.must_write(collection)
        status = self._line.retry(lambda: _status(client.add_objects(envelope, wait_for_completion=False)))
        root = self._api_root()
        waited_seconds, tries = 0.0, 0
        while status.status != "complete" and waited_seconds < self.patience.status_seconds:
            tries += 1
            pause = self.patience.pause(tries)
            self._line.sleep(pause)
            waited_seconds += pause
            # `get_status` of the root sends the slash at the end, which some servers need
            status = self._line.retry(lambda status_id=status.id: _status(root.get_status(status_id)))  # type: ignore[misc] # mypy cannot type a lambda's default
        return status

    def must_write(self, collection: CollectionResource) -> None:
        """Raise ForbiddenError if the hub says that this account may not write there."""
        if not collection.can_write:
            raise ForbiddenError(f"this account may not write to {collection.title!r}")

    def delete(self, collection: CollectionResource, object_id: str) -> None:
        """Delete all versions of an object that this member published (5.7). NotFoundError if there is none."""
        client = self._client(collection)
        self.must_write(collection)
        self._line.retry(lambda: client.delete_object(object_id, version="all"))

    def delete_earlier(self, collection: CollectionResource, object_id: str, newest: str) -> int:
        """Delete the versions before `newest`, and return their number; do nothing if another version is newest (5.7, 5.8).

        NotFoundError if there is no such object, or if this account may read no version of it.
        """
        client = self._client(collection)
        self.must_write(collection)
        answer = self._line.retry(lambda: client.object_versions(object_id))
        versions = sorted({str(version) for version in _mapping(answer).get("versions", ())}, key=parse_timestamp)
        if not versions or parse_timestamp(versions[-1]) != parse_timestamp(newest):
            return 0
        for version in versions[:-1]:
            self._line.retry(lambda old_version=version: client.delete_object(object_id, version=old_version))  # type: ignore[misc] # as above
        return len(versions) - 1

    # --- resources of this hub that are not part of TAXII -------------------------------------------------------------------------

    def resource(self, name: str, query: str = "") -> dict[str, Any]:
        """The JSON at `name` below the API root, such as its board; NotFoundError if the hub has none."""
        address = urljoin(self.root_url, f"{name}/{query}")
        body = self._line.retry(lambda: self._line.http.get(address, _ACCEPT))
        return _mapping(body)

    def post(self, name: str) -> dict[str, Any]:
        """The JSON answer to a POST without a body; otherwise like `resource`."""
        body = self._line.retry(lambda: self._line.http.post(urljoin(self.root_url, f"{name}/"), _ACCEPT))
        return _mapping(body)

    def text(self, path: str, accept: str) -> str:
        """The text at a path of the hub's own server, relative to the API root: a page for people, or its style sheet."""
        address = urljoin(self.root_url, path)
        if not same_server(address, self.root_url):
            raise ConnectionFailedError(f"{place(address)} is not the hub's own address")

        def get() -> str:
            response = self._line.http.session.get(address, headers={"Accept": accept})
            response.encoding = "utf-8"
            text: str = response.text
            return text

        return self._line.retry(get)

    def look_up(self, values: Iterable[str]) -> dict[str, Any]:
        """The JSON answer of the hub's lookup page."""
        address = urljoin(self.root_url, "/console/lookup")
        lines = "\n".join(" ".join(value.split()) for value in values)
        headers = {"Accept": "application/json"}
        return _mapping(self._line.retry(lambda: self._line.http.post(address, headers, data={"values": lines})))

    @property
    def line(self) -> HubLine:
        """The underlying line, for a module that opens its own connections (`producer.hints`)."""
        return self._line

    # --- addresses, discovery and conversion ----------------------------------------------------------------------------------------------------

    def _address(self, url: str) -> str:
        try:
            parts = urlsplit(url.strip())
            host = parts.hostname
            parts.port  # noqa: B018 - reading it checks it
        except ValueError:
            host = None
        if not host or parts.scheme not in ("http", "https"):
            raise ConfigurationError("the hub's address should be a URL like https://hub.example/asean/")
        if "@" in parts.netloc:
            raise ConfigurationError("leave user and password out of the hub's address, and give them separately")
        if parts.scheme == "http" and host not in _LOOPBACK and not self._plain_http:
            raise ConfigurationError(
                f"http://{parts.netloc} is not encrypted: the credentials and the reports could be read on the way. "
                "Use https://, or say that you want plain HTTP"
            )
        return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"

    def _api_root(self) -> ApiRoot:
        if self._root is None:
            self._root = self._find_root()
        return self._root

    def _find_root(self) -> ApiRoot:
        path = urlsplit(self.url).path
        if path == "/":
            return self._discover(urljoin(self.url, protocol.DISCOVERY_PATH))
        root = ApiRoot(self.url, conn=self._line.http)
        try:
            self._line.retry(lambda: _information(root))
        except _NoApiRootError:
            return self._discover(self.url)
        return root

    def _discover(self, url: str) -> ApiRoot:
        """The API root that discovery names (4.1): its default, or the only one."""
        server = Server(url, conn=self._line.http)

        def roots() -> list[str]:
            urls = [root.url for root in server.api_roots]
            default = server.default
            return [default.url] if default is not None else urls

        urls = self._line.retry(roots)
        if len(urls) != 1:
            raise NotFoundError(
                f"{url} names {len(urls)} API roots and no default; take one of them as the address: {', '.join(urls)}"
            )
        if not same_server(urls[0], url):
            # the credentials are only for the address that the user gave
            raise ConfigurationError(
                f"{url} names an API root at another address, {urls[0]}; if you trust it, take that as the hub's address"
            )
        return ApiRoot(urls[0], conn=self._line.http)

    def _client(self, collection: CollectionResource) -> ClientCollection:
        if collection.id not in self._collections:
            self.collections()
        if collection.id not in self._collections:
            raise NotFoundError(f"{self.root_url} has no collection {collection.id!r}, or not for this account")
        return self._collections[collection.id][1]

    def _page(self, envelope: Any) -> FetchedPage:
        objects = envelope.get("objects", [])
        if not isinstance(objects, list) or not all(isinstance(item, dict) for item in objects):
            raise ValueError("an envelope with something else than objects")
        token = envelope.get("next")
        headers = self._line.last_headers
        return FetchedPage(
            objects=objects,
            more=envelope.get("more") is True,
            next=token if isinstance(token, str) and token else None,
            first=headers.get(protocol.DATE_ADDED_FIRST),
            last=headers.get(protocol.DATE_ADDED_LAST),
        )


def _mapping(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ConnectionFailedError("the address answers, but not as this hub does: check that it is one")
    return body


class _NoApiRootError(NotFoundError):
    """Another resource is at the address."""


def _information(root: ApiRoot) -> None:
    try:
        root.refresh_information()
    except (ValidationError, TypeError):
        raise _NoApiRootError("the address is not that of an API root") from None


def _authorization(key: str | None, user: str | None, password: str | None) -> Secret | None:
    if key is not None and (user is not None or password is not None):
        raise ConfigurationError("give a key, or a user with a password, but not both")
    if key is not None:
        key = key.strip()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ConfigurationError("the key is empty, or contains characters that no key has: paste it again")
        return Secret(f"Bearer {key}")
    if (user is None) != (password is None):
        raise ConfigurationError("a user and a password go together: one of them is missing")
    if user is None or password is None:
        return None
    if ":" in user:
        raise ConfigurationError("a user's name contains no colon (RFC 7617)")
    # requests would send Latin-1; RFC 7617 allows UTF-8 if the server announces it, as the hub does
    return Secret("Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())


def find_by_name(collections: Iterable[CollectionResource], name: str) -> list[CollectionResource]:
    """The collections with this id; otherwise this alias; otherwise this title; otherwise either one in any case."""
    candidates = list(collections)
    folded = name.casefold()
    for matches in (
        [collection for collection in candidates if collection.id == name],
        [collection for collection in candidates if collection.alias == name],
        [collection for collection in candidates if collection.title == name],
        [
            collection
            for collection in candidates
            if folded in ((collection.alias or "").casefold(), collection.title.casefold())
        ],
    ):
        if matches:
            return matches
    return []


def _collection(client: ClientCollection) -> CollectionResource:
    custom: Mapping[str, Any] = client.custom_properties
    return CollectionResource(
        id=client.id,
        title=client.title,
        can_read=client.can_read is True,
        can_write=client.can_write is True,
        description=client.description,
        alias=client.alias,
        media_types=tuple(client.media_types),
        x_hub_highest_tlp=custom.get("x_hub_highest_tlp"),
        x_hub_profiles=tuple(custom.get("x_hub_profiles") or ()),
    )


def _status(status: Status) -> StatusResource:
    return StatusResource(
        id=status.id,
        request_timestamp=status.request_timestamp or "",
        total_count=status.total_count,
        success_count=status.success_count,
        failure_count=status.failure_count,
        status=status.status,
        pending_count=status.pending_count,
        successes=tuple(_detail(detail) for detail in status.successes),
        failures=tuple(_detail(detail) for detail in status.failures),
    )


def _detail(detail: Any) -> StatusDetail:
    if not isinstance(detail, dict):  # TAXII 2.0 had only the id here, and some servers still do
        return StatusDetail(str(detail), "")
    return StatusDetail(str(detail.get("id", "")), str(detail.get("version", "")), detail.get("message"))


def same_server(address: str, other: str) -> bool:
    """Whether two addresses have the same scheme, host and port, so that credentials for one may go to the other."""
    return urlsplit(address)[:2] == urlsplit(other)[:2]
