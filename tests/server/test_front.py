"""The front of a server process: whose a request is, and what it makes of ASGI."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from hub.errors import TooManyRequestsError
from hub.server.asgi import Message
from hub.server.front import ACCOUNT, LIVE, WORK_BYTES, Front, client_address, environ_of
from hub.server.logins import network_of
from hub.server.shares import Shares
from hub.settings import Limits
from hub.sharing.members import Account, AccountKind

ID_ACCOUNT = Account("id-cert", AccountKind.CERT, "ID")
SCOPE = {"method": "GET", "path": "/é/", "query_string": b"a=b", "client": ("192.0.2.7", 4711), "headers": []}


def test_without_a_proxy_no_header_tells_the_address() -> None:
    """X-Forwarded-For is believed only where the operator says that a proxy is in front."""
    scope = {**SCOPE, "headers": [(b"x-forwarded-for", b"198.51.100.1")]}
    assert client_address(environ_of(scope), behind_proxy=False) == "192.0.2.7"


def test_behind_a_proxy_the_address_is_what_the_proxy_added_last() -> None:
    """The client may have written what is before it."""
    scope = {**SCOPE, "headers": [(b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-for", b"1.1.1.1, 198.51.100.1")]}
    assert client_address(environ_of(scope), behind_proxy=True) == "198.51.100.1"


def test_a_header_with_an_underscore_passes_for_no_other() -> None:
    """`X_Forwarded_For` would have the same name in WSGI as `X-Forwarded-For`."""
    scope = {**SCOPE, "headers": [(b"x_forwarded_for", b"198.51.100.1")]}
    assert client_address(environ_of(scope), behind_proxy=True) == "192.0.2.7"


def test_the_path_is_as_wsgi_wants_it() -> None:
    """UTF-8 bytes, each as one character (PEP 3333)."""
    assert environ_of(SCOPE)["PATH_INFO"] == "/Ã©/"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::2", "2001:db8::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
    ],
)
def test_failures_are_counted_by_what_one_client_can_choose_addresses_from(address: str, network: str) -> None:
    """An IPv6 client has a /64."""
    assert network_of(address) == network


def test_a_share_is_used_up_and_fills_up_again() -> None:
    """The request after the last is refused, with the seconds to wait; another client is not touched."""
    now = [0.0]
    shares = Shares(Limits(requests_per_minute=60), lambda: now[0])
    for _ in range(60):
        shares.request("account id")
    with pytest.raises(TooManyRequestsError, match=r"60 requests a minute .* in 1 second\.") as refusal:
        shares.request("account id")
    assert refusal.value.retry_after == 1
    shares.request("account sg")
    now[0] += 2.5
    shares.request("account id")
    assert shares.refusals == {"requests": 1}


def test_an_account_may_have_a_share_of_its_own() -> None:
    """The operator's exception counts for that account alone, and the refusal names its number."""
    shares = Shares(Limits(requests_per_minute=1), lambda: 0.0, {"account id": Limits(requests_per_minute=2)})
    shares.request("account id")
    shares.request("account id")
    with pytest.raises(TooManyRequestsError, match="The limit is 2 requests a minute"):
        shares.request("account id")
    shares.request("account sg")
    with pytest.raises(TooManyRequestsError, match="The limit is 1 requests a minute"):
        shares.request("account sg")


def test_bytes_of_answers_count_for_the_next_request() -> None:
    """How large an answer is, is known only afterwards."""
    now = [0.0]
    shares = Shares(Limits(megabytes_per_minute=6), lambda: now[0])
    shares.request("account id")
    shares.count("account id", size=7_000_000)
    with pytest.raises(TooManyRequestsError, match="6 megabytes") as refusal:
        shares.request("account id")
    assert refusal.value.retry_after == 10
    now[0] += 10.5
    shares.request("account id")


class FrontClient:
    """A front over an application of the test's own, asked without a network."""

    def __init__(self, application: Callable[[dict[str, Any]], None], limits: Limits) -> None:
        def answer(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
            application(environ)
            start_response("200 OK", [])
            return [b"{}"]

        self._front = Front(answer, limits, threads=1, behind_proxy=False)

    async def get(self, name: bytes, value: bytes) -> int:
        """The status of a request with this one header."""
        statuses: list[int] = []

        async def receive() -> Message:
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        await self._front({**SCOPE, "type": "http", "headers": [(name, value)]}, receive, send)
        return statuses[0]


def test_a_cookie_that_was_signed_out_uses_up_no_accounts_share() -> None:
    """A client that keeps a copy of it is counted by its address from then on."""

    def application(environ: dict[str, Any]) -> None:
        is_session = environ.get("HTTP_COOKIE") == "session" and not signed_out
        environ[ACCOUNT] = ID_ACCOUNT if is_session or "HTTP_AUTHORIZATION" in environ else None

    signed_out: list[bool] = []

    async def story() -> None:
        client = FrontClient(application, Limits(requests_per_minute=5))
        assert await client.get(b"authorization", b"key") == 200  # counted by the address, as all that is not known yet
        assert await client.get(b"cookie", b"session") == 200  # by the address
        signed_out.append(True)
        assert await client.get(b"cookie", b"session") == 200  # by the account, whose it was until now
        assert [await client.get(b"cookie", b"session") for _ in range(5)] == [200, 200, 200, 429, 429]
        assert [await client.get(b"authorization", b"key") for _ in range(5)] == [200, 200, 200, 200, 429]

    asyncio.run(story())


def test_what_was_read_for_a_short_answer_counts_as_if_it_were_sent() -> None:
    """A look-up reads whole collections and answers a line."""

    def application(environ: dict[str, Any]) -> None:
        environ[WORK_BYTES] = 7_000_000

    async def story() -> None:
        client = FrontClient(application, Limits(megabytes_per_minute=6))
        assert [await client.get(b"accept", b"*/*") for _ in range(2)] == [200, 429]

    asyncio.run(story())


def test_accounts_that_come_at_once_behind_one_address_are_not_refused() -> None:
    """A worker that has just started knows nobody yet; without credentials the address is one client, as before."""

    def application(environ: dict[str, Any]) -> None:
        key = environ.get("HTTP_AUTHORIZATION")
        environ[ACCOUNT] = Account(key, AccountKind.CERT, "ID") if key else None

    async def story() -> None:
        client = FrontClient(application, Limits(client_requests=2, client_waiting=5))
        keys = [f"key {number}".encode() for number in range(200)]
        assert set(await asyncio.gather(*(client.get(b"authorization", key) for key in keys))) == {200}
        anonymous = await asyncio.gather(*(client.get(b"accept", b"*/*") for _ in keys))
        assert (anonymous.count(200), anonymous.count(429)) == (7, 193)

    asyncio.run(story())


def test_requests_of_the_unknown_leave_half_of_the_connections_to_others() -> None:
    """Anybody who sends other credentials each time stays unknown: what waits of that is bounded."""

    def application(environ: dict[str, Any]) -> None:
        environ[ACCOUNT] = None

    async def story() -> None:
        client = FrontClient(application, Limits(client_requests=1, client_waiting=5, connections=40))
        statuses = await asyncio.gather(*(client.get(b"cookie", b"c=%d" % number) for number in range(200)))
        assert (statuses.count(200), statuses.count(429)) == (21, 179)

    asyncio.run(story())


def test_a_flood_of_one_account_that_nobody_knows_yet_is_refused_once_it_is_known() -> None:
    """What waits with the others goes to the account's own line when the first is answered, and is too much there."""

    def application(environ: dict[str, Any]) -> None:
        environ[ACCOUNT] = ID_ACCOUNT

    async def story() -> None:
        client = FrontClient(application, Limits(client_requests=1, client_waiting=5))
        statuses = await asyncio.gather(*(client.get(b"authorization", b"key") for _ in range(200)))
        assert 429 in statuses
        assert 200 in statuses

    asyncio.run(story())


def test_a_request_waits_behind_one_look_of_a_page_and_not_behind_hundreds() -> None:
    """Requests that pages send by themselves to follow the hub are answered one after another."""
    begun, go = threading.Event(), threading.Event()
    answered: list[str] = []

    def application(environ: dict[str, Any]) -> None:
        begun.set()
        assert go.wait(30)
        answered.append("look" if LIVE in environ else "publisher")

    async def story() -> None:
        client = FrontClient(application, Limits(client_requests=20))
        looks = [asyncio.create_task(client.get(b"hub-live", b"1")) for _ in range(10)]
        assert await asyncio.to_thread(begun.wait, 30)
        publisher = asyncio.create_task(client.get(b"accept", b"*/*"))
        await asyncio.sleep(0)  # it takes its turn
        go.set()
        assert set(await asyncio.gather(*looks, publisher)) == {200}

    asyncio.run(story())
    assert answered[:2] == ["look", "publisher"]
    assert answered.count("look") == 10


def test_accounts_that_come_at_once_wait_about_as_long_as_those_that_are_known_already() -> None:
    """Those who came first do not read all that there is before the last have had an answer."""
    answered: list[str] = []

    def application(environ: dict[str, Any]) -> None:
        answered.append(environ["HTTP_AUTHORIZATION"])
        environ[ACCOUNT] = Account(answered[-1], AccountKind.CERT, "ID")

    async def story() -> None:
        client = FrontClient(application, Limits(client_requests=2))

        async def read(key: bytes) -> None:
            for _ in range(20):
                assert await client.get(b"authorization", key) == 200

        await asyncio.gather(*(read(b"key %d" % number) for number in range(100)))

    asyncio.run(story())
    assert len(answered) == 2000
    last = max(answered.index(f"key {number}") for number in range(100))
    assert last < 1000, f"{last} requests were answered before the last account had its first answer"


@pytest.mark.parametrize("name", ["nobody", "one"])
def test_unknown_credentials_get_no_more_turns_where_they_show_no_account(name: str) -> None:
    """Neither with credentials that are nobody's, nor with those of one account in a hundred forms, beside good ones."""
    active_counts: list[int] = []

    def application(environ: dict[str, Any]) -> None:
        key = environ["HTTP_AUTHORIZATION"]
        active_counts.append(client._front._unknown_turns._clients["address 192.0.2.7"].active_count)
        account = key.partition(",")[0]
        environ[ACCOUNT] = None if account == "nobody" else Account(account, AccountKind.CERT, "ID")

    async def story() -> None:
        keys = [f"key {number}" for number in range(20)] + [f"{name}, {number}" for number in range(100)]
        await asyncio.gather(*(client.get(b"authorization", key.encode()) for key in keys))

    client = FrontClient(application, Limits(client_requests=2))
    asyncio.run(story())
    assert max(active_counts) > 10
    assert set(active_counts[-50:]) <= {1, 2}
