"""Find spans in a text that may identify the victim although they are not on the deny-list.

`suspicious_spans(text, hits)` depends only on the text and on the scanner's hits in it. It finds superlatives ("the only
port"), exact durations, times and amounts, places, numbers that may identify somebody, initials, hosts, names of people,
organisations and products, and words in another script, with digits for letters, or backwards. Each span has a reason.

An officer who wants to approve a text sees the spans, and must give a reason for approving it despite them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from hub.release.names import UNSPACED, load_lexicon, load_word_table, split_words
from hub.release.patterns import identifying_spans
from hub.release.scan import Hit

MAX_TEXT: Final = 100_000  # characters of a text that are read; the remainder is one suspicious span


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A span of a text, its kind, and the reason why it may identify the victim."""

    kind: str
    start: int
    end: int
    text: str
    reason: str

    def __str__(self) -> str:
        return f"“{self.text}” ({self.reason})"


_REASONS: Final = {
    "superlative": "says that there is only one, or which one it is",
    "duration": "an exact duration: the press may have reported it",
    "time": "an exact time: the press may have reported it",
    "amount": "an exact amount or count: the press may have reported it",
    "place": "a place",
    "number": "a number that may be an account, a registration or an identity",
    "initials": "an abbreviation that may be somebody's initials",
    "host": "looks like the name of a machine inside an organisation",
    "leet": "digits among letters, which may stand for letters",
    "backwards": "may be a name written backwards",
    "script": "in another script, which is searched through transliterations only",
    "person": "looks like the name of a person",
    "organisation": "looks like the name of an organisation",
    "product": "looks like the name of a product or service",
    "institution": "a country has one or a few of these",
    "office": "an office whose holder everybody knows",
    "trait": "a trait of one organisation",
    "kind": "says what kind of organisation it is, of which there may be few",
    "hint": "says where its name is published, how it is written, or that it is the same as another",
    "hash": "the hash value of what may be a stolen document: anybody who has the document can compare it",
    "file": "the name of a file, which can be compared with what was leaked",
    "long": "is too long to be searched",
}


def suspicious_spans(text: str, hits: Iterable[Hit] = ()) -> list[Suspicion]:
    """The suspicious spans of a text, in order. `hits` are the scanner's hits in the same text."""
    suspicions = [
        Suspicion("similar" if not hit.is_exact else "exact", hit.start, hit.end, hit.text, hit.description)
        for hit in hits
    ]
    if len(text) > MAX_TEXT:
        suspicions.append(_suspicion("long", text, MAX_TEXT, len(text)))
        text = text[:MAX_TEXT]
    suspicions += [
        Suspicion(
            suspicion.kind,
            suspicion.start,
            suspicion.end,
            suspicion.text,
            f"{suspicion.kind}: it may identify somebody",
        )
        for suspicion in identifying_spans(text)
    ]
    public_spans = _public_identifiers(text)
    for kind, start, end in _kinds_and_spans(text):
        if not any(first <= start and end <= last for first, last in public_spans):
            suspicions.append(_suspicion(kind, text, start, end))
    return _order(suspicions)


def _suspicion(kind: str, text: str, start: int, end: int) -> Suspicion:
    return Suspicion(kind, start, end, text[start:end][:120], _REASONS[kind])


def _order(suspicions: list[Suspicion]) -> list[Suspicion]:
    """The suspicions in the order of the text, without overlaps of one kind, and without numbers inside other suspicions."""
    distinct: list[Suspicion] = []
    ends: dict[str, int] = {}  # by kind: the end of its spans up to here
    for suspicion in sorted(dict.fromkeys(suspicions), key=lambda suspicion: (suspicion.start, -suspicion.end)):
        reach = max(ends.values(), default=0) if suspicion.kind in _WEAK_KINDS else ends.get(suspicion.kind, 0)
        if reach < suspicion.end:
            distinct.append(suspicion)
            ends[suspicion.kind] = suspicion.end
    return distinct


# Kinds that add nothing to a span of another kind.
_WEAK_KINDS: Final = frozenset({"number", "amount", "initials", "product"})

# Identifiers of weaknesses, techniques and updates, versions and hash values: they have digits, but are public.
_PUBLIC_IDENTIFIER: Final = re.compile(
    r"\b(?:CVE-\d{4}-\d{4,7}|CWE-\d+|CAPEC-\d+|T[AS]?\d{4}(?:\.\d{3})?|KB\d{6,8}|MS\d{2}-\d{3}|GHSA(?:-\w{4}){3}|SHA-?\d{1,3}"
    r"|AES-?\d{3}|UTF-?\d{1,2}|ISO[ /]?\d+|X-ARF|RFC ?\d+|TLS ?v?1\.\d|IPv[46]|RC4|MD[45]|BASE(?:16|32|64|85)|[0-9a-fA-F]{32,128}"
    r"|x(?:86|64)|win(?:32|64)|UNC\d{2,5}|TA\d{3,4}|APT-?\d{1,3}|FIN\d{1,2}|Storm-\d{3,5}|port \d{1,5}|tcp[/ ]\d{1,5}|udp[/ ]\d{1,5})\b",
    re.IGNORECASE,
)


def _public_identifiers(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _PUBLIC_IDENTIFIER.finditer(text)]


@lru_cache(maxsize=1)
def _expressions() -> tuple[tuple[str, re.Pattern[str]], ...]:
    table = load_word_table("suspicious_words")
    superlatives = "|".join(expression for group in table["superlatives"].values() for expression in group)
    unspaced_superlatives = "|".join(word for group in table["superlatives_without_spaces"].values() for word in group)
    units, places = table["units"], table["places"]
    durations, magnitudes, currencies = (_alternatives(units[key]) for key in ("durations", "magnitudes", "currencies"))
    number = r"\d[\d.,]{0,20}"  # all repetitions are bounded: the cost is linear in the text
    cities = "|".join(sorted(map(re.escape, _cities()), key=len, reverse=True))
    titles = _alternatives(table["people"]["titles"])
    unique = {name: _alternatives(entries) for name, entries in table["unique"].items() if isinstance(entries, str)}
    unspaced_institutions = "|".join(map(re.escape, table["unique"]["institutions_without_spaces"]))
    any_number = _alternatives(units["number_words"])
    capital = rf"(?<!\w){_CAPITAL}[\w'\u2019-]{{1,40}}"
    end = r"(?![\w])"
    return (
        ("superlative", re.compile(rf"(?<!\w)(?:{superlatives}){end}|(?<!\w)\w*['\u2019]s (?:only|sole){end}|{unspaced_superlatives}", re.IGNORECASE)),
        ("duration", re.compile(rf"(?<![\w.,])(?:{number}|{_alternatives(units['number_words'])})[ -]?(?:{durations}){end}", re.IGNORECASE)),
        ("time", re.compile(r"(?<![\w:.])(?:[01]?\d|2[0-3])[:.][0-5]\d(?:[:.][0-5]\d)?(?:\s?(?:am|pm|utc|gmt|wib|wit|wita|sgt|myt|ict|pht|น\.))?(?![\w:])", re.IGNORECASE)),
        ("time", re.compile(rf"(?<!\w)\d{{1,2}}(?:st|nd|rd|th)?[ -]?(?:of )?{_MONTHS}(?:[ ,-]+\d{{4}})?{end}|{_MONTHS} \d{{1,2}}{end}|\b(?:19|20)\d{{2}}-\d{{2}}-\d{{2}}\b", re.IGNORECASE)),
        ("amount", re.compile(rf"(?<!\w)(?:{currencies})\s?{number}(?:\s?(?:{magnitudes}){end})?|(?<![\w.,]){number}\s?(?:(?:{magnitudes})\s?)?(?:{currencies}){end}", re.IGNORECASE)),
        ("amount", re.compile(rf"(?<![\w.-])(?:\d{{1,3}}(?:[.,  ]\d{{3}})+|\d{{4,9}})(?:[.,]\d+)?(?![\w.-]{{0,20}}\w)|(?<![\w.,]){number}\s?(?:{magnitudes}){end}", re.IGNORECASE)),
        ("amount", re.compile(r"(?<![\w.])\d{1,3}(?:[.,]\d+)?\s?(?:%|percent|per cent|persen|peratus|phần trăm|เปอร์เซ็นต์)", re.IGNORECASE)),
        ("place", re.compile(r"(?<![\d.])-?\d{1,3}\.\d{2,}\s?°?\s?[NSEW]?\s?[,;/ ]\s?-?\d{1,3}\.\d{2,}\s?°?\s?[NSEW]?(?![\d.])|\d{1,3}\s?°\s?\d{1,2}(?:\.\d+)?\s?['\u2032\u2019]", re.IGNORECASE)),
        ("place", re.compile(rf"(?<!\w)(?i:{_alternatives(places['before'])})\.? (?:{capital}|\d+)(?: {capital}){{0,5}}|{capital}(?: {capital}){{0,5}} (?i:{_alternatives(places['after'])}){end}")),
        ("place", re.compile("|".join(map(re.escape, places["without_spaces"])))),
        ("place", re.compile(rf"(?<!\w)(?:{cities}){end}", re.IGNORECASE)),
        ("number", re.compile(r"(?<![\w.,-])(?:\d[ -]?){4,40}\d(?:\s?\(\d[\dA-Za-z-]{1,20}\))?(?![\w.]{0,20}\d)")),
        ("number", re.compile(r"\b(?:as|under|kod|code|stock|ticker|kode|saham)\s+\d{3,6}\b", re.IGNORECASE)),
        ("person", re.compile(rf"(?<!\w)(?i:{titles})\.?['\u2019]? {capital}(?: (?:bin|binti|bte|a/l|a/p|de|dela|la|{capital})){{0,8}}")),
        ("person", re.compile(rf"{capital}(?: {capital}){{0,5}} (?:bin|binti|bte|a/l|a/p) {capital}(?: {capital}){{0,5}}")),
        ("institution", re.compile(rf"(?<!\w)(?:{unique['institutions']}){end}|{unspaced_institutions}", re.IGNORECASE)),
        ("office", re.compile(rf"(?<!\w)(?:{unique['offices']}){end}", re.IGNORECASE)),
        ("time", re.compile(rf"(?<!\w)(?:{unique['days']}){end}", re.IGNORECASE)),
        ("place", re.compile(rf"(?<!\w)(?:in|on|at|near|behind|beside|opposite) (?:the |an? )?(?:[\w-]{{1,20}} ){{0,2}}(?:{unique['landmarks']}){end}", re.IGNORECASE)),
        ("place", re.compile(rf"(?<!\w)(?:in|near|at) {capital}(?: {capital}){{0,3}} (?:Valley|Island|Bay|Hills?|Lake|River|Coast|Border|Province|District|Regency|City|Town|Village){end}")),
        ("place", re.compile(r"(?<![\w+])[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{0,3}(?!\w)|///\w+\.\w+\.\w+")),
        ("hint", re.compile(r"(?<!\w)#[^\W\d_]\w{2,60}")),
        ("amount", re.compile(rf"(?<![\w.,]){number}\s?(?:bytes|kb|mb|gb|tb|kib|mib|gib|tib|pb|gbps|mbps|tbps){end}", re.IGNORECASE)),
        ("amount", re.compile(rf"(?<!\w)(?:(?:{any_number}|\d{{1,6}})[ -]){{1,6}}(?:{unique['counted_things']}){end}", re.IGNORECASE)),
        ("host", re.compile(r"(?<!\w)(?:vlan|host|hostname|server|workstation|computer|machine|user|username|account|login|domain|ssid|wifi|wi-fi)[ :=]{1,2}(?=[\w.\\-]*(?:[\d_-]|\.\w))[\w.\\-]{2,40}(?!\w)", re.IGNORECASE)),
        ("host", re.compile(rf"(?<!\w)(?:user|username|account|login) (?!(?:{unique['words_after_account']})\b)[a-z][\w.-]{{2,30}} (?:logged|was|opened|clicked|ran|reset|had|has|is)(?!\w)")),
        ("kind", re.compile(rf"(?<!\w)(?:{unique['kinds']})s?{end}", re.IGNORECASE)),
        ("hint", re.compile(rf"(?<!\w)(?:{unique['hints']}){end}|(?<=\w)\*+(?=\w)|(?<=\w)\.\.\.(?=\w)", re.IGNORECASE)),
        ("trait", re.compile(rf"(?<!\w)(?:their|its|the (?:victim|company|organisation|organization|bank|hospital)['\u2019]s) (?:[\w-]{{1,30}} ){{0,3}}(?:{unique['traits']}){end}|{capital}-(?:owned|based|backed|run|listed|linked|affiliated|led){end}", re.IGNORECASE)),
        ("amount", re.compile(rf"(?<!\w)(?:(?:{any_number})[ -]){{1,6}}(?:{magnitudes}){end}|(?<!\w)(?:an?|one|two|three) (?:half|third|quarter|fifth|tenth)s? of{end}|(?<!\w)half of{end}", re.IGNORECASE)),
        ("number", re.compile(r"(?<!\w)(?:flight|route|ward|gate|berth|terminal|branch|line|platform|pier|hangar|substation|feeder) (?:no\.? ?)?[A-Z]{0,3}\d{1,5}(?!\w)", re.IGNORECASE)),
        ("number", re.compile(r"(?<![\w-])[A-Z]{2,6}-?\d{5,12}(?!\w)")),
        ("file", re.compile(r"(?<![\w./\\])[\w-]{2,60}\.(?:7z|bak|csv|docx?|eml|gz|mdb|pdf|pptx?|pst|rar|rtf|sql|tar|txt|xlsx?|zip)(?!\w)", re.IGNORECASE)),
        ("host", re.compile(r"(?<![\w.-])(?:[A-Z][A-Z0-9]{0,30}(?:-[A-Z0-9]{1,30}){1,8}|[A-Z]{3,}\d{1,4})(?![\w-])")),
        ("initials", re.compile(r"(?<![\w.])(?!(?:U\.S|U\.K|U\.N|E\.U|U\.A|P\.M|A\.M|D\.C|I\.T|A\.I|N\.B|P\.S)\.)(?:[A-Z]\.\s?){2,6}(?!\w)")),
        ("number", re.compile(r"(?<![0-9a-f{-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f}-])", re.IGNORECASE)),
        ("hash", re.compile(rf"(?<!\w)(?:{unique['documents']}){end}[^\n]{{0,80}}?(?<![0-9a-f])[0-9a-f]{{32,128}}(?![0-9a-f])", re.IGNORECASE)),
        ("hint", re.compile(rf"(?<!\w)(?i:as|that|which|because) (?:the )?{capital}(?: {capital}){{0,3}} (?i:reported|wrote|published|printed|broadcast|aired){end}")),
        ("product", re.compile(rf"(?<!\w)(?i:project|projek|proyek|proyekto|dự án) (?!Zero\b|Discovery\b){capital}(?: {capital}){{0,3}}")),
        ("place", re.compile(rf"(?<!\w)(?i:port (?:of|in|at)|pelabuhan(?: di)?|cảng) {capital}")),
        ("backwards", re.compile(r"(?<![\w-])[a-z]{3,}[A-Z](?!\w)")),
    )  # fmt: skip


_CAPITAL: Final = "[A-Z\u00c0-\u00d6\u00d8-\u00de\u0100-\u017f\u01a0-\u01b0\u1ea0-\u1ef9]"
_MONTHS: Final = (
    "(?:jan(?:uary|uari)?|feb(?:ruary|ruari)?|mar(?:ch|et)?|mac|apr(?:il)?|may|mei|jun[ei]?|jul(?:y|i|ai)?|aug(?:ust)?|ogos|agustus|"
    "sep(?:t|tember)?|oct(?:ober)?|okt(?:ober)?|nov(?:ember)?|dec(?:ember)?|dis(?:ember)?|des(?:ember)?)"
)


def _alternatives(text: str) -> str:
    entries = {" ".join(entry.split()) for entry in text.split(",")} - {""}
    return "|".join(sorted(map(re.escape, entries), key=len, reverse=True))


@lru_cache(maxsize=1)
def _cities() -> frozenset[str]:
    table = load_word_table("generic_words")
    return frozenset(" ".join(entry.split()) for entry in table["places"]["cities_and_provinces"].split(",")) - {""}


@lru_cache(maxsize=1)
def _harmless_words() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    table = load_word_table("suspicious_words")["harmless"]
    abbreviations, names, leet_words = (
        frozenset(entry.strip().casefold() for entry in table[key].split(","))
        for key in ("abbreviations", "names", "leet")
    )
    return abbreviations, names, leet_words


@lru_cache(maxsize=1)
def street_words() -> frozenset[str]:
    """The words before or after the name of a street or building, which name nothing by themselves."""
    places = load_word_table("suspicious_words")["places"]
    return frozenset(word for key in ("before", "after") for word in split_words(places[key].replace(",", " ")))


_WORD: Final = re.compile(r"[^\W_]+")
_CAMEL: Final = re.compile(r"[A-Z]?[a-z]+[A-Z][A-Za-z]+|[A-Z]{2,}[a-z]{2,}[A-Za-z]*")
_LEET: Final = re.compile(r"[A-Za-z]+\d+[A-Za-z]+\w*|\d[A-Za-z]{3,}\d*[A-Za-z]*")
_ORDINAL: Final = re.compile(r"\d+(?:st|nd|rd|th|x)")
_INITIALS: Final = re.compile(r"[A-Z]{2,6}s?")
_OTHER_SCRIPT: Final = "[\u0370-\u1cff\u2c00-\u2dff\u3040-\ud7ff\ufb50-\ufdff\ufe70-\ufeff](?:[\\s\\d]?[\u0300-\u036f\u0370-\u1cff\u200c\u200d\u2c00-\u2dff\u3040-\ud7ff])*"
_CAPITALS: Final = re.compile(rf"(?<!\w){_CAPITAL}[\w\u2019]{{0,40}}(?:[ -]{_CAPITAL}[\w\u2019]{{0,40}})+")


def _kinds_and_spans(text: str) -> Iterator[tuple[str, int, int]]:
    for kind, expression in _expressions():
        for match in expression.finditer(text):
            yield kind, match.start(), match.end()
    for match in _WORD.finditer(text):
        kind = _kind_of_word(match[0])
        if kind:
            yield kind, match.start(), match.end()
    # compiled for the first text in another script, because it takes 5 ms
    for match in () if text.isascii() else re.finditer(_OTHER_SCRIPT, text):
        yield "script", match.start(), match.end()
        if UNSPACED.match(match[0]) and any(part in match[0] for part in load_lexicon().unspaced_words):
            yield "organisation", match.start(), match.end()
    for match in _CAPITALS.finditer(text):
        parts = split_words(match[0])
        if any(part in load_lexicon().words for part in parts) and any(_is_distinctive(part) for part in parts):
            yield "organisation", match.start(), match.end()


def _kind_of_word(word: str) -> str:
    """The kind of a single word: initials, the name of a product, a name with digits for letters; "" if it is not suspicious."""
    abbreviations, names, leet_words = _harmless_words()
    lower = word.casefold()
    if _INITIALS.fullmatch(word):
        return "" if word.rstrip("s").casefold() in abbreviations | load_lexicon().technical_words else "initials"
    if _CAMEL.fullmatch(word):
        return "" if lower in names else "product"
    if _LEET.fullmatch(word) and _ORDINAL.fullmatch(lower) is None:
        return "" if lower in leet_words else "leet"
    return ""


def _is_distinctive(word: str) -> bool:
    lexicon = load_lexicon()
    return len(word) > 2 and word not in lexicon.words | lexicon.technical_words | lexicon.places
