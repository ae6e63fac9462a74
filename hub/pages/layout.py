"""The layout of all pages (`templates/layout.html`), the functions for templates, and the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import Final

import flask
import jinja2
from markupsafe import Markup

from hub.pages import texts, times

COOKIE: Final = "hub_language"
_TEMPLATES: Final = Path(__file__).parent / "templates"
_LAYOUT: Final = frozenset("\n\t\u200b\u200c\u200d")  # the last three join and separate letters in the region's scripts


class _Compiled(jinja2.BytecodeCache):
    """A cache of compiled templates for all applications of a process: compiling one takes longer than rendering it."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Load the compiled template if it is in the cache and the template did not change."""
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Store a compiled template."""
        self._code[bucket.key] = bucket.bytecode_to_string()


_COMPILED: Final = _Compiled()


def install(app: flask.Flask, zone: Callable[[], tzinfo | None]) -> None:
    """Set the application's templates up: they extend the layout, use the reader's language, and print visible characters only.

    `zone` returns the reader's time zone; None: only UTC.
    """
    own_loader = app.jinja_loader
    app.jinja_options = {"finalize": shown, "trim_blocks": True, "bytecode_cache": _COMPILED}
    app.jinja_loader = jinja2.ChoiceLoader([*([own_loader] if own_loader else []), jinja2.FileSystemLoader(_TEMPLATES)])
    # after a request the thread belongs to no reader
    app.teardown_request(lambda _error: texts.choose_language(texts.ENGLISH))
    app.jinja_env.globals |= {
        "_": texts.gettext,
        "ngettext": texts.ngettext,
        "when": lambda timestamp: times.clock_tag(str(shown(timestamp)), zone()),
        "when_text": lambda timestamp: times.clock_text(str(shown(timestamp)), zone()),
    }


def see(target: str) -> flask.Response:
    """Redirect to another page of the same server (303)."""
    return flask.Response(status=303, headers={"Location": target, "Cache-Control": "no-store"})


def language_of(request: flask.Request) -> str:
    """The language that the reader chose on a page, else the first one of the browser that has a catalogue."""
    cookie = request.cookies.get(COOKIE, "")
    if cookie in texts.LANGUAGES:
        return cookie
    return texts.first_known(tag for tag, _quality in request.accept_languages) or texts.ENGLISH


def shown(value: object) -> object:
    """The value as a page prints it: characters that are invisible, or change the text direction, are replaced by U+FFFD."""
    if isinstance(value, str) and not isinstance(value, Markup) and not value.isprintable():
        lines = value.replace("\r\n", "\n")
        return "".join(
            character if character.isprintable() or character in _LAYOUT else "\ufffd" for character in lines
        )
    return value
