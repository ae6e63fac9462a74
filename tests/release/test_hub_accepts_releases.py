"""The hub accepts what the release step releases, and refuses what it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.profile.check import Context, check
from hub.profile.rules import Profile
from hub.release.policy import Approvals, Audience
from hub.release.record import withdrawal
from hub.release.step import Released, release
from hub.rendering.render import render
from hub.reports.report import Report, ReportKind
from hub.reports.victims import Consent
from hub.stix.schema import faults
from tests.reports.making_reports import IDENTITY, NOW, VICTIM, a_case, a_feed, a_member, a_watch

PERSON = replace(VICTIM, is_person=True, name="Siti binti Rahman", sectors=())


@pytest.mark.parametrize(
    "report",
    [
        *(a_case(consent=consent) for consent in (None, Consent.CERT_ONLY, Consent.SECTOR_ONLY, Consent.PSEUDONYM)),
        a_case(consent=Consent.NAMED),
        a_case(consent=Consent.PSEUDONYM, victims=(PERSON,)),
        a_feed(),
        a_watch(),
    ],
    ids=["no consent", "cert-only", "sector-only", "pseudonym", "named", "a person", "feed", "watch"],
)
def test_a_protected_collection_accepts_everything_that_leaves(
    report: Report, shipped_profiles: dict[str, Profile]
) -> None:
    member = a_member()
    values = frozenset({"sejahtera-login.example"})
    approvals = Approvals("Aisyah", values=values, named_by="Aisyah, by letter")
    result = release(render(report, member, now=NOW), report, member, Audience("c"), approvals=approvals, now=NOW)
    assert isinstance(result, Released)
    profile_names = ["incident", "protected", "live"] + (["indicators"] if report.kind is not ReportKind.CASE else [])
    collection_profiles = [shipped_profiles[name] for name in profile_names]
    context = Context({IDENTITY: "MY"})
    revocations = withdrawal(result.record, "2026-06-01T00:00:00.000Z")
    leaving = [*result.contents, *result.lone_contents, *revocations.contents, *revocations.lone_contents]
    assert [finding for content in leaving for finding in check(content, collection_profiles, context)] == []
    assert [fault for content in leaving for fault in faults(content)] == []
    assert bool(result.lone_contents) == (report.kind is ReportKind.CASE)


def test_only_a_collection_for_drills_accepts_a_drill(shipped_profiles: dict[str, Profile]) -> None:
    member, report = a_member(), a_case()
    drill = render(report, member, now=NOW, exercise=True)
    result = release(drill, report, member, Audience("c"), now=NOW)
    assert isinstance(result, Released)
    context = Context({IDENTITY: "MY"})
    incident = next(content for content in result.contents if content["type"] == "incident")
    assert check(incident, [shipped_profiles["live"]], context)
    revocations = withdrawal(result.record, "2026-06-01T00:00:00.000Z")
    leaving = [*result.contents, *revocations.contents]
    assert [finding for content in leaving for finding in check(content, [shipped_profiles["exercise"]], context)] == []


def test_the_hub_refuses_the_victim_of_an_unreleased_bundle(shipped_profiles: dict[str, Profile]) -> None:
    """If somebody publishes the bundle without releasing it, the hub refuses the victim."""
    rendered = render(a_case(), a_member(), now=NOW)
    victim = next(content for content in rendered.contents if content.get("name") == VICTIM.name)
    assert check(victim, [shipped_profiles["protected"]], Context({IDENTITY: "MY"}))
