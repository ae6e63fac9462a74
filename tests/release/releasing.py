"""Releases of invented reports, for tests."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from hub.home.member import OwnMember
from hub.release.policy import Approvals, Audience, AudienceProfile
from hub.release.record import ReleaseRecord
from hub.release.step import Released, Withheld, release
from hub.rendering.render import Rendered, render
from hub.reports.report import Report
from hub.stix.tlp import TLP
from tests.reports.making_reports import NOW, a_member

REGIONAL = Audience("2f2b8a1e-0000-4000-8000-00000000000a")
OTHER_REGIONAL = Audience("2f2b8a1e-0000-4000-8000-00000000000b")
PUBLIC = Audience("2f2b8a1e-0000-4000-8000-00000000000c", AudienceProfile.PUBLIC, TLP.CLEAR)
UNPROTECTED = Audience("2f2b8a1e-0000-4000-8000-00000000000d", protected=False)
LURE = "sejahtera-login.example"  # the adversary's domain in `a_case`, with the victim's name in it
# What identifies the victim of `a_case`, as its texts contain it.
SECRETS = (
    "sejahtera", "siti", "rahman", "199701024877", "198.51.100", "badrul", "hisham", "345 6789", "123456789",
    "rt-887766", "887766", "nusa-2026-0042", "gw.", "hacked-shop", "203.0.113.99", "203.0.113.53", "48210", "750000",
)  # fmt: skip


def must_release(
    report: Report,
    audience: Audience = REGIONAL,
    *,
    member: OwnMember | None = None,
    approvals: Approvals | None = None,
    record: ReleaseRecord | None = None,
    now: datetime = NOW,
) -> Released:
    """The release of a report; the test fails if nothing leaves."""
    outcome = release_outcome(report, audience, member=member, approvals=approvals, record=record, now=now)
    assert isinstance(outcome, Released), outcome.reason
    return outcome


def must_withhold(report: Report, audience: Audience = REGIONAL, **options: Any) -> Withheld:
    """The reason why nothing of a report leaves; the test fails if something does."""
    outcome = release_outcome(report, audience, **options)
    assert isinstance(outcome, Withheld)
    return outcome


def release_outcome(
    report: Report,
    audience: Audience = REGIONAL,
    *,
    member: OwnMember | None = None,
    now: datetime = NOW,
    **options: Any,
) -> Released | Withheld:
    """The outcome of releasing a report."""
    member = member or a_member()
    return release(render(report, member, now=NOW), report, member, audience, now=now, **options)


def objects_of_type(result: Released | Rendered, object_type: str) -> list[dict[str, Any]]:
    """The objects of one type."""
    return [content for content in result.contents if content["type"] == object_type]


def only_object(result: Released | Rendered, object_type: str) -> dict[str, Any]:
    """The only object of that type."""
    objects = objects_of_type(result, object_type)
    assert len(objects) == 1, objects
    return objects[0]


def names(result: Released, object_type: str) -> set[str]:
    """The names of all objects of that type that leave."""
    return {content["name"] for content in objects_of_type(result, object_type)}


def released_text(result: Released) -> str:
    """Everything that leaves, as one text in lower case, as a reader would search it."""
    return json.dumps([*result.contents, *result.lone_contents], ensure_ascii=False).casefold()
