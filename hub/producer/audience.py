"""A collection as the release step sees it: as the hub describes it, or as it described it last if it is out of reach.

The hub's descriptions are stored in the CERT's home, so that a report can be released and wait in the outbox while the hub
is out of reach.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from hub.errors import ConnectionFailedError, ForbiddenError, NotFoundError, UnprocessableError
from hub.home.files import write_atomically
from hub.producer.connection import HubConnection, find_by_name
from hub.protocol.labels import EXERCISE
from hub.release.policy import Audience
from hub.stix.tlp import BY_WORD, TLP
from hub.taxii.resources import CollectionResource, as_mapping

PROTECTED: Final = "protected"  # the profile of collections in which objects name no victim
INDICATORS: Final = "indicators"  # the profile of collections that accept no incidents
_FILE: Final = "collections.json"


def audience_of(
    name: str, collections: Sequence[CollectionResource], *, exercise: bool = False, hub: str = ""
) -> Audience:
    """The collection with this id, alias or title, for a real report or, with `exercise`, for a report of a drill.

    NotFoundError if there is none, ForbiddenError if this account may not write there, UnprocessableError for a drill in a
    collection of real reports, or a real report in a collection of drills. If the hub does not say what a collection
    accepts, the strictest rule applies: no victim is named there.
    """
    matches = find_by_name(collections, name)
    if len(matches) != 1:
        raise NotFoundError(f"there is no collection {name!r}, or more than one; `hub collections` shows their aliases")
    collection = matches[0]
    if not collection.can_write:
        raise ForbiddenError(
            f"this account may not publish in {collection.title!r}; `hub collections` shows where it may"
        )
    profiles = collection.x_hub_profiles
    if profiles and exercise != (EXERCISE in profiles):
        rule = "takes no drills" if exercise else "takes drills only: say that it is one (`exercise=True`, --exercise)"
        raise UnprocessableError(f"{collection.title!r} {rule}; nothing was released")
    return Audience(
        collection.id,
        highest_tlp=BY_WORD.get(collection.x_hub_highest_tlp or "", TLP.AMBER_STRICT),
        protected=not profiles or PROTECTED in profiles,
        incidents=INDICATORS not in profiles,
        title=collection.title,
        hub=hub,
    )


def audience_at(connection: HubConnection, name: str, home: Path, *, exercise: bool = False) -> Audience:
    """The collection of this name at the connection's hub. ConnectionFailedError if the hub is out of reach and has never
    described it to this home.
    """
    return audience_of(name, collections_at(connection, home), exercise=exercise, hub=connection.url)


def collections_at(connection: HubConnection, home: Path) -> list[CollectionResource]:
    """The collections of the connection's hub, which are also stored in the home; the stored ones if it is out of reach.

    ConnectionFailedError if the hub is out of reach and has never described them to this home.
    """
    path, url = home / _FILE, connection.url
    try:
        collections = connection.collections()
    except ConnectionFailedError as error:
        descriptions = _read_descriptions(path).get(url)
        if descriptions is None:
            raise ConnectionFailedError(
                f"{error}. What the collections of {url} take is not known, since it was never asked from here: do this "
                "again when it answers"
            ) from None
        return [_collection(item) for item in descriptions]
    stored = _read_descriptions(path) | {url: [as_mapping(item) for item in collections]}
    write_atomically(path, json.dumps(stored, ensure_ascii=False, indent=1).encode())
    return collections


def _read_descriptions(path: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        stored: dict[str, list[dict[str, Any]]] = json.loads(path.read_bytes())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return stored


def _collection(description: Mapping[str, Any]) -> CollectionResource:
    return CollectionResource(
        **{**description, "x_hub_profiles": tuple(description.get("x_hub_profiles", ())), "media_types": ()}
    )
