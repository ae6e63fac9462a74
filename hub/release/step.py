"""The release: from the bundle at the CERT to the objects that leave the country, or the reason why nothing leaves.

1. Consent: if the victim wants nothing to leave, nothing leaves.
2. Level: the report must not be above the highest level of the collection.
3. The allow-list (`rewrite`), with the scanner for the CERT's list and for what the report declares.
4. Versions: unchanged objects keep their version, and objects that no longer leave are revoked.
5. The last look (`check`) at the objects. If it finds a problem, nothing leaves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from hub.home.member import OwnMember
from hub.release import check, ladder
from hub.release import record as records
from hub.release.deny import scanner_for
from hub.release.drills import is_drill, mark_as_drill, real_values
from hub.release.policy import Approvals, Audience
from hub.release.preview import Preview
from hub.release.record import ReleaseRecord
from hub.release.revocation import bare_revocation, has_decided_value
from hub.release.rewrite import ReleaseDraft, ReleaseInput, rewrite
from hub.release.rounding import floor
from hub.release.scan import Scanner
from hub.rendering import stix_classes, versions
from hub.rendering.render import Rendered, bundle_of
from hub.rendering.versions import Content, Version
from hub.reports.moments import Fidelity
from hub.reports.report import Report, ReportKind
from hub.reports.victims import Consent
from hub.stix import tlp

NO_CONSENT: Final = "The victim agreed to nothing leaving the CERT. Ask for its consent, or keep the report."
MAX_REASONS: Final = 10  # problems named in one refusal; a last line counts the others


@dataclass(frozen=True, slots=True)
class Released:
    """What leaves. `contents` are plain JSON values; `objects` are the same as objects of stix2.

    `lone_contents` are approved indicators that must not appear together with the incident: send them in a separate bundle. Write
    `record` at the CERT before anything is sent.
    """

    contents: tuple[Content, ...]
    lone_contents: tuple[Content, ...]
    record: ReleaseRecord = field(repr=False)
    preview: Preview = field(repr=False)

    @property
    def objects(self) -> tuple[Any, ...]:
        """The stix2 objects, in the order of `contents`."""
        return tuple(stix_classes.build(content) for content in self.contents)

    def bundle(self) -> Any:
        """A stix2 Bundle of what leaves."""
        return bundle_of(self.contents)

    def lone_bundle(self) -> Any | None:
        """A stix2 Bundle of the lone indicators; None if there are none."""
        return bundle_of(self.lone_contents) if self.lone_contents else None


@dataclass(frozen=True, slots=True)
class Withheld:
    """Nothing is released. `reason` is a sentence for the officer; `preview` shows what would have been released.

    `files` are records to write nevertheless, because a later stage needs what this one declares about the victim.
    """

    reason: str
    preview: Preview = field(repr=False)
    files: tuple[records.File, ...] = field(default=(), repr=False)


def release(  # noqa: PLR0913  every input of a release is a parameter
    rendered: Rendered,
    report: Report,
    member: OwnMember,
    audience: Audience,
    *,
    approvals: Approvals | None = None,
    record: ReleaseRecord | None = None,
    now: datetime,
) -> Released | Withheld:
    """Release a rendered report to this audience, with the victim protected. `Withheld` says why nothing may leave.

    `record` is the record of earlier releases to this audience (None if there are none); `now` has a time zone.
    """
    new_approvals, record = approvals or Approvals(), record or ReleaseRecord()
    approvals = record.approvals_in_force(new_approvals)
    time = versions.timestamp(now)
    title = (
        f"{report.source or report.report_id}: release to {audience.title or audience.collection} ({audience.profile})"
    )
    empty_preview = Preview(title, ())
    # (1) consent
    if report.consent is Consent.NONE:
        return Withheld((report.withheld_reason or NO_CONSENT) + _still_at_hub_hint(record), empty_preview)
    # (2) level
    if (reason := _level_refusal(report, audience, approvals)) is not None:
        return Withheld(reason + _still_at_hub_hint(record), empty_preview)
    # (3) the allow-list
    scanner = scanner_for(member, report, named_victim=_named_victim(report, audience, approvals))
    release_input = ReleaseInput(
        rendered=rendered,
        report=report,
        member=member,
        audience=audience,
        approvals=approvals,
        scanner=scanner,
        earlier_versions={**record.objects, **record.lone_indicators},
        first_release=record.first or time,
        wording=record.wording,
        now=time,
        statements=record.statements,
        case_start=record.case_start,
    )
    if is_drill(rendered.contents) and (values := real_values(report)):
        return Withheld(
            f"A drill must not contain real addresses: {values[0]} is not set aside for documentation. Use 192.0.2.0/24, "
            "198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32 and names under .example.",
            empty_preview,
        )
    draft = rewrite(release_input)
    preview = Preview(title, tuple(draft.rows))
    if draft.refusals:
        return Withheld(draft.refusals[0], preview)
    if not draft.own_objects and not draft.lone_indicators and not record.objects and not record.lone_indicators:
        return Withheld("Nothing in this report may leave; the preview says why for each object.", preview)
    # (4) versions
    settled_objects, object_versions = _settle(
        list(map(mark_as_drill, draft.own_objects)), record.objects, time, scanner, approvals.kept
    )
    # Lone indicators get the day only: an exact time would link them to their incident.
    day = versions.timestamp(datetime.fromisoformat(floor(time, Fidelity.DAY)))
    lone_indicators, lone_versions = _settle(
        list(map(mark_as_drill, draft.lone_indicators)),
        record.lone_indicators,
        day,
        Scanner((), ()),
        approvals.kept,
    )
    own_identity = [content for content in rendered.contents if content["id"] == member.identity]
    shared_objects = [
        *own_identity,
        *map(mark_as_drill, draft.common_objects.values()),
        *draft.observables.values(),
    ]
    definitions = [*_level_definitions([*shared_objects, *settled_objects]), *draft.definitions]
    contents = (*definitions, *shared_objects, *settled_objects) if settled_objects else ()
    lone_contents = (*_level_definitions(lone_indicators), *own_identity, *lone_indicators) if lone_indicators else ()
    # (5) the last look
    known_ids = frozenset({*record.objects, *record.observable_ids, *record.common_ids, *record.lone_indicators})
    look = check.LastLook(
        scanner=scanner.last_look_scanner(),
        highest=audience.highest_tlp,
        known_ids=known_ids,
        hidden_ids=_hidden_ids(rendered, draft, member),
        own_identity=member.identity,
        approved_texts=draft.texts_approved_despite(approvals),
        one_of_each_type=report.kind is ReportKind.FEED,
    )
    problems = check.find_problems(contents, look)
    problems += _lone_problems(lone_indicators, own_identity, look, member, report)
    crowd = ladder.release_crowd(member, audience)
    if not all(ladder.is_anonymous(rung, crowd) for rung in draft.rungs):
        problems.append("what is said of a victim fits too few organisations")
    if problems:
        return Withheld(_refusal_text(problems), preview)
    # the new record, with an entry in its history if something changed
    new_record = ReleaseRecord(
        objects=object_versions,
        lone_indicators=lone_versions,
        observable_ids=tuple(dict.fromkeys([*record.observable_ids, *draft.observables])),
        common_ids=tuple(dict.fromkeys([*record.common_ids, *draft.common_objects])),
        mapping={**record.mapping, **draft.mapping},
        first=record.first or time,
        history=record.history,
        wording=record.wording,
        statements=tuple(dict.fromkeys([*record.statements, *draft.statements])),
        case_start=draft.case_start,
        hubs=tuple(dict.fromkeys([*record.hubs, *([audience.hub] if audience.hub else [])])),
    )
    changed = (
        new_record.objects != record.objects
        or new_record.lone_indicators != record.lone_indicators
        or not record.history
    )
    changed = changed or new_record.hubs != record.hubs
    if changed or record.has_new_decision(new_approvals):
        # The record contains the thousands of released objects of a feed, so the history lists only what stayed.
        preview_rows = preview.data(staying=report.kind is ReportKind.FEED)
        new_record = replace(
            new_record,
            history=(
                *new_record.history,
                records.history_entry(time, new_approvals, preview_rows, str(report.consent or ""), audience.hub),
            ),
        )
    return Released(
        contents=contents,
        lone_contents=lone_contents,
        record=new_record,
        preview=preview,
    )


def _lone_problems(
    lone_indicators: list[Content], own_identity: list[Content], look: check.LastLook, member: OwnMember, report: Report
) -> list[str]:
    """The problems that the last look finds in lone indicators.

    Their values may resemble the victim's, but must not be the victim's own. A compromised host may also belong to a
    constituent, since the officer has decided about it, but not to the victim.
    """
    compromised = [content for content in lone_indicators if "compromised" in content.get("indicator_types", ())]
    other_indicators = [content for content in lone_indicators if content not in compromised]
    problems = check.find_problems(
        (*_level_definitions(other_indicators), *own_identity, *other_indicators),
        replace(look, scanner=look.scanner.approved_value_scanner()),
    )
    if compromised:
        scanner = scanner_for(replace(member, register=()), report).approved_value_scanner()
        problems += check.find_problems(
            (*_level_definitions(compromised), *own_identity, *compromised), replace(look, scanner=scanner)
        )
    return problems


def _still_at_hub_hint(record: ReleaseRecord) -> str:
    is_at_hub = not record.withdrawn and any(not version.revoked for version in record.objects.values())
    return " An earlier release of it is still at the hub: `hub withdraw` revokes it." if is_at_hub else ""


def _level_refusal(report: Report, audience: Audience, approvals: Approvals) -> str | None:
    level = tlp.BY_WORD[report.tlp]
    if approvals.tlp is not None:
        level = min(level, approvals.tlp)
    if level is tlp.TLP.RED:
        return "The report is TLP:RED: it is for the people named in it, and for no collection."
    if max(level, audience.terms.lowest) > audience.highest_tlp:
        return (
            f"The report is {level.label}, and this collection takes at most {audience.highest_tlp.label}. Choose another "
            "collection, or record the source's leave to mark it lower (--leave)."
        )
    return None


def _named_victim(report: Report, audience: Audience, approvals: Approvals) -> Any:
    """The victim that is named with its recorded consent; None if there are several, because each would have to agree."""
    has_consent = report.consent is Consent.NAMED and approvals.named_by and not audience.protected
    return report.victims[0] if has_consent and len(report.victims) == 1 else None


def _settle(
    drafts: list[Content],
    earlier_versions: Mapping[str, Version],
    time: str,
    scanner: Scanner,
    kept_keys: frozenset[str],
) -> tuple[list[Content], dict[str, Version]]:
    """As `versions.settle`, but revocations repeat no text (see `revocation`) and no value in `kept_keys`."""
    settled_objects, object_versions = versions.settle(drafts, earlier_versions, time)
    leaving = []
    drafted_ids = {content["id"] for content in drafts}
    for content in settled_objects:
        if content["id"] in drafted_ids:
            leaving.append(content)
            continue
        has_hits = any(scanner.hits(text) for text in check.checked_texts(content))
        if not earlier_versions[content["id"]].revoked:
            revocation = bare_revocation(
                content, keeps_pattern=not has_hits and not has_decided_value(content, kept_keys)
            )
            object_versions[content["id"]] = Version(versions.digest(revocation), revocation)
            leaving.append(revocation)
        elif not has_hits:
            leaving.append(content)
    return leaving, object_versions


def _level_definitions(contents: list[Content]) -> list[Content]:
    levels = {level for content in contents if (level := tlp.level(content)) is not None}
    return [tlp.tlp2_definition(level) for level in sorted(levels)]


def _hidden_ids(rendered: Rendered, draft: ReleaseDraft, member: OwnMember) -> frozenset[str]:
    """The ids that must not leave: all ids in the bundle at the CERT except those of SCOs that leave."""
    leaving = {*draft.observables, member.identity}
    return frozenset(
        content["id"]
        for content in rendered.contents
        if content["type"] != "marking-definition" and content["id"] not in leaving
    )


def _refusal_text(problems: list[str]) -> str:
    distinct_problems = list(dict.fromkeys(problems))
    last_line = [f"and {len(distinct_problems) - MAX_REASONS} more"] if len(distinct_problems) > MAX_REASONS else []
    return "The last look found what must not leave: " + "; ".join([*distinct_problems[:MAX_REASONS], *last_line]) + "."
