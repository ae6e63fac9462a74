"""Read entry vectors, floods, software, mitigations and data sources: words of closed lists, and checked forms.

Each function takes text and returns the value. It raises ValueError with a message that completes "expected …".
"""

from __future__ import annotations

import re
from typing import Final

from packageurl import PackageURL

from hub.reports.knowledge import DataSource, Flood, Mitigation, Software, VerisWord
from hub.stix.methods import DATA_SOURCES, FLOOD_VECTORS, MITIGATIONS, VERIS_WORDS


def _word_key(text: str) -> str:
    return " ".join(re.sub(r"[^\w+&]+", " ", text.casefold().replace("_", " ")).split())


# Some words belong to several actions of VERIS. The more common action for an entry comes first.
_ACTIONS: Final = ("hacking", "social", "malware", "misuse", "error", "physical")
_BY_WORD: Final = {
    _word_key(word): (action, kind, word)
    for action, kind, word in sorted(VERIS_WORDS, key=lambda item: _ACTIONS.index(item[0]), reverse=True)
}
_BY_FULL_NAME: Final = {
    _word_key(f"{action} {extra}{word}"): (action, kind, word)
    for action, kind, word in VERIS_WORDS
    for extra in ("", f"{kind} ", f"{kind} of ")
}
# Common names for entry vectors.
_ENTRY_SYNONYMS: Final = {
    "phishing email": ("social", "variety", "Phishing"), "spear phishing": ("social", "variety", "Phishing"),
    "spearphishing": ("social", "variety", "Phishing"), "email phishing": ("social", "variety", "Phishing"),
    "phishing mail": ("social", "variety", "Phishing"), "attachment": ("malware", "vector", "Email attachment"),
    "malicious attachment": ("malware", "vector", "Email attachment"),
    "spearphishing attachment": ("malware", "vector", "Email attachment"),
    "spearphishing link": ("malware", "vector", "Email link"), "malicious link": ("malware", "vector", "Email link"),
    "stolen credentials": ("hacking", "variety", "Use of stolen creds"),
    "stolen creds": ("hacking", "variety", "Use of stolen creds"),
    "valid accounts": ("hacking", "variety", "Use of stolen creds"),
    "compromised credentials": ("hacking", "variety", "Use of stolen creds"),
    "credential stuffing": ("hacking", "variety", "Brute force"),
    "password guessing": ("hacking", "variety", "Brute force"),
    "password spraying": ("hacking", "variety", "Brute force"),
    "exploit": ("hacking", "variety", "Exploit vuln"), "vulnerability": ("hacking", "variety", "Exploit vuln"),
    "exploited vulnerability": ("hacking", "variety", "Exploit vuln"),
    "exploit public facing application": ("hacking", "variety", "Exploit vuln"),
    "rdp": ("hacking", "vector", "Desktop sharing software"),
    "remote desktop": ("hacking", "vector", "Desktop sharing software"),
    "remote access software": ("hacking", "vector", "Desktop sharing software"),
    "ssh": ("hacking", "vector", "Command shell"), "web app": ("hacking", "vector", "Web application"),
    "website": ("hacking", "vector", "Web application"), "sql injection": ("hacking", "variety", "SQLi"),
    "cross site scripting": ("hacking", "variety", "XSS"), "drive by": ("malware", "vector", "Web application - drive-by"),
    "drive by download": ("malware", "vector", "Web application - drive-by"),
    "download": ("malware", "vector", "Web application - download"),
    "usb": ("malware", "vector", "Removable media"), "usb stick": ("malware", "vector", "Removable media"),
    "supply chain": ("malware", "vector", "Software update"), "software supply chain": ("malware", "vector", "Software update"),
    "trusted relationship": ("hacking", "vector", "Partner"), "third party": ("hacking", "vector", "Partner"),
    "vishing": ("social", "vector", "Phone"), "telephone": ("social", "vector", "Phone"), "call": ("social", "vector", "Phone"),
    "smishing": ("social", "vector", "SMS"), "mfa fatigue": ("social", "variety", "Prompt bombing"),
    "mfa bombing": ("social", "variety", "Prompt bombing"), "whatsapp": ("social", "vector", "IM"),
    "telegram": ("social", "vector", "IM"), "business email compromise": ("social", "variety", "Pretexting"),
    "insider": ("misuse", "variety", "Privilege abuse"), "man in the middle": ("hacking", "variety", "AitM"),
}  # fmt: skip


def entry_vector(text: str) -> VerisWord:
    """Read a vector or variety of VERIS: its word, with or without the action before it, or a common name."""
    key = _word_key(re.sub(r"^veris\s*:\s*action\s*:", "", text.strip(), flags=re.IGNORECASE))
    method = _BY_FULL_NAME.get(key) or _BY_WORD.get(key) or _ENTRY_SYNONYMS.get(key)
    if method is None:
        raise ValueError(
            "a vector or variety of VERIS such as Phishing, Email attachment, Use of stolen creds, Exploit vuln, VPN"
        )
    action, kind, word = method
    return VerisWord(action, "vector" if kind == "vector" else "variety", word)


_FLOODS: Final = {
    "syn": "syn-flood", "udp": "udp-flood", "icmp": "icmp-flood", "ping-flood": "icmp-flood", "http": "http-flood",
    "https-flood": "http-flood", "layer-7": "application-layer", "l7": "application-layer", "tcp": "tcp-flood",
    "tcp-syn-flood": "syn-flood", "syn-flooding": "syn-flood", "udp-flooding": "udp-flood",
    "dns-reflection": "dns-amplification", "ntp-reflection": "ntp-amplification",
    "memcached": "memcached-amplification", "memcached-reflection": "memcached-amplification",
    "ssdp-reflection": "ssdp-amplification", "cldap-reflection": "cldap-amplification",
    "snmp-reflection": "snmp-amplification", "chargen-reflection": "chargen-amplification",
    "ldap-amplification": "cldap-amplification", "rapid-reset": "http2-rapid-reset", "slow-http": "slowloris",
    "ip-fragmentation": "fragmentation-flood", "udp-fragmentation": "fragmentation-flood",
}  # fmt: skip


def flood_vector(text: str) -> str:
    """Read a word of FLOOD_VECTORS."""
    word = "-".join(re.sub(r"[^\w]+", " ", text.casefold().replace("_", " ")).split())
    word = _FLOODS.get(word, word)
    if word not in FLOOD_VECTORS:
        raise ValueError("a kind of flood: one of " + ", ".join(sorted(FLOOD_VECTORS)))
    return word


_RATE: Final = re.compile(
    r"(?P<number>\d{1,12}(?:[.,]\d{1,6})?)\s*(?P<scale>[kmgt]?)(?P<unit>bit/s|bits/s|b/s|bps|pps|p/s|packets/s|rps|r/s|qps|requests/s)",
    re.IGNORECASE | re.ASCII,
)
_SCALES: Final = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def rate(text: str) -> Flood:
    """Read a rate with its unit, such as 1.2 Gbps, 250000 pps or 30 krps, as a Flood that contains only this rate."""
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise ValueError("a rate such as 1.2 Gbps, 250000 pps or 30 krps")
    amount = round(float(match["number"].replace(",", ".")) * _SCALES[match["scale"].casefold()])
    match match["unit"].casefold()[0]:
        case "b":
            return Flood(bits_per_second=amount)
        case "p":
            return Flood(packets_per_second=amount)
        case _:
            return Flood(requests_per_second=amount)


def flood(vectors: tuple[str, ...], rates: tuple[Flood, ...], seconds: int | None = None) -> Flood | None:
    """Return a flood with these vectors and the highest rate in each unit; None if all is unknown."""
    combined = Flood(
        vectors,
        max((item.bits_per_second for item in rates if item.bits_per_second), default=None),
        max((item.packets_per_second for item in rates if item.packets_per_second), default=None),
        max((item.requests_per_second for item in rates if item.requests_per_second), default=None),
        seconds,
    )
    return combined if combined != Flood() else None


_CPE_PART: Final = re.compile(r"(?:\*|-|(?:\\[!-~]|[\w.-])+\*?)", re.ASCII)
_UPDATE: Final = re.compile(r"KB\d{6,8}", re.ASCII | re.IGNORECASE)
_CPE_PARTS: Final = 13
_CHARS: Final = 300  # of a package URL or CPE


def software(text: str) -> Software:
    """Read a package URL (pkg:npm/left-pad@1.3.0) or a CPE 2.3 name (cpe:2.3:a:vendor:product:1.0:…)."""
    text = text.strip()
    if len(text) <= _CHARS and text.startswith("cpe:2.3:"):
        return _software_from_cpe(text)
    if len(text) > _CHARS or not text.startswith("pkg:"):
        raise ValueError("a package URL such as pkg:npm/left-pad@1.3.0, or a CPE 2.3 name")
    try:
        url = PackageURL.from_string(text)
    except ValueError as error:
        raise ValueError(f"a package URL such as pkg:npm/left-pad@1.3.0 ({error})") from None
    # Qualifiers and the subpath can contain any text, such as a private repository, so they are left out.
    short_url = PackageURL(url.type, url.namespace, url.name, url.version)
    name = f"{url.namespace}/{url.name}" if url.namespace else url.name
    return Software(name, url.version or None, purl=short_url.to_string())


def fix(text: str) -> Software:
    """Read the version that fixes a vulnerability: a package URL or CPE with a version, or a Windows update (KB5034441)."""
    if _UPDATE.fullmatch(text.strip()):
        return Software(text.strip().upper())
    program = software(text)
    if program.version is None:
        raise ValueError(f"the version that fixes it, such as {text.strip()}@1.3.1")
    return program


def _software_from_cpe(text: str) -> Software:
    parts = re.split(r"(?<!\\):", text)
    if len(parts) != _CPE_PARTS or parts[2] not in "aho" or not all(_CPE_PART.fullmatch(part) for part in parts[3:]):
        raise ValueError("a CPE 2.3 name of thirteen parts, such as cpe:2.3:a:vendor:product:1.0:*:*:*:*:*:*:*")
    vendor, product, version = (re.sub(r"\\(.)", r"\1", part) for part in parts[3:6])
    name = f"{vendor} {product}".replace("_", " ")
    return Software(name, version if version not in {"*", "-"} else None, cpe=text)


_MITIGATION_NAMES: Final = {_word_key(name): key for key, name in MITIGATIONS.items()}
_MITIGATION_SYNONYMS: Final = {
    "mfa": "M1032", "2fa": "M1032", "multifactor authentication": "M1032", "patch": "M1051", "patching": "M1051",
    "update": "M1051", "backup": "M1053", "backups": "M1053", "segmentation": "M1030", "training": "M1017",
    "awareness": "M1017", "block traffic": "M1037", "rate limiting": "M1037", "antivirus": "M1049", "edr": "M1040",
    "dlp": "M1057", "application allowlisting": "M1038", "allowlisting": "M1038", "ips": "M1031",
    "least privilege": "M1026", "password policy": "M1027", "disable feature": "M1042", "disable service": "M1042",
}  # fmt: skip


def mitigation(text: str) -> Mitigation:
    """Read a mitigation of ATT&CK by its id or name."""
    key = text.strip().upper()
    key = (
        key
        if key in MITIGATIONS
        else _MITIGATION_NAMES.get(_word_key(text)) or _MITIGATION_SYNONYMS.get(_word_key(text), "")
    )
    if not key:
        raise ValueError("a mitigation of ATT&CK such as M1032 or Multi-factor Authentication")
    return Mitigation(MITIGATIONS[key], key)


_SOURCE_NAMES: Final = {_word_key(name): key for key, name in DATA_SOURCES.items()}


def data_source(text: str) -> DataSource:
    """Read a data source of ATT&CK by its id or name; drop the component after a colon ("Process: Process Creation")."""
    key = text.strip().upper()
    if key not in DATA_SOURCES:
        key = _SOURCE_NAMES.get(_word_key(text.partition(":")[0]), "")
    if not key:
        raise ValueError("a data source of ATT&CK such as DS0017, Command or Network Traffic")
    return DataSource(DATA_SOURCES[key], key)
