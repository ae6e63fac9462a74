"""The layout that all pages have (`templates/layout.html`), with what templates may call, and the language of its reader."""

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
_LAYOUT: Final = frozenset("\n\t\u200b\u200c\u200d")  # the last three join and part letters of the region's scripts


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


def install(app: flask.Flask, zone: Callable[[], tzinfo | None]) -> None:
    """Let the application's templates extend the layout, speak the reader's language, and print only what can be seen.

    `zone` is the time zone of who reads the page; None: UTC alone.
    """
    own = app.jinja_loader
    app.jinja_options = {"finalize": shown, "trim_blocks": True, "bytecode_cache": _COMPILED}
    app.jinja_loader = jinja2.ChoiceLoader([*([own] if own else []), jinja2.FileSystemLoader(_TEMPLATES)])
    # what a thread says after a request is in no reader's language
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
    """The language that was chosen on a page, else the first that the browser names and the hub has."""
    cookie = request.cookies.get(COOKIE, "")
    if cookie in texts.LANGUAGES:
        return cookie
    return texts.first_known(tag for tag, _quality in request.accept_languages) or texts.ENGLISH


def shown(value: object) -> object:
    """What a page prints: characters that cannot be seen, or change the direction of what follows, become a sign."""
    if isinstance(value, str) and not isinstance(value, Markup) and not value.isprintable():
        lines = value.replace("\r\n", "\n")
        return "".join(
            character if character.isprintable() or character in _LAYOUT else "\ufffd" for character in lines
        )
    return value
