"""The pages' texts in the reader's language: gettext catalogues (`catalogues/*.po`), read with Babel.

English is what the code and the templates say. A text without a translation is shown in English.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

import flask
from babel.messages.pofile import read_po
from markupsafe import Markup

ENGLISH: Final = "en"
# By how each language names itself; those beside English have a catalogue.
LANGUAGES: Final = {
    "en": "English",
    "id": "Bahasa Indonesia",
    "ms": "Bahasa Melayu",
    "th": "ภาษาไทย",
    "vi": "Tiếng Việt",
    "fil": "Filipino",
}
COOKIE: Final = "hub_language"
_ALIASES: Final = {"in": "id", "tl": "fil"}  # older tags that browsers still send
_LAYOUT: Final = frozenset("\n\t\u200b\u200c\u200d")  # the last three join and part letters of the region's scripts


def language_of(request: flask.Request) -> str:
    """The language that was chosen on a page, else the first that the browser names and the hub has."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    for tag, _quality in request.accept_languages:
        short = tag.lower().split("-")[0]
        short = _ALIASES.get(short, short)
        if short in LANGUAGES:
            return short
    return ENGLISH


def gettext(message: str) -> str:
    """The text in the language of this request."""
    return _catalogue(flask.g.get("language", ENGLISH)).get(message) or message


def ngettext(singular: str, plural: str, count: int) -> str:
    """As `gettext`, for a number of things. The languages of the region but English and Filipino have one form."""
    return gettext(singular if count == 1 else plural)


def shown(value: object) -> object:
    """What a page prints: characters that cannot be seen, or change the direction of what follows, become a sign."""
    if isinstance(value, str) and not isinstance(value, Markup) and not value.isprintable():
        lines = value.replace("\r\n", "\n")
        return "".join(
            character if character.isprintable() or character in _LAYOUT else "\ufffd" for character in lines
        )
    return value


def marked(message: str) -> str:
    """The text as it is; it is translated where it is shown. The extraction of messages looks for this name."""
    return message


@cache
def _catalogue(language: str) -> dict[str, str]:
    """Message -> translation; empty for English."""
    if language == ENGLISH:
        return {}
    text = (files("hub") / "pages" / "catalogues" / f"{language}.po").read_bytes()
    catalogue = read_po(text.decode("utf-8").splitlines(keepends=True), locale=language)
    return {message.id: str(message.string) for message in catalogue if isinstance(message.id, str) and message.id}
