"""Answers: always TAXII's content type, on success and error alike (TAXII 2.1, 3.1)."""

from __future__ import annotations

from typing import Any, Final

import flask
from werkzeug.datastructures import Headers

from hub.sharing.deliver import DeliveredPage
from hub.sharing.ready import pack
from hub.taxii import protocol, resources

_HEADERS: Final = (
    ("Content-Type", protocol.CONTENT_TYPE),
    ("Cache-Control", "no-store"),  # what one account may see is nobody else's
    ("Vary", "Accept-Encoding"),
    ("X-Content-Type-Options", "nosniff"),
)
_COMPRESS_FROM_BYTES: Final = 2048  # below, headers outweigh what is saved


class TaxiiResponse(flask.Response):
    """An answer with a body, and headers that are whole as they are.

    Flask copies the headers of each answer again, to mend a Location and to count the body, which is done here: a poll
    with nothing new costs little else.
    """

    def get_wsgi_headers(self, environ: dict[str, Any]) -> Headers:  # noqa: ARG002 - as Flask has it
        """The headers that leave."""
        return self.headers


def taxii_response(body: bytes, status: int = 200) -> flask.Response:
    """An answer with this JSON body."""
    return TaxiiResponse(body, status, _HEADERS)


def resource_response(resource: resources.Resource, status: int = 200) -> flask.Response:
    """An answer with a TAXII resource."""
    return taxii_response(resources.as_json(resource), status)


def page_response(request: flask.Request, delivered: DeliveredPage) -> flask.Response:
    """An answer with a page, as gzip where the client takes it; the dates of its first and last record are TAXII's (3.2)."""
    packed = _is_worth_packing(request, delivered.content.size)
    first, last = delivered.date_added
    headers = [*_HEADERS, (protocol.DATE_ADDED_FIRST, first), (protocol.DATE_ADDED_LAST, last)]
    if packed:
        headers.append(("Content-Encoding", "gzip"))
    return TaxiiResponse(delivered.content.packed() if packed else delivered.body, 200, headers)


def compress(request: flask.Request, response: flask.Response) -> flask.Response:
    """The same answer as gzip where the client takes it and it is worth it: the lines of the region are not all good."""
    if _is_worth_packing(request, response.content_length or 0) and "Content-Encoding" not in response.headers:
        response.set_data(pack(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _is_worth_packing(request: flask.Request, size: int) -> bool:
    """Whether an answer of so many bytes goes as gzip: the client must take it (RFC 9110, 12.5.3)."""
    return size >= _COMPRESS_FROM_BYTES and request.accept_encodings["gzip"] > 0
