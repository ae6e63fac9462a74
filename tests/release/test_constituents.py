"""The release step finds a victim in the CERT's register, and searches for everything that the register says about it."""

from __future__ import annotations

import pytest

from hub.home.register import Constituent, counts
from hub.release.constituents import report_constituents, victim_constituents
from hub.release.deny import scanner_for
from hub.reports.observables import ObservableType, Role
from hub.reports.victims import Victim
from tests.release.releasing import must_release, released_text
from tests.reports.making_reports import a_case, a_feed, a_member, seen

CLINIC = Constituent(
    "บริษัท โรงพยาบาลธารทิพย์เพชรงาม จำกัด",
    "TH",
    ("HTP", "Hospital Thanthip Phetngam", "ThanthipCare"),
    ("thanthipphetngam.example",),
    ("198.51.100.8/30", "2001:db8:7::/48"),
    "healthcare",
    "large",
)
OTHER_CONSTITUENTS = tuple(
    Constituent(f"Bank {name}", "TH", (), (f"{name}.example",), ("203.0.113.0/28",)) for name in ("Laksa", "Kopi")
)
REGISTER = (*OTHER_CONSTITUENTS, CLINIC)
MEMBER = a_member(country="TH", register=REGISTER, constituents=counts(REGISTER))


@pytest.mark.parametrize(
    "victim",
    [
        Victim(name="โรงพยาบาลธารทิพย์เพชรงาม"),
        Victim(name="Hospital Thanthip Phetngam Co., Ltd."),
        Victim(name="Somebody (HTP)"),
        Victim(short_names=("htp",)),
        Victim(domains=("www.thanthipphetngam.example",)),
        Victim(emails=("duty@thanthipphetngam.example",)),
        Victim(ip_ranges=("198.51.100.9",)),
        Victim(ip_ranges=("2001:db8:7:1::/64",)),
    ],
    ids=["name", "other name", "brackets", "short name", "host", "mailbox", "address", "network"],
)
def test_a_constituent_is_found_by_any_entry_in_the_register(victim: Victim) -> None:
    assert victim_constituents(victim, REGISTER) == (CLINIC,)


@pytest.mark.parametrize(
    "victim",
    [
        Victim(name="Hospital"),
        Victim(name="HT"),
        Victim(domains=("phetngam.example",)),
        Victim(ip_ranges=("198.51.100.12", "198.51.100.0/24")),
        Victim(),
    ],
    ids=["generic", "too short", "another domain", "another or a wider network", "nothing"],
)
def test_partial_matches_find_no_constituent(victim: Victim) -> None:
    assert victim_constituents(victim, REGISTER) == ()


def test_the_register_identifies_the_owner_of_an_address_in_a_feed() -> None:
    """A machine of the clinic calls a host whose name contains the clinic's; nothing else in the feed names the clinic."""
    bot = seen(ObservableType.IPV4, "198.51.100.9", Role.VICTIM)
    similar_domain = seen(ObservableType.DOMAIN, "c4rephetngam-update.example")
    harmless_domain = seen(ObservableType.DOMAIN, "velvet-update.example")
    feed = a_feed(observables=(bot, similar_domain, harmless_domain), sightings=(), countries=("TH",))
    assert report_constituents(feed, REGISTER) == (CLINIC,)
    text = released_text(must_release(feed, member=MEMBER))
    assert "velvet-update" in text
    assert "phetngam" not in text
    text_without_register = released_text(must_release(feed, member=a_member(country="TH")))
    assert "phetngam" in text_without_register  # without the register, the value leaves


@pytest.mark.parametrize("role", Role)
def test_the_owner_of_a_network_does_not_depend_on_the_role(role: Role) -> None:
    """A machine that sends spam from the clinic's network belongs to the clinic, whatever a format says."""
    sender = seen(ObservableType.IPV4, "198.51.100.9", role)
    assert report_constituents(a_case(observables=(sender,), victims=()), REGISTER) == (CLINIC,)


@pytest.mark.parametrize(
    "text", ["phetngam-login.example", "Thanthip.zip", "ธารทิพย์", "ThanthipPhetngamLocker", "Operation Phetngam Storm"]
)
def test_words_of_all_its_names_are_searched_for(text: str) -> None:
    """They are searched for even if the report has only the name in the other script."""
    case = a_case(victims=(Victim(name=CLINIC.name, countries=("TH",)),))
    assert scanner_for(MEMBER, case).hits(text)
    assert not scanner_for(MEMBER, case).hits("velvet-update.example")
