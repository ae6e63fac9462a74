"""Values that lead to the victim without naming it: an officer has to approve each of them.

Anybody with access to the other end of such a link can find the victim: the ledger of a wallet shows who paid, the hash of a
leaked document can be compared, a domain SID or the name of a machine is the same in other leaks.

| Link | Searched for in |
|---|---|
| wallet, bank account, telephone number | indicators of these types |
| document of the victim | files of a case of leaked data, except malware and programs; files with a document's extension, if data were lost; files that a comment calls a stolen document, or somebody's |
| SID of a Windows domain, internal host name, private address | URLs, file names, accounts, keys, mutexes, subjects, rules |
| user or machine that called | parameters of a URL, by their names |
| account, card, identity and registration numbers, BIN | text after a word for such a number |

Each text is decoded from every encoding (`encodings`). `patterns.identifying_spans_in_value` finds paths with the name of a
user, and mail addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from hub.release.encodings import readings
from hub.release.patterns import COMMON_ACCOUNTS
from hub.reports.impacts import ConfidentialityImpact
from hub.reports.observables import Observable, ObservableType
from hub.reports.reading.role_words import victim_word
from hub.reports.report import Report, ReportKind

ACCOUNTS: Final = {
    ObservableType.WALLET: "a wallet: its ledger shows who paid",
    ObservableType.BANK_ACCOUNT: "a bank account: its bank knows who paid, and it may be a hacked customer's",
    ObservableType.PHONE: "a telephone number: the name of its owner may have been misused",
}
"""The types about which an officer always decides, regardless of the role, with the reason."""
_TEXT_TYPES: Final = frozenset(
    {
        ObservableType.URI_PATH,
        ObservableType.NAMED_PIPE,
        ObservableType.PDB_PATH,
        ObservableType.URL,
        ObservableType.EMAIL_MESSAGE,
        ObservableType.FILE,
        ObservableType.MUTEX,
        ObservableType.REGISTRY_KEY,
        ObservableType.USER_ACCOUNT,
        ObservableType.SOFTWARE,
        ObservableType.USER_AGENT,
        ObservableType.PATTERN,
    }
)
_LEAK_TYPES: Final = frozenset({"data-leak", "data-loss", "unauthorised-information-access"})  # types of RSIT
_LEAK_EVENTS: Final = frozenset(
    "data-exfiltration deletion-information theft-access-credentials unauthorized-access-information unauthorized-release".split()
)
_LOSS_TYPES: Final = frozenset({"confirmed-loss", "suspected-loss", "exploited-loss", "contained"})
_DOCUMENT_NAME: Final = re.compile(
    r"\.(?:accdb|bak|csv|dbf|docx?|dump|dwg|eml|key|mdb|msg|numbers|od[pst]|pages|pdf|pptx?|pst|rtf|sql|tsv|txt|vsdx?|xlsb?|xlsx)$",
    re.IGNORECASE,
)
_PROGRAM_NAME: Final = re.compile(
    r"\.(?:apk|bat|bin|cmd|com|cpl|dll|elf|exe|hta|img|iso|jar|jse?|lnk|msi|ps1|py|scr|sh|so|sys|vb[es]|wsf|xll)$",
    re.IGNORECASE,
)

# Words in comments on a file, in English and in languages of the region.
_DOCUMENT_WORDS: Final = re.compile(
    r"(?<!\w)(?:documents?|spreadsheets?|contracts?|payroll|invoices?|databases?|dumps?|backups?|archives?|records?|passports?|"
    r"scans? of|photos?|files?|dokumen|berkas|fail|lembar|surat|arsip|dokumento|tài liệu|tập tin|hồ sơ|documentos?|ficheiros?)(?!\w)"
    r"|เอกสาร|ไฟล์|ឯកសារ|ເອກະສານ|စာရွက်စာတမ်း|文件|文档|文檔|ஆவண",
    re.IGNORECASE,
)
_STOLEN_WORDS: Final = re.compile(
    r"(?<!\w)(?:stolen|leaked|exfiltrated|encrypted|published|confidential|internal|customer|employee|patient|dicuri|bocor|"
    r"terenkripsi|rahasia|sulit|ninakaw|bị đánh cắp|rò rỉ|mật|roubad[oa]s?)(?!\w)|ถูกขโมย|รั่วไหล|ลับ|泄露|外洩|被盗|被盜",
    re.IGNORECASE,
)

_LURE_WORDS: Final = re.compile(
    r"malicious|malware|phish|lure|decoy|bait|dropp|weaponi|macro|exploit|ransom|encryptor|trojan|loader|payload|beacon|"
    r"berbahaya|umpan|độc hại|มัลแวร์|恶意|惡意",
    re.IGNORECASE,
)

_SID: Final = re.compile(r"S-1-5-21(?:-\d{1,10}){3,4}", re.IGNORECASE)
_INTERNAL_HOST: Final = re.compile(
    r"(?<![\w.-])(?:[\w-]+\.)+(?:local|localdomain|lan|internal|intranet|intra|corp|ad)(?![\w.-])"
    r"|\b(?:DESKTOP|LAPTOP|WIN)-[A-Z0-9]{7,11}\b"
    r"|\b[A-Z][A-Z0-9]{1,14}(?:-[A-Z0-9]{1,14}){0,3}-?"
    r"(?:AD|ADFS|APP|BKP|CA|DB|DC|ESX|EXCH|FILE|FS|HV|LT|MAIL|NAS|NB|PC|PRINT|RDS|SQL|SRV|SVR|TS|VPN|WEB|WKS|WS)-?\d{1,4}\b"
)
_PRIVATE_ADDRESS: Final = re.compile(
    r"(?<![\d.])(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})(?![\d.]*\d)"
)
_CALLER_PARAMETER: Final = re.compile(
    r"[?&;](?:comp(?:uter)?_?(?:name)?|host_?(?:name)?|machine_?(?:name)?|pc_?(?:name)?|user_?(?:name)?|usr|login|victim|"
    r"company|org)=([^&#;\s]{2,})",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(
    r"(?<![a-z])(?:acc(?:oun)?t|account_?(?:no|number)|a/c|rek(?:ening)?|no_?rek|iban|card|kartu|bin|nik|nric|npwp|nip|ssm|uen|tin|"
    r"reg_?(?:no|number)?|passport|policy|polis)[\s:=#._/-]{1,3}(?:no\.?\s*)?([A-Z]{0,2}\d[\d -]{4,22}\d)",
    re.IGNORECASE,
)
_KINDS: Final = (
    ("a Windows domain's or user's SID", _SID),
    ("the name of an internal machine", _INTERNAL_HOST),
    ("a private address", _PRIVATE_ADDRESS),
    ("who or what called it", _CALLER_PARAMETER),
    ("an account, card, identity or registration number", _NUMBER),
)


class Link(NamedTuple):
    """Something in a value that leads to the victim: its kind, and the text that shows it."""

    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind} “{self.text}”" if self.text else self.kind


def links(item: Observable, report: Report) -> list[Link]:
    """The links in an observable of the report, each once."""
    if item.type in ACCOUNTS:
        return [Link(ACCOUNTS[item.type], "")]
    distinct_links = dict.fromkeys(_document_links(item, report))
    if item.type in _TEXT_TYPES:
        text = item.pattern or item.value
        for kind, pattern in _KINDS:
            for reading in readings(text):
                if reading.is_clean:
                    distinct_links |= {
                        Link(kind, match[0].lstrip("?&;")): None
                        for match in pattern.finditer(reading.text)
                        if (match[match.lastindex or 0]).casefold() not in COMMON_ACCOUNTS
                    }
    return list(distinct_links)


def is_leak(report: Report) -> bool:
    """Whether the case is about data that were read, leaked or lost."""
    if report.kind is not ReportKind.CASE:
        return False
    return any(kind in _LEAK_TYPES for _, kind in report.rsit) or not _LEAK_EVENTS.isdisjoint(report.incident_types)


def _document_links(item: Observable, report: Report) -> Iterator[Link]:
    if item.type is not ObservableType.FILE or item.malware is not None or report.kind is not ReportKind.CASE:
        return
    name = (item.file.name if item.file else item.value) or ""
    if _PROGRAM_NAME.search(name):
        return
    comment = item.description or ""
    if (word := _DOCUMENT_WORDS.search(comment)) and not _LURE_WORDS.search(comment) and _has_owner(comment):
        yield Link("a document, as its comment says: it may be the victim's own", word[0])
        return
    if is_leak(report) and (not report.malware or _DOCUMENT_NAME.search(name)):
        yield Link("a file of a case of leaked data: it may be the victim's own", name)
    elif _DOCUMENT_NAME.search(name) and _has_lost_data(report):
        yield Link("a document of a case in which data were lost: it may be the victim's own", name)


def _has_owner(comment: str) -> bool:
    return bool(victim_word(comment) or _STOLEN_WORDS.search(comment))


def _has_lost_data(report: Report) -> bool:
    losses = (impact for impact in report.impacts if isinstance(impact, ConfidentialityImpact))
    return report.timeline.exfiltrated is not None or any(loss.loss_type in _LOSS_TYPES for loss in losses)
