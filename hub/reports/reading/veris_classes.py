"""The RSIT type of an action of VERIS, for VERIS incidents and for tags of its taxonomy in MISP."""

from __future__ import annotations

from typing import Final

from hub.reports import rsit

# action and variety: RSIT type; "" stands for any variety.
RSIT_TYPES: Final = {
    "malware": {"": "infected-system"},
    "hacking": {
        "DoS": "dos", "Brute force": "brute-force", "Scan network": "scanner", "": "system-compromise",
        "SQLi": "application-compromise", "XSS": "application-compromise", "RFI": "application-compromise",
        "Use of stolen creds": "unprivileged-account-compromise",
    },
    "social": {"Phishing": "phishing", "Spam": "spam", "": "social-engineering"},
    "misuse": {"": "unauthorised-use-of-resources"},
    "physical": {"Theft": "burglary", "": "sabotage"},
    "error": {"Loss": "data-loss", "Misconfiguration": "misconfiguration", "": "data-leak"},
    "environmental": {"": "outage"},
    "unknown": {"": "undetermined"},
}  # fmt: skip


def rsit_type_of(action: str, varieties: tuple[str, ...] = ()) -> rsit.RsitType | None:
    """Return the RSIT type of an action of VERIS, by the first of its varieties that has one of its own."""
    names = RSIT_TYPES.get(action)
    return rsit.find(next((names[word] for word in varieties if word in names), names[""])) if names else None
