"""Following a collection, for tests: publish, poll once, keep a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hub.producer.checkpoint import FileKeeper, Keeper
from hub.producer.connection import HubConnection
from hub.producer.follow import Asked, Rhythm, follow
from hub.producer.publish import publish
from tests.server.making import ids

ONCE = Rhythm(once=True)
INDICATORS = ("indicator",)


def publish_objects(connection: HubConnection, collection: str, objects: list[dict[str, Any]]) -> None:
    """Publish these objects; all of them are accepted."""
    assert publish(connection, connection.collection(collection), objects).complete


def poll(connection: HubConnection, collection: str, keeper: Keeper | None = None, **more_filters: Any) -> list[str]:
    """The ids of the indicators that one round hands over."""
    followed = connection.collection(collection)
    filters = Asked(types=INDICATORS, **more_filters)
    return ids(list(follow(connection, followed, keeper or Keeper(), filters, ONCE)))


def keeper(path: Path, connection: HubConnection, collection: str, out: Path | None = None) -> FileKeeper:
    followed = connection.collection(collection)
    return FileKeeper(path, collection=followed.id, asked=Asked(types=INDICATORS).as_dict(), out=out)


def date(place: int) -> str:
    return f"2026-04-02T03:10:00.{place:06d}Z"
