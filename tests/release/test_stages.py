"""What two stages of one report tell together: no more than the finer of them, and nothing that either protects."""

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
NOBODY = Victim(sectors=("financial-services",), countries=("MY",))


class Cert:
    """A CERT that releases the stages of a report one after the other, and keeps the records of each."""

    def __init__(self, home: Path, **changes: Any) -> None:
        self.member: OwnMember = a_member(home=home, **changes)

    def releases(
        self, report: Report, audience: Audience = REGIONAL, *, now: datetime = NOW, approvals: Approvals | None = None
    ) -> Release | Withheld:
        outcome = release_report(report, self.member, audience, now, approvals=approvals)
        for path, body in outcome.files() if isinstance(outcome, Release) else outcome.files:
            keep_file(path, body)
        return outcome


@pytest.fixture
def cert(tmp_path: Path) -> Cert:
    return Cert(tmp_path)


def a_stage(*observables: Any, **more: Any) -> Report:
    return a_case(
        title="Ransomware",
        description=None,
        translations=(),
        victims=more.pop("victims", (NOBODY,)),
        observables=(ADDRESS, *observables),
        sightings=(),
        relations=(),
        contacts=more.pop("contacts", ()),
        consent=more.pop("consent", None),
        **more,
    )


def contents(outcome: Release | Withheld) -> list[Mapping[str, Any]]:
    assert isinstance(outcome, Release), outcome.reason
    return [content for bundle in outcome.bundles for content in bundle]


def patterns(outcome: Release | Withheld) -> str:
    return " ".join(content.get("pattern", "") for content in contents(outcome) if not content.get("revoked"))


def titles(outcome: Release | Withheld) -> list[str]:
    return [content["name"] for content in contents(outcome) if content["type"] == "incident"]


@pytest.mark.parametrize(
    "declared",
    [
        {"victims": (BANK,)},
        {"victims": (replace(BANK, name=None),)},
        {"victims": (), "secondary_victims": (BANK,)},
        {"contacts": (Contact("reporter", emails=("siti@melati.example",)),)},
    ],
    ids=["name", "domain", "secondary victim", "reporter"],
)
def test_what_an_earlier_stage_declared_is_searched_for_in_one_that_does_not_repeat_it(
    cert: Cert, declared: dict[str, Any]
) -> None:
    """An update that says only what is new gives the victim's portal no owner."""
    cert.releases(a_stage(**declared))
    later = cert.releases(a_stage(seen(ObservableType.DOMAIN, "portal.melati.example")), now=LATER)
    assert "203.0.113.7" in patterns(later)
    assert "melati" not in str(contents(later))


def test_a_value_that_was_the_victims_stays_its_own_until_an_officer_confirms_it(cert: Cert) -> None:
    """A forgotten @victim in an update lets no host out; a mistake in the first stage can be put right."""
    host = "198.51.100.44"
    cert.releases(a_stage(seen(ObservableType.IPV4, host, Role.VICTIM)))
    update = a_stage(seen(ObservableType.IPV4, host))
    held = cert.releases(update, now=LATER)
    assert host not in str(contents(held))
    assert f"if it is not, --confirm {host}" in held.preview.text()
    confirmed = cert.releases(update, now=LATER, approvals=Approvals("Aisyah", confirmed=frozenset({host})))
    assert host in patterns(confirmed)


def test_a_report_that_is_called_related_is_protected_by_what_the_other_declared(cert: Cert) -> None:
    cert.releases(a_stage(victims=(BANK,)))
    second = a_stage(
        seen(ObservableType.DOMAIN, "portal.melati.example"),
        report_id="MY-2",
        related_reports=(a_case().report_id,),
    )
    assert "melati" not in str(contents(cert.releases(second, now=LATER)))


def test_what_was_withheld_declares_all_the_same(cert: Cert) -> None:
    """The first stage may leave nothing, and name the victim."""
    assert isinstance(cert.releases(a_stage(victims=(BANK,), tlp="red")), Withheld)
    later = cert.releases(a_stage(seen(ObservableType.DOMAIN, "portal.melati.example")), now=LATER)
    assert "melati" not in str(contents(later))


@pytest.mark.parametrize("consent", [Consent.NONE, Consent.CERT_ONLY])
def test_a_consent_stands_until_another_one_is_recorded(cert: Cert, consent: Consent) -> None:
    """An update without a word of consent is no consent."""
    cert.releases(a_stage(consent=consent))
    silent = cert.releases(a_stage(), now=LATER)
    if consent is Consent.NONE:
        assert isinstance(silent, Withheld)
    else:
        assert "financial-services" not in str(contents(silent))
    agreed = cert.releases(a_stage(consent=Consent.SECTOR_ONLY), now=LATER)
    assert "financial-services" in str(contents(agreed))


def test_a_size_that_is_left_out_later_still_counts(cert: Cert) -> None:
    """Of fewer than five large hospitals no sector is said; nor in an update that no longer says how large it is."""
    large = Victim(sectors=("healthcare",), countries=("MY",), size="large")
    crowd = {("MY", "healthcare", "large"): 3, ("MY", "healthcare", "small"): 60}
    cert.member = replace(cert.member, constituents=crowd)
    first, later = (
        cert.releases(a_stage(victims=(victim,)), now=now)
        for victim, now in ((large, NOW), (replace(large, size=None), LATER))
    )
    assert titles(first) == titles(later) == ["Ransomware at an organisation in Malaysia"]


def test_a_size_that_is_known_later_does_not_take_the_sector_back(cert: Cert) -> None:
    """The sector stands in the first stage; that a second one leaves it out would say that the victim is one of the few large."""
    small = Victim(sectors=("healthcare",), countries=("MY",))
    crowd = {("MY", "healthcare", "large"): 3, ("MY", "healthcare", "small"): 60}
    cert.member = replace(cert.member, constituents=crowd)
    first, later = (
        cert.releases(a_stage(victims=(victim,)), now=now)
        for victim, now in ((small, NOW), (replace(small, size="large"), LATER))
    )
    assert titles(first) == titles(later) == ["Ransomware at a healthcare organisation in Malaysia"]
    less = cert.releases(a_stage(victims=(replace(small, size="large"),), consent=Consent.CERT_ONLY), now=LATER)
    assert "healthcare" not in str([item for item in contents(less) if not item.get("revoked")]), (
        "a consent counts more"
    )


def test_a_size_that_enough_share_is_told_by_a_later_stage(cert: Cert) -> None:
    cert.member = replace(cert.member, constituents={("MY", "healthcare", "small"): 60})
    unsized = Victim(sectors=("healthcare",), countries=("MY",))
    cert.releases(a_stage(victims=(unsized,)))
    later = cert.releases(a_stage(victims=(replace(unsized, size="small"),)), now=LATER)
    assert titles(later) == ["Ransomware at a small healthcare organisation in Malaysia"]


def test_what_left_alone_stays_alone(cert: Cert) -> None:
    """Linked to the incident by a later stage, the lone indicator would tell whose name it resembles."""
    lure = "rnelati-login.example"
    alike = a_stage(seen(ObservableType.DOMAIN, lure), victims=(BANK,))
    approved = Approvals("Aisyah", values=frozenset({lure}))
    first = cert.releases(alike, approvals=approved)
    assert isinstance(first, Release)
    assert lure in str(first.bundles[1])
    assert lure not in str(first.bundles[0])
    unlike = a_stage(seen(ObservableType.DOMAIN, lure), victims=(replace(BANK, name="Kedai Kopi", domains=()),))
    again = cert.releases(unlike, now=LATER)
    assert isinstance(again, Release)
    assert lure in str(again.bundles[1])
    assert lure not in str(again.bundles[0])


@pytest.mark.parametrize("decided", ["kept", "taken_back"])
def test_what_an_officer_kept_stays_although_nothing_holds_it_any_more(cert: Cert, decided: str) -> None:
    unowned = replace(seen(ObservableType.DOMAIN, "drop.example", Role.UNKNOWN), as_indicator=True)
    keys = frozenset({"drop.example"})
    decision = Approvals("Aisyah", kept=keys) if decided == "kept" else Approvals("Aisyah", taken_back=keys)
    cert.releases(a_stage(unowned), approvals=decision)
    owned = a_stage(seen(ObservableType.DOMAIN, "drop.example"))
    later = cert.releases(owned, now=LATER)
    assert "drop.example" not in str(contents(later))
    assert isinstance(later, Release)
    assert [row.key for row in later.preview.held() if "officer decided" in row.why] == ["drop.example"]
    assert "drop.example" in patterns(cert.releases(owned, now=LATER, approvals=Approvals("Aisyah", values=keys)))


def test_two_stages_tell_no_duration(cert: Cert) -> None:
    """The first told the day of the detection; that of the beginning, told by the second, would give the days between."""
    detected = Timeline(detected=moment("2026-03-12T10:00:00+00:00"))
    first = cert.releases(a_stage(timeline=detected))
    assert "2026-03-12" in str(contents(first))
    begun = replace(detected, started=moment("2026-03-09T10:00:00+00:00"))
    later = cert.releases(a_stage(timeline=begun), now=LATER)
    starts = [(item.get("start_time"), item.get("start_time_fidelity")) for item in contents(later)]
    assert ("2026-03-01T00:00:00Z", "month") in starts
    assert "2026-03-09" not in str(contents(later))
    at_once = cert.releases(a_stage(timeline=begun, report_id="MY-3"), now=LATER)
    assert "2026-03-09" in str(contents(at_once)), "one release tells one day"
    assert "2026-03-12" not in str(contents(at_once))


def test_the_record_names_what_a_later_stage_withdrew_and_took_back(cert: Cert) -> None:
    """The revocation repeats nothing; the CERT's own record says what it was, and which text was taken back."""
    text = "They came in by way of an old printer server."
    key = text_key(text)
    extra = seen(ObservableType.DOMAIN, "beat.example")
    approved = Approvals("Aisyah", texts=frozenset({key}))
    cert.releases(replace(a_stage(extra), description=text), approvals=approved)
    later = cert.releases(
        replace(a_stage(), description=text), now=LATER, approvals=Approvals("Badrul", taken_back=frozenset({key}))
    )
    assert isinstance(later, Release)
    (row,) = [row for row in later.preview.rows if row.type == "indicator" and "beat.example" in row.here]
    assert row.leaves == f"{row.here}, withdrawn"
    (history,) = report_history(cert.member, later.report.report_id)
    (decision,) = history.events[-1].approvals
    assert (decision.decision, decision.text) == ("taken back", text)
    (revoked,) = [item for item in history.objects if item.revoked and item.type == "indicator"]
    assert "beat.example" in revoked.name


def test_more_values_of_the_victims_than_a_record_holds_let_nothing_out(
    cert: Cert, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What were left out of the record, no later stage would be searched for."""
    monkeypatch.setattr(stages, "MAX_VALUES", 2)
    hosts = [seen(ObservableType.IPV4, f"198.51.100.{number}", Role.VICTIM) for number in (1, 2, 3)]
    assert isinstance(cert.releases(a_stage(*hosts[:2])), Release)
    with pytest.raises(ReleaseError, match="several reports"):
        cert.releases(a_stage(hosts[2]), now=LATER)
