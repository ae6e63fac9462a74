"""What looks like somebody or something of somebody's: mail addresses, telephone and identity numbers, hosts, accounts …

For texts that an officer wants to approve unchanged, and for values in which such things do not belong. Numbers with
a check digit are checked by python-stdnum, which is loaded when the first candidate is met.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

EMAIL: Final = re.compile(r"(?<![\w.+%'-])[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")
USER_PATH: Final = re.compile(
    r"[a-z]:[\\/](?:users|documents and settings)[\\/]+[^\\/\s\"'<>|]+|\\\\[\w.$-]+\\[^\s\"'<>|]+|/(?:home|Users)/[\w.-]+",
    re.IGNORECASE,
)
# Accounts that every Windows machine has: they name nobody.
_NOBODY: Final = re.compile(r"[a-z]:[\\/]users[\\/]+(?:public|default|all users|%\w+%|\*)(?:[\\/]|$)", re.IGNORECASE)
_URL: Final = re.compile(r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}://[^\s\"'<>]+", re.IGNORECASE)
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
_WALLET: Final = re.compile(
    r"\b(?:bc1[a-z0-9]{20,80}|[13][1-9A-HJ-NP-Za-km-z]{25,34}|0x[0-9a-fA-F]{40}|[48][1-9A-HJ-NP-Za-km-z]{94}"
    r"|T[1-9A-HJ-NP-Za-km-z]{33}|[LM][1-9A-HJ-NP-Za-km-z]{26,33}|ltc1[a-z0-9]{20,80})\b"
)
_DIGEST: Final = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_SID: Final = re.compile(r"\bS-1-5-21(?:-\d{1,10}){3,4}\b", re.IGNORECASE)
# A host in a domain that exists inside one organisation only, or called as Windows or an administrator calls machines.
_INTERNAL_DOMAIN: Final = re.compile(
    r"(?<![\w.-])(?:[\w-]+\.)+(?:local|localdomain|lan|corp|internal|intranet|intra|private|priv|home\.arpa)(?![\w.-])",
    re.IGNORECASE,
)
_INTERNAL_NAME: Final = re.compile(
    r"(?<![\w-])(?:(?:DESKTOP|LAPTOP|WIN)-[A-Z0-9]{7,11}"
    r"|[A-Z][A-Z0-9]{1,7}-(?:[A-Z0-9]{2,8}-){0,2}(?:DC|FS|DB|SQL|EX|EXCH|MAIL|FILE|APP|WEB|PC|WS|NB|LT|SRV|SVR|VM)-?\d{1,3})"
    r"(?![\w-])"
)
_MACHINE_PARAMETER: Final = re.compile(
    r"[?&;](?:host|hostname|computer|computername|pc|pcname|machine|user|username|usr|uname)=([^&#;\s\"']{3,64})",
    re.IGNORECASE,
)
_DIGITS: Final = r"\d(?:[\d -]{3,22}\d)"
_ACCOUNT: Final = re.compile(
    rf"\b(?:account|acct|a/c|acc|rekening|norek|no\.? ?rek|akaun|rekeningnya|số tài khoản|stk|conta)\b[^\d\n]{{0,20}}{_DIGITS}"
    rf"|(?:บัญชี|เลขที่บัญชี|账户|账号|帳戶|帳號|គណនី|ບັນຊີ|စာရင်း)[^\d\n]{{0,20}}{_DIGITS}",
    re.IGNORECASE,
)
_BIN: Final = re.compile(r"\b(?:BINs?|IINs?)\b[^\d\n]{0,12}\d{6,8}(?:(?:\s*(?:,|and|or|dan|/|&)\s*)\d{6,8})*")
# A bank's identifier (ISO 9362) in capitals, of a member's country; in small letters behind a word that says what it is.
_COUNTRY: Final = "(?:BN|KH|ID|LA|MY|MM|PH|SG|TH|TL|VN)"
_BIC: Final = re.compile(
    rf"(?<![A-Za-z0-9])[A-Z]{{4}}{_COUNTRY}[A-Z0-9]{{2}}(?:[A-Z0-9]{{3}})?(?![A-Za-z0-9])"
    rf"|(?i:(?<![a-z])(?:bic|swift|swift[ _-]?code)[=:/ _-]{{1,3}}([a-z]{{4}}{_COUNTRY}[a-z0-9]{{2}}(?:[a-z0-9]{{3}})?)(?![a-z0-9]))"
)
# Words in capitals that have the form of one.
_NO_BIC: Final = frozenset(
    "PROVIDER PROVIDED PROVIDES CONSIDER OUTSIDER OUTSIDES PRESIDED PRESIDES TEMPLATE MAINLAND HIGHLAND PORTLAND FARMLAND "
    "PARKLAND WOODLAND MOORLAND HOMELAND SHUTTLES OVERLAND OVERLAPS OVERLAYS POPULATE SIMULATE REGULATE".split()
)
_REGISTRATION: Final = re.compile(
    r"\b(?:company|registration|reg\.?|regn|ssm|roc|uen|npwp|nib|siup|mst|mã số thuế|tin|nit|co\.? ?no|no\.? ?syarikat|"
    r"business)\b[^\d\n]{0,24}[A-Z]{0,3}\d[\dA-Z.-]{4,20}(?:\s*\(\d[\dA-Z-]{3,10}\))?"
    r"|\b(?:19|20)\d{2}0[1-6]\d{6}\b|\b\d{4,7}-[A-Z]\b"
    r"|\b\d{2}\.\d{3}\.\d{3}\.\d-\d{3}\.\d{3}\b|\b(?:\d{8,9}|[TSR]\d{2}[A-Z]{2}\d{4})[A-Z]\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Span:
    """Something in a text: what kind of thing, the characters themselves, and where they stand."""

    kind: str
    text: str
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return f"{self.kind} “{self.text}”"


def _luhn(text: str) -> bool:
    from stdnum import luhn  # noqa: PLC0415  loaded when the first candidate is met

    return bool(luhn.is_valid(re.sub(r"\D", "", text)))


def _thai(text: str) -> bool:
    from stdnum.th import pin  # noqa: PLC0415  as above

    return bool(pin.is_valid(text))


def _iban(text: str) -> bool:
    from stdnum import iban  # noqa: PLC0415  as above

    return bool(iban.is_valid(text, check_country=False))


Check = Callable[[str], bool]
Kind = tuple[str, re.Pattern[str], Check | None]

# What has no place in an adversary's URL, file name, key or rule.
_IN_VALUES: Final[tuple[Kind, ...]] = (
    ("e-mail address", EMAIL, None),
    ("path with a user's name", USER_PATH, lambda text: not _NOBODY.match(text)),
    ("security identifier", _SID, None),
    ("internal host name", _INTERNAL_DOMAIN, None),
    ("internal host name", _INTERNAL_NAME, None),
    ("host or user in a parameter", _MACHINE_PARAMETER, None),
    ("wallet", _WALLET, lambda text: _DIGEST.fullmatch(text) is None),
    ("account number", _ACCOUNT, None),
    ("bank account", _IBAN, _iban),
    ("card numbers' first digits", _BIN, None),
    ("bank's identifier", _BIC, lambda text: text not in _NO_BIC),
)
_IN_TEXTS: Final[tuple[Kind, ...]] = (
    *_IN_VALUES,
    ("URL", _URL, None),
    ("IPv4 address", _IPV4, None),
    ("IPv6 address", _IPV6, None),
    ("host name", _HOST, None),
    ("registration number", _REGISTRATION, None),
    ("identity number (MY)", _NRIC_MY, None),
    ("identity number (SG)", _NRIC_SG, None),
    ("identity number (TH)", _ID_TH, _thai),
    ("identity number (ID)", _NIK_ID, None),
    ("identity number (PH)", _ID_PH, None),
    ("identity number (VN)", _ID_VN, None),
    ("payment card", _CARD, _luhn),
    ("telephone number", _PHONE, None),
)


ASKED: Final = frozenset({
    "security identifier", "internal host name", "host or user in a parameter", "card numbers' first digits",
    "registration number", "account number", "bank's identifier",
    "identity number (VN)",  # twelve digits without a check digit: as often a company's registration
})  # fmt: skip
"""Kinds that may stand in a text which an officer approves with a reason. All others are refused: they are somebody's."""


def spans(text: str) -> Iterator[Span]:
    """Everything in the text that looks like somebody or something of somebody's."""
    return _found(text, _IN_TEXTS)


def intruders(value: str) -> Iterator[Span]:
    """What an officer is asked about in an adversary's value: somebody's mail address, a user, a machine, a wallet …"""
    return _found(value, _IN_VALUES)


def _found(text: str, kinds: tuple[Kind, ...]) -> Iterator[Span]:
    for kind, pattern, check in kinds:
        for match in pattern.finditer(text):
            if check is None or check(match[0]):
                group = match.lastindex or 0
                yield Span(kind, match[group], match.start(group), match.end(group))
