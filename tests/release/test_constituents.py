"""A victim is recognised in the CERT's register, so that all that the register says of it is searched for as its own."""

from __future__ import annotations

import pytest

from hub.home.register import Constituent, counts
from hub.release.constituents import report_constituents, victim_constituents
from hub.release.deny import scanner_for
from hub.reports.observables import ObservableType, Role
from hub.reports.victims import Victim
from tests.release.releasing import released, text_of
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
OTHERS = tuple(
    Constituent(f"Bank {name}", "TH", (), (f"{name}.example",), ("203.0.113.0/28",)) for name in ("Laksa", "Kopi")
)
REGISTER = (*OTHERS, CLINIC)
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
def test_a_constituent_is_known_by_whatever_the_register_lists(victim: Victim) -> None:
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
def test_nobody_is_taken_for_a_constituent_by_less(victim: Victim) -> None:
    assert victim_constituents(victim, REGISTER) == ()


def test_a_feed_knows_an_address_and_the_register_knows_the_rest() -> None:
    """A machine of the clinic calls a host that is named after it; nothing in the feed names the clinic."""
    bot = seen(ObservableType.IPV4, "198.51.100.9", Role.VICTIM)
    named = seen(ObservableType.DOMAIN, "c4rephetngam-update.example")
    plain = seen(ObservableType.DOMAIN, "velvet-update.example")
    feed = a_feed(observables=(bot, named, plain), sightings=(), countries=("TH",))
    assert report_constituents(feed, REGISTER) == (CLINIC,)
    body = text_of(released(feed, member=MEMBER))
    assert "velvet-update" in body
    assert "phetngam" not in body
    unknown = text_of(released(feed, member=a_member(country="TH")))
    assert "phetngam" in unknown  # and so it is the register that held it


@pytest.mark.parametrize("role", Role)
def test_whose_network_it_is_does_not_depend_on_the_role(role: Role) -> None:
    """What sends spam from the clinic's network is the clinic's, whatever a format says."""
    sender = seen(ObservableType.IPV4, "198.51.100.9", role)
    assert report_constituents(a_case(observables=(sender,), victims=()), REGISTER) == (CLINIC,)


@pytest.mark.parametrize(
    "text", ["phetngam-login.example", "Thanthip.zip", "ธารทิพย์", "ThanthipPhetngamLocker", "Operation Phetngam Storm"]
)
def test_words_of_all_its_names_are_searched_for(text: str) -> None:
    """Also where the report knows only the name in the other script."""
    case = a_case(victims=(Victim(name=CLINIC.name, countries=("TH",)),))
    assert scanner_for(MEMBER, case).hits(text)
    assert not scanner_for(MEMBER, case).hits("velvet-update.example")
