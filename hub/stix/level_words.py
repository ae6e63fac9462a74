"""Levels of TLP in words: what a label, a text or the name of a property says. `levels` has the table, and walks objects."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from hub.stix import classifications, level_tongues
from hub.stix.lookalikes import ascii_lookalikes
from hub.stix.tlp import BY_WORD, TLP

# In JSON in lower case: what `may_say` looks for, and the escapes out of which `folded` makes letters, or nothing.
_NAMED: Final = re.compile(rb"t(?:lp|raffic|[^a-z0-9]{1,3}l[^a-z0-9]{1,3}p)")
_ESCAPED: Final = re.compile(rb"%[0-9a-f]{2}|&[#a-z]")

# On a text that `plain` made: lower-case ASCII words with one space between them.
_TLP: Final = r"(?:t ?l ?p|traffic ?light ?protocol(?: tlp)?)"
_TLP_OR_LIGHT: Final = (
    rf"(?:{_TLP}|traffic ?lights?)"  # a traffic light may also be a thing: it says levels, and names nothing
)
_VERSION: Final = r"(?: ?v? ?[12](?: 0)?)?"
_WORD: Final = r"(red|amber ?(?:and |plus )?strict|amber|green|clear|white)"
_SAID: Final = re.compile(rf"(?<![a-z0-9]){_TLP_OR_LIGHT}{_VERSION} ?{_WORD}(?![a-z0-9])")
_WORD_ALONE: Final = re.compile(_WORD)
_LOOSE_WORD: Final = re.compile(rf"(?<![a-z0-9]){_WORD}(?![a-z0-9])")
_NAMES_TLP: Final = re.compile(rf"(?<![a-z0-9]){_TLP}(?![a-z])")
_MENTIONS_TLP: Final = re.compile(rf"(?<![a-z0-9]){_TLP_OR_LIGHT}(?![a-z])")
_INSIDE: Final = "tlp"  # part of a longer word, as in `acmetlp:red` and `tlpcolor`
_WORD_CHARACTERS: Final = 24  # of such a word: what is longer is none
_STRICT: Final = re.compile(r"(?<![a-z0-9])strict(?![a-z])")
_DOTTED: Final = re.compile(r"t[\W_]{1,3}l[\W_]{1,3}p")
_ITEMS: Final = re.compile(r"[,;|\n\r]")
_PAP: Final = re.compile(r"(?<![a-z0-9])(?:pap|permissible actions protocol)(?![a-z])")
_NAME_OF_TLP: Final = re.compile(rf"(?:x )?{_TLP}(?: ?level| ?marking| ?designation)?{_VERSION}")
# In the name of a property beside TLP: its value tells about a level, and is none.
_ABOUT_A_LEVEL: Final = frozenset(
    "version v date time at on by from since until source url uri link href reason comment description note notes updated created "
    "modified set standard spec schema enabled supported required".split()
)
# In the name of a property: who may have the object.
_HANDLING: Final = re.compile(
    r"marking|handling|sensitivity|sharing|classification|dissemination|restriction|confidentiality|distribution|releasab"
)
# The same in JSON in lower case. A search that begins with the same letter for all is several times as fast as one for each.
_HANDLING_ENDS: Final = re.compile(
    rb"i(?:on(?:(?<=classification)|(?<=dissemination)|(?<=restriction)|(?<=distribution))"
    rb"|ng(?:(?<=handling)|(?<=sharing))|vity(?<=sensitivity)|ality(?<=confidentiality))"
)
_PAP_KEY: Final = re.compile(r"(?<![a-z])pap(?![a-z])|permissible ?action")
_UNKNOWN_WORD: Final = re.compile(r"tlp ?(?!v?[12](?: 0)?\Z)(?:[03-9]|(?<= )[a-z0-9]++)")
# On a text that `folded` made, with its punctuation.
_SEGMENTS: Final = re.compile(r"[][:;,.|/()<>\u2013\u2014-]++")
_LAST_WORD: Final = re.compile(r"(?<![a-z0-9])(red|amber(?: (?:and |plus )?strict)?)\Z")
_LABEL_FORM: Final = re.compile(rf"\s*+{_TLP}\s*+[:=]")
_CUT_OFF: Final = re.compile(r"amber\s*+\+\s*+(?!strict)")

LABEL_CHARACTERS: Final = 200  # beyond it a text is prose, or a list

_OF_SECTOR: Final = re.compile(rf"[a-z ]{{0,40}}isac {_WORD}")  # a label of a sector's centre, such as FS-ISAC
_MISREAD: Final = re.compile(r"t[i1!|]p\s*+[:=]\s*+(red|amber(?:\s?[+_ -]\s?strict)?)")  # TLP, as from a scanned page

_SEPARATORS: Final = re.compile(r"[\W_]++")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_DENIALS: Final = frozenset({"", "0", "false", "no", "none"})


def may_say_in(lower: bytes) -> bool:
    """Whether JSON in lower case can name TLP anywhere."""
    # a search that begins with a letter is six times as fast as one for several beginnings
    return (
        _NAMED.search(lower) is not None
        or ((b"%" in lower or b"&" in lower) and _ESCAPED.search(lower) is not None)
        # escapes of JavaScript in a text, as JSON in JSON has them
        or (b"\\" in lower and (b"\\\\u" in lower or b"\\\\x" in lower))
        or ((b"protoc" in lower or b"protok" in lower) and level_tongues.names_protocol(lower.decode(errors="replace")))
    )


def names_handling_in(lower: bytes) -> bool:
    """Whether JSON in lower case can have a property that speaks of handling, beyond the word marking."""
    return _HANDLING_ENDS.search(lower) is not None or b"releasab" in lower


@lru_cache(maxsize=4096)
def is_silent_label(text: str) -> bool:
    """Whether a label says no level, and is understood; cached, since one tool writes the same on most objects."""
    return label_levels(text) == []


def label_levels(text: str) -> list[TLP] | None:
    """The levels that a label says; None: it has the form of a label of TLP, and names none."""
    low = folded(text)
    if not may_say(low):
        return None if level_tongues.names_protocol(text) else _levels_without_tlp(text, low)
    words = spaced(low)
    levels = list(_levels_in(_SAID, words))
    mention = _MENTIONS_TLP.search(words)
    start, end = mention.span() if mention is not None else _span_inside(words)
    if end:
        # `tlp-level:red`, `tlp:green,red`: of all that it names the highest counts
        levels += _levels_in(_LOOSE_WORD, words[end:])
        if not levels:
            levels += _levels_in(_LOOSE_WORD, words[:start])
    if _CUT_OFF.search(low) or (
        not levels and (_LABEL_FORM.match(low) or _names_unknown(words) or _unread(text, words))
    ):
        return None
    return levels


def _levels_without_tlp(text: str, low: str) -> list[TLP] | None:
    """The level of a label that marks in other words, as `fs-isac:red` or `sharing:amber`; None: a classification.

    What is below AMBER is left out: it would open an object that is marked nowhere.
    """
    if len(text) > LABEL_CHARACTERS:
        return []
    words = spaced(low)
    if classifications.is_classification(text, words):
        return None
    level = level_of_word(words)
    if level is not TLP.AMBER_STRICT:  # whose name nothing else has, unlike that of a colour
        match = _OF_SECTOR.fullmatch(words) or _MISREAD.fullmatch(low.strip())
        level = None if match is None else level_named(match[1])
    before, separator, value = low.replace("=", ":").rpartition(":")
    if separator:
        if classifications.is_in_tag(spaced(before), spaced(value)):
            return None
        if _HANDLING.search(before) is not None:
            level = level_of_word(value)
    return [level] if level is not None and level >= TLP.AMBER else []


def _span_inside(words: str) -> tuple[int, int]:
    """Where TLP stands as a part of a word, (0, 0) where it does not; a chance part of a hash value does not count."""
    at = words.find(_INSIDE)
    while at >= 0:
        start, end = words.rfind(" ", 0, at) + 1, words.find(" ", at)
        word = words[start : end if end >= 0 else len(words)]
        if len(word) <= _WORD_CHARACTERS and word.isalpha():
            return at, at + len(_INSIDE)
        at = words.find(_INSIDE, start + len(word))
    return 0, 0


def _names_unknown(words: str) -> bool:
    """Whether words name TLP and more, none of which is a level, as in `protocole tlp rouge`."""
    if _NAME_OF_TLP.fullmatch(words):
        return False
    return bool(_UNKNOWN_WORD.fullmatch(words) or _NAMES_TLP.search(words) or _span_inside(words)[1])


def _unread(text: str, words: str) -> bool:
    """Whether a text names TLP, and beside it something in letters or signs that the hub does not read, such as 赤."""
    if text.isascii() or not (_NAMES_TLP.search(words) or _span_inside(words)[1]):
        return False
    return _has_letters("".join(letter for letter in text if not letter.isascii() and not folded(letter)))


def text_levels(text: str) -> list[TLP] | None:
    """The levels that a text says: a short one anywhere, a long one as items of a list, as in `osint, tlp:red`.

    Headings of a long one are for `level_headings`. None: a short one has the form of a label of TLP, and names none.
    """
    low = folded(text)
    if not may_say(low):
        return None if len(text) <= LABEL_CHARACTERS and level_tongues.names_protocol(text) else []
    if len(text) <= LABEL_CHARACTERS:
        words = spaced(low)
        levels = list(_levels_in(_SAID, words))
        unread = not levels and (_LABEL_FORM.match(low) or (_NAME_OF_TLP.fullmatch(words) and _unread(text, words)))
        return None if unread else levels
    if text.lstrip().startswith("<"):  # XML, in which TLP is not spoken about
        tags = (spaced(tag) for tag in low.split("<") if may_say(tag))
        return [level for tag in tags for level in _levels_in(_LOOSE_WORD, tag)]
    items = (spaced(item) for item in _ITEMS.split(low) if may_say(item))
    return [_level_of(match[1]) for item in items if (match := _SAID.fullmatch(item)) is not None]


def levels_of_items(text: str) -> list[TLP]:
    """The words for levels behind the name of TLP, in each item of a text in braces that is no JSON."""
    items = (spaced(item) for item in _ITEMS.split(folded(text)) if may_say(item))
    mentions = ((item, _MENTIONS_TLP.search(item)) for item in items)
    return [
        level for item, match in mentions if match is not None for level in _levels_in(_LOOSE_WORD, item[match.end() :])
    ]


def split_at_level(words: str) -> tuple[str, TLP | None, str]:
    """The first level that plain words say with TLP's name, and what is before and after it; None: they say none."""
    match = _SAID.search(words)
    return (words, None, "") if match is None else (words[: match.start()], _level_of(match[1]), words[match.end() :])


def level_named(word: str) -> TLP:
    """The level of a word that is known to be one of theirs, however it is spelt."""
    return _level_of(plain(word))


def loose_levels(text: str) -> list[TLP]:
    """The words for levels in a text that stands where nothing but TLP is spoken of, as in `RED: no onward sharing`."""
    return list(_levels_in(_LOOSE_WORD, plain(text)))


def level_of_word(text: str) -> TLP | None:
    """The level that is the whole text."""
    match = _WORD_ALONE.fullmatch(plain(text))
    return None if match is None else _level_of(match[1])


class KeyWords(NamedTuple):
    """What the name of a property says of TLP, whatever its value is."""

    names_tlp: bool = False  # as `tlp_colour` does
    holds_level: bool = False  # its value is a level, not something about one, as that of `tlp_version`
    level: TLP | None = None  # as `tlp_red` says it by itself, where its value does not deny it
    handling: bool = False  # as `x_handling`: a word for a level alone says one
    of_pap: bool = False  # as `x_pap`: what stands there says nothing about readers


_NO_WORDS: Final = KeyWords()


def key_words(key: str) -> KeyWords:
    """The same of a name of any length, in time that grows with it."""
    return _key_words(key) if len(key) <= LABEL_CHARACTERS else _read_key(key)


@lru_cache(maxsize=4096)  # most objects have the same names; a hundred bytes each
def _key_words(key: str) -> KeyWords:
    return _read_key(key)


def _read_key(key: str) -> KeyWords:
    low = folded(key)
    names_tlp = may_say(low)
    words = plain(_CAMEL.sub(" ", key))
    of_pap = _PAP_KEY.search(words) is not None
    if not names_tlp:
        handling = not of_pap and _HANDLING.search(low) is not None
        return KeyWords(handling=handling, of_pap=of_pap) if handling or of_pap else _NO_WORDS
    mention = _MENTIONS_TLP.search(words)
    names_tlp = mention is not None or _INSIDE in low
    joined = low.replace(_INSIDE, " ")  # `tlpred`, `isTlpRed`
    levels = [*_levels_in(_LOOSE_WORD, words), *_levels_in(_LOOSE_WORD, spaced(joined))] if names_tlp else []
    levels += _levels_in(_SAID, words)  # `tlp2red`
    return KeyWords(
        names_tlp=names_tlp,
        holds_level=names_tlp and not _ABOUT_A_LEVEL.intersection(words.split()),
        level=max(levels, default=None),
        of_pap=of_pap,
    )


def words_of_key(key: str) -> list[TLP]:
    """The words for levels in the name of a property inside what belongs to TLP, as `isRed`."""
    return list(_levels_in(_LOOSE_WORD, plain(_CAMEL.sub(" ", key))))


def tells_level(key: str) -> bool:
    """Whether a property inside what belongs to TLP can hold a level, and not something about one, as `version` does."""
    return not _ABOUT_A_LEVEL.intersection(plain(_CAMEL.sub(" ", key)).split())


def denies(value: Any) -> bool:
    """Whether the value of a property denies what its name says."""
    if not isinstance(value, str):
        return not value
    words = plain(value)
    return words in _DENIALS and not (words == "" and _has_letters(value))


def _has_letters(text: str) -> bool:
    """Whether a text says something, if only in letters or signs that the hub does not read."""
    return any(unicodedata.category(letter)[0] in "LNS" for letter in text)


def is_name_of_tlp(text: Any) -> bool:
    """Whether a text is just the name of TLP, so that what stands beside it is a level."""
    if not isinstance(text, str) or len(text) > _NAME_CHARACTERS:
        return False
    low = folded(text)
    return may_say(low) and _NAME_OF_TLP.fullmatch(spaced(low)) is not None


def names_pap(texts: Iterable[str]) -> bool:
    """Whether one of these texts names PAP, whose levels say nothing about readers."""
    return any(_PAP.search(plain(text)) for text in texts)


def is_name_of_pap(text: Any) -> bool:
    """The same of PAP."""
    if not isinstance(text, str) or len(text) > _NAME_CHARACTERS:
        return False
    low = folded(text)
    return ("pap" in low or "permissible" in low) and _PAP.fullmatch(spaced(low)) is not None


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
    if not levels and not of_pap:
        levels = [level for text in texts if len(text) <= _NAME_CHARACTERS for level in _levels_of_name(text)]
    unknown = not levels and (
        any(map(classifications.is_classification, texts, words))
        or _NAMES_TLP.search(kind)
        or any(_NAMES_TLP.search(text) or _span_inside(text)[1] for text in words)
        or any(level_tongues.is_colour(text) or level_tongues.names_protocol(text) for text in texts)
    )
    return None if unknown else levels


def _levels_of_name(name: str) -> Iterator[TLP]:
    """What the short name of a marking says: `RED - eyes only`, `Level: RED`, `FS-ISAC AMBER`."""
    for segment in _SEGMENTS.split(name):
        if (level := level_of_word(segment)) is not None:
            yield level
    if (match := _LAST_WORD.search(plain(name))) is not None:
        yield _level_of(match[1])


def folded(text: str) -> str:
    """In lower-case ASCII letters: full-width ones become plain, letters of other scripts those that they look like.

    What has no plain form or no width is dropped; `%3A` and `&#58;` are what they stand for.
    """
    if "%" in text or "&" in text or "\\" in text:
        text = _unescaped(text)
    if not text.isascii():
        alike = unicodedata.normalize("NFKD", text).translate(ascii_lookalikes())
        text = "".join(letter if letter.isascii() else _named_letter(letter) for letter in alike)
    return text.lower()


def _unescaped(text: str) -> str:
    for _ in range(_ESCAPES_IN_ESCAPES):
        before = text
        text = html.unescape(unquote(_BACKSLASH.sub(lambda match: chr(int(match[1], 16)), text)))
        if text == before:
            break
    return text


_ESCAPES_IN_ESCAPES: Final = 3
_BACKSLASH: Final = re.compile(r"\\(?:u00|x)([0-9a-fA-F]{2})", re.ASCII)


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
