"""A server of the test's own making, for what no good hub does: it answers each request as the test says."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.server.making import CONTENT_TYPE

ASKED_SECONDS = 60  # a shared machine may be slow; a request that comes ends the wait


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = CONTENT_TYPE


class Scripted:
    """Answers with `answer(request)`; `asked` keeps every request. Use it in a `with`."""

    def __init__(self, answer: Callable[[Request], Answer], *, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Request] = []
        self._request_came = threading.Condition()
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(self.command, self.path, dict(self.headers), body)
                with scripted._request_came:
                    scripted.asked.append(request)
                    scripted._request_came.notify_all()
                response = answer(request)
                text = response.body if isinstance(response.body, bytes) else json.dumps(response.body).encode()
                self.send_response(response.status)
                for name, value in response.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", response.content_type)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_DELETE = handle_any  # noqa: N815 - the names that http.server calls

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def wait_until_asked(self, path: str) -> None:
        """Return once a request for a path that begins so has come."""

        def was_asked() -> bool:
            return any(request.path.startswith(path) for request in self.asked)

        with self._request_came:
            assert self._request_came.wait_for(was_asked, ASKED_SECONDS), f"nobody asked for {path}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


ROOT = {"title": "Root", "versions": [CONTENT_TYPE], "max_content_length": 100_000}
COLLECTION = {"id": "c0ffee00-0000-4000-a000-000000000001", "title": "One", "can_read": True, "can_write": True}


def taxii(objects: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
    """Answers like a TAXII server with one API root, `/root/`, and one collection; `objects` answers for its objects."""

    def answer(request: Request) -> Answer:
        if request.path.startswith(f"/root/collections/{COLLECTION['id']}/objects/"):
            return objects(request)
        if request.path == "/root/collections/":
            return Answer(body={"collections": [COLLECTION]})
        if request.path == "/root/":
            return Answer(body=ROOT)
        return Answer(404, {"title": "Not found"})

    return answer
