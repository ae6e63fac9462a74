"""Levels of TLP in words: what a label, a text or the name of a property says. `levels` has the table, and walks objects."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from hub.stix.lookalikes import ascii_lookalikes
from hub.stix.tlp import BY_WORD, TLP

# In JSON in lower case: what `may_say` looks for, and the escapes out of which `folded` makes letters, or nothing.
_NAMED: Final = re.compile(rb"t(?:lp|raffic|[^a-z0-9]{1,3}l[^a-z0-9]{1,3}p)")
_ESCAPED: Final = re.compile(rb"%(?:26|[4-9a-f][0-9a-f])|&[#a-z]")

# On a text that `plain` made: lower-case ASCII words with one space between them.
_TLP: Final = r"(?:t ?l ?p|traffic ?light ?protocol(?: tlp)?)"
_TLP_OR_LIGHT: Final = (
    rf"(?:{_TLP}|traffic ?light)"  # a traffic light may also be a thing: it says levels, and names nothing
)
_VERSION: Final = r"(?: ?v? ?[12](?: 0)?)?"
_WORD: Final = r"(red|amber ?(?:and |plus )?strict|amber|green|clear|white)"
_SAID: Final = re.compile(rf"(?<![a-z0-9]){_TLP_OR_LIGHT}{_VERSION} ?{_WORD}(?![a-z0-9])")
_WORD_ALONE: Final = re.compile(_WORD)
_LOOSE_WORD: Final = re.compile(rf"(?<![a-z0-9]){_WORD}(?![a-z0-9])")
_NAMES_TLP: Final = re.compile(rf"(?<![a-z0-9]){_TLP}(?![a-z])")
_MENTIONS_TLP: Final = re.compile(rf"(?<![a-z0-9]){_TLP_OR_LIGHT}(?![a-z])")
_STRICT: Final = re.compile(r"(?<![a-z0-9])strict(?![a-z])")
_DOTTED: Final = re.compile(r"t[\W_]{1,3}l[\W_]{1,3}p")
_ITEMS: Final = re.compile(r"[,;|\n\r]")
_PAP: Final = re.compile(r"(?<![a-z0-9])(?:pap|permissible actions protocol)(?![a-z])")
_NAME_OF_TLP: Final = re.compile(rf"(?:x )?{_TLP}(?: ?level| ?marking| ?designation)?{_VERSION}")
_KEY_OF_LEVEL: Final = re.compile(rf"(?:\A| ){_TLP}(?: ?level| ?marking)?{_VERSION}\Z")
_KEY_THAT_SAYS: Final = re.compile(rf"(?:\A| ){_TLP}{_VERSION} ?{_WORD}\Z")
_UNKNOWN_WORD: Final = re.compile(r"tlp ?(?!v?[12](?: 0)?\Z)(?:[03-9]|(?<= )[a-z0-9]++)")
# On a text that `folded` made, with its punctuation.
_LABEL_FORM: Final = re.compile(rf"\s*+{_TLP}\s*+[:=]")
_CUT_OFF: Final = re.compile(r"amber\s*+\+\s*+(?!strict)")

LABEL_CHARACTERS: Final = 200  # beyond it a text is prose, or a list

_SEPARATORS: Final = re.compile(r"[\W_]++")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_DENIALS: Final = frozenset({"", "0", "false", "no", "none"})


def may_say_in(lower: bytes) -> bool:
    """Whether JSON in lower case can name TLP anywhere."""
    # a search that begins with a letter is six times as fast as one for several beginnings
    return _NAMED.search(lower) is not None or ((b"%" in lower or b"&" in lower) and _ESCAPED.search(lower) is not None)


def label_levels(text: str) -> list[TLP] | None:
    """The levels that a label says; None: it has the form of a label of TLP, and names none."""
    low = folded(text)
    if not may_say(low):
        return []
    words = spaced(low)
    levels = list(_levels_in(_SAID, words))
    mention = _MENTIONS_TLP.search(words)
    if mention is not None:
        # `tlp-level:red`, `tlp:green,red`: of all that it names the highest counts
        levels += _levels_in(_LOOSE_WORD, words[mention.end() :])
        if not levels:
            levels += _levels_in(_LOOSE_WORD, words[: mention.start()])
    if _CUT_OFF.search(low) or (not levels and (_LABEL_FORM.match(low) or _names_unknown(words))):
        return None
    return levels


def _names_unknown(words: str) -> bool:
    """Whether words name TLP and more, none of which is a level, as in `protocole tlp rouge`."""
    return bool(_UNKNOWN_WORD.fullmatch(words)) or bool(_NAMES_TLP.search(words) and not _NAME_OF_TLP.fullmatch(words))


def text_levels(text: str) -> list[TLP]:
    """The levels that a text says: a short one anywhere, a long one as items of a list, as in `osint, tlp:red`."""
    low = folded(text)
    if not may_say(low):
        return []
    if len(text) <= LABEL_CHARACTERS:
        return list(_levels_in(_SAID, spaced(low)))
    items = (spaced(item) for item in _ITEMS.split(low) if may_say(item))
    return [_level_of(match[1]) for item in items if (match := _SAID.fullmatch(item)) is not None]


def loose_levels(text: str) -> list[TLP]:
    """The words for levels in a text that stands where nothing but TLP is spoken of, as in `RED: no onward sharing`."""
    return list(_levels_in(_LOOSE_WORD, plain(text)))


def level_of_word(text: str) -> TLP | None:
    """The level that is the whole text."""
    match = _WORD_ALONE.fullmatch(plain(text))
    return None if match is None else _level_of(match[1])


class KeyWords(NamedTuple):
    """What the name of a property says of TLP, whatever its value is."""

    names_tlp: bool  # as `tlp_colour` does
    holds_level: bool  # its value can be nothing but a level, as that of `x_tlp`
    said: TLP | None  # as `tlp_red` says it by itself, where its value does not deny it


_NO_WORDS: Final = KeyWords(names_tlp=False, holds_level=False, said=None)


def key_words(key: str) -> KeyWords:
    """The same of a name of any length, in time that grows with it."""
    if not may_say(folded(key)):
        return _NO_WORDS
    words = plain(_CAMEL.sub(" ", key))
    match = _KEY_THAT_SAYS.search(words)
    return KeyWords(
        names_tlp=_MENTIONS_TLP.search(words) is not None,
        holds_level=_KEY_OF_LEVEL.search(words) is not None,
        said=None if match is None else _level_of(match[1]),
    )


def denies(value: Any) -> bool:
    """Whether the value of a property denies what its name says."""
    return plain(value) in _DENIALS if isinstance(value, str) else not value


def is_name_of_tlp(text: Any) -> bool:
    """Whether a text is just the name of TLP, so that what stands beside it is a level."""
    return isinstance(text, str) and len(text) <= _NAME_CHARACTERS and bool(_NAME_OF_TLP.fullmatch(plain(text)))


_NAME_CHARACTERS: Final = 40


def definition_levels(kind: str, texts: list[str]) -> list[TLP] | None:
    """The levels that the texts of a marking definition say.

    None: one is cut off, as in `TLP:AMBER+S`, or TLP is named without a level, as in a language that the hub does not read.
    """
    if any(may_say(low := folded(text)) and _CUT_OFF.search(low) for text in texts):
        return None
    words = [plain(text) for text in texts]
    levels = [level for text in words for level in _levels_in(_SAID, text)]
    if levels:
        return levels
    kind = plain(kind)
    of_tlp = _MENTIONS_TLP.search(kind) is not None
    of_pap = any(_PAP.search(text) for text in (kind, *words))
    for text in words:
        # "RED" alone says it, unless it is PAP's; of more words, where they are about TLP
        if of_tlp or _MENTIONS_TLP.search(text) or (not of_pap and _WORD_ALONE.fullmatch(text)):
            levels += _levels_in(_LOOSE_WORD, text)
    unknown = not levels and (_NAMES_TLP.search(kind) or any(_NAMES_TLP.search(text) for text in words))
    return None if unknown else levels


def folded(text: str) -> str:
    """In lower-case ASCII letters: full-width ones become plain, letters of other scripts those that they look like.

    What has no plain form or no width is dropped; `%3A` and `&#58;` are what they stand for.
    """
    if "%" in text:
        text = unquote(text)
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        alike = unicodedata.normalize("NFKD", text).translate(ascii_lookalikes())
        text = "".join(letter if letter.isascii() else _named_letter(letter) for letter in alike)
    return text.lower()


def _named_letter(letter: str) -> str:
    """The letter that a character is a form of by its name, such as a small capital or one in a square; else nothing."""
    name = unicodedata.name(letter, "")
    return name[-1] if name[-2:-1] == " " and name.startswith(_FORMS_OF_LETTERS) else ""


_FORMS_OF_LETTERS: Final = ("LATIN LETTER SMALL CAPITAL", "NEGATIVE", "REGIONAL INDICATOR", "TAG LATIN")


def may_say(low: str) -> bool:
    """Whether a folded text can name TLP."""
    return "tlp" in low or "traffic" in low or _DOTTED.search(low) is not None


def spaced(low: str) -> str:
    """A folded text as words with one space between them."""
    return _SEPARATORS.sub(" ", low).strip()


def plain(text: str) -> str:
    """Lower-case words with one space between them, however they were spelt."""
    return spaced(folded(text))


def _levels_in(pattern: re.Pattern[str], words: str) -> Iterator[TLP]:
    strict = _STRICT.search(words) is not None
    yield from (_level_of(match[1], strict=strict) for match in pattern.finditer(words))


def _level_of(word: str, *, strict: bool = False) -> TLP:
    """The level of a word; `strict` beside amber, as in `amber with strict`, says no less than `amber+strict`."""
    if word.endswith("strict") or (strict and word == "amber"):
        return TLP.AMBER_STRICT
    return BY_WORD[word]
