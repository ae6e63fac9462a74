"""How much a release says about a victim: the counts that it needs, and the precision of times and numbers."""

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
from tests.release.releasing import PUBLIC, REGIONAL, must_release, objects_of_type, released_text
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
def test_a_sector_with_one_organisation_in_the_authors_country_is_not_said_for_the_region(audience: object) -> None:
    """Readers know the author's country: with one aerospace organisation there, the sector would identify it."""
    result = must_release(an_airline(tlp="clear"), audience, member=ISLAND)  # type: ignore[arg-type]  # an Audience
    assert "aerospace" not in released_text(result)


def test_a_sector_is_said_for_the_region_if_enough_organisations_of_the_authors_country_share_it() -> None:
    few = replace(ISLAND, constituents={("BN", "healthcare", "large"): 4, ("BN", "healthcare", ""): 1})
    clinic = replace(AIRLINE, sectors=("healthcare",), countries=("BN",))
    case = an_airline()
    assert "healthcare" in released_text(must_release(replace(case, victims=(clinic,)), member=ISLAND))
    assert "healthcare" in released_text(must_release(replace(case, victims=(clinic,)), member=few))
    fewer = replace(few, constituents={("BN", "healthcare", "large"): 4})
    assert "healthcare" not in released_text(must_release(replace(case, victims=(clinic,)), member=fewer))


@pytest.mark.parametrize("audience", [REGIONAL, PUBLIC], ids=["regional", "public"])
def test_a_sector_needs_enough_organisations_of_the_victims_own_size(audience: object) -> None:
    """One large hospital among thirty small ones: "31,000 patients", here or in the press, would reveal the size."""
    hospitals = {("BN", "healthcare", "large"): 1, ("BN", "healthcare", "small"): 30}
    member = replace(ISLAND, constituents=hospitals)
    large = replace(AIRLINE, sectors=("healthcare",), countries=("BN",))
    small = replace(large, size="small")
    release_text = {
        size: released_text(must_release(an_airline(tlp="clear", victims=(victim,)), audience, member=member))  # type: ignore[arg-type]
        for size, victim in (("large", large), ("small", small))
    }
    assert "healthcare" not in release_text["large"]
    assert "healthcare" in release_text["small"]


def test_the_size_comes_from_the_register_if_the_report_has_none() -> None:
    """Most formats have no field for the size."""
    constituent = Constituent("Sayap Diraja Sdn Bhd", "BN", ("SDB",), sector="healthcare", size="large")
    small = [Constituent(f"Klinik {number}", "BN", sector="healthcare", size="small") for number in range(30)]
    member = replace(ISLAND, register=(constituent, *small), constituents=counts((constituent, *small)))
    for name in ("Sayap Diraja", "SDB"):
        victim = Victim(name=name, sectors=("healthcare",), countries=("BN",))
        assert "healthcare" not in released_text(must_release(an_airline(victims=(victim,)), member=member))
    unknown = Victim(name="Pantai Timur", sectors=("healthcare",), countries=("BN",))
    assert "healthcare" in released_text(must_release(an_airline(victims=(unknown,)), member=member))


def test_a_victim_in_another_country_needs_the_crowd_in_both() -> None:
    """Nine aerospace organisations in Malaysia do not help if the author's country has one: readers look there first."""
    foreign_airline = replace(AIRLINE, countries=("MY",))
    release_text = must_release(
        a_case(victims=(foreign_airline,), countries=("MY",), sightings=(), tlp="clear"), PUBLIC, member=ISLAND
    )
    assert "aerospace" not in released_text(release_text)


def test_without_counts_no_sector_is_said_anywhere() -> None:
    sighted = Sighting("malware", "LockBit", 77, country="MY", sector="financial-services")
    for report in (a_case(), a_feed(sightings=(sighted,))):
        text = released_text(must_release(report, member=a_member(constituents={})))
        assert "financial services" not in text
        assert "financial-services" not in text


def test_a_public_release_needs_a_higher_k_for_a_sector() -> None:
    """Nineteen banks are enough for a release to the member CERTs, but not for a public one."""
    banks = a_member(constituents={("MY", "financial-services", "large"): 19})
    assert "financial" in released_text(must_release(a_case(tlp="clear"), member=banks))
    assert "financial" not in released_text(must_release(a_case(tlp="clear"), PUBLIC, member=banks))
    more_banks = a_member(constituents={("MY", "financial-services", "large"): 20})
    assert "financial" in released_text(must_release(a_case(tlp="clear"), PUBLIC, member=more_banks))


def test_the_last_look_verifies_every_rung_independently() -> None:
    """The last look detects a rung that was chosen wrongly, also for a region."""
    crowd = release_crowd(ISLAND, REGIONAL)
    assert not is_anonymous(Rung(Detail.REGION, "aerospace", region="south-eastern-asia"), crowd)
    assert not is_anonymous(Rung(Detail.CLASS, "aerospace", "BN"), crowd)
    assert not is_anonymous(Rung(Detail.PSEUDONYM, None, "SG"), crowd)
    assert is_anonymous(Rung(Detail.REGION, None, region="south-eastern-asia"), crowd)
    assert is_anonymous(Rung(Detail.CLASS, "healthcare", "BN", size="large"), crowd)


def test_words_of_one_sector_leave_only_with_the_sector() -> None:
    """Health records and industrial controllers reveal the victim's sector."""
    impacts = (ConfidentialityImpact(loss_type="confirmed-loss", information_type="phi", record_count=5),)
    case = a_case(
        impacts=impacts,
        affected_counts={"ics-plc": 40, "computers-server": 3},
        incident_types=("control-system-bypass",),
        rsit=(),
    )
    release_text = released_text(must_release(case))
    text_without_sector = released_text(must_release(case, member=a_member(constituents={})))
    for word in ("phi", "control-system-bypass"):
        assert f'"{word}"' in release_text
        assert f'"{word}"' not in text_without_sector
    assert "control system" not in text_without_sector
    assert "ics-plc" in released_text(must_release(replace(case, impacts=())))
    assert "ics-plc" not in released_text(must_release(replace(case, impacts=()), member=a_member(constituents={})))


# -- times ---------------------------------------------------------------------------------------------------------


def case_lasting(hours: int) -> Report:
    start = datetime.fromisoformat("2026-03-03T02:15:00+00:00")
    ended = moment((start + timedelta(hours=hours)).isoformat())
    times = Timeline(
        started=moment(start.isoformat()), detected=moment(start.isoformat()), ended=ended, contained=ended
    )
    late_indicator = seen(
        ObservableType.IPV4, "203.0.113.7", first_seen=times.started, last_seen=ended, malware="LockBit"
    )
    return a_case(timeline=times, observables=(late_indicator,), sightings=(), tlp="clear")


@pytest.mark.parametrize("audience", [REGIONAL, PUBLIC], ids=["regional", "public"])
def test_durations_of_one_step_look_the_same(audience: object) -> None:
    """The press may know that it took 52 hours: a release for 60 or 100 hours is the same."""
    texts = {released_text(must_release(case_lasting(hours), audience)) for hours in (52, 60, 100)}  # type: ignore[arg-type]
    assert len(texts) == 1
    assert released_text(must_release(case_lasting(30 * 24), audience)) not in texts  # type: ignore[arg-type]


def test_a_public_release_of_a_case_has_no_days() -> None:
    """All times except those of the release itself are rounded to the first day of a month."""
    result = must_release(a_case(tlp="clear"), PUBLIC)
    times = [
        value
        for content in result.contents
        for name, value in content.items()
        if name.endswith(("_time", "valid_from", "_until", "_seen", "t_observed"))
    ]
    assert times
    assert {time[8:] for time in times} == {"01T00:00:00Z"}


def test_indicators_of_a_case_are_as_exact_as_the_case() -> None:
    """The exact time of an indicator would reveal the hour that the incident leaves out."""
    (indicator, *_) = objects_of_type(must_release(a_case()), "indicator")
    assert indicator["valid_from"] == "2026-04-30T00:00:00Z"


def test_a_lone_indicator_has_no_day_of_the_incident() -> None:
    approvals = Approvals("Aisyah", values=frozenset({"sejahtera-login.example"}))
    *_, lone = must_release(a_case(), approvals=approvals).lone_contents
    assert (lone["valid_from"], lone["valid_until"]) == ("2026-04-01T00:00:00Z", "2026-08-01T00:00:00Z")


TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(lambda time: time.isoformat() + "Z")  # noqa: DTZ001


@given(TIMES, st.integers(0, 2000 * 24), st.sampled_from([Fidelity.HOUR, Fidelity.DAY, Fidelity.MONTH]))
def test_a_rounded_time_is_true_and_within_the_incident(case_start: str, hours: int, unit: Fidelity) -> None:
    later_time = datetime.fromisoformat(case_start) + timedelta(hours=hours)
    release_text, fidelity = round_since_start(case_start, later_time.isoformat(), unit)
    start, _ = round_since_start(case_start, case_start, unit)
    assert datetime.fromisoformat(start) <= datetime.fromisoformat(release_text) <= later_time
    released_time = datetime.fromisoformat(release_text)
    assert released_time.year == later_time.year
    if fidelity in (Fidelity.HOUR, Fidelity.DAY, Fidelity.MONTH):
        assert released_time.month == later_time.month


@given(st.integers(0, 40), st.integers(0, 40))
def test_days_of_one_step_are_rounded_to_the_same_time(first: int, second: int) -> None:
    """Within one month, days differ only by the declared steps."""
    case_start = "2026-03-01T05:00:00Z"
    days = [min(day, 30) for day in (first, second)]
    release_text = [round_since_start(case_start, f"2026-03-{1 + day:02}T20:00:00Z", Fidelity.DAY)[0] for day in days]
    assert (release_text[0] == release_text[1]) is (
        highest_step(days[0], DURATION_STEPS) == highest_step(days[1], DURATION_STEPS)
    )


def test_a_validity_is_rounded_up_to_whole_steps() -> None:
    start = "2026-03-03T02:15:00Z"
    assert round_validity_end(start, "2026-04-02T02:15:00Z", "2026-03-03T00:00:00Z") == "2026-04-02T00:00:00Z"
    assert round_validity_end(start, "2026-04-02T02:16:00Z", "2026-03-03T00:00:00Z") == "2026-05-02T00:00:00Z"
    assert round_validity_end(start, start, "2026-03-03T00:00:00Z") == "2026-04-02T00:00:00Z"
    assert ceiling("2026-01-31T00:00:01Z", Fidelity.MONTH) == "2026-02-01T00:00:00Z"
    assert ceiling("2026-12-02T00:00:00Z", Fidelity.MONTH) == "2027-01-01T00:00:00Z"


# -- numbers -------------------------------------------------------------------------------------------------------


def test_a_public_release_has_no_small_counts() -> None:
    def sighting(count: int) -> dict[str, object]:
        sighted = Sighting("malware", "LockBit", count, country="MY")
        return objects_of_type(must_release(a_feed(tlp="clear", sightings=(sighted,)), PUBLIC), "sighting")[0]

    assert "count" not in sighting(9)
    assert sighting(10)["count"] == 10
    regional = must_release(a_feed(sightings=(Sighting("malware", "LockBit", 9, country="MY"),)))
    assert objects_of_type(regional, "sighting")[0]["count"] == 1


def test_numbers_are_rounded_to_declared_steps() -> None:
    impacts = (ConfidentialityImpact(loss_type="confirmed-loss", information_type="pii", record_count=48_210),)
    (impact,) = objects_of_type(
        must_release(a_case(impacts=impacts, affected_counts={"customer-individual": 5300})), "impact"
    )
    assert impact["extensions"]["confidentiality-ext"] == {
        "loss_type": "confirmed-loss", "information_type": "pii", "record_count": 10_000,
    }  # fmt: skip


def test_the_size_is_left_out_if_too_few_organisations_have_it() -> None:
    """There are four large banks, and eleven without a counted size: "a large bank" would be one of four."""
    assert "large" not in released_text(must_release(a_case(victims=(VICTIM,))))


# -- over time -----------------------------------------------------------------------------------------------------


def pseudonym_at(month: int, **member: object) -> str:
    now = datetime(2026, month, 10, tzinfo=UTC)
    result = must_release(a_case(consent=Consent.PSEUDONYM), member=a_member(**member), now=now)
    return next(str(item["name"]) for item in objects_of_type(result, "identity") if item["name"].startswith("victim-"))


def test_a_reader_can_link_one_quarter_of_a_year_by_a_pseudonym() -> None:
    year = [pseudonym_at(month) for month in range(1, 13)]
    assert len(set(year)) == 4
    assert [year.index(name) for name in year] == [0, 0, 0, 3, 3, 3, 6, 6, 6, 9, 9, 9]
    assert len({pseudonym_at(month, pseudonym_months=12) for month in (1, 12)}) == 1


def test_the_description_says_how_long_a_pseudonym_means_the_same_victim() -> None:
    def sentence(months: int) -> str:
        result = must_release(a_case(consent=Consent.PSEUDONYM), member=a_member(pseudonym_months=months))
        return str(objects_of_type(result, "incident")[0]["description"])

    assert "means the same victim from 2026-04 to 2026-06." in sentence(3)
    assert "means the same victim throughout 2026." in sentence(12)
    assert "means the same victim in 2026-05." in sentence(1)


def test_two_incidents_of_one_victim_without_a_pseudonym_share_no_id_that_others_do_not() -> None:
    """Both share only what all victims of the sector share, and public knowledge."""
    first, second = must_release(a_case()), must_release(a_case(report_id="NUSA-2026-0099"))
    other_victim = must_release(
        a_case(report_id="NUSA-2026-0100", victims=(replace(VICTIM, name="Bank Makmur", domains=()),))
    )
    shared = {item["id"] for item in first.contents} & {item["id"] for item in second.contents}
    assert shared <= {item["id"] for item in other_victim.contents}


def test_victims_without_a_name_do_not_reveal_two_sectors_of_one_organisation() -> None:
    """Brunei has enough organisations of each sector, but perhaps few that are in both."""
    member = a_member(
        name="CERT", country="BN", constituents={("BN", "healthcare", ""): 40, ("BN", "aerospace", ""): 40}
    )
    unnamed_victims = tuple(Victim(sectors=(sector,), countries=("BN",)) for sector in ("healthcare", "aerospace"))
    release_text = released_text(
        must_release(a_case(victims=unnamed_victims, countries=("BN",), sightings=()), member=member)
    )
    assert "healthcare" in release_text
    assert "aerospace" not in release_text
    named_victims = tuple(
        replace(victim, name=name) for victim, name in zip(unnamed_victims, ("Sakit Raya", "Sayap Raya"), strict=True)
    )
    release_text = released_text(
        must_release(a_case(victims=named_victims, countries=("BN",), sightings=()), member=member)
    )
    assert {"healthcare", "aerospace"} <= set(re.findall("healthcare|aerospace", release_text))


DEADLINES = tomllib.loads((TOP / "profiles" / "response.toml").read_text(encoding="utf-8"))["deadlines"]


@pytest.mark.parametrize("number", SEVERITY_NUMBERS)
def test_rounding_a_severity_to_its_band_changes_no_deadline(number: int) -> None:
    """The deadline for a severity is the same before and after rounding to the band."""

    def hours(criticality: int) -> object:
        return DEADLINES[str(max(int(least) for least in DEADLINES if criticality >= int(least)))]

    criticality = SEVERITY_NUMBERS[number]
    assert hours(rounding.criticality(criticality)) == hours(criticality)
