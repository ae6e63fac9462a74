"""Following other servers than the hub: other dates, other ways to the next page, or none."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.errors import ConnectionFailedError
from hub.producer.connection import HubConnection
from hub.producer.follow import Asked, follow
from tests.producer.conftest import Medallion
from tests.producer.following import INDICATORS, ONCE, date, keeper, poll, publish_objects
from tests.producer.running import QUICK, indicators
from tests.producer.scripted import Answer, Request, Scripted, taxii
from tests.server.making import FIRST, LAST, ids


def test_another_server_with_dates_that_many_objects_share(medallion: Medallion, tmp_path: Path) -> None:
    """There a server dates a whole envelope alike and its `next` is good once: pages of 20 lose and repeat nothing, also
    when the follower ends in the middle and its token with it.
    """
    with medallion.connection() as connection:
        publish_objects(connection, "Other", indicators(50))
        publish_objects(connection, "Other", indicators(25, 50))
        expected = set(ids(indicators(75)))
        assert sorted(poll(connection, "Other", page_objects=20)) == sorted(expected)
        seen: list[str] = []
        for _ in range(12):
            own_keeper = keeper(tmp_path / "state", connection, "Other")
            filters = Asked(types=INDICATORS, page_objects=20)
            items = follow(connection, connection.collection("Other"), own_keeper, filters, ONCE)
            new = ids(list(itertools.islice(items, 13)))
            assert not (set(new[1:]) & set(seen)), "only the last object may come again"
            seen += new
            own_keeper.close()
        assert set(seen) == expected
        own_keeper = keeper(tmp_path / "state", connection, "Other")
        assert set(poll(connection, "Other", own_keeper)) <= {seen[-1]}
        assert poll(connection, "Other", own_keeper) == []
        own_keeper.close()


def paged(count: int, *, tokens: bool, size: int = 3, tokens_work: bool = True) -> Callable[[Request], Answer]:
    """A server of `count` objects with dates of their own; with or without `next`, which may be refused."""

    def objects(request: Request) -> Answer:
        query = parse_qs(urlsplit(request.path).query)
        after = query.get("added_after", [""])[0]
        start = next((place for place in range(count) if date(place) > after), count)
        if "next" in query:
            if not tokens_work:
                return Answer(400, {"title": "That token is spent"})
            start = int(query["next"][0])
        numbers = list(range(start, min(start + size, count)))
        envelope: dict[str, Any] = {"more": bool(numbers) and numbers[-1] + 1 < count}
        if not numbers:
            return Answer(body=envelope)
        envelope["objects"] = indicators(len(numbers), numbers[0])
        if envelope["more"] and tokens:
            envelope["next"] = str(numbers[-1] + 1)
        return Answer(body=envelope, headers={FIRST: date(numbers[0]), LAST: date(numbers[-1])})

    return taxii(objects)


@pytest.mark.parametrize("tokens", [True, False], ids=["next", "added_after"])
def test_pages_by_token_or_by_date(tokens: bool, tmp_path: Path) -> None:
    """A server that gives no `next` is paged by the date of the last record, as TAXII 2.1 (3.5) has it."""
    with (
        Scripted(paged(10, tokens=tokens)) as server,
        HubConnection(server.url + "root/", patience=QUICK) as connection,
    ):
        own_keeper = keeper(tmp_path / "state", connection, "One")
        assert poll(connection, "One", own_keeper) == ids(indicators(10))
        assert poll(connection, "One", own_keeper) == []
        own_keeper.close()


def test_a_token_that_is_refused_is_replaced_by_the_date(tmp_path: Path) -> None:
    """Servers restart and forget their tokens: the follower continues at the date of the last record, without what it has read."""
    with (
        Scripted(paged(10, tokens=True, tokens_work=False)) as server,
        HubConnection(server.url + "root/", patience=QUICK) as connection,
    ):
        own_keeper = keeper(tmp_path / "state", connection, "One")
        assert poll(connection, "One", own_keeper) == ids(indicators(10))
        own_keeper.close()


def test_a_server_that_says_more_and_gives_no_next_page_is_reported() -> None:
    """taxii2-client alone would ask for the same page for ever."""
    stuck = Answer(body={"more": True, "objects": indicators(1)}, headers={FIRST: date(1), LAST: date(1)})
    with Scripted(taxii(lambda _: stuck)) as server:
        with (
            HubConnection(server.url + "root/", patience=QUICK) as connection,
            pytest.raises(ConnectionFailedError, match="gives no way to it"),
        ):
            poll(connection, "One")
        assert len(server.asked) < 10


def test_a_server_that_names_no_dates_is_followed_all_the_same(tmp_path: Path) -> None:
    """It is asked from the same place each time, and what was read is not handed over again."""
    with (
        Scripted(taxii(lambda _: Answer(body={"more": False, "objects": indicators(4)}))) as server,
        HubConnection(server.url + "root/", patience=QUICK) as connection,
    ):
        for expected in (ids(indicators(4)), []):
            own_keeper = keeper(tmp_path / "state", connection, "One")
            assert poll(connection, "One", own_keeper) == expected
            own_keeper.close()


def test_a_server_whose_added_after_is_inclusive_repeats_nothing(tmp_path: Path) -> None:
    """Some take it as "from then on": the last object of the round before is known, and not handed over again."""
    page = Answer(body={"more": False, "objects": indicators(1)}, headers={FIRST: date(1), LAST: date(1)})
    with Scripted(taxii(lambda _: page)) as server, HubConnection(server.url + "root/", patience=QUICK) as connection:
        own_keeper = keeper(tmp_path / "state", connection, "One")
        assert [poll(connection, "One", own_keeper) for _ in range(3)] == [ids(indicators(1)), [], []]
        own_keeper.close()
