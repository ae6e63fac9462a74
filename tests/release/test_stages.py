"""Two stages of a report reveal together no more than one, and nothing that either of them protects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from hub.errors import ReleaseError
from hub.home.member import OwnMember
from hub.producer.releasing import Release, release_report
from hub.release import stages
from hub.release.history import report_history
from hub.release.policy import Approvals, Audience, text_key
from hub.release.record import keep_file
from hub.release.step import Withheld
from hub.reports.moments import Timeline
from hub.reports.observables import ObservableType, Role
from hub.reports.report import Report
from hub.reports.victims import Consent, Contact, Victim
from tests.release.releasing import REGIONAL
from tests.reports.making_reports import LATER, NOW, a_case, a_member, moment, seen

ADDRESS = seen(ObservableType.IPV4, "203.0.113.7")
BANK = Victim(name="Bank Melati Bhd", domains=("melati.example",), sectors=("financial-services",), countries=("MY",))
UNNAMED = Victim(sectors=("financial-services",), countries=("MY",))


class Cert:
    """A CERT that releases the stages of a report one after the other, and keeps the records."""

    def __init__(self, home: Path, **changes: Any) -> None:
        self.member: OwnMember = a_member(home=home, **changes)

    def release(
        self, report: Report, audience: Audience = REGIONAL, *, now: datetime = NOW, approvals: Approvals | None = None
    ) -> Release | Withheld:
        outcome = release_report(report, self.member, audience, now, approvals=approvals)
        for path, body in outcome.files() if isinstance(outcome, Release) else outcome.files:
            keep_file(path, body)
        return outcome


@pytest.fixture
def cert(tmp_path: Path) -> Cert:
    return Cert(tmp_path)


def a_stage(*observables: Any, **changes: Any) -> Report:
    return a_case(
        title="Ransomware",
        description=None,
        translations=(),
        victims=changes.pop("victims", (UNNAMED,)),
        observables=(ADDRESS, *observables),
        sightings=(),
        relations=(),
        contacts=changes.pop("contacts", ()),
        consent=changes.pop("consent", None),
        **changes,
    )


def contents(outcome: Release | Withheld) -> list[Mapping[str, Any]]:
    assert isinstance(outcome, Release), outcome.reason
    return [content for bundle in outcome.bundles for content in bundle]


def patterns(outcome: Release | Withheld) -> str:
    return " ".join(content.get("pattern", "") for content in contents(outcome) if not content.get("revoked"))


def titles(outcome: Release | Withheld) -> list[str]:
    return [content["name"] for content in contents(outcome) if content["type"] == "incident"]


@pytest.mark.parametrize(
    "declarations",
    [
        {"victims": (BANK,)},
        {"victims": (replace(BANK, name=None),)},
        {"victims": (), "secondary_victims": (BANK,)},
        {"contacts": (Contact("reporter", emails=("siti@melati.example",)),)},
    ],
    ids=["name", "domain", "secondary victim", "reporter"],
)
def test_a_later_stage_is_searched_for_declarations_of_earlier_ones(cert: Cert, declarations: dict[str, Any]) -> None:
    """An update that contains only what is new does not say that the portal belongs to the victim."""
    cert.release(a_stage(**declarations))
    later_stage = cert.release(a_stage(seen(ObservableType.DOMAIN, "portal.melati.example")), now=LATER)
    assert "203.0.113.7" in patterns(later_stage)
    assert "melati" not in str(contents(later_stage))


def test_a_value_of_the_victim_stays_until_an_officer_confirms_it(cert: Cert) -> None:
    """If an update forgets @victim, the host still stays. A mistake in the first stage can be corrected."""
    host = "198.51.100.44"
    cert.release(a_stage(seen(ObservableType.IPV4, host, Role.VICTIM)))
    update = a_stage(seen(ObservableType.IPV4, host))
    held_outcome = cert.release(update, now=LATER)
    assert host not in str(contents(held_outcome))
    assert f"if it is not, --confirm {host}" in held_outcome.preview.text()
    confirmed_outcome = cert.release(update, now=LATER, approvals=Approvals("Aisyah", confirmed=frozenset({host})))
    assert host in patterns(confirmed_outcome)


def test_a_report_is_searched_for_declarations_of_its_related_reports(cert: Cert) -> None:
    cert.release(a_stage(victims=(BANK,)))
    related_report = a_stage(
        seen(ObservableType.DOMAIN, "portal.melati.example"),
        report_id="MY-2",
        related_reports=(a_case().report_id,),
    )
    assert "melati" not in str(contents(cert.release(related_report, now=LATER)))


def test_declarations_of_a_withheld_stage_count(cert: Cert) -> None:
    """A stage of which nothing leaves may still name the victim."""
    assert isinstance(cert.release(a_stage(victims=(BANK,), tlp="red")), Withheld)
    later_stage = cert.release(a_stage(seen(ObservableType.DOMAIN, "portal.melati.example")), now=LATER)
    assert "melati" not in str(contents(later_stage))


@pytest.mark.parametrize("consent", [Consent.NONE, Consent.CERT_ONLY])
def test_a_consent_is_valid_until_another_one_is_recorded(cert: Cert, consent: Consent) -> None:
    """An update without a consent changes nothing."""
    cert.release(a_stage(consent=consent))
    without_consent = cert.release(a_stage(), now=LATER)
    if consent is Consent.NONE:
        assert isinstance(without_consent, Withheld)
    else:
        assert "financial-services" not in str(contents(without_consent))
    with_consent = cert.release(a_stage(consent=Consent.SECTOR_ONLY), now=LATER)
    assert "financial-services" in str(contents(with_consent))


def test_a_size_that_a_later_stage_leaves_out_still_counts(cert: Cert) -> None:
    """Fewer than five large hospitals are no crowd, also for an update that does not repeat the size."""
    large = Victim(sectors=("healthcare",), countries=("MY",), size="large")
    crowd = {("MY", "healthcare", "large"): 3, ("MY", "healthcare", "small"): 60}
    cert.member = replace(cert.member, constituents=crowd)
    first_release, later_stage = (
        cert.release(a_stage(victims=(victim,)), now=now)
        for victim, now in ((large, NOW), (replace(large, size=None), LATER))
    )
    assert titles(first_release) == titles(later_stage) == ["Ransomware at an organisation in Malaysia"]


def test_a_size_that_becomes_known_later_does_not_remove_the_sector(cert: Cert) -> None:
    """The first stage has the sector. If the second left it out, readers would learn that the victim is one of the few large."""
    small = Victim(sectors=("healthcare",), countries=("MY",))
    crowd = {("MY", "healthcare", "large"): 3, ("MY", "healthcare", "small"): 60}
    cert.member = replace(cert.member, constituents=crowd)
    first_release, later_stage = (
        cert.release(a_stage(victims=(victim,)), now=now)
        for victim, now in ((small, NOW), (replace(small, size="large"), LATER))
    )
    assert titles(first_release) == titles(later_stage) == ["Ransomware at a healthcare organisation in Malaysia"]
    narrower_release = cert.release(
        a_stage(victims=(replace(small, size="large"),), consent=Consent.CERT_ONLY), now=LATER
    )
    assert "healthcare" not in str([item for item in contents(narrower_release) if not item.get("revoked")]), (
        "a narrower consent takes precedence"
    )


def test_a_later_stage_adds_a_size_that_enough_organisations_share(cert: Cert) -> None:
    cert.member = replace(cert.member, constituents={("MY", "healthcare", "small"): 60})
    unsized = Victim(sectors=("healthcare",), countries=("MY",))
    cert.release(a_stage(victims=(unsized,)))
    later_stage = cert.release(a_stage(victims=(replace(unsized, size="small"),)), now=LATER)
    assert titles(later_stage) == ["Ransomware at a small healthcare organisation in Malaysia"]


def test_a_lone_indicator_stays_alone_in_later_stages(cert: Cert) -> None:
    """If a later stage linked it to the incident, the lone indicator would reveal whose name it resembles."""
    lure = "rnelati-login.example"
    similar_stage = a_stage(seen(ObservableType.DOMAIN, lure), victims=(BANK,))
    approved = Approvals("Aisyah", values=frozenset({lure}))
    first_release = cert.release(similar_stage, approvals=approved)
    assert isinstance(first_release, Release)
    assert lure in str(first_release.bundles[1])
    assert lure not in str(first_release.bundles[0])
    unrelated_stage = a_stage(
        seen(ObservableType.DOMAIN, lure), victims=(replace(BANK, name="Kedai Kopi", domains=()),)
    )
    second_release = cert.release(unrelated_stage, now=LATER)
    assert isinstance(second_release, Release)
    assert lure in str(second_release.bundles[1])
    assert lure not in str(second_release.bundles[0])


@pytest.mark.parametrize("decision_field", ["kept", "taken_back"])
def test_a_value_that_an_officer_kept_stays_without_another_reason(cert: Cert, decision_field: str) -> None:
    unknown_value = replace(seen(ObservableType.DOMAIN, "drop.example", Role.UNKNOWN), as_indicator=True)
    keys = frozenset({"drop.example"})
    decision = Approvals("Aisyah", kept=keys) if decision_field == "kept" else Approvals("Aisyah", taken_back=keys)
    cert.release(a_stage(unknown_value), approvals=decision)
    adversary_stage = a_stage(seen(ObservableType.DOMAIN, "drop.example"))
    later_stage = cert.release(adversary_stage, now=LATER)
    assert "drop.example" not in str(contents(later_stage))
    assert isinstance(later_stage, Release)
    assert [row.key for row in later_stage.preview.held() if "officer decided" in row.why] == ["drop.example"]
    assert "drop.example" in patterns(
        cert.release(adversary_stage, now=LATER, approvals=Approvals("Aisyah", values=keys))
    )


def test_two_stages_do_not_reveal_a_duration(cert: Cert) -> None:
    """The first stage has the day of detection. The day of the start in the second would reveal the days between."""
    detected = Timeline(detected=moment("2026-03-12T10:00:00+00:00"))
    first_release = cert.release(a_stage(timeline=detected))
    assert "2026-03-12" in str(contents(first_release))
    with_start = replace(detected, started=moment("2026-03-09T10:00:00+00:00"))
    later_stage = cert.release(a_stage(timeline=with_start), now=LATER)
    starts = [(item.get("start_time"), item.get("start_time_fidelity")) for item in contents(later_stage)]
    assert ("2026-03-01T00:00:00Z", "month") in starts
    assert "2026-03-09" not in str(contents(later_stage))
    single_release = cert.release(a_stage(timeline=with_start, report_id="MY-3"), now=LATER)
    assert "2026-03-09" in str(contents(single_release)), "one release has one exact day"
    assert "2026-03-12" not in str(contents(single_release))


def test_the_record_names_what_a_later_stage_revoked_and_took_back(cert: Cert) -> None:
    """The revocation repeats nothing, but the CERT's record names the object and the text that was taken back."""
    text = "They came in by way of an old printer server."
    key = text_key(text)
    dropped_value = seen(ObservableType.DOMAIN, "beat.example")
    approved = Approvals("Aisyah", texts=frozenset({key}))
    cert.release(replace(a_stage(dropped_value), description=text), approvals=approved)
    later_stage = cert.release(
        replace(a_stage(), description=text), now=LATER, approvals=Approvals("Badrul", taken_back=frozenset({key}))
    )
    assert isinstance(later_stage, Release)
    (row,) = [row for row in later_stage.preview.rows if row.type == "indicator" and "beat.example" in row.here]
    assert row.leaves == f"{row.here}, withdrawn"
    (history,) = report_history(cert.member, later_stage.report.report_id)
    (decision,) = history.events[-1].approvals
    assert (decision.decision, decision.text) == ("taken back", text)
    (revoked_object,) = [item for item in history.objects if item.revoked and item.type == "indicator"]
    assert "beat.example" in revoked_object.name


def test_nothing_leaves_if_a_report_has_too_many_values_of_the_victim(
    cert: Cert, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later stage would not be searched for values that the record leaves out."""
    monkeypatch.setattr(stages, "MAX_VALUES", 2)
    hosts = [seen(ObservableType.IPV4, f"198.51.100.{number}", Role.VICTIM) for number in (1, 2, 3)]
    assert isinstance(cert.release(a_stage(*hosts[:2])), Release)
    with pytest.raises(ReleaseError, match="several reports"):
        cert.release(a_stage(hosts[2]), now=LATER)
