"""What gives a victim away inside somebody else's values: which token of it, in what disguise, in what place.

1. A token is something of the victim's own: a word of its name, its initials, a host, an address range …
2. A disguise writes it in another way: other letters, reversed, encoded, hashed.
3. A place is where attackers' values carry such things: a lure's domain, a parameter, a ransom note, a rule.
"""

from __future__ import annotations

import base64
import codecs
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final
from urllib.parse import quote

from hub.release.names import load_lexicon
from tests.privacy.register import Constituent

Disguise = Callable[[str], str]

TOKENS: Final[Mapping[str, Callable[[Constituent], str]]] = {
    "word": lambda victim: max((word.latin for word in victim.words), key=len),
    "words": lambda victim: "".join(word.latin for word in victim.words),
    "native": lambda victim: victim.words[0].native,
    "short": lambda victim: victim.short,
    "brand": lambda victim: victim.brands[0],
    "surname": lambda victim: max(victim.people[0].split(), key=len),
    "host": lambda victim: victim.hosts[0],
    "domain": lambda victim: victim.domain,
    "mailbox": lambda victim: victim.mailboxes[0],
    "range": lambda victim: victim.range,
    "registration": lambda victim: victim.registration,
}
_LEET: Final = str.maketrans("aeio", "4310")
_CYRILLIC: Final = str.maketrans("aeop", "аеор")


def _digest(name: str) -> Disguise:
    return lambda text: hashlib.new(name, text.lower().encode()).hexdigest()


def _consonants(text: str) -> str:
    return "".join(letter for letter in text if letter not in "aeiouAEIOU")


def _lookalike(text: str) -> str:
    """Cyrillic letters for Latin ones, as a browser's address line has them and as DNS does (RFC 3492)."""
    return f"xn--{text.lower().translate(_CYRILLIC).encode('punycode').decode()}"


DISGUISES: Final[Mapping[str, Disguise]] = {
    "plain": lambda text: text,
    "leet": lambda text: text.lower().translate(_LEET),
    "rn for m": lambda text: text.lower().replace("m", "rn"),
    "Cyrillic": _lookalike,
    "consonants": _consonants,
    "reversed": lambda text: text[::-1],
    "spaced": " ".join,
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "base85": lambda text: base64.b85encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "UTF-16": lambda text: text.encode("utf-16-le").hex(),
    "percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "MD5": _digest("md5"),
    "SHA-1": _digest("sha1"),
    "SHA-256": _digest("sha256"),
}
_NAMES: Final = ("word", "words", "short", "brand")
_WORN: Final = ("plain", "leet", "rn for m", "reversed", "consonants")  # disguises that a name can wear in a host
_ENCODED: Final = (
    "plain",
    "rot13",
    "base64",
    "base32",
    "base85",
    "hex",
    "UTF-16",
    "percent",
    "MD5",
    "SHA-1",
    "SHA-256",
)
_SPELLINGS: Final = frozenset(
    {"leet", "rn for m", "Cyrillic", "reversed", "rot13"}
)  # other letters, or in another order
_HASHES: Final = frozenset({"MD5", "SHA-1", "SHA-256"})
_HASHED: Final = frozenset({"words", "domain", "mailbox"})  # what malware hashes: labels, domains and mailboxes, whole
_MIN_LETTERS: Final = 6  # of a token in another spelling
_MIN_LETTERS_DISGUISED: Final = 4  # of a token in any disguise: three letters are in every other word
_MIN_CONSONANTS: Final = 5
_WORDS: Final = frozenset({"word", "words", "brand", "surname"})

PLACES: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "domain": (_NAMES, (*_WORN, "Cyrillic")),
    "url": ((*_NAMES, "host", "domain", "mailbox", "surname"), _ENCODED),
    "filename": ((*_NAMES, "surname", "native", "host"), ("plain", "leet", "consonants", "reversed")),
    "malware": (_NAMES, ("plain",)),
    "actor": ((*_NAMES, "surname"), ("plain",)),
    "mutex": ((*_NAMES, "host", "native"), ("plain", "base64", "reversed")),
    "user-agent": ((*_NAMES, "host", "registration"), ("plain", "spaced")),
    "subject": ((*_NAMES, "native", "registration"), ("plain", "spaced")),
    "yara": ((*_NAMES, "host", "surname"), ("plain", "hex", "base64")),
    "snort": (("range",), ("plain",)),
    "sender": (("mailbox",), ("plain",)),
    "recipient": (("mailbox",), ("plain",)),
    "machine": (("range",), ("plain",)),
    "website": (("domain",), ("plain",)),
}
"""Place: the tokens that are met in it, and the disguises that they wear there."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One token of the victim, as it is in one value of a report."""

    place: str
    token: str
    disguise: str
    text: str  # the token in its disguise

    def __str__(self) -> str:
        """For the list of what was found."""
        return f"{self.token}, {self.disguise}, in a {self.place}: {self.text!r}"


def wears(token: str, text: str, disguise: str) -> bool:
    """Whether the token still says whose it is in this disguise, and so somebody would use it."""
    disguise_text = DISGUISES[disguise](text)
    if text.lower() in load_lexicon().technical_words:  # "sms": part of many addresses; the README names this limit
        return False
    if disguise != "plain" and len(text) < _MIN_LETTERS_DISGUISED:
        return False
    if disguise in _HASHES:
        return token in _HASHED
    if disguise == "consonants":
        return len(disguise_text) >= _MIN_CONSONANTS and token in _WORDS
    if disguise in _SPELLINGS:
        return disguise_text != text and len(text) >= _MIN_LETTERS and text.isascii()
    return True


def draw_trace(victim: Constituent, places: tuple[str, ...], tokens: frozenset[str], random: Random) -> Trace | None:
    """A trace in one of the places, of one of the tokens; None where there is none that says anything."""
    place = random.choice(places)
    fitting_tokens = [token for token in PLACES[place][0] if token in tokens]
    if not fitting_tokens:
        return None
    token = random.choice(fitting_tokens)
    text = TOKENS[token](victim)
    disguises = [name for name in PLACES[place][1] if wears(token, text, name)]
    if not disguises:
        return None
    disguise = random.choice(disguises)
    return Trace(place, token, disguise, DISGUISES[disguise](text))


def value(trace: Trace, number: int) -> str:
    """The value of an attacker that carries the trace; `number` tells values of one report apart."""
    return _VALUES.get(trace.place, _as_it_is)(trace, number)


def _as_it_is(trace: Trace, _number: int) -> str:
    return trace.text


def _domain(trace: Trace, number: int) -> str:
    label = trace.text.lower()
    return f"{label}.lure{number}.example" if label.startswith("xn--") else f"{label}-login{number}.example"


def _url(trace: Trace, number: int) -> str:
    return f"http://192.0.2.{number % 250 + 1}/gate.php?id={quote(trace.text, safe='%')}"


def _yara(trace: Trace, number: int) -> str:
    pairs = [trace.text[start : start + 2] for start in range(0, len(trace.text), 2)]
    text = f"{{ {' '.join(pairs)} }}" if trace.disguise == "hex" else f'"{trace.text}"'
    return f"rule lure{number} {{ strings: $a = {text} condition: $a }}"


_VALUES: Final[Mapping[str, Callable[[Trace, int], str]]] = {
    "domain": _domain,
    "url": _url,
    "filename": lambda trace, number: f"{trace.text}_restore{number}.txt",
    "malware": lambda trace, _number: f"{trace.text.capitalize()}Locker",
    "actor": lambda trace, _number: f"Operation {trace.text.capitalize()} Storm",
    "mutex": lambda trace, number: f"Global\\{trace.text}-run{number}",
    "user-agent": lambda trace, number: f"Agent/{number}.0 ({trace.text})",
    "subject": lambda trace, number: f"Invoice {number} of {trace.text}",
    "yara": _yara,
    "snort": lambda trace, number: f'alert tcp any any -> {trace.text} 443 (msg:"beacon"; sid:{1000000 + number};)',
    "website": lambda trace, number: f"http://www.{trace.text}/upload/{number}.php",
}
