"""What tests of the MongoDB store share; each file says in `uri` which database is its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pymongo
import pytest


@pytest.fixture
def database(uri: str) -> Iterator[Any]:
    """The database itself."""
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(uri)
    yield client.get_default_database()
    client.close()
