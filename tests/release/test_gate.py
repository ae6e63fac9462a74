"""Which values leave, leave alone, are held, or stay: by role, by the owner of their space, and by content."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub.home.member import Space
from hub.home.register import Constituent
from hub.release.policy import Approvals, text_key, value_key
from hub.release.preview import PreviewRow
from hub.release.record import withdrawal
from hub.release.step import Released, Withheld
from hub.rendering.versions import timestamp
from hub.reports.knowledge import Actor, Malware, Technique, Vulnerability
from hub.reports.observables import FileDetails, ObservableType, Role
from hub.reports.report import Report
from hub.stix import tlp
from tests.release.releasing import (
    PUBLIC,
    REGIONAL,
    must_release,
    names,
    objects_of_type,
    release_outcome,
    released_text,
)
from tests.reports.making_reports import LATER, NOW, SHA256, a_case, a_member, a_watch, seen

GOOD = seen(ObservableType.IPV4, "203.0.113.7")
HACKED = "https://www.klinik-rekaan.gov.my/wp-content/kit/login.php"
MEMBER = a_member(
    space=Space(domains=("cert-nusa.example",), prefixes=("192.0.2.0/25",)),
    register=(
        Constituent("Toko Melati", "MY", domains=("toko-melati.example",), ip_ranges=("198.51.100.128/25",)),
        *(Constituent(f"Perusahaan {number}", "MY", sector="energy") for number in range(9)),
    ),
)


def a_report(*observables: Any, **more: Any) -> Report:
    return a_watch(observables=(GOOD, *observables), **more)


def a_row(outcome: Released | Withheld, value: str) -> PreviewRow:
    rows = [
        row
        for row in outcome.preview.rows
        if row.type == "indicator" and not row.path and value in (row.here, row.value)
    ]
    rows = rows or [row for row in outcome.preview.rows if not row.path and value in (row.here, row.value)]
    assert rows, [row.here for row in outcome.preview.rows]
    return rows[0]


def approve(*values: str, **more: Any) -> Approvals:
    return Approvals("Aisyah", values=frozenset(values), **more)


# -- owners --------------------------------------------------------------------------------------------------------


def test_a_value_leaves_only_with_evidence_that_it_is_the_adversarys() -> None:
    """A role without a field of the report as evidence is a guess."""
    guessed = seen(ObservableType.DOMAIN, "guessed.example", evidence="")
    outcome = must_release(a_report(guessed))
    assert "guessed.example" not in released_text(outcome)
    assert "203.0.113.7" in released_text(outcome)
    row = a_row(outcome, "guessed.example")
    assert (row.key, row.held) == ("guessed.example", True)
    assert "nothing in the report shows" in row.why


@pytest.mark.parametrize("role", [Role.VICTIM, Role.UNKNOWN, Role.THIRD_PARTY])
def test_no_other_role_leaves_and_the_preview_gives_the_evidence(role: Role) -> None:
    item = seen(ObservableType.DOMAIN, "somebody.example", role, evidence="Attribute[3] is of category Targeting data")
    outcome = must_release(a_report(item))
    assert "somebody.example" not in released_text(outcome)
    assert a_row(outcome, "somebody.example").evidence == "Attribute[3] is of category Targeting data"


def test_a_victims_value_has_no_key_for_an_approval() -> None:
    item = seen(ObservableType.IPV4, "203.0.113.99", Role.VICTIM)
    outcome = must_release(a_report(item), approvals=approve("203.0.113.99", confirmed=frozenset({"203.0.113.99"})))
    assert "203.0.113.99" not in released_text(outcome)
    assert not a_row(outcome, "203.0.113.99").key


def test_what_leaves_is_shown_with_its_evidence() -> None:
    outcome = must_release(a_report())
    rows = [row for row in outcome.preview.rows if row.evidence and row.leaves]
    assert {row.evidence for row in rows} == {"the report says adversary"}


# -- address space -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ObservableType.URL, HACKED),
        (ObservableType.DOMAIN, "sman1.sch.id"),
        (ObservableType.DOMAIN, "www.toko-melati.example"),
        (ObservableType.DOMAIN, "portal.cert-nusa.example"),
        (ObservableType.IPV4, "192.0.2.5"),
        (ObservableType.EMAIL, "staff@rekaan.go.th"),
    ],
)
def test_a_value_in_a_members_space_is_a_third_partys_until_an_officer_confirms_it(
    kind: ObservableType, value: str
) -> None:
    """A reader who blocks a hacked site of a ministry blocks the ministry, even if the report calls it the adversary's."""
    report = a_report(seen(kind, value))
    outcome = must_release(report, member=MEMBER)
    assert value not in released_text(outcome)
    row = a_row(outcome, value)
    assert (row.key, row.held) == (value, True)
    assert "third party" in row.why
    confirmed = must_release(report, member=MEMBER, approvals=Approvals(confirmed=frozenset({value})))
    *_, lone = confirmed.lone_contents
    assert "compromised host; expected to be cleaned" in lone["description"]
    assert lone["indicator_types"] == ["compromised"]
    assert value not in str(confirmed.contents)
    assert value not in str(withdrawal(confirmed.record, timestamp(LATER)).lone_contents), (
        "the revocation does not repeat a cleaned host"
    )


def test_a_phishing_domain_that_somebody_registered_under_the_countrys_domain_leaves() -> None:
    assert "bayar-parkir.com.my" in released_text(
        must_release(a_report(seen(ObservableType.DOMAIN, "bayar-parkir.com.my")))
    )


def test_a_compromised_host_under_the_countrys_domain_is_held() -> None:
    shop = seen(ObservableType.DOMAIN, "kedai-rekaan.com.my", indicator_types=("compromised",))
    assert "kedai-rekaan" not in released_text(must_release(a_report(shop)))


def test_an_indicator_of_a_compromised_host_is_short_lived_and_keeps_its_end_when_published_again() -> None:
    report, approvals = a_report(seen(ObservableType.URL, HACKED)), approve(HACKED)
    first_release = must_release(report, approvals=approvals, now=NOW)
    *_, lone = first_release.lone_contents
    assert (lone["valid_from"], lone["valid_until"]) == ("2026-05-04T00:00:00Z", "2026-05-18T00:00:00Z")
    assert tlp.level(lone) is tlp.TLP.AMBER, "its owner is also a victim"
    second_release = must_release(report, record=first_release.record, now=NOW + timedelta(days=30))
    assert second_release.lone_contents == first_release.lone_contents


def test_a_compromised_host_never_leaves_to_the_public_or_below_amber() -> None:
    report, approvals = a_report(seen(ObservableType.URL, HACKED), tlp="clear"), approve(HACKED)
    for audience in (PUBLIC, replace(REGIONAL, highest_tlp=tlp.TLP.GREEN)):
        outcome = must_release(report, audience, approvals=approvals)
        assert not outcome.lone_contents
        assert a_row(outcome, HACKED).leaves is None


def test_a_compromised_host_of_the_victim_cannot_be_approved() -> None:
    """The site of the report's victim identifies it, even in a lone indicator."""
    victim_url = "https://gw.sejahtera.example/kit/"
    outcome = must_release(
        a_case(observables=(GOOD, seen(ObservableType.URL, victim_url, Role.THIRD_PARTY))),
        approvals=approve(victim_url),
    )
    assert not outcome.lone_contents
    assert not a_row(outcome, victim_url).key


def test_a_phishing_url_with_the_name_of_a_public_body_is_held() -> None:
    url = "http://bad.example/portal.rekaan.gov.my/login"
    outcome = must_release(a_report(seen(ObservableType.URL, url)))
    assert "portal.rekaan" not in released_text(outcome)
    assert "portal.rekaan.gov.my" in a_row(outcome, url).span
    *_, lone = must_release(a_report(seen(ObservableType.URL, url)), approvals=approve(url)).lone_contents
    assert url in lone["pattern"]


# -- levels --------------------------------------------------------------------------------------------------------


def test_a_value_marked_above_the_report_does_not_leave_below_its_level() -> None:
    """A green event may contain attributes for fewer readers. Others get neither their values nor ids that reveal them."""
    strict = seen(ObservableType.IPV4, "203.0.113.45", tlp="amber+strict")
    red = seen(ObservableType.FILE, SHA256, file=FileDetails(None, {"SHA-256": SHA256}), tlp="red")
    report = a_report(strict, red)
    for highest in (tlp.TLP.GREEN, tlp.TLP.AMBER):
        text = released_text(must_release(report, replace(REGIONAL, highest_tlp=highest)))
        assert "203.0.113.45" not in text
        assert SHA256 not in text
    strict_result = must_release(report)
    assert SHA256 not in released_text(strict_result)
    value = next(item for item in strict_result.contents if item.get("value") == "203.0.113.45")
    naming_objects = [
        item for item in strict_result.contents if value["id"] in str(item) or "203.0.113.45" in str(item)
    ]
    assert {tlp.level(item) for item in naming_objects} == {tlp.TLP.AMBER_STRICT}


def test_a_value_marked_above_the_report_leaves_to_no_public_collection() -> None:
    strict = seen(ObservableType.IPV4, "203.0.113.45", tlp="amber+strict")
    text = released_text(must_release(a_report(strict), replace(PUBLIC, highest_tlp=tlp.TLP.AMBER_STRICT)))
    assert "203.0.113.45" not in text
    assert "203.0.113.7" in text


# -- what leads to the victim --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "item",
    [
        seen(ObservableType.WALLET, "bc1q0000000000000000000000000000000000rekaan"),
        seen(ObservableType.URL, "http://203.0.113.9/gate.php?id=MLTI-HQ-FS02"),
        seen(ObservableType.REGISTRY_KEY, "HKEY_USERS\\S-1-5-21-1004336348-1177238915-682003330-512\\Run"),
        seen(ObservableType.PATTERN, "rule", pattern='alert tcp any any -> any any (content:"MLTI-DC01"; sid:1;)', pattern_type="snort"),
    ],
    ids=["wallet", "machine", "SID", "rule"],
)  # fmt: skip
def test_a_link_to_the_victim_is_held_and_leaves_if_approved(item: Any) -> None:
    outcome = must_release(a_report(item))
    assert item.value not in released_text(outcome)
    row = a_row(outcome, item.pattern or item.value)
    assert row.held
    assert row.span
    approved = must_release(a_report(item), approvals=approve(row.key))
    assert [content for content in objects_of_type(approved, "indicator") if "203.0.113.7" not in content["pattern"]]
    assert a_row(approved, item.pattern or item.value).approved
    lone_result = must_release(a_report(item), approvals=approve(row.key, alone=frozenset({row.key})))
    assert lone_result.lone_contents
    assert len(objects_of_type(lone_result, "indicator")) == 1


@pytest.mark.parametrize(
    ("comment", "leaves"),
    [
        ("encrypted document of the victim", False),
        ("exfiltrated customer database", False),
        ("dokumen korban yang dicuri", False),
        ("hồ sơ bị đánh cắp", False),
        ("受害单位的文件", False),
        ("malicious document sent to the victim", True),
        ("macro that encrypts files", True),
        ("second stage", True),
        (None, True),
    ],
)
def test_the_hash_of_a_file_is_held_if_its_comment_calls_it_the_victims(comment: str | None, *, leaves: bool) -> None:
    """Anybody who has the document knows the victim, in any kind of case."""
    item = seen(ObservableType.FILE, SHA256, file=FileDetails(hashes={"SHA-256": SHA256}), description=comment)
    outcome = must_release(a_case(observables=(GOOD, item), sightings=(), relations=()))
    assert (SHA256 in released_text(outcome)) is leaves
    if not leaves:
        assert SHA256 in released_text(
            must_release(a_case(observables=(GOOD, item), sightings=(), relations=()), approvals=approve(SHA256))
        )


def test_the_hash_of_a_leaked_document_is_held() -> None:
    """Anybody who has the document, from the leak or from the press, knows the victim."""
    document = seen(ObservableType.FILE, "gaji.xlsx", file=FileDetails("gaji.xlsx", {"SHA-256": SHA256}))
    unnamed_file = seen(ObservableType.FILE, "9a" * 32, file=FileDetails(None, {"SHA-256": "9a" * 32}))
    leak = a_case(
        rsit=(("information-content-security", "data-leak"),),
        incident_types=(),
        malware=(),
        observables=(GOOD, document, unnamed_file),
    )
    outcome = must_release(leak)
    assert SHA256 not in released_text(outcome)
    assert "9a9a" not in released_text(outcome)
    assert a_row(outcome, "gaji.xlsx").held
    assert "9a9a" in released_text(must_release(leak, approvals=approve("9a" * 32)))


def test_a_long_value_has_a_short_key() -> None:
    assert value_key("bad.example") == "bad.example"
    assert value_key("rule x {\n}") == text_key("rule x {\n}")
    assert value_key("a" * 201) == text_key("a" * 201)


# -- names ---------------------------------------------------------------------------------------------------------


def test_only_public_names_of_actors_malware_and_tools_leave() -> None:
    report = a_case(
        actors=(Actor("Operation Melati Storm", "campaign"), Actor("Melati Leaks crew"), Actor("Lazarus Group")),
        malware=(Malware("MLTStealer", ("spyware",)), Malware("MelatiAdmin", kind="tool"), Malware("LockBit 3.0")),
        observables=(),
        sightings=(),
    )
    result = must_release(report)
    assert "melati" not in released_text(result)
    assert "mltstealer" not in released_text(result)
    assert names(result, "malware") == {"Unspecified malware", "LockBit 3.0"}
    assert names(result, "tool") == {"Unspecified tool"}
    assert names(result, "threat-actor") == {"Lazarus Group"}
    assert not objects_of_type(result, "campaign")
    held = {row.key for row in result.preview.rows if row.held and row.path == "name"}
    assert {"Operation Melati Storm", "Melati Leaks crew", "MLTStealer", "MelatiAdmin"} <= held


def test_an_unknown_name_leaves_once_an_officer_approved_it() -> None:
    report = a_case(
        actors=(Actor("Rekaan Spider"),),
        malware=(Malware("RekaanLock"),),
        observables=(replace(GOOD, malware="RekaanLock"),),
        sightings=(),
    )
    approved = must_release(report, approvals=approve("Rekaan Spider", "RekaanLock"))
    assert names(approved, "threat-actor") == {"Rekaan Spider"}
    assert names(approved, "malware") == {"RekaanLock"}
    assert "Malware: RekaanLock." in objects_of_type(approved, "indicator")[0]["description"]
    assert "rekaanlock" not in released_text(must_release(report))


def test_what_looks_like_a_person_leaves_only_with_a_reason() -> None:
    report = a_case(actors=(Actor("Rahman bin Osman (former administrator)"),))
    key = "Rahman bin Osman (former administrator)"
    assert "osman" not in released_text(must_release(report, approvals=approve(key)))
    row = next(row for row in must_release(report).preview.rows if row.key == key)
    assert (row.insist, row.held) == (True, True)
    assert "person" in row.why
    approvals = approve(key, despite={key: "he was convicted in open court"})
    assert "osman" in released_text(must_release(report, approvals=approvals))


def test_a_name_that_contains_the_victims_name_cannot_be_approved() -> None:
    report = a_case(actors=(Actor("Those who hit Bank Sejahtera Berhad"),))
    key = "Those who hit Bank Sejahtera Berhad"
    outcome = must_release(report, approvals=approve(key, despite={key: "why not"}))
    assert "sejahtera" not in released_text(outcome)


def test_a_technique_with_an_unknown_name_leaves_under_its_public_name() -> None:
    report = a_case(
        techniques=(
            Technique("How they entered Melati", "T1190"),
            Technique("Abuse of the MelatiPay API"),
            Technique("Steps at Melati", capec_id="CAPEC-66"),
        ),
        vulnerabilities=(Vulnerability("CVE-2024-3400"), Vulnerability("SQL injection in MelatiPay")),
    )
    result = must_release(report)
    assert names(result, "attack-pattern") == {"Exploit Public-Facing Application", "CAPEC-66"}
    assert names(result, "vulnerability") == {"CVE-2024-3400"}
    assert "melati" not in released_text(result)


def test_aliases_leave_one_by_one() -> None:
    report = a_case(malware=(Malware("Emotet", aliases=("Heodo", "MelatiBot")),))
    (family,) = objects_of_type(must_release(report), "malware")
    assert family["aliases"] == ["Heodo", "Geodo"]  # the second is ATT&CK's


def test_a_decision_about_a_name_is_valid_for_later_stages() -> None:
    report = a_case(actors=(Actor("Rekaan Spider"),))
    first_release = must_release(report, approvals=approve("Rekaan Spider"))
    later_release = must_release(report, record=first_release.record, now=LATER)
    assert names(later_release, "threat-actor") == {"Rekaan Spider"}
    approvals = Approvals("Aisyah", taken_back=frozenset({"Rekaan Spider"}))
    assert "rekaan spider" not in released_text(
        must_release(report, record=first_release.record, now=LATER, approvals=approvals)
    )


def test_an_approved_text_may_contain_values_that_leave_but_no_held_ones() -> None:
    text = "They used 203.0.113.7 and bc1q0000000000000000000000000000000000rekaan."
    wallet = seen(ObservableType.WALLET, "bc1q0000000000000000000000000000000000rekaan")
    report = a_case(description=text, observables=(GOOD, wallet), sightings=())
    approvals = Approvals("Aisyah", texts=frozenset({text_key(text)}))
    assert isinstance(release_outcome(report, approvals=approvals), Withheld)
    both_approvals = replace(approvals, values=frozenset({wallet.value}))
    assert text.casefold() in released_text(must_release(report, approvals=both_approvals))


def test_a_superlative_leaves_to_members_with_a_reason_and_never_to_the_public() -> None:
    """The only organisation of its kind is identified without its name."""
    text = "It is the only container terminal that was struck."
    report = a_case(description=text, tlp="clear")
    approvals = Approvals("Aisyah", texts=frozenset({text_key(text)}), despite={text_key(text): "the press has it"})
    assert text.casefold() in released_text(must_release(report, approvals=approvals))
    public_outcome = release_outcome(report, PUBLIC, approvals=approvals)
    assert isinstance(public_outcome, Withheld)
    assert "write it without" in public_outcome.reason


@pytest.mark.parametrize(
    "value",
    ["http://192.0.2.9/CMPKIDJA/x", "http://192.0.2.9/?bic=cmpksgsg", "http://192.0.2.9/CMPKMYKLXXX_swift.zip"],
)
def test_a_value_with_a_banks_identifier_is_held(value: str) -> None:
    harmless = "http://192.0.2.9/PROVIDER/x"
    report = a_case(observables=(seen(ObservableType.URL, value), seen(ObservableType.URL, harmless)))
    text = released_text(must_release(report))
    assert value.casefold() not in text
    assert harmless.casefold() in text
