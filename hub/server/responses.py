"""Answers: always TAXII's content type, on success and error alike (TAXII 2.1, 3.1)."""

from __future__ import annotations

import zlib
from typing import Final

import flask

from hub.taxii import protocol, resources

_HEADERS: Final = (
    ("Content-Type", protocol.CONTENT_TYPE),
    ("Cache-Control", "no-store"),  # what one account may see is nobody else's
    ("Vary", "Accept-Encoding"),
    ("X-Content-Type-Options", "nosniff"),
)
_COMPRESS_FROM_BYTES: Final = 2048  # below, headers outweigh what is saved
_COMPRESS_LEVEL: Final = 1  # STIX shrinks to a tenth at the cheapest level; higher ones cost more than they save


def taxii_response(body: bytes, status: int = 200) -> flask.Response:
    """An answer with this JSON body."""
    return flask.Response(body, status, _HEADERS)


def resource_response(resource: resources.Resource, status: int = 200) -> flask.Response:
    """An answer with a TAXII resource."""
    return taxii_response(resources.as_json(resource), status)


def page_response(body: bytes, date_added: tuple[str, str] | None) -> flask.Response:
    """An answer with a page; `date_added` of its first and last record go into TAXII's headers (3.2)."""
    response = taxii_response(body)
    if date_added is not None:
        response.headers[protocol.DATE_ADDED_FIRST], response.headers[protocol.DATE_ADDED_LAST] = date_added
    return response


def compress(request: flask.Request, response: flask.Response) -> flask.Response:
    """The same answer as gzip where the client takes it and it is worth it: the lines of the region are not all good."""
    if (response.content_length or 0) < _COMPRESS_FROM_BYTES or request.accept_encodings["gzip"] <= 0:
        return response
    body = response.get_data()
    packer = zlib.compressobj(_COMPRESS_LEVEL, zlib.DEFLATED, 31)
    response.set_data(packer.compress(body) + packer.flush())
    response.headers["Content-Encoding"] = "gzip"
    return response
