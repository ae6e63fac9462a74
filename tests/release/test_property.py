"""No spelling of a victim's names and values leaves, in whichever field of a report it is.

The search here is deliberately simple, and shares no code with the scanner that it tests.
"""

from __future__ import annotations

import base64
import json
import random
import unicodedata
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from hub.release.policy import Approvals, Audience, AudienceProfile, text_key
from hub.release.step import Released, release
from hub.rendering.render import render
from hub.reports.knowledge import Actor, Malware, Technique, Vulnerability
from hub.reports.observables import FileDetails, ObservableType, Role, Sighting
from hub.reports.references import Reference
from hub.reports.report import Note, Report, ReportEvent, Task
from hub.reports.victims import Consent, Contact, Victim
from hub.stix.identifiers import derived_id
from hub.stix.tlp import TLP
from tests.reports.making_reports import NOW, a_case, a_feed, a_member, seen

AUDIENCES = (Audience("one"), Audience("two", AudienceProfile.PUBLIC, TLP.CLEAR), Audience("three", protected=False))
SYLLABLES = (
    "zuk",
    "vor",
    "bex",
    "quil",
    "jaz",
    "wyx",
    "gho",
    "dwi",
    "ngu",
    "phé",
    "đăk",
    "ñor",
    "ไทย",
    "ကို",
    "ភ្នំ",
    "ລາວ",
)
FORMS = ("{}", "PT {} Tbk", "{} Sdn Bhd", "{} Pte. Ltd.", "บริษัท {} จำกัด", "Công ty {} JSC", "{}, Inc.")

syllables = st.lists(st.sampled_from(SYLLABLES), min_size=3, max_size=6)
names = st.builds(lambda parts, gap: gap.join(parts).title(), syllables, st.sampled_from(("", " ", "-", " & ")))
latin_words = st.lists(st.sampled_from(SYLLABLES[:9]), min_size=3, max_size=5).map("".join)


@st.composite
def victims(draw: st.DrawFn) -> tuple[Victim, str]:
    """A victim, and its name without the legal form."""
    bare_name = draw(names)
    domain = f"{draw(latin_words)}.{draw(st.sampled_from(('example', 'co.example', 'example.id')))}"
    octet = draw(st.integers(1, 250))
    return (
        Victim(
            name=draw(st.sampled_from(FORMS)).format(bare_name),
            other_names=(draw(latin_words).title(),),
            registration_numbers=(str(draw(st.integers(10**11, 10**12 - 1))),),
            domains=(domain,),
            ip_ranges=(f"100.{octet}.{octet}.0/24",),
            emails=(f"{draw(latin_words)}.{draw(latin_words)}@{domain}",),
            people=(draw(names),),
            sectors=("financial-services",),
            countries=("MY",),
        ),
        bare_name,
    )


def identifying_texts(victim: Victim, bare_name: str) -> list[str]:
    assert victim.name
    assert victim.registration_numbers
    return [
        victim.name, bare_name, *victim.other_names, *victim.registration_numbers, *victim.domains, *victim.emails, *victim.people,
        victim.ip_ranges[0].removesuffix("0/24"),
    ]  # fmt: skip


def spellings(text: str) -> list[str]:
    """The spellings for which a curious reader would search."""
    joined = text.replace(" ", "").replace("-", "")
    forms = {text, joined, text.casefold(), unicodedata.normalize("NFKC", text), unicodedata.normalize("NFD", text)}
    encoded = {quote(form) for form in forms} | {form.encode().hex() for form in forms}
    for form in forms:
        for offset in range(3):  # base64 differs for each of three offsets
            encoded_form = base64.b64encode(b"x" * offset + form.encode()).decode().rstrip("=")
            encoded.add(encoded_form[4 if offset else 0 : -2])
    labels = {f"xn--{form.casefold().encode('punycode').decode()}" for form in forms if not form.isascii()}
    return [form for form in forms | encoded | labels if len(form) >= 6]


def find_secrets(text: str, secrets: list[str]) -> list[str]:
    lower_text = text.casefold()
    return [form for secret in secrets for form in spellings(secret) if form.casefold() in lower_text or form in text]


def insert_secret(report: Report, secret: str, random_choices: random.Random) -> Report:
    """The report with a random spelling of the secret in one more of its fields."""
    text = random_choices.choice(
        [secret, secret.upper(), f"at {secret} today", quote(secret), base64.b64encode(secret.encode()).decode()]
    )
    adversary = seen(
        random_choices.choice(
            [ObservableType.DOMAIN, ObservableType.URL, ObservableType.MUTEX, ObservableType.USER_AGENT]
        ),
        f"https://evil.example/{quote(text)}",
        labels=(text,),
        description=text,
        malware=text,
    )
    report = replace(report, observables=tuple(item for item in report.observables if item.key != adversary.key))
    choices: dict[str, dict[str, Any]] = {
        "title": {"title": text},
        "description": {"description": text},
        "labels": {"labels": (*report.labels, text, f"rsit:{text}", f"type:{text}")},
        "incident_types": {"incident_types": (*report.incident_types, text)},
        "detection": {"detection_methods": (text,)},
        "root cause": {"root_cause": text},
        "adversary": {"observables": (*report.observables, adversary)},
        "file": {
            "observables": (
                *report.observables,
                seen(ObservableType.FILE, text, file=FileDetails(name=f"{text}.exe", mime_type=text)),
            )
        },
        "rule": {
            "observables": (
                *report.observables,
                seen(ObservableType.PATTERN, text, pattern=f'rule x {{ meta: who = "{text}" }}', pattern_type="yara"),
            )
        },
        "malware": {
            "malware": (*report.malware, Malware(text, (text,), aliases=(text,), version=text, description=text))
        },
        "actor": {"actors": (*report.actors, Actor(text, types=(text,), aliases=(text,), motivation=text))},
        "technique": {"techniques": (*report.techniques, Technique(text, kill_chain_phases=((text, text),)))},
        "vulnerability": {"vulnerabilities": (*report.vulnerabilities, Vulnerability(text, text))},
        "event": {"events": (*report.events, ReportEvent(text, (text,), text))},
        "task": {"tasks": (*report.tasks, Task(text, ("containment", text), text))},
        "note": {"notes": (*report.notes, Note(text, title=text))},
        "action": {"recommended_actions": (*report.recommended_actions, text)},
        "reference": {
            "references": (*report.references, Reference(text, text, f"https://x.example/{quote(text)}", text, True))
        },
        "sighting": {
            "sightings": (
                *report.sightings,
                Sighting("malware", text, 3, detail=text, labels=(text,), country="MY", sector=text),
            )
        },
        "contact": {"contacts": (*report.contacts, Contact(text, text, text))},
        "ticket": {"report_id": f"{text}/7"},
        "related": {"related_reports": (f"{text}/8",)},
        "source": {"source": text},
    }
    field = random_choices.choice(sorted(choices))
    return replace(report, **choices[field])


@given(
    victims(),
    st.integers(0, 2**32),
    st.sampled_from(AUDIENCES),
    st.sampled_from([None, *Consent]),
    st.booleans(),
)
def test_no_spelling_of_a_victim_leaves(
    victim_and_name: tuple[Victim, str], seed: int, audience: Audience, consent: Consent | None, feed: bool
) -> None:
    victim, bare_name = victim_and_name
    secrets = identifying_texts(victim, bare_name)
    random_choices = random.Random(seed)
    tlp = "clear" if audience.profile is AudienceProfile.PUBLIC else "amber"
    report = (
        (a_feed(tlp=tlp) if feed else a_case(tlp=tlp, recommended_actions=()))
        if random_choices.random() < 0.9
        else a_case(tlp=tlp)
    )
    report = replace(report, victims=(victim,), consent=consent)
    for secret in secrets:
        for _ in range(2):
            report = insert_secret(report, secret, random_choices)
    victim_values = (
        seen(ObservableType.IPV4, victim.ip_ranges[0].replace("0/24", "77"), Role.VICTIM),
        seen(ObservableType.DOMAIN, f"vpn.{victim.domains[0]}", Role.VICTIM),
        seen(ObservableType.DOMAIN, f"{victim.domains[0].partition('.')[0]}-login.example"),
        seen(ObservableType.IPV4, victim.ip_ranges[0].replace("0/24", "78")),
    )
    report = replace(report, observables=(*report.observables, *victim_values))
    # An officer may approve every text without reading it: the scanner must still find the secrets.
    texts = frozenset(text_key(text) for text in _texts(report)) if random_choices.random() < 0.5 else frozenset()
    member = a_member()
    result = release(
        render(report, member, now=NOW), report, member, audience, approvals=Approvals("Aisyah", texts), now=NOW
    )
    if isinstance(result, Released):
        text = json.dumps(result.contents, ensure_ascii=False)
        assert find_secrets(text, secrets) == []
        assert find_secrets(result.bundle().serialize(ensure_ascii=False), secrets) == []
        for item in victim_values:
            identifier = derived_id({"type": item.type.value, "value": item.value})
            assert identifier is not None
            assert identifier not in text


def _texts(report: Report) -> list[str]:
    texts = [report.title, report.description or "", *report.recommended_actions]
    texts += [text for note in report.notes for text in (note.text, note.title or "")]
    texts += [item.description or "" for item in report.events]
    texts += [item.description or "" for item in report.tasks]
    texts += [item.description or "" for item in report.malware]
    texts += [item.description or "" for item in report.vulnerabilities]
    return texts


def test_most_reports_leave_although_they_name_their_victim_everywhere() -> None:
    """A release step that withholds everything would pass the test above, but not this one."""
    random_choices = random.Random(7)
    secrets = ["Zukvorbex Sdn Bhd", "zukvor.example", "quil.jaz@zukvor.example", "199701024877"]
    victim = Victim(
        name=secrets[0], domains=(secrets[1],), emails=(secrets[2],), registration_numbers=(secrets[3],),
        sectors=("financial-services",), countries=("MY",),
    )  # fmt: skip
    released_count = 0
    for _ in range(20):
        report = replace(a_case(), victims=(victim,))
        for secret in secrets * 3:
            report = insert_secret(report, secret, random_choices)
        member = a_member()
        result = release(render(report, member, now=NOW), report, member, AUDIENCES[0], now=NOW)
        if isinstance(result, Released):
            released_count += 1
            assert any(content["type"] == "indicator" for content in result.contents)
            assert find_secrets(json.dumps(result.contents, ensure_ascii=False), secrets) == []
    assert released_count == 20
