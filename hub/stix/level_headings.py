"""Levels over, under and between prose, as people mark documents; and levels in the metadata of YARA, Sigma and Snort rules.

A marking has its own line or sentence, is in brackets at the beginning of a text or line, or at an end of a title. Any
other sentence only talks about a level. Levels below AMBER do not count: they would open an object without another marking.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hub.stix import classifications, level_tongues, level_words
from hub.stix.tlp import TLP

PROSE: Final = ("name", "description", "abstract", "content", "explanation")  # properties of objects with versions
TITLES: Final = frozenset(("name", "abstract"))
_STIX: Final = "stix"  # the type of a pattern that has no metadata
_NAMES: Final = ("tlp", "traffic light", "traffic-light")
_MARK: Final = r"TLP(?: ?v?2(?:\.0)?)?\s?[:=-]\s?(RED|AMBER(?:\s?[+_ -]\s?STRICT)?)(?!\w)"
_HEADING: Final = re.compile(rf"\s*+[\[(<*_#>\s]*+(?i:{_MARK})(?![^\S\n]?[a-z,]|-[a-z])", re.ASCII)
# This also matches the levels below AMBER, so that a text that explains all levels is recognised.
_LINE_BEGINNING: Final = re.compile(
    r"[\s*_#>-]*+(TLP(?: ?v?2(?:\.0)?)?\s?[:=-]\s?(?:RED|AMBER(?:\s?[+_ -]\s?STRICT)?|GREEN|CLEAR|WHITE))(?!\w)(?!\s?[a-z,]|-[a-z])",
    re.ASCII,
)
_ENDING: Final = re.compile(rf"(?i:{_MARK})[\s\])*_.]*+\Z", re.ASCII)
_BEFORE_ENDING: Final = "*_[( \t\n\r\f\v"
_BRACKET: Final = re.compile(r"[\[(]\s?\Z", re.ASCII)

_BLOCK_TAG: Final = r"</?(?:p|div|h[1-6]|br|hr|li|[ou]l|t[dhr]|table|tbody|thead|header|footer|section|center|pre|blockquote)\b[^<>]{0,200}>"
_LINES: Final = re.compile(rf"[\n\r\v\f\u2028\u2029]++|<!--|-->|{_BLOCK_TAG}", re.IGNORECASE)
_INLINE_TAG: Final = re.compile(r"<(?!TLP)[^<>]{0,200}>")
_SENTENCES: Final = re.compile(r"(?<=[.!?;])\s++")
_PARTS_OF_TITLE: Final = re.compile(r"[|/,;()<>\[\]\u2013\u2014]|\s[-~]\s|(?<!tlp):\s", re.IGNORECASE)
# In a title that is written like the name of a file: `20261101_TLP-AMBER_report`.
_IN_FILE_NAME: Final = re.compile(r"(?:^|[_.-])TLP[:=-](RED|AMBER(?:[+-]?STRICT)?)(?=[_.-]|\Z)")
_IN_BRACKETS: Final = re.compile(r"[\s*_#>-]*+[\[(]([^\[\]()]{1,60})[\])]")
# not `tlp_red`, which may name a mutex
_NAME_IN_TITLE: Final = re.compile(r"TLP(?!\w)|tlp\s?:|(?i:traffic[ -]light)")
_MARKING_CHARACTERS: Final = 120  # of such a line or sentence at most
_SURROUNDING_SIGNS: Final = " \t\r*_#>-=[](){}|.:;\"'"
_COLOUR: Final = re.compile(r"TLP[\s:=_-]++(.{1,20})", re.IGNORECASE)
# Words that may accompany a level in its own line or sentence.
_ACCOMPANYING_WORDS: Final = frozenset(
    (
        "classification classified handling handle handled marking marked distribution distributed sharing shared share dissemination "
        "sensitivity restriction confidentiality level security data document report incident information content message status "
        "colour color code designation caveat protocol tlp the this all is are of for as in at under with please treat treated "
        "whole text entire by source sender author owner pap red amber green clear white confidential restricted secret internal "
        "klasifikasi tingkat penandaan tahap"
    ).split()
)
_MOST_ACCOMPANYING_WORDS: Final = 8
_LEVELS_OF_LEGEND: Final = 3  # different levels, each in its own line: the text explains TLP
_FIRST_LINE: Final = 80  # characters

# Sections of a YARA or Sigma rule; some contain what the rule searches for, which is no statement about the rule.
_SECTIONS: Final = re.compile(
    r"(?<![a-z0-9_])(meta|strings|condition|detection|tags|level|falsepositives|fields|title|description|author|references)\s*+:",
    re.IGNORECASE,
)
_SEARCHING: Final = frozenset(("strings", "condition", "detection"))
_SEARCHED: Final = re.compile(
    r"(?:content|pcre)\s*+:\s*+!?\"[^\"]*+\"", re.IGNORECASE
)  # in a rule of Snort or Suricata
_IN_RULE: Final = re.compile(
    r"(?<![a-z0-9$])tlp[a-z_]{0,20}[\s\"']{0,4}[:=._ -][\s\"']{0,4}(?:tlp[:=_ .-]{1,3})?(red|amber(?:[+_ -]{1,3}strict)?)(?![a-z0-9])",
    re.IGNORECASE,
)


def heading_levels(text: str, *, title: bool = False) -> list[TLP] | None:
    """The levels that mark a text. None: it has one in a language that the hub does not read, such as `TLP: MERAH`."""
    if not _names_tlp(text):
        return []
    levels = _levels_at_the_ends(text, title=title)
    line_levels: set[TLP] = set()
    for part in _parts(text, title=title):
        part_levels = _levels_of_line(part)
        if part_levels is None:
            return None
        line_levels.update(part_levels)
    if len(line_levels) < _LEVELS_OF_LEGEND:
        levels += (part_levels for part_levels in line_levels if part_levels >= TLP.AMBER)
    return levels


def may_mark(content: Mapping[str, Any]) -> bool:
    """Whether a property for prose, or the metadata of a rule, may state a level or a classification."""
    for key in PROSE:
        text = content.get(key)
        if type(text) is str and (
            ("\n" in text[:_FIRST_LINE] and _is_under_classification(text))
            or heading_levels(text, title=key in TITLES) != []
        ):
            return True
    return content.get("pattern_type", _STIX) != _STIX and levels_of_rule(content) != []


def is_classified(content: Mapping[str, Any]) -> bool:
    """Whether a classification is over the prose of an object."""
    texts = (content.get(key) for key in PROSE)
    return any(_is_under_classification(text) for text in texts if isinstance(text, str))


def levels_of_rule(content: Mapping[str, Any]) -> list[TLP]:
    """The levels in the metadata, tags or message of a detection rule, such as `meta: tlp = "RED"` or `- tlp.amber`."""
    pattern = content.get("pattern")
    if not isinstance(pattern, str) or content.get("pattern_type", _STIX) == _STIX or _NAMES[0] not in pattern.lower():
        return []
    beginning, *sections = _SECTIONS.split(_SEARCHED.sub(" ", pattern))
    named_sections = zip(sections[::2], sections[1::2], strict=True)
    texts = [beginning, *(text for name, text in named_sections if name.lower() not in _SEARCHING)]
    return [level_words.level_named(match[1]) for text in texts for match in _IN_RULE.finditer(text)]


def _names_tlp(text: str) -> bool:
    lower = text.lower()
    return _NAMES[0] in lower or _NAMES[1] in lower or _NAMES[2] in lower


def _is_under_classification(text: str) -> bool:
    """Whether the first line is only a classification; one word must be in capitals, or in letters without capitals."""
    head = text[:_FIRST_LINE]
    if "\n" not in head:
        return False
    line = head.partition("\n")[0].strip(_SURROUNDING_SIGNS)
    if not (line.isupper() or not line.isascii() or " " in line):
        return False
    return classifications.is_classification(line, level_words.plain_words(line))


def _levels_at_the_ends(text: str, *, title: bool) -> list[TLP]:
    matches = [_HEADING.match(text)]
    ending = _ENDING.search(text)
    if ending is not None and (title or _is_under(text[: ending.start()])):
        matches.append(ending)
    if title:
        matches.append(_IN_FILE_NAME.search(text))
    return [level_words.level_named(match[1]) for match in matches if match is not None]


def _is_under(text: str) -> bool:
    """Whether a marking after this text has its own line or is in brackets. In time linear in the text."""
    signs = text[len(text.rstrip(_BEFORE_ENDING)) :]
    return "\n" in signs or _BRACKET.search(signs[-2:]) is not None


def _parts(text: str, *, title: bool) -> Iterator[str]:
    """The short lines and sentences of a text that name TLP, and texts in brackets at the beginning of a line."""
    for line in _LINES.split(text):
        if not _names_tlp(line):
            continue
        plain = _INLINE_TAG.sub("", line)
        if not title:
            for beginning in (_IN_BRACKETS.match(plain), _LINE_BEGINNING.match(plain)):
                if beginning is not None:
                    yield beginning[1]
        for part in (_PARTS_OF_TITLE if title else _SENTENCES).split(plain):
            if len(part) <= _MARKING_CHARACTERS and (not title or _NAME_IN_TITLE.search(part)):
                yield part


def _levels_of_line(line: str) -> list[TLP] | None:
    """The levels of a line or sentence that is only a marking. None: it names TLP and a colour in another language."""
    line = unicodedata.normalize("NFKC", line)
    words = level_words.plain_words(line)
    before, level, after = level_words.split_at_level(words)
    if level is not None:
        accompanying_words = f"{before} {after}".split()
        return (
            [level]
            if len(accompanying_words) <= _MOST_ACCOMPANYING_WORDS
            and _ACCOMPANYING_WORDS.issuperset(accompanying_words)
            else []
        )
    match = _COLOUR.fullmatch(line.strip(_SURROUNDING_SIGNS))
    return None if match is not None and level_tongues.is_colour(match[1].strip(_SURROUNDING_SIGNS)) else []
