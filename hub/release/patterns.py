"""What looks like somebody or something of somebody's in free text: mail addresses, telephone and identity numbers …

For texts that an officer wants to let out as they stand, and for values in which such things do not belong. Rules,
no guessing: what is found is shown, and the officer rewrites the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

EMAIL: Final = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")
USER_PATH: Final = re.compile(
    r"[a-z]:[\\/](?:users|documents and settings)[\\/]+[^\\/\s\"'<>|]+|\\\\[\w.$-]+\\[^\s\"'<>|]+|/(?:home|Users)/[\w.-]+",
    re.IGNORECASE,
)
# Accounts that every Windows machine has: they name nobody.
_NOBODY: Final = re.compile(r"[a-z]:[\\/]users[\\/]+(?:public|default|all users|%\w+%|\*)(?:[\\/]|$)", re.IGNORECASE)
_URL: Final = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>]+", re.IGNORECASE)
_CODES: Final = "60|61|62|63|65|66|84|855|856|95|673|670"
_PHONE: Final = re.compile(
    rf"(?:\+|\b00)(?:{_CODES}|\d{{1,3}})[\s().-]*(?:\d[\s().-]*){{6,12}}\d|\b0\d{{1,3}}[\s-]\d{{3,4}}[\s-]?\d{{3,4}}\b"
)
_NRIC_MY: Final = re.compile(r"\b\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-?\d{2}-?\d{4}\b")
_NRIC_SG: Final = re.compile(r"\b[STFGM]\d{7}[A-Z]\b", re.IGNORECASE)
_NIK_ID: Final = re.compile(r"\b\d{16}\b")
_ID_TH: Final = re.compile(r"\b\d-?\d{4}-?\d{5}-?\d{2}-?\d\b")
_ID_PH: Final = re.compile(r"\b\d{4}-\d{4}-\d{4}-\d{4}\b|\b\d{2}-\d{7}-\d\b")
_ID_VN: Final = re.compile(r"\b\d{12}\b")
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?\b")
_CARD: Final = re.compile(r"\b(?:\d[ -]?){12,18}\d\b")
_IPV4: Final = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?![\w.]*\d)")
_IPV6: Final = re.compile(r"(?<![\w:])(?:[0-9a-f]{1,4}:){2,7}(?::|[0-9a-f]{1,4})[0-9a-f:]*(?:/\d{1,3})?", re.IGNORECASE)
_HOST: Final = re.compile(r"(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:[a-z]{2,24})(?![\w@-])", re.IGNORECASE)
_WALLET: Final = re.compile(r"\b(?:bc1[a-z0-9]{20,80}|[13][1-9A-HJ-NP-Za-km-z]{25,34}|0x[0-9a-fA-F]{40})\b")


@dataclass(frozen=True, slots=True)
class Span:
    """Something found in a text: what kind of thing, and the characters themselves."""

    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind} “{self.text}”"


def _luhn(text: str) -> bool:
    digits = [int(character) for character in text if character.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _thai(text: str) -> bool:
    digits = [int(character) for character in text if character.isdigit()]
    return (
        11 - sum(digit * weight for digit, weight in zip(digits, range(13, 1, -1), strict=False)) % 11
    ) % 10 == digits[12]


def _iban(text: str) -> bool:
    plain = re.sub(r"\s", "", text)
    number = "".join(str(int(character, 36)) for character in plain[4:] + plain[:4])
    return int(number) % 97 == 1


_KINDS: Final[tuple[tuple[str, re.Pattern[str], Callable[[str], bool] | None], ...]] = (
    ("e-mail address", EMAIL, None),
    ("path with a user's name", USER_PATH, lambda text: not _NOBODY.match(text)),
    ("URL", _URL, None),
    ("IPv4 address", _IPV4, None),
    ("IPv6 address", _IPV6, None),
    ("host name", _HOST, None),
    ("wallet", _WALLET, None),
    ("identity number (MY)", _NRIC_MY, None),
    ("identity number (SG)", _NRIC_SG, None),
    ("identity number (TH)", _ID_TH, _thai),
    ("identity number (ID)", _NIK_ID, None),
    ("identity number (PH)", _ID_PH, None),
    ("identity number (VN)", _ID_VN, None),
    ("bank account", _IBAN, _iban),
    ("payment card", _CARD, _luhn),
    ("telephone number", _PHONE, None),
)


def spans(text: str) -> Iterator[Span]:
    """Everything in the text that looks like somebody or something of somebody's."""
    for kind, pattern, check in _KINDS:
        for match in pattern.finditer(text):
            if check is None or check(match[0]):
                yield Span(kind, match[0])


def intruders(value: str) -> Iterator[Span]:
    """What has no place in an adversary's URL, file name or key: somebody's mail address, or the path of a user."""
    for kind, pattern, check in _KINDS[:2]:
        for match in pattern.finditer(value):
            if check is None or check(match[0]):
                yield Span(kind, match[0])
