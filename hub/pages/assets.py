"""The files that pages load: styles, scripts, the icon. Their addresses change with their content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import flask

from hub.errors import NotFoundError

_KINDS: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_YEAR: Final = 365 * 24 * 3600  # seconds
_SHARED: Final = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Assets:
    """The files of one application, served below `prefix`: those in its own folder, and those that all pages share."""

    prefix: str
    folder: Path

    def address(self, name: str) -> str:
        """The address from which a page loads the file."""
        return f"{self.prefix}/{name}?v={_content(self._file(name))[1]}"

    def response(self, name: str) -> flask.Response:
        """A response with the file. NotFoundError if there is no file with that name."""
        file = self._file(name)
        response = flask.Response(_content(file)[0], content_type=_KINDS["." + name.rpartition(".")[2]])
        response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response

    def _file(self, name: str) -> Path:
        for folder in (self.folder, _SHARED):
            for file in folder.iterdir():  # compare the name instead of joining it to a path: it comes from the client
                if file.name == name:
                    return file
        raise NotFoundError("There is no such file.")


@cache
def _content(file: Path) -> tuple[bytes, str]:
    """The file's bytes, and a digest of them."""
    body = file.read_bytes()
    return body, hashlib.sha256(body).hexdigest()[:12]
