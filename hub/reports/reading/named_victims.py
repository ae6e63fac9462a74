"""Names of victims in custom fields of a feed: `extra.victim`, `extra.customer_name`, `additional_data.target`.

IntelMQ and n6 have one standard key for the target of an attack, and a feed may add its own keys. The value of such a key
is protected like the value of the standard key; all other fields of a feed describe the sources of attacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from hub.reports.reading import values
from hub.reports.reading.draft import distinct
from hub.reports.victims import Victim

MAX_NAMES: Final = 20  # of one line
MAX_DEPTH: Final = 8  # levels of nesting
_CHARACTERS: Final = range(3, 81)  # of a name; a longer text is a sentence
_VICTIM_WORDS: Final = frozenset(
    "victim victims target targets targeted customer customers client clients affected constituent korban mangsa sasaran "
    "pelanggan nasabah biktima kliyente vítima cliente vitima nạn nhân เหยื่อ ผู้เสียหาย ลูกค้า 受害者 客户".split()
)
# Words in a key whose value is no name, such as `victim_country`.
_DETAIL_WORDS: Final = frozenset(
    "address asn category cc city class count country date first geo hash id industry ip ips kind last latitude longitude lat "
    "lon network number os platform port protocol region sector service severity size software state status time type url "
    "uri vertical zip".split()
)
_FILLERS: Final = frozenset("yes no true false none null unknown various multiple all any other".split())
_WORD: Final = re.compile(r"[^\W\d_]+")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def named_victims(extra: Any) -> tuple[Victim, ...]:
    """Return the victims in a mapping, or in JSON text, at any depth: values whose keys contain a word for a victim."""
    if isinstance(extra, str) and extra.lstrip().startswith("{"):
        try:
            extra = orjson.loads(extra)
        except ValueError:
            return ()
    names = distinct(_names(extra))[:MAX_NAMES]
    domains = tuple(name for name in names if _is_domain(name))
    plain_names = [name for name in names if name not in domains and "@" not in name]
    mails = tuple(name for name in names if "@" in name)
    return (Victim(name=plain_names[0] if plain_names else None, other_names=tuple(plain_names[1:]), domains=domains, emails=mails),) if names else ()  # fmt: skip


def _names(value: Any, *, is_victim: bool = False, depth: int = 0) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items() if depth < MAX_DEPTH else ():
            words = frozenset(word.casefold() for word in _WORD.findall(_CAMEL.sub(" ", str(key))))
            if words.isdisjoint(_DETAIL_WORDS):
                names_victim = is_victim or not words.isdisjoint(_VICTIM_WORDS)
                yield from _names(inner, is_victim=names_victim, depth=depth + 1)
    elif isinstance(value, list):
        for inner in value[:MAX_NAMES] if depth < MAX_DEPTH else ():
            yield from _names(inner, is_victim=is_victim, depth=depth + 1)
    elif is_victim and isinstance(value, str) and _is_name(value.strip()):
        yield value.strip()


def _is_name(text: str) -> bool:
    if len(text) not in _CHARACTERS or text.casefold() in _FILLERS or "://" in text:
        return False
    return _WORD.search(text) is not None


def _is_domain(text: str) -> bool:
    try:
        return "@" not in text and values.domain(text) == text.casefold()
    except ValueError:
        return False
