"""What one connection sends: an answer's head and body together, and nothing out of order or lost."""

from __future__ import annotations

import asyncio
from typing import Any

from hub.server.connections import JoinedWrites


class Recorded:
    """A transport that notes what is written to it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def get_extra_info(self, name: str) -> str:
        return f"{name} of the transport"


def joined() -> tuple[Any, Recorded]:
    recorded = Recorded()
    return JoinedWrites(recorded, asyncio.get_running_loop()), recorded  # type: ignore[arg-type] # all that it uses


def test_a_head_and_its_body_leave_in_one_piece() -> None:
    """Two writes would be two packets, and wake the client twice."""

    async def story() -> None:
        transport, recorded = joined()
        transport.write(b"head ")
        transport.write(b"body")
        assert recorded.written == [b"head body"]
        await asyncio.sleep(0)
        assert recorded.written == [b"head body"]

    asyncio.run(story())


def test_a_head_alone_leaves_in_the_next_step_of_the_loop() -> None:
    """Those who wait for events get the head long before the first event."""

    async def story() -> None:
        transport, recorded = joined()
        transport.write(b"head")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert recorded.written == [b"head"]
        transport.write(b"x" * 100_000)
        assert recorded.written[1:] == [b"x" * 100_000]

    asyncio.run(story())


def test_what_is_held_leaves_before_the_connection_closes() -> None:
    """An error answer is written and the connection closed in the same step."""

    async def story() -> None:
        transport, recorded = joined()
        transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        transport.close()
        assert (recorded.written, recorded.closed) == ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], True)
        await asyncio.sleep(0)
        assert len(recorded.written) == 1

    asyncio.run(story())


def test_all_else_is_the_transports_own() -> None:
    """Addresses, TLS, flow control."""

    async def story() -> None:
        transport, _ = joined()
        assert transport.get_extra_info("peername") == "peername of the transport"

    asyncio.run(story())


def test_a_long_body_leaves_by_itself_behind_its_head() -> None:
    """Copied together, it would arrive later."""

    async def story() -> None:
        transport, recorded = joined()
        transport.write(b"head")
        transport.write(b"x" * 40_000)
        assert recorded.written == [b"head", b"x" * 40_000]

    asyncio.run(story())
