"""Texts in the reader's language, for pages, commands and mails: gettext catalogues (`catalogues/*.po`).

The texts in the code and the templates are English. A text without a translation is shown in English.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from functools import cache
from typing import Final

ENGLISH: Final = "en"
# The name of each language in the language itself; all except English have a catalogue.
LANGUAGES: Final = {
    "en": "English",
    "id": "Bahasa Indonesia",
    "ms": "Bahasa Melayu",
    "th": "ภาษาไทย",
    "vi": "Tiếng Việt",
    "fil": "Filipino",
}
_ALIASES: Final = {"in": "id", "tl": "fil"}  # older tags that browsers and systems still send
# The language of this request, or of this run of a command. Each request for a page sets it before any text is translated.
_language: Final = ContextVar("language", default=ENGLISH)


def choose_language(language: str) -> None:
    """Set the language of `gettext` in this thread."""
    _language.set(language)


def chosen_language() -> str:
    """The current language of `gettext`."""
    return _language.get()


def first_known(tags: Iterable[str]) -> str | None:
    """The first of these tags (BCP 47, or a locale such as id_ID.UTF-8) whose language has texts; the region is ignored."""
    for tag in tags:
        short = tag.lower().replace("_", "-").partition("-")[0].partition(".")[0]
        short = _ALIASES.get(short, short)
        if short in LANGUAGES:
            return short
    return None


def gettext(message: str) -> str:
    """The text in the chosen language."""
    return translated(message, _language.get())


def ngettext(singular: str, plural: str, count: int) -> str:
    """Like `gettext`, for a number. Of the region's languages only English and Filipino have plural forms."""
    return gettext(singular if count == 1 else plural)


def translated(message: str, language: str) -> str:
    """The text in this language."""
    return _catalogue(language).get(message) or message


def marked(message: str) -> str:
    """Return the text unchanged; it is translated where it is shown. The extraction of messages looks for calls of this name."""
    return message


@cache
def _catalogue(language: str) -> dict[str, str]:
    """Message -> translation; empty for English."""
    if language == ENGLISH:
        return {}
    from importlib.resources import files  # noqa: PLC0415 - most commands run in English

    import polib  # noqa: PLC0415 - as above

    text = (files("hub") / "pages" / "catalogues" / f"{language}.po").read_text(encoding="utf-8")
    return {entry.msgid: entry.msgstr for entry in polib.pofile(text) if not entry.obsolete}
