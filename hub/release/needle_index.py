"""An index of needles that searches a text in one pass: automata for letters and lookalike letters, tables for words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import Final

from ahocorasick_rs import AhoCorasick, Implementation

from hub.release.abbreviated import may_abbreviate
from hub.release.digests import Digests, NoDigests
from hub.release.disguises import transliterate
from hub.release.needle import Needle, View
from hub.release.pronunciation import Misspellings, Word, is_ordinary, pronounce, sound, sound_alike

MIN_LIKENESS: Final = 0.6  # of two words with the same consonants that count as spellings of one name
_NOISE: Final = re.compile("[a-f]+")  # a word that consists of letters of hexadecimal digits


class NeedleIndex:
    """An index of needles. It is built once and used by many scanners.

    `digests` are the hash values to search for in addition. `is_listed` says that the needles come from the CERT's own
    list, and not from the report.
    """

    def __init__(self, needles: Iterable[Needle], digests: Digests | None = None, *, is_listed: bool = False) -> None:
        self.is_listed = is_listed
        by_view: dict[View, dict[str, list[Needle]]] = {view: {} for view in View}
        for needle in dict.fromkeys(needles):
            by_view[needle.view].setdefault(needle.text, []).append(needle)
        self._letters = _Automaton(by_view[View.LETTERS])
        self._looks = _Automaton(by_view[View.LOOKS])
        self._sounds = by_view[View.SOUND]
        self._edited_words = by_view[View.EDITED]
        self._misspellings = Misspellings(self._edited_words)
        self._pronunciations = by_view[View.SPOKEN]
        self._abbreviations = by_view[View.ABBREVIATED]
        self._foreign_pronunciations = {
            text: pronunciations
            for text, group in self._pronunciations.items()
            if (pronunciations := [needle for needle in group if not needle.declared_text.isascii()])
        }
        self.digests = digests or NoDigests()

    def find_in_letters(self, letters: str) -> Iterator[tuple[Needle, int]]:
        """The needles that occur in a squeezed text, each with its offset."""
        return self._letters.occurrences(letters)

    def find_in_lookalike_form(self, letters: str) -> Iterator[tuple[Needle, int]]:
        """The needles that occur in the lookalike form of a text, each with its offset."""
        return self._looks.occurrences(letters)

    @property
    def has_words(self) -> bool:
        """Whether there are needles that are compared with the words of a text one by one."""
        return bool(self._sounds or self._edited_words or self._pronunciations)

    def find_abbreviated(self, letters: str) -> Iterator[Needle]:
        """The needles that a word of consonants may abbreviate."""
        for consonants, needles in self._abbreviations.items():
            if may_abbreviate(letters, consonants):
                yield from needles

    def find_similar(self, word: Word) -> Iterator[Needle]:
        """The needles that resemble a word: it sounds like one, or is one edit away from it."""
        if word.is_latin:
            for needle in self._sounds.get(sound(word.latin_letters), ()):
                # both have the same consonants; the vowels decide whether they are spellings of one name
                if (
                    SequenceMatcher(None, word.latin_letters, transliterate(needle.declared_text)).ratio()
                    >= MIN_LIKENESS
                ):
                    yield needle
            for text in self._misspellings.corrections(word.latin_letters):
                yield from self._edited_words[text]
        pronunciations = self._foreign_pronunciations if word.is_latin else self._pronunciations
        if pronunciations and not is_ordinary(word.latin_letters) and _NOISE.fullmatch(word.latin_letters) is None:
            pronunciation = pronounce(word.latin_letters if word.is_latin else word.text)
            for text, needles in pronunciations.items():
                if sound_alike(pronunciation, text):
                    yield from needles

    def __len__(self) -> int:
        tables = (self._sounds, self._edited_words, self._pronunciations, self._abbreviations)
        return len(self._letters) + len(self._looks) + sum(map(len, tables))


class _Automaton:
    def __init__(self, needles: Mapping[str, list[Needle]]) -> None:
        self._needles = list(needles.items())
        self._automaton = (
            AhoCorasick(list(needles), implementation=Implementation.ContiguousNFA) if self._needles else None
        )

    def occurrences(self, text: str) -> Iterator[tuple[Needle, int]]:
        if self._automaton is not None:
            for number, start, _ in self._automaton.find_matches_as_indexes(text, overlapping=True):
                for needle in self._needles[number][1]:
                    yield needle, start

    def __len__(self) -> int:
        return len(self._needles)
