"""The rules of the allow-list (`allowed`): functions of a property's value and its context.

A rule returns the value that leaves, or None if nothing does. It returns a `Change` if there is more to report.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote

from hub.protocol.labels import EXERCISE, Stage
from hub.release import allowed_words, known_names, preview, rounding
from hub.release.context import ObjectContext, ReleaseContext
from hub.release.policy import AudienceProfile, text_key, value_key
from hub.release.preview import PreviewRow
from hub.rendering import wording
from hub.rendering.methods import RATES
from hub.rendering.versions import Content
from hub.reports import rsit
from hub.reports.moments import Fidelity
from hub.stix import incident


@dataclass(frozen=True, slots=True)
class HeldValue:
    """Why a value is held, and under which key; with `approved` it is no longer held. For `span` and `insist` see `PreviewRow`."""

    reason: str
    key: str
    span: str = ""
    insist: bool = False
    approved: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """The result of a rule: `value` leaves; None means that nothing does.

    `rows` are the rows of the preview for parts of the value. `refusals` are the reasons why an approved text must not
    leave; with one, nothing of the release leaves. `held_value` is for a value about which an officer decides.
    """

    value: Any
    rows: tuple[PreviewRow, ...] = ()
    refusals: tuple[str, ...] = ()
    held_value: HeldValue | None = None


@dataclass(frozen=True, slots=True)
class PropertyRule:
    """The rule for one property, and its reason in the words of the preview."""

    change: Callable[[Any, ObjectContext], Any]
    reason: str
    approvable: bool = False  # whether the report's own text may leave if an officer approves it
    has_row: bool = True  # whether the preview has a row for it


Table = Mapping[str, PropertyRule]
# The properties that contain the value of an observable. For these, the preview shows the evidence for its owner.
_VALUE_PROPERTIES: Final = frozenset("value pattern name key hashes subject account_login number".split())


def apply_rules(content: Mapping[str, Any], table: Table, context: ObjectContext, path: str = "") -> Change:
    """Apply to each property of `content` its rule, with a row of the preview for each. A property without a rule stays."""
    leaving: Content = {}
    rows: list[PreviewRow] = []
    refusals: tuple[str, ...] = ()
    prefix = f"{path}." if path else ""
    for name, value in content.items():
        rule = table.get(name)
        new_value = None if rule is None else rule.change(value, context)
        held_value = None
        if isinstance(new_value, Change):
            rows += new_value.rows
            refusals += new_value.refusals
            held_value, new_value = new_value.held_value, new_value.value
        if new_value is not None:
            leaving[name] = new_value
        if name != "extensions" and (rule is None or rule.has_row):
            row = _row(f"{prefix}{name}", value, new_value, rule, context)
            rows.append(row if held_value is None else _held_row(row, str(value), held_value))
    return Change(leaving, tuple(rows), refusals)


def _held_row(row: PreviewRow, value: str, held_value: HeldValue) -> PreviewRow:
    """The row of a property whose value is held, or was held and is approved."""
    return replace(
        row,
        value=value,
        why=held_value.reason,
        key=held_value.key,
        span=held_value.span,
        insist=held_value.insist,
        approved=held_value.approved,
    )


def _row(path: str, value: Any, new_value: Any, rule: PropertyRule | None, context: ObjectContext) -> PreviewRow:
    content, release = context.content, context.release
    here = preview.one_line(value)
    row = PreviewRow(
        type=content["type"],
        id=content["id"],
        path=path,
        here=here,
        leaves=None if new_value is None else here if new_value == value else preview.one_line(new_value),
        why="not on the list of what may leave" if rule is None else rule.reason,
        evidence=release.evidence(content["id"]) if path in _VALUE_PROPERTIES else "",
    )
    if rule is None or not rule.approvable or not isinstance(value, str):
        return row
    key = text_key(value)
    if new_value == value and not release.approvals.allows(value):
        return row  # it leaves unchanged, so there is nothing to decide
    if release.may_leave(value):
        return replace(row, key=key, approved=True, value=value, why=release.approvals.reason(key))
    findings = release.findings(value)
    return replace(
        row,
        key=key,
        value=value,
        span=str(findings),
        insist=bool(findings.suspicions),
        refused=bool(findings.refusals),
    )


# -- words ---------------------------------------------------------------------------------------------------------


def _keep(value: Any, _context: ObjectContext) -> Any:
    return value


def vocabulary_rule(allowed: frozenset[str]) -> PropertyRule:
    """A rule for a word or a list of words: only words of the vocabulary leave."""

    def change(value: Any, context: ObjectContext) -> Any:
        if isinstance(value, list):
            return [word for word in value if word in allowed and context.release.may_say(word)] or None
        return value if value in allowed and context.release.may_say(value) else None

    return PropertyRule(change, "words of the vocabulary only")


def vocabulary_or_unknown_rule(allowed: frozenset[str]) -> PropertyRule:
    """A rule for a required word: a word of the vocabulary leaves, any other becomes `unknown`."""

    def change(value: Any, context: ObjectContext) -> Any:
        return value if value in allowed and context.release.may_say(value) else "unknown"

    return PropertyRule(change, "words of the vocabulary only")


def _labels(value: list[str], context: ObjectContext) -> list[str] | None:
    return [label for item in value if (label := _label(item, context))] or None


def _label(item: str, context: ObjectContext) -> str | None:
    if item in _RSIT_LABELS or item == EXERCISE:
        return item
    if context.release.audience.profile is AudienceProfile.PUBLIC:
        return None
    namespace, _, word = item.partition(":")
    if namespace == "criticality" and word.isdecimal():
        return f"criticality:{rounding.criticality(int(word))}"
    allowed = _LABEL_WORDS.get(namespace, frozenset())
    return item if word in allowed and context.release.may_say(word) else None


def _phases(value: list[dict[str, Any]], context: ObjectContext) -> list[dict[str, Any]] | None:
    keys = ("kill_chain_name", "phase_name")
    return [
        {key: item[key] for key in keys}
        for item in value
        if all(_SLUG.fullmatch(item[key]) and context.release.is_clean_name(item[key]) for key in keys)
    ] or None


# -- texts and names -----------------------------------------------------------------------------------------------


def approved_text(text: str, context: ObjectContext) -> Change | None:
    """The report's own text if an officer approved exactly this text; else None."""
    if not context.release.approvals.allows(text):
        return None
    if refusal := context.refusal(text):
        return Change(None, refusals=(refusal,))
    return Change(text) if context.release.may_leave(text) else None


def sentence_rule(name: str) -> PropertyRule:
    """A rule that writes the sentence of that name in `Texts`; the report's own text leaves only if it was approved."""

    def change(value: Any, context: ObjectContext) -> Any:
        approved_change = approved_text(value, context)
        return getattr(context.release.texts, name) if approved_change is None else approved_change

    return PropertyRule(change, "rewritten in vocabulary words", approvable=True)


def _name(value: Any, context: ObjectContext) -> Any:
    """The name of an actor, campaign, malware, tool, technique or weakness, if it is public or approved."""
    change = decide_name(context.content["type"], value, context.release)
    if change.value is not None:
        return change
    return replace(change, value=_public_name(context) or known_names.UNSPECIFIED.get(context.content["type"]))


def decide_name(object_type: str, name: str, release: ReleaseContext) -> Change:
    """Decide whether a name leaves, and if not, give the reason. The caller chooses a replacement."""
    # Every such name looks like that of an organisation or product, so only a resemblance to the victim is suspicious.
    hits = release.scanner.hits(name)
    if exact_hits := [hit for hit in hits if hit.is_exact]:
        return Change(None, held_value=HeldValue(f"it contains {', '.join(map(str, exact_hits))}", ""))
    if release.approvals.keeps(name):
        return Change(None, held_value=HeldValue("held: an officer decided that it stays", value_key(name)))
    resemblances = ", ".join(map(str, hits))
    public = known_names.is_public(object_type, name)
    if public and not resemblances:
        return Change(name)
    person = not public and known_names.looks_like_a_person(name)
    reason = (
        f"it contains {resemblances}"
        if resemblances
        else "it looks like a person's name"
        if person
        else "no public list has this name"
    )
    key = value_key(name)
    insist = bool(resemblances) or person
    if release.approvals.lets_out(name) and (not insist or release.approvals.insists(key)):
        return Change(
            name, held_value=HeldValue(release.approvals.reason(key), key, resemblances, insist, approved=True)
        )
    return Change(None, held_value=HeldValue(f"held: {reason}", key, resemblances or (name if person else ""), insist))


def _public_name(context: ObjectContext) -> str | None:
    """The name of a technique in a public catalogue, by the number in its external reference."""
    if context.content["type"] != "attack-pattern":
        return None
    for item in context.content.get("external_references", ()):
        number = str(item.get("external_id", ""))
        if item.get("source_name") == "mitre-attack" and (name := known_names.technique_name(number)):
            # the victim's name may be a word of the technique's name: then the number identifies the technique
            return number if context.release.scanner.hits(name) else name
        if item.get("source_name") == "capec" and _CATALOGUES["capec"][0].fullmatch(number):
            return number
    return None


def _action_name(value: str, context: ObjectContext) -> Any:
    """The name of a course of action: from ATT&CK, or of an update of public software; else free text."""
    if known_names.is_known_action(value) and not context.release.scanner.hits(value):
        return value
    if _is_update(value, context) and not context.release.scanner.hits(value):
        return value
    return approved_text(value, context)


def _is_update(name: str, context: ObjectContext) -> bool:
    """Whether a name is that of an update that a package URL, a CPE or a number of Microsoft's identifies."""
    software = name.removeprefix(wording.fix_name(""))
    if software == name:
        return False
    return bool(_MICROSOFT_UPDATE.fullmatch(software)) or any(
        item.get("source_name") in _SOFTWARE and _SOFTWARE[item["source_name"]].fullmatch(str(item.get("external_id")))
        for item in context.content.get("external_references", ())
    )


def _rates(value: list[dict[str, Any]], _context: ObjectContext) -> list[dict[str, Any]] | None:
    """The figures of a flood, each as the power of ten at or below it; no other score leaves."""
    figures = [item for item in value if item.get("name") in RATES.values() and item.get("value", 0) >= 1]
    return [{"name": item["name"], "value": rounding.magnitude(int(item["value"]))} for item in figures] or None


def _aliases(value: list[str], context: ObjectContext) -> list[str] | None:
    names = (decide_name(context.content["type"], name, context.release) for name in value)
    return [change.value for change in names if change.value is not None] or None


def _version(value: str, context: ObjectContext) -> str | None:
    return value if _VERSION.fullmatch(value) and context.release.is_clean_name(value) else None


# -- times and numbers ---------------------------------------------------------------------------------------------


def _time(end: str, context: ObjectContext) -> tuple[str, Fidelity]:
    """The released form of `start_time` or `end_time`, and its fidelity."""
    content = context.content
    fidelity = Fidelity(content.get(f"{end}_time_fidelity", Fidelity.SECOND))
    return context.release.rounded_time(
        content[f"{end}_time"], rounding.coarser_fidelity(fidelity, context.release.unit)
    )


def rounded_time_rule(end: str) -> PropertyRule:
    """A rule for `start_time` or `end_time`; `end` is the first word of the name."""
    return PropertyRule(lambda _value, context: _time(end, context)[0], "rounded, as its fidelity says")


def fidelity_rule(end: str) -> PropertyRule:
    """A rule for the fidelity of `start_time` or `end_time`."""
    return PropertyRule(lambda _value, context: _time(end, context)[1].value, "how exact the rounded time is")


def _sighting_time(value: str, context: ObjectContext) -> str:
    return context.release.rounded_time(value, context.release.unit)[0]


def _counts(value: Mapping[str, int], context: ObjectContext) -> dict[str, int] | None:
    return {
        kind: count
        for kind, number in value.items()
        if kind in allowed_words.ENTITY_TYPES
        and context.release.may_say(kind)
        and (count := _count(number, context)) is not None
    } or None


def _count(value: int, context: ObjectContext) -> int | None:
    return rounding.magnitude(value) if value >= context.terms.least_count else None


# -- references ----------------------------------------------------------------------------------------------------


def _references(value: list[dict[str, Any]], context: ObjectContext) -> list[dict[str, Any]] | None:
    """References to public catalogues, rebuilt from their numbers. Nothing else of a reference leaves."""
    rebuilt_references = []
    for item in value:
        catalogue = _CATALOGUES.get(item.get("source_name", ""))
        number = str(item.get("external_id", ""))
        software = _SOFTWARE.get(item.get("source_name", ""))
        if software and software.fullmatch(number) and not context.release.scanner.hits(unquote(number)):
            rebuilt_references.append({"source_name": item["source_name"], "external_id": number})
        elif catalogue and catalogue[0].fullmatch(number) and not context.release.scanner.hits(catalogue[1](number)):
            rebuilt_references.append(
                {"source_name": item["source_name"], "url": catalogue[1](number), "external_id": number}
            )
    return rebuilt_references or None


def _refs(value: list[str] | str, context: ObjectContext) -> Any:
    if isinstance(value, str):
        return context.released_id(value)
    return list(dict.fromkeys(ref for item in value if (ref := context.released_id(item)))) or None


def port_rule(end: str) -> PropertyRule:
    """A rule for a port: it leaves if its end of the connection leaves."""

    def change(value: int, context: ObjectContext) -> int | None:
        ref = context.content.get(f"{end}_ref")
        return value if ref and context.released_id(ref) else None

    return PropertyRule(change, "with the adversary's end only")


# -- files ---------------------------------------------------------------------------------------------------------


def _hashes(value: Mapping[str, str], _context: ObjectContext) -> dict[str, str]:
    return {name: text for name, text in value.items() if _HASH.fullmatch(text)}


def _file_name(value: str, _context: ObjectContext) -> str | None:
    return None if re.search(r"[\\/]", value) else value


_RSIT_LABELS: Final = frozenset(line.label for line in rsit.RSIT.values())
_LABEL_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "stage": frozenset(Stage),
    "determination": frozenset(incident.DETERMINATIONS),
    "type": allowed_words.EVENT_TYPES,
    "note": frozenset({"lesson", "comment", "report", "requested"}),
    "role": frozenset({"adversary"}),
}
_VERSION: Final = re.compile(r"v?\d[\w.+-]{0,20}", re.ASCII)
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,80}")
_HASH: Final = re.compile(r"[0-9a-fA-F]{32,128}|T1[0-9A-F]{70}|\d+:[A-Za-z0-9+/]+:[A-Za-z0-9+/]+")
_SOFTWARE: Final = {
    "purl": re.compile(r"pkg:[a-z][a-z0-9.+-]{1,30}/[\w./%@+~:-]{1,200}", re.ASCII),
    "cpe": re.compile(r"cpe:2\.3:[aho]:[\w.*\\:!-~-]{1,250}", re.ASCII),
}
_MICROSOFT_UPDATE: Final = re.compile(r"KB\d{6,8}", re.ASCII)
_ATTACK_PAGES: Final = {
    "T": "techniques", "M": "mitigations", "D": "datasources", "S": "software", "G": "groups",
}  # fmt: skip
_CATALOGUES: Final[Mapping[str, tuple[re.Pattern[str], Callable[[str], str]]]] = {
    "cve": (re.compile(r"CVE-\d{4}-\d{4,7}"), lambda number: f"https://www.cve.org/CVERecord?id={number}"),
    "capec": (
        re.compile(r"CAPEC-\d{1,4}"),
        lambda number: f"https://capec.mitre.org/data/definitions/{number.removeprefix('CAPEC-')}.html",
    ),
    "mitre-attack": (
        re.compile(r"T\d{4}(?:\.\d{3})?|M1\d{3}|DS\d{4}|[SG]\d{4}"),
        lambda number: f"https://attack.mitre.org/{_ATTACK_PAGES[number[0]]}/{number.replace('.', '/')}",
    ),
}

KEEP: Final = PropertyRule(_keep, "leaves as it is", has_row=False)
APPROVED_TEXT: Final = PropertyRule(approved_text, "free text: only what was scanned and approved", approvable=True)
NAME: Final = PropertyRule(_name, "a public name; searched")
ACTION: Final = PropertyRule(
    _action_name, "ATT&CK's words, or public software; else only what was approved", approvable=True
)
FLOOD_RATES: Final = PropertyRule(
    _rates, "of scores, only the figures of a flood leave, each as the power of ten at or below it"
)
ALIASES: Final = PropertyRule(_aliases, "those that are public names")
VERSION: Final = PropertyRule(_version, "a version; searched")
VALUE: Final = PropertyRule(_keep, "the adversary's; scanned")
SIGHTING_TIME: Final = PropertyRule(_sighting_time, "rounded")
VALIDITY_START: Final = PropertyRule(lambda _value, context: context.validity()[0], "rounded")
VALIDITY_END: Final = PropertyRule(lambda _value, context: context.validity()[1], "rounded up")
REFS: Final = PropertyRule(_refs, "only references to objects that leave", has_row=False)
PLACES: Final = PropertyRule(_refs, "a class of sector and country, or the CERT")
PHASES: Final = PropertyRule(_phases, "kill chain phases")
MAGNITUDE: Final = PropertyRule(lambda value, _context: rounding.magnitude(value), "the power of ten at or below it")
COUNT: Final = PropertyRule(_count, "the power of ten at or below it, if that is large enough")
COUNTS: Final = PropertyRule(_counts, "each count as the power of ten at or below it, if that is large enough")
CRITICALITY: Final = PropertyRule(lambda value, _context: rounding.criticality(value), "the middle of its band")
LABELS: Final = PropertyRule(_labels, "known machine tags only")
REFERENCES: Final = PropertyRule(_references, "public catalogues only")
HASHES: Final = PropertyRule(_hashes, "hashes")
FILE_NAME: Final = PropertyRule(_file_name, "without a path")
