"""What the hub is measured against: a Flask view that only returns bytes, and medallion, as WSGI applications."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import flask

from hub.server.front import Front
from hub.settings import Limits
from hub.sharing.ready import pack
from tests.bench.wire import CONTENT_TYPE


def application() -> flask.Flask:
    """Every address answers the next of the given bodies, with TAXII's headers; as gzip where BENCH_PACKED says so."""
    bodies = [text.encode() for text in json.loads(Path(os.environ["BENCH_BODIES"]).read_bytes())]
    packed = bool(os.environ.get("BENCH_PACKED"))
    if packed:
        bodies = [pack(body) for body in bodies]
    app = flask.Flask("bare")

    @app.get("/<path:path>")
    def answer(path: str) -> flask.Response:
        index = int(flask.request.args.get("n", "0")) % len(bodies)
        response = flask.Response(bodies[index])
        response.headers["Content-Type"] = CONTENT_TYPE
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        return response

    return app


def fronted() -> Front:
    """The same behind the hub's own front, for uvicorn."""
    return Front(application().wsgi_app, Limits(), threads=4, behind_proxy=False)


def medallion() -> Any:
    """Medallion with its memory backend and one user."""
    from medallion import application_instance, register_blueprints, set_config

    configuration = {
        "backend": {
            "module": "medallion.backends.memory_backend",
            "module_class": "MemoryBackend",
            "filename": os.environ["BENCH_MEDALLION"],
        },
        "users": {"sg": "bench"},
        "taxii": {"max_page_size": 1000},
    }
    for name in ("users", "taxii", "backend"):
        set_config(application_instance, name, configuration)
    register_blueprints(application_instance)
    return application_instance
