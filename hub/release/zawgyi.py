"""Decode Burmese in Zawgyi, a font that many people still use: the characters of Unicode, with other meanings and order.

`decode_zawgyi` returns such a text in Unicode, so that a name that is declared in Unicode is found in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from hub.release.readable import DecodedText

_BURMESE_RUN: Final = re.compile("[\u1000-\u109f][\u1000-\u109f\u200b\\s]*")
# What shows that a text is in Zawgyi: characters that Unicode has for other languages, a vowel before its consonant, or the
# stacking sign where Unicode has the sign for a final consonant.
_ZAWGYI_SIGNS: Final = re.compile(
    "[\u1060-\u1097]|(?:^|\\s)[\u103b]|(?:^|[^\u1000-\u1021\u103b-\u103e\u1039])\u1031|\u1039(?![\u1000-\u1021])"
    "|[\u1000-\u1021]\u103a[\u102d-\u1032\u103c\u103d]"
)
_CONSONANT: Final = "[\u1000-\u1021\u103f]"
_STACKED_CONSONANTS: Final = {  # for each sign of Zawgyi, the consonant that it places below another one
    0x1060: 0x1000, 0x1061: 0x1001, 0x1062: 0x1002, 0x1063: 0x1003, 0x1065: 0x1005, 0x1066: 0x1006, 0x1067: 0x1006,
    0x1068: 0x1007, 0x1069: 0x1008, 0x106C: 0x100B, 0x106D: 0x100C, 0x1070: 0x100F, 0x1071: 0x1010, 0x1072: 0x1010,
    0x1073: 0x1011, 0x1074: 0x1011, 0x1075: 0x1012, 0x1076: 0x1013, 0x1077: 0x1014, 0x1078: 0x1015, 0x1079: 0x1016,
    0x107A: 0x1017, 0x107B: 0x1018, 0x107C: 0x1019, 0x1085: 0x101C, 0x1093: 0x1018, 0x1096: 0x1010,
}  # fmt: skip
_REPLACEMENTS: Final = {
    0x1033: "\u102f", 0x1034: "\u1030", 0x1039: "\u103a", 0x103A: "\u103b", 0x103C: "\u103d", 0x103D: "\u103e",
    0x105A: "\u102b\u103a", 0x106A: "\u1009", 0x106B: "\u100a", 0x106E: "\u100d\u1039\u100d", 0x106F: "\u100d\u1039\u100e",
    0x107D: "\u103b", 0x1086: "\u103f", 0x1087: "\u103e", 0x1088: "\u103e\u102f", 0x1089: "\u103e\u1030", 0x108A: "\u103d\u103e",
    0x108B: "\u102d\u1036", 0x108E: "\u102d\u1036", 0x108F: "\u1014", 0x1090: "\u101b", 0x1091: "\u100f\u1039\u100d",
    0x1092: "\u100b\u1039\u100c", 0x1094: "\u1037", 0x1095: "\u1037", 0x1097: "\u100b\u1039\u100b",
}  # fmt: skip
_RA_BEFORE: Final = "\u103b\u107e-\u1084"  # the signs of ra before a consonant; Unicode has U+103C after it
_TRANSLATION: Final = {
    code: f"\u1039{chr(consonant)}" for code, consonant in _STACKED_CONSONANTS.items()
} | _REPLACEMENTS
_MEDIAL_RA: Final = "\u103c"
_RA_PLACEHOLDER: Final = "\ue000"  # stands for the sign of ra while the other signs are replaced
_SYLLABLE: Final = re.compile(
    f"(\u1031?)({_RA_PLACEHOLDER}?)({_CONSONANT}(?:\u1039{_CONSONANT})?)([\u103b]?)([\u103d]?)([\u103e]?)"
)


def decode_zawgyi(text: str) -> Iterator[DecodedText]:
    """The Burmese runs of a text that may be in Zawgyi, each in Unicode."""
    for match in () if text.isascii() else _BURMESE_RUN.finditer(text):
        if _ZAWGYI_SIGNS.search(match[0]) is not None:
            yield DecodedText(_to_unicode(match[0]), match.start(), match.end())


def _to_unicode(text: str) -> str:
    translated_text = re.sub(f"[{_RA_BEFORE}]", _RA_PLACEHOLDER, text.replace("\u200b", "")).translate(_TRANSLATION)
    return _SYLLABLE.sub(_reorder, translated_text).replace(_RA_PLACEHOLDER, _MEDIAL_RA)


def _reorder(match: re.Match[str]) -> str:
    vowel, ra, consonant, ya, wa, ha = match.groups()
    return f"{consonant}{ya}{_MEDIAL_RA if ra else ''}{wa}{ha}{vowel}"
