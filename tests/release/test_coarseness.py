"""How much is said of a victim: by whom it is counted, and how exact times and numbers are."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.home.register import Constituent, counts
from hub.release import rounding
from hub.release.ladder import Detail, Rung, is_anonymous, release_crowd
from hub.release.policy import Approvals
from hub.release.rounding import DURATION_STEPS, ceiling, highest_step, round_since_start, round_validity_end
from hub.reports.impacts import ConfidentialityImpact
from hub.reports.moments import Fidelity, Timeline
from hub.reports.observables import ObservableType, Sighting
from hub.reports.report import Report
from hub.reports.victims import Consent, Victim
from hub.stix.vocabularies import SEVERITY_NUMBERS
from tests.places import TOP
from tests.release.releasing import PUBLIC, REGIONAL, of_type, released, text_of
from tests.reports.making_reports import VICTIM, a_case, a_feed, a_member, moment, seen

AIRLINE = Victim(name="Sayap Diraja Sdn Bhd", sectors=("aerospace",), size="large", countries=("BN",))
ISLAND = a_member(
    name="CERT Pulau",
    country="BN",
    constituents={("BN", "aerospace", "large"): 1, ("BN", "healthcare", "large"): 6, ("MY", "aerospace", "large"): 9},
)


def an_airline(**changes: object) -> Report:
    return a_case(**{"victims": (AIRLINE,), "countries": ("BN",), "sightings": (), **changes})


# -- k -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("audience", [REGIONAL, PUBLIC], ids=["regional", "public"])
def test_a_sector_of_one_in_the_authors_country_is_not_said_of_the_region_either(audience: object) -> None:
    """The author tells the country: an aerospace organisation in the region, reported from there, is one company."""
    result = released(an_airline(tlp="clear"), audience, member=ISLAND)  # type: ignore[arg-type]  # an Audience
    assert "aerospace" not in text_of(result)


def test_the_region_says_a_sector_that_enough_organisations_of_the_authors_country_share() -> None:
    few = replace(ISLAND, constituents={("BN", "healthcare", "large"): 4, ("BN", "healthcare", ""): 1})
    clinic = replace(AIRLINE, sectors=("healthcare",), countries=("BN",))
    case = an_airline()
    assert "healthcare" in text_of(released(replace(case, victims=(clinic,)), member=ISLAND))
    assert "healthcare" in text_of(released(replace(case, victims=(clinic,)), member=few))
    fewer = replace(few, constituents={("BN", "healthcare", "large"): 4})
    assert "healthcare" not in text_of(released(replace(case, victims=(clinic,)), member=fewer))


@pytest.mark.parametrize("audience", [REGIONAL, PUBLIC], ids=["regional", "public"])
def test_a_sector_needs_enough_organisations_of_the_victims_own_size(audience: object) -> None:
    """One large hospital among thirty small ones: "31,000 patients", here or in the press, tells the size."""
    hospitals = {("BN", "healthcare", "large"): 1, ("BN", "healthcare", "small"): 30}
    member = replace(ISLAND, constituents=hospitals)
    large = replace(AIRLINE, sectors=("healthcare",), countries=("BN",))
    small = replace(large, size="small")
    release_text = {
        size: text_of(released(an_airline(tlp="clear", victims=(victim,)), audience, member=member))  # type: ignore[arg-type]
        for size, victim in (("large", large), ("small", small))
    }
    assert "healthcare" not in release_text["large"]
    assert "healthcare" in release_text["small"]


def test_the_register_tells_the_size_of_a_victim_where_the_report_does_not() -> None:
    """Most formats have no place for it."""
    constituent = Constituent("Sayap Diraja Sdn Bhd", "BN", ("SDB",), sector="healthcare", size="large")
    small = [Constituent(f"Klinik {number}", "BN", sector="healthcare", size="small") for number in range(30)]
    member = replace(ISLAND, register=(constituent, *small), constituents=counts((constituent, *small)))
    for name in ("Sayap Diraja", "SDB"):
        victim = Victim(name=name, sectors=("healthcare",), countries=("BN",))
        assert "healthcare" not in text_of(released(an_airline(victims=(victim,)), member=member))
    unknown = Victim(name="Pantai Timur", sectors=("healthcare",), countries=("BN",))
    assert "healthcare" in text_of(released(an_airline(victims=(unknown,)), member=member))


def test_a_victim_in_another_country_needs_the_crowd_in_both() -> None:
    """Nine aerospace organisations in Malaysia hide none where the author has one: readers look there first."""
    abroad = replace(AIRLINE, countries=("MY",))
    release_text = released(
        a_case(victims=(abroad,), countries=("MY",), sightings=(), tlp="clear"), PUBLIC, member=ISLAND
    )
    assert "aerospace" not in text_of(release_text)


def test_without_counts_no_sector_is_said_anywhere() -> None:
    sighted = Sighting("malware", "LockBit", 77, country="MY", sector="financial-services")
    for report in (a_case(), a_feed(sightings=(sighted,))):
        text = text_of(released(report, member=a_member(constituents={})))
        assert "financial services" not in text
        assert "financial-services" not in text


def test_the_public_learns_a_sector_from_a_higher_k() -> None:
    """Nineteen banks are enough for the member CERTs, and not for everybody."""
    banks = a_member(constituents={("MY", "financial-services", "large"): 19})
    assert "financial" in text_of(released(a_case(tlp="clear"), member=banks))
    assert "financial" not in text_of(released(a_case(tlp="clear"), PUBLIC, member=banks))
    more = a_member(constituents={("MY", "financial-services", "large"): 20})
    assert "financial" in text_of(released(a_case(tlp="clear"), PUBLIC, member=more))


def test_the_last_look_counts_by_itself_on_every_rung() -> None:
    """A rung that was chosen wrongly is caught, the region's too."""
    crowd = release_crowd(ISLAND, REGIONAL)
    assert not is_anonymous(Rung(Detail.REGION, "aerospace", region="south-eastern-asia"), crowd)
    assert not is_anonymous(Rung(Detail.CLASS, "aerospace", "BN"), crowd)
    assert not is_anonymous(Rung(Detail.PSEUDONYM, None, "SG"), crowd)
    assert is_anonymous(Rung(Detail.REGION, None, region="south-eastern-asia"), crowd)
    assert is_anonymous(Rung(Detail.CLASS, "healthcare", "BN", size="large"), crowd)


def test_words_that_only_one_sector_has_leave_with_the_sector_only() -> None:
    """Health records and industrial controllers say what the victim works in."""
    effects = (ConfidentialityImpact(loss_type="confirmed-loss", information_type="phi", record_count=5),)
    case = a_case(
        impacts=effects,
        affected_counts={"ics-plc": 40, "computers-server": 3},
        incident_types=("control-system-bypass",),
        rsit=(),
    )
    release_text = text_of(released(case))
    silent = text_of(released(case, member=a_member(constituents={})))
    for word in ("phi", "control-system-bypass"):
        assert f'"{word}"' in release_text
        assert f'"{word}"' not in silent
    assert "control system" not in silent
    assert "ics-plc" in text_of(released(replace(case, impacts=())))
    assert "ics-plc" not in text_of(released(replace(case, impacts=()), member=a_member(constituents={})))


# -- times ---------------------------------------------------------------------------------------------------------


def case_of(hours: int) -> Report:
    start = datetime.fromisoformat("2026-03-03T02:15:00+00:00")
    ended = moment((start + timedelta(hours=hours)).isoformat())
    times = Timeline(
        started=moment(start.isoformat()), detected=moment(start.isoformat()), ended=ended, contained=ended
    )
    seen_late = seen(ObservableType.IPV4, "203.0.113.7", first_seen=times.started, last_seen=ended, malware="LockBit")
    return a_case(timeline=times, observables=(seen_late,), sightings=(), tlp="clear")


@pytest.mark.parametrize("audience", [REGIONAL, PUBLIC], ids=["regional", "public"])
def test_two_durations_of_one_step_cannot_be_told_apart(audience: object) -> None:
    """The press knows that it took 52 hours: what leaves is the same for 60 hours, and for 100."""
    texts = {text_of(released(case_of(hours), audience)) for hours in (52, 60, 100)}  # type: ignore[arg-type]
    assert len(texts) == 1
    assert text_of(released(case_of(30 * 24), audience)) not in texts  # type: ignore[arg-type]


def test_nothing_of_a_case_that_leaves_to_the_public_says_a_day() -> None:
    """The days that a release is made on are its own; all others are the first of a month."""
    result = released(a_case(tlp="clear"), PUBLIC)
    times = [
        value
        for content in result.contents
        for name, value in content.items()
        if name.endswith(("_time", "valid_from", "_until", "_seen", "t_observed"))
    ]
    assert times
    assert {time[8:] for time in times} == {"01T00:00:00Z"}


def test_indicators_of_a_case_are_as_exact_as_the_case() -> None:
    """An indicator seen from 14:05 on would give the hour away that the incident keeps."""
    (indicator, *_) = of_type(released(a_case()), "indicator")
    assert indicator["valid_from"] == "2026-04-30T00:00:00Z"


def test_a_lone_indicator_has_no_day_of_the_incident() -> None:
    approvals = Approvals("Aisyah", values=frozenset({"sejahtera-login.example"}))
    *_, lone = released(a_case(), approvals=approvals).lone
    assert (lone["valid_from"], lone["valid_until"]) == ("2026-04-01T00:00:00Z", "2026-08-01T00:00:00Z")


TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(lambda time: time.isoformat() + "Z")  # noqa: DTZ001


@given(TIMES, st.integers(0, 2000 * 24), st.sampled_from([Fidelity.HOUR, Fidelity.DAY, Fidelity.MONTH]))
def test_a_time_is_told_truly_and_within_the_incident(began: str, hours: int, unit: Fidelity) -> None:
    later = datetime.fromisoformat(began) + timedelta(hours=hours)
    release_text, fidelity = round_since_start(began, later.isoformat(), unit)
    start, _ = round_since_start(began, began, unit)
    assert datetime.fromisoformat(start) <= datetime.fromisoformat(release_text) <= later
    told_at = datetime.fromisoformat(release_text)
    assert told_at.year == later.year
    if fidelity in (Fidelity.HOUR, Fidelity.DAY, Fidelity.MONTH):
        assert told_at.month == later.month


@given(st.integers(0, 40), st.integers(0, 40))
def test_days_of_one_step_are_told_alike(first: int, second: int) -> None:
    """Within one month only the declared steps can be seen."""
    began = "2026-03-01T05:00:00Z"
    days = [min(day, 30) for day in (first, second)]
    release_text = [round_since_start(began, f"2026-03-{1 + day:02}T20:00:00Z", Fidelity.DAY)[0] for day in days]
    assert (release_text[0] == release_text[1]) is (
        highest_step(days[0], DURATION_STEPS) == highest_step(days[1], DURATION_STEPS)
    )


def test_a_validity_is_told_in_whole_steps_and_never_shorter() -> None:
    start = "2026-03-03T02:15:00Z"
    assert round_validity_end(start, "2026-04-02T02:15:00Z", "2026-03-03T00:00:00Z") == "2026-04-02T00:00:00Z"
    assert round_validity_end(start, "2026-04-02T02:16:00Z", "2026-03-03T00:00:00Z") == "2026-05-02T00:00:00Z"
    assert round_validity_end(start, start, "2026-03-03T00:00:00Z") == "2026-04-02T00:00:00Z"
    assert ceiling("2026-01-31T00:00:01Z", Fidelity.MONTH) == "2026-02-01T00:00:00Z"
    assert ceiling("2026-12-02T00:00:00Z", Fidelity.MONTH) == "2027-01-01T00:00:00Z"


# -- numbers -------------------------------------------------------------------------------------------------------


def test_the_public_learns_no_count_below_the_least() -> None:
    def sighting(count: int) -> dict[str, object]:
        sighted = Sighting("malware", "LockBit", count, country="MY")
        return of_type(released(a_feed(tlp="clear", sightings=(sighted,)), PUBLIC), "sighting")[0]

    assert "count" not in sighting(9)
    assert sighting(10)["count"] == 10
    regional = released(a_feed(sightings=(Sighting("malware", "LockBit", 9, country="MY"),)))
    assert of_type(regional, "sighting")[0]["count"] == 1


def test_numbers_are_told_by_declared_steps() -> None:
    effects = (ConfidentialityImpact(loss_type="confirmed-loss", information_type="pii", record_count=48_210),)
    (impact,) = of_type(released(a_case(impacts=effects, affected_counts={"customer-individual": 5300})), "impact")
    assert impact["extensions"]["confidentiality-ext"] == {
        "loss_type": "confirmed-loss", "information_type": "pii", "record_count": 10_000,
    }  # fmt: skip


def test_a_victim_of_size_large_is_told_without_the_size_where_too_few_are() -> None:
    """Four large banks, and eleven of which the size is not counted: "a large bank" would leave four."""
    assert "large" not in text_of(released(a_case(victims=(VICTIM,))))


# -- over time -----------------------------------------------------------------------------------------------------


def pseudonym_at(month: int, **member: object) -> str:
    now = datetime(2026, month, 10, tzinfo=UTC)
    result = released(a_case(consent=Consent.PSEUDONYM), member=a_member(**member), now=now)
    return next(str(item["name"]) for item in of_type(result, "identity") if item["name"].startswith("victim-"))


def test_a_follower_of_a_year_links_no_more_than_a_quarter_under_one_pseudonym() -> None:
    year = [pseudonym_at(month) for month in range(1, 13)]
    assert len(set(year)) == 4
    assert [year.index(name) for name in year] == [0, 0, 0, 3, 3, 3, 6, 6, 6, 9, 9, 9]
    assert len({pseudonym_at(month, pseudonym_months=12) for month in (1, 12)}) == 1


def test_readers_are_told_for_how_long_a_pseudonym_means_the_same_victim() -> None:
    def sentence(months: int) -> str:
        result = released(a_case(consent=Consent.PSEUDONYM), member=a_member(pseudonym_months=months))
        return str(of_type(result, "incident")[0]["description"])

    assert "means the same victim from 2026-04 to 2026-06." in sentence(3)
    assert "means the same victim throughout 2026." in sentence(12)
    assert "means the same victim in 2026-05." in sentence(1)


def test_two_incidents_of_one_victim_without_a_pseudonym_share_no_id_that_others_do_not() -> None:
    """What both have in common is what all of the sector have, and what the world knows."""
    first, second = released(a_case()), released(a_case(report_id="NUSA-2026-0099"))
    other = released(a_case(report_id="NUSA-2026-0100", victims=(replace(VICTIM, name="Bank Makmur", domains=()),)))
    shared = {item["id"] for item in first.contents} & {item["id"] for item in second.contents}
    assert shared <= {item["id"] for item in other.contents}


def test_sectors_of_victims_without_a_name_do_not_meet_in_one_that_has_both() -> None:
    """There are enough hospitals and enough airlines in Brunei, but few that are both."""
    member = a_member(
        name="CERT", country="BN", constituents={("BN", "healthcare", ""): 40, ("BN", "aerospace", ""): 40}
    )
    both = tuple(Victim(sectors=(sector,), countries=("BN",)) for sector in ("healthcare", "aerospace"))
    release_text = text_of(released(a_case(victims=both, countries=("BN",), sightings=()), member=member))
    assert "healthcare" in release_text
    assert "aerospace" not in release_text
    named = tuple(replace(victim, name=name) for victim, name in zip(both, ("Sakit Raya", "Sayap Raya"), strict=True))
    release_text = text_of(released(a_case(victims=named, countries=("BN",), sightings=()), member=member))
    assert {"healthcare", "aerospace"} <= set(re.findall("healthcare|aerospace", release_text))


DEADLINES = tomllib.loads((TOP / "profiles" / "response.toml").read_text(encoding="utf-8"))["deadlines"]


@pytest.mark.parametrize("number", SEVERITY_NUMBERS)
def test_no_deadline_changes_where_a_severity_is_told_as_its_band(number: int) -> None:
    """The middle of the national scale is moderate, as it stands and as it leaves: nobody is hurried by release."""

    def hours(criticality: int) -> object:
        return DEADLINES[str(max(int(least) for least in DEADLINES if criticality >= int(least)))]

    criticality = SEVERITY_NUMBERS[number]
    assert hours(rounding.criticality(criticality)) == hours(criticality)
