"""The lightest client there is: one kept-alive connection, requests made beforehand, bodies read and dropped."""

from __future__ import annotations

import base64
import socket
import time
from types import TracebackType
from typing import Self

CONTENT_TYPE = "application/taxii+json;version=2.1"


class Wire:
    def __init__(self, port: int, user: str = "", key: str = "", *, packed: bool = False) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(4 * 1024 * 1024)
        login = base64.b64encode(f"{user}:{key}".encode()).decode()
        self._head = f"Host: 127.0.0.1:{port}\r\nAccept: {CONTENT_TYPE}\r\nAuthorization: Basic {login}\r\n"
        if packed:
            self._head += "Accept-Encoding: gzip, deflate\r\n"  # as python-requests asks

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def request(self, path: str, body: bytes | None = None) -> bytes:
        """The request, as bytes to send with `ask`."""
        if body is None:
            return f"GET {path} HTTP/1.1\r\n{self._head}\r\n".encode()
        head = (
            f"POST {path} HTTP/1.1\r\n{self._head}Content-Type: {CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def ask(self, request: bytes) -> tuple[int, bytes, memoryview]:
        """(status, headers, body); the body is good until the next call."""
        self._socket.sendall(request)
        view, have, end = memoryview(self._buffer), 0, -1
        while end < 0:
            have += self._receive(view[have:])
            end = self._buffer.find(b"\r\n\r\n", 0, have)
        headers = bytes(view[:end]).lower()
        length = int(headers.partition(b"content-length:")[2].split(b"\r", 1)[0])
        total = end + 4 + length
        if total > len(self._buffer):
            # the old one cannot grow while an answer that was returned before is still looked at
            larger_buffer = bytearray(total)
            larger_buffer[:have] = view[:have]
            self._buffer = larger_buffer
            view = memoryview(larger_buffer)
        while have < total:
            have += self._receive(view[have:total])
        return int(headers[9:12]), headers, view[end + 4 : total]

    def _receive(self, into: memoryview) -> int:
        got = self._socket.recv_into(into)
        if not got:
            raise ConnectionError("the server closed the connection in the middle of an answer")
        return got


def seconds(wire: Wire, requests: list[bytes], expected: int) -> tuple[float, int]:
    """(seconds, bytes of bodies) for these requests, one after the other."""
    total = 0
    start = time.perf_counter()
    for request in requests:
        status, _, body = wire.ask(request)
        if status != expected:
            raise RuntimeError(f"{status} instead of {expected}: {bytes(body[:300])!r}")
        total += len(body)
    return time.perf_counter() - start, total
