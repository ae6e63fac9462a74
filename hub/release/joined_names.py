"""What a name becomes when its words are joined: initials with a word, syllables, user names, older spellings.

So organisations of the region call themselves ("Unmul", "Telkomsel"), and so a phishing domain calls them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final

from hub.release.names import BRACKETS, distinctive, generic, words
from hub.release.spelling import without_legal_form

MIN_JOINED: Final = 5  # letters of what is joined
MIN_OF_TWO: Final = 3  # letters of a word that initials stand beside
MIN_PART: Final = 4  # letters that are left of a brand
MIN_GENERIC: Final = 8  # letters of two generic words that begin a name
MAX_WORDS: Final = 5  # of a name whose syllables are joined
_SYLLABLES: Final = (2, 3, 4)  # letters


def initials_with_words(name: str) -> set[str]:
    """Each distinctive word beside the initials of the others: `bkemas` of Bank Kemboja Emas, `hleong` of Hong Leong.

    For a name that is generic except for one word, also its first words: `firstnational`.
    """
    own = distinctive(name)
    bare = plain_words(name)
    small = [word for word in bare if len(word) > 3 or word not in generic().words]
    texts = {text for row in (bare, small, own) for text in _beside_initials(row, own)}
    if len(own) < 2 < len(bare):
        first = "".join(bare[:2])
        texts |= {first} if len(first) >= MIN_GENERIC else set()
    return {text for text in texts if len(text) >= MIN_JOINED and text.isascii()}


def _beside_initials(row: Sequence[str], own: Sequence[str]) -> Iterator[str]:
    for place, word in enumerate(row):
        if word in own and len(word) >= MIN_OF_TWO:
            before, after = ("".join(other[0] for other in others) for others in (row[:place], row[place + 1 :]))
            yield from (text for text in (before + word, word + after, before + word + after) if text != word)


def syllables(name: str) -> set[str]:
    """The beginnings of words, joined: `sumaksej` of Sumber Makmur Sejahtera, `unkel` of Universitas Kelapa."""
    own = [word for word in distinctive(name) if word.isascii() and word.isalpha()][:MAX_WORDS]
    bare = plain_words(name)
    rows = [own[:length] for length in range(2, len(own) + 1)]
    first = bare[0] if bare else ""
    if own and first in generic().words and first.isascii() and first.isalpha():
        rows += [[first, *own[:length]] for length in range(1, min(len(own), 2) + 1)]
    texts = {"".join(parts) for row in rows for parts in product(*(_beginnings(word, len(row)) for word in row))}
    return {text for text in texts if len(text) >= MIN_JOINED and text not in own}


def _beginnings(word: str, of: int) -> list[str]:
    lengths = _SYLLABLES if of <= 3 else _SYLLABLES[:2]
    return list(dict.fromkeys(word[:length] for length in lengths))


def without_affixes(brand: str) -> str:
    """A brand in one word without what many others end or begin with: `bijak` of `bijakpay`."""
    known = generic()
    for length in range(len(brand) - MIN_PART, MIN_OF_TWO - 1, -1):
        if brand[-length:] in known.affixes and brand[:-length] not in known.affixes:
            return brand[:-length]
        if brand[:length] in known.affixes and brand[length:] not in known.affixes:
            return brand[length:]
    return brand


def user_names(name: str) -> set[str]:
    """A person's name as accounts have it, its particles with it: `tvminh`, `minhtv`, `jdelacruz`."""
    known = generic()
    row = [word for word in words(_without_brackets(name)) if word not in known.titles and word.isascii()]
    own = [word for word in row if word not in known.not_in_people]
    texts: set[str] = set()
    for parts in (row, own):
        for place in range(1, len(parts)):
            before, after = parts[:place], parts[place:]
            texts |= {"".join(word[0] for word in before) + "".join(after), parts[0][0] + "".join(after)}
            texts |= {"".join(after) + "".join(word[0] for word in before)}
            texts |= {parts[0] + "".join(after), *(["".join(after)] if len(after) > 1 else [])}
        texts |= {parts[place] + "".join(word[0] for word in parts[:place]) for place in range(1, len(parts))}
    return {text for text in texts if len(text) >= MIN_JOINED}


_OLDER: Final = (("ny", "nj"), ("sy", "sj"), ("kh", "ch"), ("j", "dj"), ("c", "tj"), ("y", "j"))


def older_spellings(word: str) -> set[str]:
    """A word as Indonesian and Malay wrote it before 1972, or as they write it since: `soerjadi`, `suryadi`."""
    if not word.isascii() or len(word) < MIN_JOINED:
        return set()
    newer = _replaced(word, tuple((old, new) for new, old in _OLDER)) if _is_old(word) else word
    older = _replaced(word, _OLDER)
    texts = {
        newer.replace("oe", "u"),
        newer,
        word.replace("oe", "u"),
        older,
        older.replace("u", "oe"),
        word.replace("u", "oe"),
    }
    return {text for text in texts if text != word}


def _is_old(word: str) -> bool:
    return any(letters in word for letters in ("oe", "dj", "tj", "nj", "sj"))


def _replaced(word: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Each of the letters replaced once, so that what was put in is not replaced again."""
    text, at = [], 0
    ordered = sorted(pairs, key=lambda pair: -len(pair[0]))
    while at < len(word):
        before, after = next((pair for pair in ordered if word.startswith(pair[0], at)), (word[at], word[at]))
        text.append(after)
        at += len(before)
    return "".join(text)


def plain_words(name: str) -> list[str]:
    """The words of a name, generic ones among them, without its legal form and what stands in brackets."""
    return [word for word in words(without_legal_form(_without_brackets(name))) if word.isalpha()]


def _without_brackets(name: str) -> str:
    return BRACKETS.sub(" ", unicodedata.normalize("NFKC", name))
