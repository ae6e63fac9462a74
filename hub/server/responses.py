"""Builds responses: with TAXII's content type, on success and on error (TAXII 2.1, 3.1)."""

from __future__ import annotations

from typing import Any, Final

import flask
from werkzeug.datastructures import Headers

from hub.sharing.deliver import DeliveredPage
from hub.sharing.ready import pack
from hub.taxii import protocol, resources

_HEADERS: Final = (
    ("Content-Type", protocol.CONTENT_TYPE),
    ("Cache-Control", "no-store"),  # a response is for one account only
    ("Vary", "Accept-Encoding"),
    ("X-Content-Type-Options", "nosniff"),
)
_COMPRESS_FROM_BYTES: Final = 2048  # below, compression saves less than its header costs


class TaxiiResponse(flask.Response):
    """A response whose headers are sent unchanged.

    Flask would copy the headers of each response, to correct a Location and to count the body. The hub's responses do not
    need it, and a poll without new objects does little else.
    """

    def get_wsgi_headers(self, environ: dict[str, Any]) -> Headers:  # noqa: ARG002 - as Flask has it
        """The headers that are sent."""
        return self.headers


def taxii_response(body: bytes, status: int = 200) -> flask.Response:
    """A response with this JSON body."""
    return TaxiiResponse(body, status, _HEADERS)


def resource_response(resource: resources.Resource, status: int = 200) -> flask.Response:
    """A response with a TAXII resource."""
    return taxii_response(resources.as_json(resource), status)


def page_response(request: flask.Request, page: DeliveredPage) -> flask.Response:
    """A response with a page, as gzip if the client accepts it, and with TAXII's dates of its first and last record (3.2)."""
    packed = _is_worth_packing(request, page.content.size)
    first, last = page.date_added
    headers = [*_HEADERS, (protocol.DATE_ADDED_FIRST, first), (protocol.DATE_ADDED_LAST, last)]
    if packed:
        headers.append(("Content-Encoding", "gzip"))
    return TaxiiResponse(page.content.packed() if packed else page.body, 200, headers)


def compress(request: flask.Request, response: flask.Response) -> flask.Response:
    """The same response as gzip, if the client accepts it and it is large enough: some members have slow lines."""
    if _is_worth_packing(request, response.content_length or 0) and "Content-Encoding" not in response.headers:
        response.set_data(pack(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _is_worth_packing(request: flask.Request, size: int) -> bool:
    """Whether to send a response of this size as gzip; the client must accept it (RFC 9110, 12.5.3)."""
    return size >= _COMPRESS_FROM_BYTES and request.accept_encodings["gzip"] > 0
