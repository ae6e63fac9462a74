"""Classifications and caveats beside TLP, such as `NATO RESTRICTED`, `SULIT` or `eyes only`: they mark, and name no level.

National law and treaties say who may read what is so marked, and no reader of the hub is known to be among them. So an
object that says one is refused, in words, and never taken as unmarked.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# On a text of lower-case ASCII words with one space between them, as `level_words.plain` makes it.
_PHRASES: Final = frozenset(
    (
        "top secret|secret|confidential|restricted|official sensitive|classified|strictly confidential|official use only|fouo|"
        "noforn|orcon|sensitive but unclassified|law enforcement sensitive|eyes only|internal use only|do not share|"
        "do not distribute|do not disseminate|do not forward|not for distribution|not for public release|not for onward sharing|"
        "outside your organisation|outside your organization|your organisation only|your organization only|"
        "cosmic top secret|atomal|tres secret|restreint|diffusion restreinte|confidentiel|secret defense|confidentiel defense|"
        "geheim|streng geheim|vs nfd|vs vertraulich|nur fur den dienstgebrauch|"
        "sangat rahasia|rahasia|rahsia|rahsia besar|sulit|terhad|muito secreto|secreto|confidencial"
    ).split("|")
)
_BESIDE: Final = frozenset(  # such a phrase; alone these say nothing
    (
        "classification classified security level handling marking marked caveat protective document information data report this is "
        "as and for nato eu ue asean uk us au nz sg my id ph bn rel to si tk vs klasifikasi tahap tingkat kategori sifat"
    ).split()
)
_ALL_WORDS: Final = _BESIDE.union(word for phrase in _PHRASES for word in phrase.split())
_WORDS_OF_PHRASES: Final = max(phrase.count(" ") for phrase in _PHRASES) + 1
_ORDINARY: Final = "sulit"  # in small letters, alone: an ordinary word of Indonesian and Filipino
_OTHER_LETTERS: Final = frozenset(
    unicodedata.normalize("NFKC", text).casefold()
    for text in (
        "mật|tối mật|tuyệt mật|ลับ|ลับมาก|ลับที่สุด|ປິດລັບ|ລັບ|ລັບທີ່ສຸດ|សម្ងាត់|សម្ងាត់បំផុត|លាក់|လျှို့ဝှက်|ထိပ်တန်းလျှို့ဝှက်|အတွင်းရေး|"
        "秘密|机密|機密|绝密|絕密|極秘|비밀|대외비"
    ).split("|")
)
# In front of the value of a machine tag: what follows is a classification.
_SPEAKS_OF_IT: Final = re.compile(
    r"classif|klasifikasi|einstuf|(?<![a-z])(?:nato|euci)(?![a-z])|security|caveat|protective"
)
_SHORT_FORMS: Final = frozenset(("cts", "cts b", "cts a", "ns", "ns a", "nc", "nc a", "nr", "ts"))  # of NATO's
# As values of a property that speaks of handling: IODEF's, n6's and ThreatStream's words for what is not passed on.
_KEPT_BACK: Final = frozenset(("private", "internal", "need to know"))
_CHARACTERS: Final = 80  # of a marking: what is longer is prose


def is_in_tag(words_before: str, words: str) -> bool:
    """Whether a machine tag such as `nato:classification="NS"` says one: what is before its value, and its value."""
    return _SPEAKS_OF_IT.search(words_before) is not None and (
        words in _SHORT_FORMS or _consists_of_phrases(words.split())
    )


def keeps_back(words: str) -> bool:
    """Whether the value of a property that speaks of handling says that the object is not passed on."""
    return words in _KEPT_BACK


def is_classification(text: str, words: str) -> bool:
    """Whether a whole text is a classification or a caveat; `words` are the same in plain words."""
    if len(text) > _CHARACTERS:
        return False
    if not text.isascii() and unicodedata.normalize("NFKC", text).casefold().strip(" \"'.:") in _OTHER_LETTERS:
        return True
    return text != _ORDINARY and _consists_of_phrases(words.split())


def _consists_of_phrases(words: list[str]) -> bool:
    """Whether the words are phrases, at least one, and what stands beside them."""
    if not _ALL_WORDS.issuperset(words):
        return False
    found, start = False, 0
    while start < len(words):
        for length in range(min(_WORDS_OF_PHRASES, len(words) - start), 0, -1):
            if " ".join(words[start : start + length]) in _PHRASES:
                found, start = True, start + length
                break
        else:
            if words[start] not in _BESIDE:
                return False
            start += 1
    return found
