"""The search for a victim in texts and values, over reports for tests."""

from __future__ import annotations

from dataclasses import replace

from hub.release.deny import scanner_for
from hub.release.scan import Hit, Scanner
from hub.reports.report import Report
from hub.reports.victims import Contact, Victim
from tests.reports.making_reports import a_member, a_watch


def scanner(*victims: Victim, contacts: tuple[Contact, ...] = ()) -> Scanner:
    """What searches for these victims of a watch."""
    return scanner_for(a_member(), replace(a_watch(), victims=victims, contacts=contacts))


def hits(victim: Victim, text: str, *contacts: Contact) -> tuple[Hit, ...]:
    """Where the search finds this victim, or people in contact with the CERT, in a text."""
    return scanner(victim, contacts=contacts).hits(text)


def hits_for(report: Report, text: str) -> tuple[Hit, ...]:
    """Where the search finds those whom a report names, in a text."""
    return scanner_for(a_member(), report).hits(text)
