"""Recognise public names of actors, campaigns, malware, tools, techniques and weaknesses.

Only a public name leaves without approval. Any other name may contain the name of a victim or person: an operation named
after its target, a weakness in a private product. The lists are the MISP galaxies, including ATT&CK, which
`.ci/known-names.py` writes to files; the words of RSIT, VERIS and STIX; and the numbers of public catalogues.

A name is public if it is on a list after versions and generic words are removed: `LockBit 3.0`, `Emotet loader`,
`Trojan:Win32/Emotet.A`. A name of generic words only, such as `Trojan.Win32.Generic`, is public as well.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from hub.release import allowed_words
from hub.rendering import public_knowledge, wording
from hub.rendering.public_knowledge import name_key
from hub.reports import rsit
from hub.stix.methods import DATA_SOURCES, FLOOD_VECTORS, MITIGATIONS, VERIS_WORDS

KNOWLEDGE: Final = ("malware", "tool", "attack-pattern", "vulnerability", "threat-actor", "intrusion-set", "campaign")
"""The STIX types whose names are compared with the lists."""

UNSPECIFIED: Final = {"malware": "Unspecified malware", "tool": "Unspecified tool"}
"""The replacement for a name that stays at the CERT, for types of objects that are useful without their name."""

MAX_NAME: Final = 120  # characters; a longer text is a sentence
_WEAKNESS_NUMBER: Final = re.compile(
    r"CVE-\d{4}-\d{4,7}|GHSA(?:-[0-9a-z]{4}){3}|EUVD-\d{4}-\d{1,6}|CNN?VD-\d{4,6}-\d{1,7}|JVNDB-\d{4}-\d{6}"
    r"|BDU:\d{4}-\d{5}|CWE-\d{1,4}",
    re.IGNORECASE,
)
_TECHNIQUE_NUMBER: Final = re.compile(r"T\d{4}(?:\.\d{3})?")
_PATTERN_NUMBER: Final = re.compile(r"CAPEC-\d{1,3}")
# The number at the end of a name in a MISP galaxy: "APT28 - G0007".
_TRAILING_NUMBER: Final = re.compile(r" - (?:[A-Z]{2,3}-)?[A-Z]{1,2}\d{4}(?:\.\d{3})?$")
_WORD: Final = re.compile(r"[^\W_]+")
_VERSION: Final = re.compile(r"v?\d[\da-z]{0,3}|[a-z]{1,2}|[ivx]{1,4}")
_GENERIC_WORDS: Final = frozenset(
    "actor actors adware agent android apt backdoor banker banking beacon bootkit bot botnet campaign cluster coinminer "
    "crew cryptominer deb doc downloader dropper ek elf exe exploit family framework gang gen generic group html implant "
    "infostealer ios java js keylogger kit linux loader mac macos malicious malware miner module msil office operation osx "
    "payload pdf php powershell pws pwstealer python ransom ransomware rat riskware rootkit script shell spyware stealer "
    "symbian team threat tool trojan trojandownloader "
    "trojandropper trojanspy unix unknown unspecified unwanted variant vba vbs version virus w32 w64 webshell win win32 "
    "win64 windows wiper worm x64 x86".split()
)
# Titles, particles and family names by which names of people are recognised. Otherwise capitalised words count.
_WORDS_IN_PERSON_NAMES: Final = frozenset(
    "bin binti bt bte al ap mr mrs ms miss dr prof dato datuk datin tun tan encik puan cik haji hajah ir drs bapak bpk ibu "
    "nyonya khun nai nang daw ko ma saw sai oknha lok de dela dos van von der nguyen tran pham hoang huynh phan vo dang".split()
)
_CAPITALISED: Final = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")


@lru_cache(maxsize=20_000)
def is_public(object_type: str, name: str) -> bool:
    """Whether the name is public for an object of that STIX type."""
    name = _TRAILING_NUMBER.sub("", name.strip())
    if not name or len(name) > MAX_NAME:
        return False
    if name in _STANDARD_NAMES:
        return True
    match object_type:
        case "vulnerability":
            return _WEAKNESS_NUMBER.fullmatch(name) is not None or name_key(name) in _names("weaknesses")
        case "attack-pattern":
            if _TECHNIQUE_NUMBER.fullmatch(name):
                return technique_name(name) is not None
            return _PATTERN_NUMBER.fullmatch(name) is not None or _is_technique(name)
        case _:
            return name_key(name) in _names("threats") or _consists_of_threat_words(name)


def technique_name(number: str) -> str | None:
    """The name of the technique with this number in ATT&CK; None if ATT&CK has no such number."""
    technique = public_knowledge.technique(number)
    return technique.name if technique is not None else None


def looks_like_a_person(name: str) -> bool:
    """Whether a name may be a person's: two to six words, with a title, or all capitalised and none of them generic."""
    plain_name = re.sub(r"\([^)]*\)", " ", name)
    words = plain_name.split()
    parts = [part for word in words for part in _CAPITALISED.findall(word)]
    if not 2 <= len(parts) <= 6 or any(character.isdigit() for character in plain_name):
        return False
    if any(name_key(part) in _WORDS_IN_PERSON_NAMES for part in parts):
        return True
    return all(
        part[0].isupper() and not part.isupper() and name_key(part) not in _WORDS_IN_THREAT_NAMES for part in parts
    )


_WORDS_IN_THREAT_NAMES: Final = _GENERIC_WORDS | frozenset(
    "army bear blizzard buffalo cat chollima collective cyber dragon eagle elephant hackers heron jackal kitten leopard leaks "
    "lion operation panda panther ring rain sandstorm security sleet spider storm tempest tiger tsunami typhoon wolf".split()
)


def _is_technique(name: str) -> bool:
    if name in _vocabulary_names():
        return True
    kind, _, word = name.partition(": ")
    if kind in ("VERIS hacking", "VERIS social"):
        return name_key(word) in _names("veris")
    parent, _, child = name.partition(": ")  # a sub-technique after the name of its parent
    techniques = _names("techniques")
    return name_key(name) in techniques or (name_key(parent) in techniques and name_key(child) in techniques)


@cache
def _vocabulary_names() -> frozenset[str]:
    """The product's names for attack vectors and floods, from closed vocabularies, without those that reveal a sector."""
    vectors = (
        wording.entry_vector_name(action, word) for action, _, word in VERIS_WORDS if word not in _SINGLE_SECTOR_WORDS
    )
    return frozenset((*vectors, *map(wording.flood_name, FLOOD_VECTORS)))


def is_known_action(name: str) -> bool:
    """Whether the name of a course of action is a mitigation or data source of ATT&CK."""
    return name in _MITIGATIONS or name in _DETECTIONS


_MITIGATIONS: Final = frozenset(MITIGATIONS.values())
# Words of banks and shops, and of plants.
_SINGLE_SECTOR_WORDS: Final = frozenset({"Skimmer", "Asset", "Operational Databases"})
_DETECTIONS: Final = frozenset(
    wording.detection_name(source) for source in DATA_SOURCES.values() if source not in _SINGLE_SECTOR_WORDS
)


def _consists_of_threat_words(name: str) -> bool:
    """Whether each word is on the list, generic, or a version."""
    if name_key(name) in _names("veris"):
        return True
    plain_name = unicodedata.normalize("NFKD", name).casefold()
    parts = dict.fromkeys(_WORD.findall(plain_name))
    own_words = [word for word in parts if word not in _GENERIC_WORDS and not _VERSION.fullmatch(word)]
    if not own_words:
        return any(word in _GENERIC_WORDS for word in parts)
    threats = _names("threats")
    if "".join(map(name_key, own_words)) in threats:
        return True
    # Feeds join the names of a malware family and of its carrier: `avalanche-andromeda`.
    return not re.search(r"\s", plain_name) and all(name_key(word) in threats for word in own_words)


@cache
def _lines(file: str) -> tuple[str, ...]:
    text = (files("hub.release") / "lists" / f"{file}.txt").read_text("utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


@cache
def _names(file: str) -> frozenset[str]:
    return frozenset(_lines(file))


_STANDARD_NAMES: Final = frozenset(
    {*(line.name for line in rsit.RSIT.values()), *UNSPECIFIED.values(), "Malware not told"}
    | {"external actor", "internal actor", "partner actor"}
    | allowed_words.ACTOR_TYPES
    | allowed_words.MALWARE_TYPES
    | allowed_words.TOOL_TYPES
)
