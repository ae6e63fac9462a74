"""The layout that all pages have (`templates/layout.html`), with what templates may call."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import flask
import jinja2

from hub.pages import texts

_TEMPLATES: Final = Path(__file__).parent / "templates"


class _Compiled(jinja2.BytecodeCache):
    """Templates as they were compiled, for all applications of a process: to compile one takes longer than to fill it in."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Give what is there, if it was made from the template as it stands now."""
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Take what was compiled."""
        self._code[bucket.key] = bucket.bytecode_to_string()


_COMPILED: Final = _Compiled()


def install(app: flask.Flask) -> None:
    """Let the application's templates extend the layout, speak the reader's language, and print only what can be seen."""
    own = app.jinja_loader
    app.jinja_options = {"finalize": texts.shown, "trim_blocks": True, "bytecode_cache": _COMPILED}
    app.jinja_loader = jinja2.ChoiceLoader([*([own] if own else []), jinja2.FileSystemLoader(_TEMPLATES)])
    app.jinja_env.globals |= {"_": texts.gettext, "ngettext": texts.ngettext}


def see(target: str) -> flask.Response:
    """To another page of the same server (303)."""
    return flask.Response(status=303, headers={"Location": target, "Cache-Control": "no-store"})
