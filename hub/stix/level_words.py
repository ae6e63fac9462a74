"""TLP levels in words: in a label, a text or the name of a property. `levels` has the table of all forms, and walks objects."""

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

# For JSON in lower case: the texts that `may_name_tlp` finds, and the escapes that `fold` turns into letters or removes.
_NAMES_TLP_IN_JSON: Final = re.compile(rb"t(?:lp|raffic|[^a-z0-9]{1,3}l[^a-z0-9]{1,3}p)")
_ESCAPED: Final = re.compile(rb"%[0-9a-f]{2}|&[#a-z]")

# For a text from `plain_words`: lower-case ASCII words with one space between them.
_TLP: Final = r"(?:t ?l ?p|traffic ?light ?protocol(?: tlp)?)"
_TLP_OR_LIGHT: Final = rf"(?:{_TLP}|traffic ?lights?)"  # "traffic light" alone may also mean the thing on a street
_VERSION: Final = r"(?: ?v? ?[12](?: 0)?)?"
_WORD: Final = r"(red|amber ?(?:and |plus )?strict|amber|green|clear|white)"
_LEVEL_PHRASE: Final = re.compile(rf"(?<![a-z0-9]){_TLP_OR_LIGHT}{_VERSION} ?{_WORD}(?![a-z0-9])")
_WORD_ALONE: Final = re.compile(_WORD)
_LOOSE_WORD: Final = re.compile(rf"(?<![a-z0-9]){_WORD}(?![a-z0-9])")
_NAMES_TLP: Final = re.compile(rf"(?<![a-z0-9]){_TLP}(?![a-z])")
_MENTIONS_TLP: Final = re.compile(rf"(?<![a-z0-9]){_TLP_OR_LIGHT}(?![a-z])")
_TLP_LETTERS: Final = "tlp"  # as part of a longer word, such as in `acmetlp:red` and `tlpcolor`
_WORD_CHARACTERS: Final = 24  # at most, of such a word
_STRICT: Final = re.compile(r"(?<![a-z0-9])strict(?![a-z])")
_DOTTED: Final = re.compile(r"t[\W_]{1,3}l[\W_]{1,3}p")
_ITEMS: Final = re.compile(r"[,;|\n\r]")
_PAP: Final = re.compile(r"(?<![a-z0-9])(?:pap|permissible actions protocol)(?![a-z])")
_NAME_OF_TLP: Final = re.compile(rf"(?:x )?{_TLP}(?: ?level| ?marking| ?designation)?{_VERSION}")
# Words in the name of a property beside TLP: its value says something about a level, and is no level itself.
_ABOUT_A_LEVEL: Final = frozenset(
    "version v date time at on by from since until source url uri link href reason comment description note notes updated created "
    "modified set standard spec schema enabled supported required".split()
)
# Words in the name of a property that says who may receive the object.
_HANDLING: Final = re.compile(
    r"marking|handling|sensitivity|sharing|classification|dissemination|restriction|confidentiality|distribution|releasab"
)
# The same for JSON in lower case. One search that begins with the same letter for all words is several times as fast.
_HANDLING_ENDS: Final = re.compile(
    rb"i(?:on(?:(?<=classification)|(?<=dissemination)|(?<=restriction)|(?<=distribution))"
    rb"|ng(?:(?<=handling)|(?<=sharing))|vity(?<=sensitivity)|ality(?<=confidentiality))"
)
_PAP_KEY: Final = re.compile(r"(?<![a-z])pap(?![a-z])|permissible ?action")
_UNKNOWN_WORD: Final = re.compile(r"tlp ?(?!v?[12](?: 0)?\Z)(?:[03-9]|(?<= )[a-z0-9]++)")
# For a text from `fold`, with its punctuation.
_SEGMENTS: Final = re.compile(r"[][:;,.|/()<>\u2013\u2014-]++")
_LAST_WORD: Final = re.compile(r"(?<![a-z0-9])(red|amber(?: (?:and |plus )?strict)?)\Z")
_LABEL_FORM: Final = re.compile(rf"\s*+{_TLP}\s*+[:=]")
_CUT_OFF: Final = re.compile(r"amber\s*+\+\s*+(?!strict)")

_TAG: Final = re.compile(r"<[^<>]*+>")
LABEL_CHARACTERS: Final = 200  # a longer text is prose or a list

_ISAC_LABEL: Final = re.compile(rf"[a-z ]{{0,40}}isac {_WORD}")  # a label of a sector's centre, such as FS-ISAC
_MISREAD_TLP: Final = re.compile(r"t[i1!|]p\s*+[:=]\s*+(red|amber(?:\s?[+_ -]\s?strict)?)")  # TLP from a scanned page

_SEPARATORS: Final = re.compile(r"[\W_]++")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_DENIALS: Final = frozenset({"", "0", "false", "no", "none"})


def json_may_name_tlp(lower: bytes) -> bool:
    """Whether JSON in lower case may name TLP anywhere."""
    # a search that begins with a letter is six times as fast as one for several beginnings
    return (
        _NAMES_TLP_IN_JSON.search(lower) is not None
        or ((b"%" in lower or b"&" in lower) and _ESCAPED.search(lower) is not None)
        # escapes of JavaScript in a text, such as in JSON inside JSON
        or (b"\\" in lower and (b"\\\\u" in lower or b"\\\\x" in lower))
        or ((b"protoc" in lower or b"protok" in lower) and level_tongues.names_protocol(lower.decode(errors="replace")))
    )


def names_handling_in(lower: bytes) -> bool:
    """Whether JSON in lower case may have a property about handling, other than one with the word marking."""
    return _HANDLING_ENDS.search(lower) is not None or b"releasab" in lower


@lru_cache(maxsize=4096)
def is_silent_label(text: str) -> bool:
    """Whether a label states no level and is understood; cached, since one tool writes the same labels on most objects."""
    return label_levels(text) == []


def label_levels(text: str) -> list[TLP] | None:
    """The levels that a label states; None: it has the form of a TLP label, but names no level."""
    low = fold(text)
    if not may_name_tlp(low):
        return None if level_tongues.names_protocol(text) else _levels_without_tlp(text, low)
    words = split_words(low)
    levels = list(_levels_in(_LEVEL_PHRASE, words))
    mention = _MENTIONS_TLP.search(words)
    start, end = mention.span() if mention is not None else _span_in_word(words)
    if end:
        # `tlp-level:red`, `tlp:green,red`: the highest level counts
        levels += _levels_in(_LOOSE_WORD, words[end:])
        if not levels:
            levels += _levels_in(_LOOSE_WORD, words[:start])
    if _CUT_OFF.search(low) or (
        not levels and (_LABEL_FORM.match(low) or _names_unknown(words) or _has_unread_letters(text, words))
    ):
        return None
    return levels


def _levels_without_tlp(text: str, low: str) -> list[TLP] | None:
    """The level of a label without the name of TLP, such as `fs-isac:red` or `sharing:amber`; None: a classification.

    Levels below AMBER do not count: they would open an object that has no other marking.
    """
    if len(text) > LABEL_CHARACTERS:
        return []
    words = split_words(low)
    if classifications.is_classification(text, words):
        return None
    level = level_of_word(words)
    if level is not TLP.AMBER_STRICT:  # the other names are also ordinary words for colours
        match = _ISAC_LABEL.fullmatch(words) or _MISREAD_TLP.fullmatch(low.strip())
        level = None if match is None else level_named(match[1])
    tag, separator, value = low.replace("=", ":").rpartition(":")
    if separator:
        if classifications.is_in_tag(split_words(tag), split_words(value)):
            return None
        if _HANDLING.search(tag) is not None:
            level = level_of_word(value)
    return [level] if level is not None and level >= TLP.AMBER else []


def _span_in_word(words: str) -> tuple[int, int]:
    """The span of TLP as part of a word, or (0, 0); letters that occur by chance in a hash value do not count."""
    at = words.find(_TLP_LETTERS)
    while at >= 0:
        start, end = words.rfind(" ", 0, at) + 1, words.find(" ", at)
        word = words[start : end if end >= 0 else len(words)]
        if len(word) <= _WORD_CHARACTERS and word.isalpha():
            return at, at + len(_TLP_LETTERS)
        at = words.find(_TLP_LETTERS, start + len(word))
    return 0, 0


def _names_unknown(words: str) -> bool:
    """Whether words name TLP and more, but no level, such as `protocole tlp rouge`."""
    if _NAME_OF_TLP.fullmatch(words):
        return False
    return bool(_UNKNOWN_WORD.fullmatch(words) or _NAMES_TLP.search(words) or _span_in_word(words)[1])


def _has_unread_letters(text: str, words: str) -> bool:
    """Whether a text names TLP, and beside it has letters or signs that the hub does not read, such as 赤."""
    if text.isascii() or not (_NAMES_TLP.search(words) or _span_in_word(words)[1]):
        return False
    return _has_letters("".join(letter for letter in text if not letter.isascii() and not fold(letter)))


def text_levels(text: str) -> list[TLP] | None:
    """The levels that a text states: in a short text anywhere, in a long text as items of a list such as `osint, tlp:red`.

    `level_headings` reads the headings of long texts. None: a short text has the form of a TLP label, but names no level.
    """
    low = fold(text)
    if not may_name_tlp(low):
        return None if len(text) <= LABEL_CHARACTERS and level_tongues.names_protocol(text) else []
    if len(text) <= LABEL_CHARACTERS:
        words = split_words(low)
        levels = list(_levels_in(_LEVEL_PHRASE, words))
        if (
            "<" in text and not levels
        ):  # `<b>TLP:</b> <i>RED</i>`, or an element such as `<tlp:TLPMarking color="RED"/>`
            levels = list(_levels_in(_LEVEL_PHRASE, split_words(_TAG.sub(" ", low)))) or _levels_of_elements(low)
        is_unread = not levels and (
            _LABEL_FORM.match(low) or (_NAME_OF_TLP.fullmatch(words) and _has_unread_letters(text, words))
        )
        return None if is_unread else levels
    if text.lstrip().startswith("<"):  # XML, which contains no sentences about TLP
        return _levels_of_elements(low)
    items = (split_words(item) for item in _ITEMS.split(low) if may_name_tlp(item))
    return [_level_of(match[1]) for item in items if (match := _LEVEL_PHRASE.fullmatch(item)) is not None]


def _levels_of_elements(text: str) -> list[TLP]:
    """The levels in the elements of XML that name TLP."""
    elements = (split_words(element) for element in text.split("<") if may_name_tlp(element))
    return [level for element in elements for level in _levels_in(_LOOSE_WORD, element)]


def levels_of_items(text: str) -> list[TLP]:
    """The levels after the name of TLP, in each item of a text in braces that is no valid JSON."""
    items = (split_words(item) for item in _ITEMS.split(fold(text)) if may_name_tlp(item))
    mentions = ((item, _MENTIONS_TLP.search(item)) for item in items)
    return [
        level for item, match in mentions if match is not None for level in _levels_in(_LOOSE_WORD, item[match.end() :])
    ]


def split_at_level(words: str) -> tuple[str, TLP | None, str]:
    """The first level that plain words state with the name of TLP, between the words before and after it; None: no level."""
    match = _LEVEL_PHRASE.search(words)
    return (words, None, "") if match is None else (words[: match.start()], _level_of(match[1]), words[match.end() :])


def level_named(word: str) -> TLP:
    """The level of a word that is known to name a level, in any spelling."""
    return _level_of(plain_words(word))


def levels_in_text(text: str) -> list[TLP]:
    """The levels in a text whose place shows that it is about TLP, such as `RED: no onward sharing`."""
    return list(_levels_in(_LOOSE_WORD, plain_words(text)))


def level_of_word(text: str) -> TLP | None:
    """The level if the whole text is a word for one."""
    match = _WORD_ALONE.fullmatch(plain_words(text))
    return None if match is None else _level_of(match[1])


class KeyWords(NamedTuple):
    """What the name of a property says about TLP, whatever its value is."""

    names_tlp: bool = False  # such as `tlp_colour`
    may_be_level: bool = False  # its value is a level, and not something about one, such as that of `tlp_version`
    level: TLP | None = None  # that the name itself states, such as `tlp_red`, unless its value denies it
    is_handling: bool = False  # such as `x_handling`: a single word for a level counts there
    is_pap: bool = False  # such as `x_pap`: its value says nothing about readers


_NO_WORDS: Final = KeyWords()


def key_words(key: str) -> KeyWords:
    """What the name of a property says about TLP, for a name of any length, in time linear in it."""
    return _key_words(key) if len(key) <= LABEL_CHARACTERS else _read_key(key)


@lru_cache(maxsize=4096)  # most objects have the same names; an entry takes a hundred bytes
def _key_words(key: str) -> KeyWords:
    return _read_key(key)


def _read_key(key: str) -> KeyWords:
    low = fold(key)
    names_tlp = may_name_tlp(low)
    words = plain_words(_CAMEL.sub(" ", key))
    is_pap = _PAP_KEY.search(words) is not None
    if not names_tlp:
        is_handling = not is_pap and _HANDLING.search(low) is not None
        return KeyWords(is_handling=is_handling, is_pap=is_pap) if is_handling or is_pap else _NO_WORDS
    mention = _MENTIONS_TLP.search(words)
    names_tlp = mention is not None or _TLP_LETTERS in low
    joined = low.replace(_TLP_LETTERS, " ")  # `tlpred`, `isTlpRed`
    levels = [*_levels_in(_LOOSE_WORD, words), *_levels_in(_LOOSE_WORD, split_words(joined))] if names_tlp else []
    levels += _levels_in(_LEVEL_PHRASE, words)  # `tlp2red`
    return KeyWords(
        names_tlp=names_tlp,
        may_be_level=names_tlp and not _ABOUT_A_LEVEL.intersection(words.split()),
        level=max(levels, default=None),
        is_pap=is_pap,
    )


def levels_in_key(key: str) -> list[TLP]:
    """The levels in the name of a property inside a part of the object about TLP, such as `isRed`."""
    return list(_levels_in(_LOOSE_WORD, plain_words(_CAMEL.sub(" ", key))))


def may_hold_level(key: str) -> bool:
    """Whether a property in a part about TLP may contain a level, and not something about one as `version` does."""
    return not _ABOUT_A_LEVEL.intersection(plain_words(_CAMEL.sub(" ", key)).split())


def is_denial(value: Any) -> bool:
    """Whether the value of a property denies what its name says."""
    if not isinstance(value, str):
        return not value
    words = plain_words(value)
    return words in _DENIALS and not (words == "" and _has_letters(value))


def _has_letters(text: str) -> bool:
    """Whether a text has letters, numbers or signs, in any script."""
    return any(unicodedata.category(letter)[0] in "LNS" for letter in text)


def is_name_of_tlp(text: Any) -> bool:
    """Whether a text is only the name of TLP, so that the value beside it is a level."""
    if not isinstance(text, str) or len(text) > _NAME_CHARACTERS:
        return False
    low = fold(text)
    return may_name_tlp(low) and _NAME_OF_TLP.fullmatch(split_words(low)) is not None


def names_pap(texts: Iterable[str]) -> bool:
    """Whether one of these texts names PAP, whose levels say nothing about readers."""
    return any(_PAP.search(plain_words(text)) for text in texts)


def is_name_of_pap(text: Any) -> bool:
    """Whether a text is only the name of PAP."""
    if not isinstance(text, str) or len(text) > _NAME_CHARACTERS:
        return False
    low = fold(text)
    return ("pap" in low or "permissible" in low) and _PAP.fullmatch(split_words(low)) is not None


_NAME_CHARACTERS: Final = 40


def definition_levels(kind: str, texts: list[str]) -> list[TLP] | None:
    """The levels that the texts of a marking definition state.

    None: a text is cut off, such as `TLP:AMBER+S`, or names TLP without a level that the hub reads.
    """
    if any(may_name_tlp(low := fold(text)) and _CUT_OFF.search(low) for text in texts):
        return None
    words = [plain_words(text) for text in texts]
    levels = [level for text in words for level in _levels_in(_LEVEL_PHRASE, text)]
    if levels:
        return levels
    kind = plain_words(kind)
    is_tlp = _MENTIONS_TLP.search(kind) is not None
    is_pap = any(_PAP.search(text) for text in (kind, *words))
    for text in words:
        # "RED" alone counts unless the definition is about PAP; other texts count if they are about TLP
        if is_tlp or _MENTIONS_TLP.search(text) or (not is_pap and _WORD_ALONE.fullmatch(text)):
            levels += _levels_in(_LOOSE_WORD, text)
    if not levels and not is_pap:
        levels = [level for text in texts if len(text) <= _NAME_CHARACTERS for level in _levels_of_name(text)]
    is_unread = not levels and (
        any(map(classifications.is_classification, texts, words))
        or _NAMES_TLP.search(kind)
        or any(_NAMES_TLP.search(text) or _span_in_word(text)[1] for text in words)
        or any(level_tongues.is_colour(text) or level_tongues.names_protocol(text) for text in texts)
    )
    return None if is_unread else levels


def _levels_of_name(name: str) -> Iterator[TLP]:
    """The levels in the short name of a marking: `RED - eyes only`, `Level: RED`, `FS-ISAC AMBER`."""
    for segment in _SEGMENTS.split(name):
        if (level := level_of_word(segment)) is not None:
            yield level
    if (match := _LAST_WORD.search(plain_words(name))) is not None:
        yield _level_of(match[1])


def fold(text: str) -> str:
    """The text in lower-case ASCII: full-width letters become plain ones, letters of other scripts their look-alikes.

    Characters without a plain form or without width are removed; escapes such as `%3A` and `&#58;` are decoded.
    """
    if "%" in text or "&" in text or "\\" in text:
        text = _unescape(text)
    if not text.isascii():
        translated = unicodedata.normalize("NFKD", text).translate(ascii_lookalikes())
        text = "".join(letter if letter.isascii() else _named_letter(letter) for letter in translated)
    return text.lower()


def _unescape(text: str) -> str:
    for _ in range(_ESCAPE_LEVELS):
        old_text = text
        text = html.unescape(unquote(_BACKSLASH.sub(lambda match: chr(int(match[1], 16)), text)))
        if text == old_text:
            break
    return text


_ESCAPE_LEVELS: Final = 3  # escapes within escapes
_BACKSLASH: Final = re.compile(r"\\(?:u00|x)([0-9a-fA-F]{2})", re.ASCII)


def _named_letter(letter: str) -> str:
    """The letter in the Unicode name of a character, such as a small capital or a letter in a square; else an empty text."""
    name = unicodedata.name(letter, "")
    return name[-1] if name[-2:-1] == " " and name.startswith(_FORMS_OF_LETTERS) else ""


_FORMS_OF_LETTERS: Final = ("LATIN LETTER SMALL CAPITAL", "NEGATIVE", "REGIONAL INDICATOR", "TAG LATIN")


def may_name_tlp(low: str) -> bool:
    """Whether a folded text may name TLP."""
    return "tlp" in low or "traffic" in low or _DOTTED.search(low) is not None


def split_words(low: str) -> str:
    """A folded text as words with one space between them."""
    return _SEPARATORS.sub(" ", low).strip()


def plain_words(text: str) -> str:
    """Any text as lower-case ASCII words with one space between them."""
    return split_words(fold(text))


def _levels_in(pattern: re.Pattern[str], words: str) -> Iterator[TLP]:
    strict = _STRICT.search(words) is not None
    yield from (_level_of(match[1], strict=strict) for match in pattern.finditer(words))


def _level_of(word: str, *, strict: bool = False) -> TLP:
    """The level of a word; amber with `strict` beside it, such as `amber with strict`, is `amber+strict`."""
    if word.endswith("strict") or (strict and word == "amber"):
        return TLP.AMBER_STRICT
    return BY_WORD[word]
