"""Classifications and caveats other than TLP, such as `NATO RESTRICTED`, `SULIT` or `eyes only`.

National law and treaties say who may read such objects, and the hub does not know whether its readers may. So an object
with a classification is refused with a message, and never treated as unmarked.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# For lower-case ASCII words with one space between them, from `level_words.plain_words`.
_PHRASES: Final = frozenset(
    (
        "top secret|secret|confidential|restricted|official sensitive|classified|strictly confidential|official use only|fouo|"
        "noforn|orcon|sensitive but unclassified|law enforcement sensitive|eyes only|internal use only|do not share|"
        "do not distribute|do not disseminate|do not forward|not for distribution|not for public release|not for onward sharing|"
        "outside your organisation|outside your organization|your organisation only|your organization only|"
        "cosmic top secret|atomal|tres secret|restreint|diffusion restreinte|confidentiel|secret defense|confidentiel defense|"
        "geheim|streng geheim|nfd|vs nfd|not for release|internal use|restricted distribution|vs vertraulich|nur fur den dienstgebrauch|"
        "sangat rahasia|rahasia|rahsia|rahsia besar|sulit|terhad|muito secreto|secreto|confidencial"
    ).split("|")
)
_ACCOMPANYING_WORDS: Final = frozenset(  # beside such a phrase; alone they mean nothing
    (
        "classification classified security level handling marking marked caveat protective document information data report this is "
        "as and for nato eu ue asean uk us au nz sg my id ph bn rel to si tk vs klasifikasi tahap tingkat kategori sifat"
    ).split()
)
_ALL_WORDS: Final = _ACCOMPANYING_WORDS.union(word for phrase in _PHRASES for word in phrase.split())
_WORDS_OF_PHRASES: Final = max(phrase.count(" ") for phrase in _PHRASES) + 1
_ORDINARY_WORD: Final = "sulit"  # alone and in small letters an ordinary word of Indonesian and Filipino
_PHRASES_IN_OTHER_SCRIPTS: Final = frozenset(
    unicodedata.normalize("NFKC", text).casefold()
    for text in (
        "mật|tối mật|tuyệt mật|ลับ|ลับมาก|ลับที่สุด|ປິດລັບ|ລັບ|ລັບທີ່ສຸດ|សម្ងាត់|សម្ងាត់បំផុត|លាក់|လျှို့ဝှက်|ထိပ်တန်းလျှို့ဝှက်|အတွင်းရေး|"
        "秘密|机密|機密|绝密|絕密|極秘|비밀|대외비"
    ).split("|")
)
# Before the value of a machine tag: the value is a classification.
_CLASSIFICATION_TAG: Final = re.compile(
    r"classif|klasifikasi|einstuf|(?<![a-z])(?:nato|euci)(?![a-z])|security|caveat|protective"
)
_SHORT_FORMS: Final = frozenset(("cts", "cts b", "cts a", "ns", "ns a", "nc", "nc a", "nr", "ts"))  # of NATO's
# Values of a property about handling, in the words of IODEF, n6 and ThreatStream, for objects that must not be passed on.
_PRIVATE_WORDS: Final = frozenset(("private", "internal", "need to know"))
_CHARACTERS: Final = 80  # of a marking at most; a longer text is prose


def is_in_tag(words_before: str, words: str) -> bool:
    """Whether a machine tag such as `nato:classification="NS"` is a classification; `words_before` is the part before its value."""
    return _CLASSIFICATION_TAG.search(words_before) is not None and (
        words in _SHORT_FORMS or _consists_of_phrases(words.split())
    )


def forbids_sharing(words: str) -> bool:
    """Whether the value of a property about handling says that the object must not be passed on."""
    return words in _PRIVATE_WORDS


def is_classification(text: str, words: str) -> bool:
    """Whether a whole text is a classification or a caveat; `words` is the same text as plain words."""
    if len(text) > _CHARACTERS:
        return False
    if not text.isascii():
        marking = (
            unicodedata.normalize("NFKC", text).casefold().rpartition(":")[2]
        )  # the text, or `mật` in `độ mật: mật`
        if marking.strip(" \"'.") in _PHRASES_IN_OTHER_SCRIPTS:
            return True
    return text != _ORDINARY_WORD and _consists_of_phrases(words.split())


def _consists_of_phrases(words: list[str]) -> bool:
    """Whether the words are one or more phrases with accompanying words."""
    if not _ALL_WORDS.issuperset(words):
        return False
    has_phrase, start = False, 0
    while start < len(words):
        for length in range(min(_WORDS_OF_PHRASES, len(words) - start), 0, -1):
            if " ".join(words[start : start + length]) in _PHRASES:
                has_phrase, start = True, start + length
                break
        else:
            if words[start] not in _ACCOMPANYING_WORDS:
                return False
            start += 1
    return has_phrase
