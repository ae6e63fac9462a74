"""Scanners for the victims of invented reports."""

from __future__ import annotations

from dataclasses import replace

from hub.release.deny import scanner_for
from hub.release.scan import Hit, Scanner
from hub.reports.report import Report
from hub.reports.victims import Contact, Victim
from tests.reports.making_reports import a_member, a_watch

LATIN = Victim(
    name="Bank Melorindah Berhad (BMB)",
    brands=("MelorPay",),
    subsidiaries=("Takaful Gunung Biru Sdn Bhd",),
    registration_numbers=("198001004321 (54321-K)",),
    people=("Azlina binti Kassim", "Tan Wei Ming"),
    accounts=(r"HQ\kassim.a",),
    emails=("farid.osman@melorindah.example",),
    domains=("melorindah.example",),
    hosts=("MLRD-HQ-FS02",),
    ip_ranges=("198.51.100.0/24",),
    places=("12 Jalan Bunga Raya, Kuala Lumpur",),
    countries=("MY",),
)


def scanner(*victims: Victim, contacts: tuple[Contact, ...] = ()) -> Scanner:
    """The scanner for a watch with these victims and contacts."""
    return scanner_for(a_member(), replace(a_watch(), victims=victims, contacts=contacts))


def hits(victim: Victim, text: str, *contacts: Contact) -> tuple[Hit, ...]:
    """The hits in a text for this victim and these contacts."""
    return scanner(victim, contacts=contacts).hits(text)


def hits_for(report: Report, text: str) -> tuple[Hit, ...]:
    """The hits in a text for the victims and contacts of a report."""
    return scanner_for(a_member(), report).hits(text)
