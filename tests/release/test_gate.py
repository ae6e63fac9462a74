"""Which values leave, which leave alone, which are asked about, and which stay: by role, by place and by what they say."""

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
from tests.release.releasing import PUBLIC, REGIONAL, names, of_type, outcome_of, released, text_of
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


def approving(*values: str, **more: Any) -> Approvals:
    return Approvals("Aisyah", values=frozenset(values), **more)


# -- whose it is ---------------------------------------------------------------------------------------------------


def test_a_value_leaves_only_with_evidence_that_it_is_the_adversarys() -> None:
    """A role that no field of the report decided is a guess."""
    guessed = seen(ObservableType.DOMAIN, "guessed.example", evidence="")
    outcome = released(a_report(guessed))
    assert "guessed.example" not in text_of(outcome)
    assert "203.0.113.7" in text_of(outcome)
    row = a_row(outcome, "guessed.example")
    assert (row.key, row.held) == ("guessed.example", True)
    assert "nothing in the report shows" in row.why


@pytest.mark.parametrize("role", [Role.VICTIM, Role.UNKNOWN, Role.THIRD_PARTY])
def test_no_other_role_leaves_and_the_preview_says_by_which_evidence(role: Role) -> None:
    item = seen(ObservableType.DOMAIN, "somebody.example", role, evidence="Attribute[3] is of category Targeting data")
    outcome = released(a_report(item))
    assert "somebody.example" not in text_of(outcome)
    assert a_row(outcome, "somebody.example").evidence == "Attribute[3] is of category Targeting data"


def test_a_victims_value_has_no_key_that_could_let_it_out() -> None:
    item = seen(ObservableType.IPV4, "203.0.113.99", Role.VICTIM)
    outcome = released(a_report(item), approvals=approving("203.0.113.99", confirmed=frozenset({"203.0.113.99"})))
    assert "203.0.113.99" not in text_of(outcome)
    assert not a_row(outcome, "203.0.113.99").key


def test_what_leaves_is_shown_with_its_evidence() -> None:
    outcome = released(a_report())
    rows = [row for row in outcome.preview.rows if row.evidence and row.leaves]
    assert {row.evidence for row in rows} == {"the report says adversary"}


# -- in whose space ------------------------------------------------------------------------------------------------


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
def test_what_lies_in_a_members_space_is_a_third_partys_until_an_officer_says_otherwise(
    kind: ObservableType, value: str
) -> None:
    """Anybody who blocks a hacked ministry blocks the ministry: the report's word does not make it the adversary's."""
    report = a_report(seen(kind, value))
    outcome = released(report, member=MEMBER)
    assert value not in text_of(outcome)
    row = a_row(outcome, value)
    assert (row.key, row.held) == (value, True)
    assert "third party" in row.why
    confirmed = released(report, member=MEMBER, approvals=Approvals(confirmed=frozenset({value})))
    *_, lone = confirmed.lone
    assert "compromised host; expected to be cleaned" in lone["description"]
    assert lone["indicator_types"] == ["compromised"]
    assert value not in str(confirmed.contents)
    assert value not in str(withdrawal(confirmed.record, timestamp(LATER)).lone), "whoever is cleaned is named no more"


def test_a_phishing_domain_that_somebody_registered_under_the_countrys_domain_leaves() -> None:
    assert "bayar-parkir.com.my" in text_of(released(a_report(seen(ObservableType.DOMAIN, "bayar-parkir.com.my"))))


def test_a_compromised_host_under_the_countrys_domain_is_asked_about() -> None:
    shop = seen(ObservableType.DOMAIN, "kedai-rekaan.com.my", indicator_types=("compromised",))
    assert "kedai-rekaan" not in text_of(released(a_report(shop)))


def test_an_indicator_of_a_compromised_host_is_short_lived_and_keeps_its_end_when_published_again() -> None:
    report, yes = a_report(seen(ObservableType.URL, HACKED)), approving(HACKED)
    first = released(report, approvals=yes, now=NOW)
    *_, lone = first.lone
    assert (lone["valid_from"], lone["valid_until"]) == ("2026-05-04T00:00:00Z", "2026-05-18T00:00:00Z")
    assert tlp.level(lone) is tlp.TLP.AMBER, "its owner is a victim, too"
    again = released(report, record=first.record, now=NOW + timedelta(days=30))
    assert again.lone == first.lone


def test_a_compromised_host_never_leaves_to_the_public_or_below_amber() -> None:
    report, yes = a_report(seen(ObservableType.URL, HACKED), tlp="clear"), approving(HACKED)
    for audience in (PUBLIC, replace(REGIONAL, highest_tlp=tlp.TLP.GREEN)):
        outcome = released(report, audience, approvals=yes)
        assert not outcome.lone
        assert a_row(outcome, HACKED).leaves is None


def test_a_compromised_host_of_the_victims_own_stays_whatever_an_officer_says() -> None:
    """The site of the report's victim would name it, also alone."""
    own = "https://gw.sejahtera.example/kit/"
    outcome = released(
        a_case(observables=(GOOD, seen(ObservableType.URL, own, Role.THIRD_PARTY))), approvals=approving(own)
    )
    assert not outcome.lone
    assert not a_row(outcome, own).key


def test_the_public_bodies_name_in_a_phishing_url_is_asked_about() -> None:
    url = "http://bad.example/portal.rekaan.gov.my/login"
    outcome = released(a_report(seen(ObservableType.URL, url)))
    assert "portal.rekaan" not in text_of(outcome)
    assert "portal.rekaan.gov.my" in a_row(outcome, url).span
    *_, lone = released(a_report(seen(ObservableType.URL, url)), approvals=approving(url)).lone
    assert url in lone["pattern"]


# -- levels --------------------------------------------------------------------------------------------------------


def test_a_value_marked_above_the_report_is_told_nobody_below_its_level() -> None:
    """A green event with single attributes for fewer readers: not the value, nor an id that gives it away."""
    strict = seen(ObservableType.IPV4, "203.0.113.45", tlp="amber+strict")
    red = seen(ObservableType.FILE, SHA256, file=FileDetails(None, {"SHA-256": SHA256}), tlp="red")
    report = a_report(strict, red)
    for highest in (tlp.TLP.GREEN, tlp.TLP.AMBER):
        text = text_of(released(report, replace(REGIONAL, highest_tlp=highest)))
        assert "203.0.113.45" not in text
        assert SHA256 not in text
    everything = released(report)
    assert SHA256 not in text_of(everything)
    value = next(item for item in everything.contents if item.get("value") == "203.0.113.45")
    naming = [item for item in everything.contents if value["id"] in str(item) or "203.0.113.45" in str(item)]
    assert {tlp.level(item) for item in naming} == {tlp.TLP.AMBER_STRICT}


def test_what_is_marked_above_the_report_is_for_no_public_collection_whatever_that_takes() -> None:
    strict = seen(ObservableType.IPV4, "203.0.113.45", tlp="amber+strict")
    text = text_of(released(a_report(strict), replace(PUBLIC, highest_tlp=tlp.TLP.AMBER_STRICT)))
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
def test_a_link_to_the_victim_is_asked_about_and_leaves_when_approved(item: Any) -> None:
    outcome = released(a_report(item))
    assert item.value not in text_of(outcome)
    row = a_row(outcome, item.pattern or item.value)
    assert row.held
    assert row.span
    let_out = released(a_report(item), approvals=approving(row.key))
    assert [content for content in of_type(let_out, "indicator") if "203.0.113.7" not in content["pattern"]]
    assert a_row(let_out, item.pattern or item.value).approved
    alone = released(a_report(item), approvals=approving(row.key, alone=frozenset({row.key})))
    assert alone.lone
    assert len(of_type(alone, "indicator")) == 1


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
def test_the_hash_of_a_file_that_its_comment_calls_the_victims_is_asked_about(
    comment: str | None, *, leaves: bool
) -> None:
    """Whatever kind of case it is: who holds the document has the victim."""
    item = seen(ObservableType.FILE, SHA256, file=FileDetails(hashes={"SHA-256": SHA256}), description=comment)
    outcome = released(a_case(observables=(GOOD, item), sightings=(), relations=()))
    assert (SHA256 in text_of(outcome)) is leaves
    if not leaves:
        assert SHA256 in text_of(
            released(a_case(observables=(GOOD, item), sightings=(), relations=()), approvals=approving(SHA256))
        )


def test_the_hash_of_a_leaked_document_is_asked_about() -> None:
    """Anybody who has the document, from the leak or from the press, has the victim."""
    document = seen(ObservableType.FILE, "gaji.xlsx", file=FileDetails("gaji.xlsx", {"SHA-256": SHA256}))
    bare = seen(ObservableType.FILE, "9a" * 32, file=FileDetails(None, {"SHA-256": "9a" * 32}))
    leak = a_case(
        rsit=(("information-content-security", "data-leak"),),
        incident_types=(),
        malware=(),
        observables=(GOOD, document, bare),
    )
    outcome = released(leak)
    assert SHA256 not in text_of(outcome)
    assert "9a9a" not in text_of(outcome)
    assert a_row(outcome, "gaji.xlsx").held
    assert "9a9a" in text_of(released(leak, approvals=approving("9a" * 32)))


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
    result = released(report)
    assert "melati" not in text_of(result)
    assert "mltstealer" not in text_of(result)
    assert names(result, "malware") == {"Unspecified malware", "LockBit 3.0"}
    assert names(result, "tool") == {"Unspecified tool"}
    assert names(result, "threat-actor") == {"Lazarus Group"}
    assert not of_type(result, "campaign")
    held = {row.key for row in result.preview.rows if row.held and row.path == "name"}
    assert {"Operation Melati Storm", "Melati Leaks crew", "MLTStealer", "MelatiAdmin"} <= held


def test_an_unknown_name_leaves_once_an_officer_approved_it() -> None:
    report = a_case(
        actors=(Actor("Rekaan Spider"),),
        malware=(Malware("RekaanLock"),),
        observables=(replace(GOOD, malware="RekaanLock"),),
        sightings=(),
    )
    let_out = released(report, approvals=approving("Rekaan Spider", "RekaanLock"))
    assert names(let_out, "threat-actor") == {"Rekaan Spider"}
    assert names(let_out, "malware") == {"RekaanLock"}
    assert "Malware: RekaanLock." in of_type(let_out, "indicator")[0]["description"]
    assert "rekaanlock" not in text_of(released(report))


def test_what_looks_like_a_person_leaves_only_with_a_second_yes() -> None:
    report = a_case(actors=(Actor("Rahman bin Osman (former administrator)"),))
    key = "Rahman bin Osman (former administrator)"
    assert "osman" not in text_of(released(report, approvals=approving(key)))
    row = next(row for row in released(report).preview.rows if row.key == key)
    assert (row.insist, row.held) == (True, True)
    assert "person" in row.why
    twice = approving(key, despite={key: "he was convicted in open court"})
    assert "osman" in text_of(released(report, approvals=twice))


def test_a_name_with_something_of_the_victims_own_cannot_be_approved() -> None:
    report = a_case(actors=(Actor("Those who hit Bank Sejahtera Berhad"),))
    key = "Those who hit Bank Sejahtera Berhad"
    outcome = released(report, approvals=approving(key, despite={key: "why not"}))
    assert "sejahtera" not in text_of(outcome)


def test_a_technique_of_an_unknown_name_leaves_under_its_public_one() -> None:
    report = a_case(
        techniques=(
            Technique("How they entered Melati", "T1190"),
            Technique("Abuse of the MelatiPay API"),
            Technique("Steps at Melati", capec_id="CAPEC-66"),
        ),
        vulnerabilities=(Vulnerability("CVE-2024-3400"), Vulnerability("SQL injection in MelatiPay")),
    )
    result = released(report)
    assert names(result, "attack-pattern") == {"Exploit Public-Facing Application", "CAPEC-66"}
    assert names(result, "vulnerability") == {"CVE-2024-3400"}
    assert "melati" not in text_of(result)


def test_aliases_leave_one_by_one() -> None:
    report = a_case(malware=(Malware("Emotet", aliases=("Heodo", "MelatiBot")),))
    (family,) = of_type(released(report), "malware")
    assert family["aliases"] == ["Heodo", "Geodo"]  # the second is ATT&CK's


def test_a_decision_about_a_name_stands_for_later_stages() -> None:
    report = a_case(actors=(Actor("Rekaan Spider"),))
    first = released(report, approvals=approving("Rekaan Spider"))
    later = released(report, record=first.record, now=LATER)
    assert names(later, "threat-actor") == {"Rekaan Spider"}
    back = Approvals("Aisyah", taken_back=frozenset({"Rekaan Spider"}))
    assert "rekaan spider" not in text_of(released(report, record=first.record, now=LATER, approvals=back))


def test_values_that_leave_may_stand_in_an_approved_text_and_held_ones_may_not() -> None:
    text = "They used 203.0.113.7 and bc1q0000000000000000000000000000000000rekaan."
    wallet = seen(ObservableType.WALLET, "bc1q0000000000000000000000000000000000rekaan")
    report = a_case(description=text, observables=(GOOD, wallet), sightings=())
    approvals = Approvals("Aisyah", texts=frozenset({text_key(text)}))
    assert isinstance(outcome_of(report, approvals=approvals), Withheld)
    both = replace(approvals, values=frozenset({wallet.value}))
    assert text.casefold() in text_of(released(report, approvals=both))


def test_a_superlative_leaves_to_members_with_a_second_yes_and_to_the_public_never() -> None:
    """The only one of its kind is a name in other words."""
    text = "It is the only container terminal that was struck."
    report = a_case(description=text, tlp="clear")
    twice = Approvals("Aisyah", texts=frozenset({text_key(text)}), despite={text_key(text): "the press has it"})
    assert text.casefold() in text_of(released(report, approvals=twice))
    public = outcome_of(report, PUBLIC, approvals=twice)
    assert isinstance(public, Withheld)
    assert "write it without" in public.reason


@pytest.mark.parametrize(
    "value",
    ["http://192.0.2.9/CMPKIDJA/x", "http://192.0.2.9/?bic=cmpksgsg", "http://192.0.2.9/CMPKMYKLXXX_swift.zip"],
)
def test_a_banks_identifier_in_a_value_is_asked_about(value: str) -> None:
    harmless = "http://192.0.2.9/PROVIDER/x"
    report = a_case(observables=(seen(ObservableType.URL, value), seen(ObservableType.URL, harmless)))
    text = text_of(released(report))
    assert value.casefold() not in text
    assert harmless.casefold() in text
