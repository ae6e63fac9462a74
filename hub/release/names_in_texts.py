"""Find names of organisations in the report's own texts.

Many officers write "Ransomware at Hospital Seri Melor" and leave the column for the victim empty, and a MISP event has no
field for the victim. So this module finds names in titles, descriptions, notes and comments: names with a word such as
"Bank", "Sdn Bhd" or "Bệnh viện", and names after "at" and similar words. No field says who the organisation is, so an
officer decides about each text and value that contains such a name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Final, NamedTuple

from hub.release.known_names import is_public
from hub.release.names import UNSPACED, Lexicon, load_lexicon, split_words
from hub.release.needles import our_words
from hub.release.spelling import fold
from hub.reports.report import Report, ReportKind

MAX_CHARACTERS: Final = 20_000  # characters of texts that are searched for names
MAX_NAMES: Final = 20  # names from one report
MAX_COMMENTS: Final = 200  # comments on values that are searched
MAX_WORDS: Final = 8  # words of a name
MAX_UNSPACED: Final = 12  # characters of a name in a script without spaces, after the word for the kind of organisation
MIN_LETTERS: Final = 3  # letters of a word of a name

_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019](?!s\b)[^\W_]+)*")  # "'s" is not part of a name
_WORD_SEPARATOR: Final = re.compile(r"[ &/-]{1,3}")  # between words of one name
# Words after which the name of the victim often follows.
_WORDS_FOR_AT: Final = frozenset("at against terhadap di pada tại hits".split())
_LONGEST_HEAD: Final = 4  # words of a phrase for a kind of organisation


class _Word(NamedTuple):
    text: str
    folded: str
    start: int
    end: int

    @property
    def is_capital(self) -> bool:
        return self.text[0].isupper()


def names_in_texts(report: Report) -> Iterator[str]:
    """The names of organisations in the texts of a case, each once; none for feeds."""
    if report.kind is not ReportKind.CASE:
        return
    adversary_words = frozenset(
        word
        for names in (
            *((item.name, *item.aliases) for item in report.actors),
            *((item.name, *item.aliases) for item in report.malware),
        )
        for name in names
        for word in split_words(name)
    )
    text = "\n".join(dict.fromkeys(text for text in report_texts(report) if text))[:MAX_CHARACTERS]
    yield from islice(dict.fromkeys(organisation_names(text, adversary_words)), MAX_NAMES)


def report_texts(report: Report) -> Iterator[str | None]:
    """All texts of a report, and the values for which a report has no field."""
    yield from (report.title, report.description)
    yield from (item.text for item in report.translations)
    yield from (item.text for item in report.notes)
    yield from (text for item in report.tasks for text in (item.name, item.description))
    yield from (text for item in report.events for text in (item.name, item.description))
    yield from report.recommended_actions
    yield from (row.value for row in report.unused)
    yield from (item.description for item in islice(report.observables, MAX_COMMENTS))


def organisation_names(text: str, adversary_words: Collection[str] = frozenset()) -> Iterator[str]:
    """The names of organisations in a text. `adversary_words` are words of the adversary's names in the report."""
    lexicon = load_lexicon()
    words = [_Word(match[0], fold(match[0]), *match.span()) for match in _WORD.finditer(text)]
    for start, end in _name_ranges(text, words, lexicon):
        distinctive_words = [
            word for word in words[start:end] if word.is_capital and _is_distinctive(word, lexicon, adversary_words)
        ]
        if distinctive_words:
            yield text[words[start].start : words[end - 1].end]
    for match in _UNSPACED_RUN.finditer(text):
        head = next((head for head in lexicon.unspaced_words if head in lexicon.heads and head in match[0]), None)
        if head is not None:
            start = match[0].index(head)
            yield match[0][start : start + len(head) + MAX_UNSPACED]


_UNSPACED_RUN: Final = re.compile(rf"(?:{UNSPACED.pattern}){{4,80}}")


def _name_ranges(text: str, words: list[_Word], lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    """The range of words of each name: the index of the first word, and the index after the last one."""
    for index, word in enumerate(words):
        if head := _head_phrase(words, index, lexicon):
            first = index if lexicon.heads[head] else _first_index(text, words, index, lexicon)
            yield first, _end_index(text, words, index + len(head.split()), first)
        elif word.folded in _WORDS_FOR_AT and index + 1 < len(words) and words[index + 1].is_capital:
            yield index + 1, _end_index(text, words, index + 2, index + 1)


def _first_index(text: str, words: list[_Word], index: int, lexicon: Lexicon) -> int:
    """The index of the first capitalised word of the name that contains this word. A word such as "PT" begins a name."""
    first = index
    while (
        first > 0 and index - first < MAX_WORDS and words[first - 1].is_capital and _are_neighbours(text, words, first)
    ):
        if words[first - 1].folded in _WORDS_FOR_AT:
            break
        first -= 1
        if lexicon.heads.get(words[first].folded):
            break
    return first


def _end_index(text: str, words: list[_Word], end: int, first: int) -> int:
    """The index after the last of the capitalised words of a name that begins at `first`."""
    while end < len(words) and end - first < MAX_WORDS and words[end].is_capital and _are_neighbours(text, words, end):
        end += 1
    return end


def _head_phrase(words: list[_Word], index: int, lexicon: Lexicon) -> str:
    """The phrase for a kind of organisation that begins with this word; "" if there is none."""
    lengths = range(min(_LONGEST_HEAD, len(words) - index), 0, -1)
    phrases = (" ".join(word.folded for word in words[index : index + length]) for length in lengths)
    return next((phrase for phrase in phrases if phrase in lexicon.heads), "")


def _are_neighbours(text: str, words: list[_Word], index: int) -> bool:
    """Whether a word and the word before it may belong to one name: no end of a sentence is between them."""
    return _WORD_SEPARATOR.fullmatch(text, words[index - 1].end, words[index].start) is not None


def _is_distinctive(word: _Word, lexicon: Lexicon, adversary_words: Collection[str]) -> bool:
    common_words = lexicon.words | lexicon.affixes | lexicon.places | lexicon.technical_words
    if (
        len(word.folded) < MIN_LETTERS
        or word.folded in common_words
        or word.folded in our_words()
        or word.folded in adversary_words
    ):
        return False
    return not (is_public("malware", word.text) or is_public("threat-actor", word.text) or is_public("tool", word.text))
