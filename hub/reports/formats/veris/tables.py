"""Tables from the words of VERIS 1.3 and 1.4 to the words of the model."""

from __future__ import annotations

from typing import Final

from hub.reports.report import Determination

DETERMINATIONS: Final = {
    "confirmed": Determination.CONFIRMED,
    "suspected": Determination.SUSPECTED,
    "near miss": Determination.FAILED_ATTEMPT,
    "false positive": Determination.FALSE_POSITIVE,
}

# Prefix of a NAICS code: sector of industry-sector-ov. The longest prefix counts.
SECTORS: Final = {
    "517": "telecommunications", "524": "insurance", "5411": "commercial", "11": "agriculture", "21": "mining",
    "2211": "energy", "2213": "water", "22": "utilities", "23": "construction", "31": "manufacturing",
    "32": "manufacturing", "33": "manufacturing", "42": "commercial", "44": "retail", "45": "retail",
    "48": "transportation", "49": "transportation", "51": "communications", "52": "financial-services",
    "53": "commercial", "54": "technology", "55": "commercial", "56": "commercial", "61": "education",
    "62": "healthcare", "71": "entertainment", "72": "hospitality-leisure", "81": "non-profit",
    "92": "government-national",
}  # fmt: skip
GOVERNMENT: Final = {"Federal": "government-national", "Regional": "government-regional", "Local": "government-local"}

ACTOR_TYPES: Final = {
    "Organized crime": "crime-syndicate", "Nation-state": "nation-state", "State-affiliated": "nation-state",
    "Activist": "activist", "Former employee": "insider-disgruntled", "Competitor": "competitor",
    "Terrorist": "terrorist", "Auditor": "", "Customer": "", "Force majeure": "", "Acquaintance": "",
    "Unaffiliated": "criminal", "Other": "", "Unknown": "",
}  # fmt: skip
MOTIVES: Final = {
    "Financial": "personal-gain", "Espionage": "organizational-gain", "Ideology": "ideology", "Grudge": "revenge",
    "Fun": "notoriety", "Fear": "coercion", "Convenience": "personal-satisfaction",
}  # fmt: skip

MALWARE_TYPES: Final = {
    "Ransomware": "ransomware", "Trojan": "trojan", "RAT": "remote-access-trojan", "Backdoor": "backdoor",
    "Backdoor or C2": "backdoor", "Worm": "worm", "Spyware/Keylogger": "keylogger", "Rootkit": "rootkit", "DoS": "ddos",
    "Downloader": "downloader", "Adware": "adware", "C2": "bot", "Destroy data": "wiper",
    "Click fraud and cryptocurrency mining": "resource-exploitation", "Cryptocurrency mining": "resource-exploitation",
    "Exploit vuln": "exploit-kit", "Password dumper": "spyware", "Capture app data": "spyware",
    "Capture stored data": "spyware", "Scan network": "bot", "Spam": "bot",
}  # fmt: skip
MALWARE_EVENTS: Final = {
    "Ransomware": "ransomware", "Worm": "worm-spreading", "DoS": "denial-of-service", "SQL injection": "sql-injection",
    "Export data": "data-exfiltration", "Scan network": "network-scanning", "Spam": "spam", "Destroy data": "destruction",
}  # fmt: skip
HACKING_EVENTS: Final = {
    "SQLi": "sql-injection", "Use of stolen creds": "theft-access-credentials", "Brute force": "brute-force-attempt",
    "DoS": "denial-of-service", "Exploit vuln": "exploit", "Scan network": "network-scanning", "XSS": "xss",
    "RFI": "file-inclusion", "Password cracking": "password-cracking-attempt", "Buffer overflow": "exploit",
    "Use of backdoor or C2": "compromised-system", "MitM": "wiretapping", "Cache poisoning": "dns-cache-poisoning",
    "Footprinting": "scan-probe", "Offline cracking": "password-cracking-attempt", "Hijack": "domain-name-compromise",
}  # fmt: skip
SOCIAL_EVENTS: Final = {
    "Phishing": "dissemination-phishing-emails", "Pretexting": "aggregation-information-phishing-schemes",
    "Spam": "spam", "Extortion": "negotiation", "Scam": "aggregation-information-phishing-schemes",
}  # fmt: skip
# Action: event type, if its varieties have no more exact one.
ACTION_EVENTS: Final = {
    "malware": "known-malware", "hacking": "unauthorized-access-system",
    "social": "aggregation-information-phishing-schemes", "misuse": "policy-violation", "physical": "equipment-theft",
    "error": "unintentional", "environmental": "natural", "unknown": "undetermined",
}  # fmt: skip
EXACT_EVENTS: Final = {
    "malware": MALWARE_EVENTS, "hacking": HACKING_EVENTS, "social": SOCIAL_EVENTS,
    "error": {"Misconfiguration": "misconfiguration", "Loss": "equipment-loss"},
    "physical": {"Destruction": "vandalism", "Tampering": "vandalism", "Wiretapping": "wiretapping"},
    "misuse": {}, "environmental": {}, "unknown": {},
}  # fmt: skip
ASSETS: Final = {
    "S": "computers-server", "U": "computers-personal", "N": "network-device", "P": "individual", "T": "system",
    "E": "system",
}  # fmt: skip
DATA_TYPES: Final = {
    "Personal": "pii", "Sensitive Personal": "pii", "Medical": "phi", "Payment": "payment", "Bank": "financial",
    "Credentials": "credentials-user", "Classified": "classified-material", "Secrets": "proprietary",
    "Internal": "proprietary", "Source code": "proprietary", "Copyrighted": "proprietary", "System": "system",
    "Digital certificate": "system", "Virtual currency": "financial", "Other": "proprietary", "Unknown": "proprietary",
}  # fmt: skip
LOSSES: Final = {"Yes": "confirmed-loss", "Potentially": "suspected-loss", "No": "none", "Unknown": "suspected-loss"}
AVAILABILITY: Final = {"Interruption": 75, "Loss": 75, "Obscuration": 75, "Degradation": 50, "Acceleration": 15}
RATINGS: Final = {"Catastrophic": 95, "Damaging": 80, "Painful": 60, "Distracting": 35, "Insignificant": 10}

# Version 1.3 has "Ext - customer", version 1.4 {"external": {"variety": ["Customer"]}}. Words in lower case.
DISCOVERY: Final = {
    "external": "external-notification", "internal": "human-review", "partner": "commercial-solution", "ext": "external-notification",
    "int": "human-review", "prt": "commercial-solution",
}  # fmt: skip
INTERNAL_DISCOVERY: Final = {
    "antivirus": "automated-tool", "nids": "automated-tool", "hids": "automated-tool", "log review": "human-review",
    "data loss prevention": "automated-tool", "infrastructure monitoring": "automated-tool",
    "security alarm": "automated-tool", "fraud detection": "automated-tool", "reported by employee": "user-reporting",
    "reported by user": "user-reporting",
}  # fmt: skip
