"""The suspicious spans that an officer sees in a text before it may leave, although it contains no name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.release.deny import scanner_for
from hub.release.suspicious import MAX_TEXT, suspicious_spans
from tests.reports.making_reports import a_case, a_member


@pytest.mark.parametrize(
    ("text", "kind", "span"),
    [
        ("it runs the country's only oil terminal", "superlative", "country's only"),
        ("the sole provider of water in the province", "superlative", "the sole"),
        ("a mail to clients of the central bank", "institution", "central bank"),
        ("laman web suruhanjaya pilihan raya", "institution", "suruhanjaya pilihan raya"),
        ("ngân hàng nhà nước bị tấn công", "institution", "ngân hàng nhà nước"),
        ("where the Prime Minister is treated", "office", "Prime Minister"),
        ("their well-known mascot is a bird", "trait", "their well-known mascot"),
        ("a Nusantara-owned quay", "trait", "Nusantara-owned"),
        ("an app with five million users", "amount", "five million"),
        ("fifty-three thousand records", "amount", "fifty-three thousand"),
        ("a third of the machines", "amount", "a third of"),
        ("1.2 TB were copied", "amount", "1.2 TB"),
        ("four hundred employees were sent home", "amount", "four hundred employees"),
        ("on the eve of Hari Raya", "time", "Hari Raya"),
        ("it began before Tết", "time", "Tết"),
        ("on the day of the election", "time", "the election"),
        ("a firm in Klang Valley", "place", "in Klang Valley"),
        ("on the island", "place", "on the island"),
        ("at 6PM34MXM+", "place", "6PM34MXM+"),
        ("search for #bankdown", "hint", "#bankdown"),
        ("as reported in the press", "hint", "the press"),
        ("local media had it first", "hint", "local media"),
        ("the outage that the Harian Rekaan reported", "hint", "that the Harian Rekaan reported"),
        ("diberitakan minggu lalu", "hint", "diberitakan"),
        ("J.K. told us of the mail", "initials", "J.K."),
        ("tenant 3f2504e0-4f89-41d3-9a0c-0305e82c3301", "number", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
        (f"hash of the stolen file {'9f' * 32}", "hash", f"stolen file {'9f' * 32}"),
        ("plans of Project Melati Putih", "product", "Project Melati Putih"),
        ("the port in Rekaan", "place", "port in Rekaan"),
        ("pelajar Kampus Induk", "place", "Kampus Induk"),
        ("the leak site posted its name", "hint", "leak site"),
        ("a sister company had it, too", "hint", "sister company"),
        ("VLAN 120 and host fs02", "host", "host fs02"),
        ("user azman logged in", "host", "user azman logged"),
        ("the zoo", "kind", "zoo"),
        ("the crew of flight 371", "number", "flight 371"),
        ("see INC0012345", "number", "INC0012345"),
        ("the archive melati_hr.zip was posted", "file", "melati_hr.zip"),
        ("the second-largest insurer", "superlative", "second-largest"),
        ("the oldest university", "superlative", "oldest"),
        ("satu-satunya pelabuhan peti kemas", "superlative", "satu-satunya"),
        ("bank ketiga terbesar", "superlative", "terbesar"),
        ("ngân hàng lớn nhất", "superlative", "lớn nhất"),
        ("ang nag-iisang paliparan", "superlative", "nag-iisang"),
        ("pinakamalaking bangko", "superlative", "pinakamalaking"),
        ("โรงกลั่นแห่งเดียวของประเทศ", "superlative", "แห่งเดียว"),
        ("ធនាគារធំជាងគេ", "superlative", "ជាងគេ"),
        ("ທະນາຄານໃຫຍ່ທີ່ສຸດ", "superlative", "ທີ່ສຸດ"),
        ("အကြီးဆုံး ဘဏ်", "superlative", "ဆုံး"),
        ("全国唯一的港口", "superlative", "唯一"),
        ("o único porto do país", "superlative", "único"),
        ("services were down for 31 hours", "duration", "31 hours"),
        ("offline for three days", "duration", "three days"),
        ("selama 9 jam", "duration", "9 jam"),
        ("ล่มนาน 12 ชั่วโมง", "duration", "12 ชั่วโมง"),
        ("at 14:05 the branches went dark", "time", "14:05"),
        ("on 12 March 2026", "time", "12 March 2026"),
        ("a ransom of USD 4.2 million", "amount", "USD 4.2 million"),
        ("RM2.4 juta", "amount", "RM2.4 juta"),
        ("48,210 records of patients", "amount", "48,210"),
        ("12 triệu khách hàng", "amount", "12 triệu"),
        ("37 % of the branches", "amount", "37 %"),
        ("at Jalan Bunga Raya", "place", "Jalan Bunga Raya"),
        ("on Shenton Road", "place", "Shenton Road"),
        ("ships wait off Surabaya", "place", "Surabaya"),
        ("near ถนนสีลม", "place", "ถนน"),
        ("3.1390 N, 101.6869 E", "place", "3.1390 N, 101.6869 E"),
        ("103°51'", "place", "103°51'"),
        ("to account 5140 1234 5678", "account number", "account 5140 1234 5678"),
        ("cards with BIN 457323 and 512847", "card numbers' first digits", "BIN 457323 and 512847"),
        ("paid through CMPKIDJA", "bank's identifier", "CMPKIDJA"),
        ("company 201901000005 (1312345-A)", "registration number", "company 201901000005 (1312345-A)"),
        ("UEN 201912345K", "registration number", "UEN 201912345K"),
        ("traded as 5678", "number", "as 5678"),
        ("call +65 6123 4567", "telephone number", "+65 6123 4567"),
        ("MLB's core system", "initials", "MLB"),
        ("C2 reached MLRD-HQ-FS02", "host", "MLRD-HQ-FS02"),
        ("and MLRDDC01", "host", "MLRDDC01"),
        ("see fs02.hq.lan", "internal host name", "fs02.hq.lan"),
        ("S-1-5-21-3623811015-3361044348-30300820-1013", "security identifier",
         "S-1-5-21-3623811015-3361044348-30300820-1013"),
        ("B4nk M3lor", "leet", "M3lor"),
        ("hadniroleM knaB", "backwards", "hadniroleM"),
        ("attack on โรงพยาบาล ศรีสุข yesterday", "script", "โรงพยาบาล ศรีสุข"),
        ("โรงพยาบาล ศรีสุข", "organisation", "โรงพยาบาล ศรีสุข"),
        ("staff of Melor Bank said", "organisation", "Melor Bank"),
        ("the MelorPay app", "product", "MelorPay"),
        ("En. Azman reset the tokens", "person", "En. Azman"),
        ("Siti binti Rahman", "person", "Siti binti Rahman"),
        ("Khun Somchai", "person", "Khun Somchai"),
    ],
)  # fmt: skip
def test_a_suspicious_span_has_a_kind_place_and_reason(text: str, kind: str, span: str) -> None:
    spans = suspicious_spans(text)
    assert (kind, span) in {(item.kind, item.text) for item in spans}
    assert all(text[item.start : item.end] == item.text and item.reason for item in spans)


@pytest.mark.parametrize(
    "text",
    [
        "The gateway was not patched; patch it, then rotate all 3 keys (see CVE-2024-3400).",
        "It began on a Friday night.",
        "Their mail gateway let the attachment through; its rules were out of date.",
        "The attachment was an archive with a shortcut in it.",
        "Attackers used Cobalt Strike and PsExec over SMB; C2 on port 8443. Disable RDP, enforce MFA.",
        "The actor dropped a web shell (T1505.003) and created a scheduled task.",
        "Hash 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 was seen; install KB5005565.",
        "Initial access came from a phishing mail with an ISO attachment; LockBit 3.0 encrypted the file servers.",
        "Use TLS 1.3 and AES-256; log4j was not involved.",
        "Servers in the U.S. and the U.K. were used; close port 3389 in all zones.",
        "The loader registers {3f2504e0-4f89-41d3-9a0c-0305e82c3301}.",
        "Hanya akaun perkhidmatan yang terjejas.",
        "Phishing mails with HTML attachments led to a fake login page.",
        "The user account has too many rights; the domain policy was changed.",
        "Restrict the server in the DMZ, and each workstation that reaches it.",
    ],
)
def test_plain_advice_is_not_suspicious(text: str) -> None:
    assert suspicious_spans(text) == []


def test_hits_of_the_scanner_are_suspicious_spans() -> None:
    text = "the s3j4htera servers, at Bank Sejahtera"
    spans = suspicious_spans(text, scanner_for(a_member(), a_case()).hits(text))
    assert ("similar", "s3j4htera") in {(span.kind, span.text) for span in spans}
    assert ("exact", "Bank Sejahtera") in {(span.kind, span.text) for span in spans}


def test_the_unread_part_of_a_long_text_is_one_suspicious_span() -> None:
    spans = suspicious_spans("a " * MAX_TEXT)
    assert ("long", MAX_TEXT, 2 * MAX_TEXT) in {(span.kind, span.start, span.end) for span in spans}


@given(
    st.lists(
        st.sampled_from(["Aa ", "A-", "1", "12,", "a.", "a@", "%41", "ก", "jalan Aa ", "(1", "\n", "RM1 "]), max_size=40
    )
)
def test_spans_are_ordered_and_do_not_repeat_inside_another_of_their_kind(parts: list[str]) -> None:
    text = "".join(parts)
    spans = suspicious_spans(text)
    assert [span.start for span in spans] == sorted(span.start for span in spans)
    for index, span in enumerate(spans):
        assert 0 <= span.start < span.end <= len(text)
        assert not any(
            earlier_span.kind == span.kind and earlier_span.end >= span.end for earlier_span in spans[:index]
        )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Staff of the airline opened the file.", "kind"),
        ("Data bệnh viện bị mã hóa.", "kind"),
        ("A refinery on the coast stood still.", "kind"),
        ("The newspaper had it.", "hint"),
        ("Their second breach.", "hint"),
        ("It is named after a bird.", "hint"),
        ("They call it mel***dah.", "hint"),
    ],
)
def test_the_kind_of_organisation_and_hints_are_suspicious(text: str, kind: str) -> None:
    assert kind in {span.kind for span in suspicious_spans(text)}


@pytest.mark.parametrize(
    "text",
    ["Patch the VPN gateway first.", "Attackers came in with stolen passwords.", "Scan the dashboard of the firewall."],
)
def test_advice_without_a_kind_of_organisation_is_not_suspicious(text: str) -> None:
    assert not {span.kind for span in suspicious_spans(text)} & {"kind", "hint"}
