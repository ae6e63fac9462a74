"""A MongoDB that cannot keep what it acknowledges is refused in those words (issue 12, 3.6)."""

from __future__ import annotations

import pytest
from pymongo import errors

from hub.errors import StoreError
from hub.store.mongo.link import require_suitable_server, translate

SET = {"setName": "hub"}
HOSTS = "db.example:27017"


@pytest.mark.parametrize(
    ("hello", "build", "words"),
    [
        ({}, {"version": "7.0.5"}, "no replica set.*rs.initiate"),
        (SET, {"version": "4.2.24"}, r"version 4\.2\.24.*4\.4 or newer"),
        (SET, {"version": "3.6"}, "upgrade the server"),
        (SET, {}, "upgrade the server"),
    ],
)
def test_a_server_that_is_not_fit_is_refused_in_words(
    hello: dict[str, object], build: dict[str, object], words: str
) -> None:
    """Before, both were "away, or has no primary"."""
    with pytest.raises(StoreError, match=words) as error:
        require_suitable_server(hello, build, HOSTS)
    assert HOSTS in str(error.value)


@pytest.mark.parametrize(
    ("hello", "build"),
    [
        (SET, {"version": "4.4.0"}),
        (SET, {"version": "10.0.1-rc0"}),
        ({"msg": "isdbgrid"}, {"version": "8.0.0"}),
        ({}, {"version": "7.0.42", "ferretdbVersion": "v2"}),
    ],
)
def test_replica_sets_routers_and_compatible_servers_are_accepted(
    hello: dict[str, object], build: dict[str, object]
) -> None:
    """Where acknowledged writes stay."""
    require_suitable_server(hello, build, HOSTS)


def test_what_the_driver_says_about_an_old_server_is_reported_in_our_words() -> None:
    """Pymongo refuses very old servers itself."""
    driver = errors.ConfigurationError("Server at db.example:27017 reports wire version 5, but this version requires 7")
    translated = translate(driver, HOSTS)
    assert isinstance(translated, StoreError)
    assert "too old" in str(translated)
