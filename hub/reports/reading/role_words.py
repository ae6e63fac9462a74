"""Words in a comment on a value that tell its owner: a victim, or a hacked third party. One table for all formats.

The words are in English and in the languages in which CERTs of the region write their notes. The comparison ignores case
and width. `roles.apply_comment` decides about a comment that also has a word for the adversary ("C2 called by the victim").
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

VICTIM_WORDS: Final[tuple[str, ...]] = (
    # English
    "victim", "victims", "victim's", "victimised", "victimized", "infected", "affected", "our customer", "our client",
    "our constituent", "our user", "our member", "constituent", "customer of ours", "customer's", "patched", "unpatched",
    "exposed", "vulnerable", "misconfigured", "attacked host", "attacked server", "targeted host", "targeted server",
    "targeted user", "targeted organisation", "targeted organization", "impersonated", "spoofed", "stolen account",
    "leaked account", "target host", "target server", "target system", "target site", "target ip", "target of the attack",
    "target of attack", "attack target", "the target",
    # Indonesian, Malay, Brunei
    "korban", "mangsa", "terinfeksi", "terjangkit", "dijangkiti", "dijangkit", "terkena", "terdampak", "terjejas",
    "rentan", "terdedah", "terekspos", "pelanggan kami", "diserang", "ditambal", "ditampal", "sasaran serangan", "target serangan",
    # Filipino, Tetum, Portuguese
    "biktima", "nabiktima", "naimpeksyon", "nahawa", "apektado", "kliyente namin", "vítima", "vitima", "infetadu",
    # Vietnamese
    "nạn nhân", "bị tấn công", "bị nhiễm", "nhiễm mã độc", "bị ảnh hưởng", "bị hại", "khách hàng của", "bị lộ", "mục tiêu tấn công",
    # Thai, Lao, Khmer, Burmese
    "เหยื่อ", "ผู้เสียหาย", "เป้าหมายการโจมตี", "ถูกโจมตี", "ติดมัลแวร์", "ติดไวรัส", "ติดเชื้อ", "ได้รับผลกระทบ", "ลูกค้าของเรา",
    "ຜູ້ເຄາະຮ້າຍ", "ເຫຍື່ອ", "ຖືກໂຈມຕີ", "ຕິດໄວຣັສ", "ជនរងគ្រោះ", "រងគ្រោះ", "ត្រូវបានវាយប្រហារ", "ឆ្លងមេរោគ",
    "သားကောင်", "ခံရသူ", "တိုက်ခိုက်ခံရ", "ဗိုင်းရပ်စ်ကူးစက်",
    # Chinese, Tamil
    "受害", "被攻击", "被攻擊", "受感染", "被感染", "பாதிக்கப்பட்ட",
)  # fmt: skip
"""Words that say that a value belongs to a victim."""

COMPROMISE_WORDS: Final[tuple[str, ...]] = (
    # English
    "compromised", "hacked", "hijacked", "defaced", "breached", "webshell", "web shell", "backdoored", "taken over",
    "pwned", "abused server", "abused site", "abused host", "legitimate site", "legitimate website", "legitimate server",
    # Indonesian, Malay, Brunei
    "diretas", "teretas", "dibobol", "digodam", "dibajak", "dikompromi", "dikompromikan", "terkompromi", "diceroboh",
    "dirampas",
    # Filipino, Tetum, Portuguese
    "na-hack", "nahack", "nakompromiso", "na-kompromiso", "comprometido", "hackeado",
    # Vietnamese
    "bị hack", "bị xâm nhập", "bị chiếm quyền", "bị thỏa hiệp",
    # Thai, Lao, Khmer, Burmese
    "ถูกแฮก", "ถูกแฮ็ก", "โดนแฮก", "โดนแฮ็ก", "ถูกเจาะ", "ถูกบุกรุก", "ຖືກແຮັກ", "ຖືກເຈາະ", "ត្រូវបានគេហេក", "ត្រូវបានហេក",
    "ဟက်ခံရ", "ဟက်ခ်ခံရ", "ထိုးဖောက်ခံရ",
    # Chinese, Tamil
    "被黑", "被入侵", "被攻陷", "失陷", "ஹேக் செய்யப்பட்ட",
)  # fmt: skip
"""Words that say that a host or mailbox was hacked, so that it belongs to a third party."""

ADVERSARY_WORDS: Final[tuple[str, ...]] = (
    "c2", "c&c", "cnc", "command and control", "callback", "beacon", "attacker", "attacker's", "adversary", "actor",
    "threat actor", "malicious", "phishing", "phish", "exfiltration", "exfiltrated", "scanner", "scanning", "scans",
    "brute force", "brute-force", "dropper", "botnet", "penyerang", "pelaku", "peretas", "penggodam", "kẻ tấn công",
    "ผู้โจมตี", "攻击者", "攻擊者",
)  # fmt: skip
"""Words that say that a value is the adversary's, so that a word of the other lists may be about another host."""

# Words that mean a victim only if they are the whole comment.
_TARGET_WORDS: Final = frozenset({"target", "sasaran", "mục tiêu", "เป้าหมาย", "目标", "目標", "alvo"})


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern for the words: whole words in scripts that separate words by blanks, else any part of a text."""
    alternatives = []
    for word in sorted(map(_fold, words), key=len, reverse=True):
        text = r"\s+".join(re.escape(part) for part in word.split())
        separated = word[0] < "\u0e00" or "\u1e00" <= word[0] < "\u2000"
        alternatives.append(rf"(?<!\w){text}(?!\w)" if separated else text)
    return re.compile("|".join(alternatives))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())


def victim_word(comment: str) -> str | None:
    """Return the word of a comment that says that the value belongs to a victim; "target" must be the whole comment."""
    whole_comment = _fold(comment).strip(" .:") if comment else ""
    return whole_comment if whole_comment in _TARGET_WORDS else _first_match(VICTIM_WORDS, comment)


def compromise_word(comment: str) -> str | None:
    """Return the word of a comment that says that the value belongs to a hacked third party."""
    return _first_match(COMPROMISE_WORDS, comment)


def adversary_word(comment: str) -> str | None:
    """Return the word of a comment that says that the value is the adversary's."""
    return _first_match(ADVERSARY_WORDS, comment)


def _first_match(words: tuple[str, ...], comment: str) -> str | None:
    match = _pattern(words).search(_fold(comment)) if comment else None
    return match[0] if match else None
