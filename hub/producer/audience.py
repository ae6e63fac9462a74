"""A collection as the release step sees it: as the hub describes it, or, with the hub away, as it described it last.

What the hub says of its collections is kept in the CERT's home, so that a report can be released, and wait in the outbox,
while the hub cannot be reached.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from hub.errors import ConnectionFailedError, ForbiddenError, NotFoundError, UnprocessableError
from hub.home.files import write_atomically
from hub.producer.connection import HubConnection, named
from hub.protocol.labels import EXERCISE
from hub.release.policy import Audience
from hub.stix.tlp import BY_WORD, TLP
from hub.taxii.resources import CollectionResource, plain

PROTECTED: Final = "protected"  # the profile of collections in which no victim is named
INDICATORS: Final = "indicators"  # that of collections which take no incidents
_FILE: Final = "collections.json"


def audience_of(
    name: str, collections: Sequence[CollectionResource], *, exercise: bool = False, hub: str = ""
) -> Audience:
    """The collection of this id, alias or title, for a real report or, with `exercise`, for one of a drill.

    NotFoundError where it is not among them, ForbiddenError where this account may not write there, UnprocessableError
    for a drill in a collection of real reports, or a real report in one of drills. A hub that does not say what a
    collection takes is taken at its strictest: no victim is named there.
    """
    matches = named(collections, name)
    if len(matches) != 1:
        raise NotFoundError(f"there is no collection {name!r}, or more than one; `hub collections` shows their aliases")
    collection = matches[0]
    if not collection.can_write:
        raise ForbiddenError(
            f"this account may not publish in {collection.title!r}; `hub collections` shows where it may"
        )
    profiles = collection.x_hub_profiles
    if profiles and exercise != (EXERCISE in profiles):
        takes = "takes no drills" if exercise else "takes drills only: say that it is one (`exercise=True`, --exercise)"
        raise UnprocessableError(f"{collection.title!r} {takes}; nothing was released")
    return Audience(
        collection.id,
        highest_tlp=BY_WORD.get(collection.x_hub_highest_tlp or "", TLP.AMBER_STRICT),
        protected=not profiles or PROTECTED in profiles,
        incidents=INDICATORS not in profiles,
        title=collection.title,
        hub=hub,
    )


def audience_at(connection: HubConnection, name: str, home: Path, *, exercise: bool = False) -> Audience:
    """The collection of this name at the connection's hub. ConnectionFailedError where the hub is away, and was never
    asked from this home.
    """
    return audience_of(name, collections_at(connection, home), exercise=exercise, hub=connection.url)


def collections_at(connection: HubConnection, home: Path) -> list[CollectionResource]:
    """The collections of the connection's hub, and they are kept in the home; with the hub away, those that are kept.

    ConnectionFailedError where the hub is away, and was never asked from this home.
    """
    path, url = home / _FILE, connection.url
    try:
        collections = connection.collections()
    except ConnectionFailedError as error:
        described = _read_descriptions(path).get(url)
        if described is None:
            raise ConnectionFailedError(
                f"{error}. What the collections of {url} take is not known, since it was never asked from here: do this "
                "again when it answers"
            ) from None
        return [_collection(item) for item in described]
    remembered = _read_descriptions(path) | {url: [plain(item) for item in collections]}
    write_atomically(path, json.dumps(remembered, ensure_ascii=False, indent=1).encode())
    return collections


def _read_descriptions(path: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        remembered: dict[str, list[dict[str, Any]]] = json.loads(path.read_bytes())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return remembered


def _collection(described: Mapping[str, Any]) -> CollectionResource:
    return CollectionResource(
        **{**described, "x_hub_profiles": tuple(described.get("x_hub_profiles", ())), "media_types": ()}
    )
