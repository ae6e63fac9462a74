"""Contact data in texts: what is found in whichever writing, and what is none."""

from __future__ import annotations

from typing import Any

import pytest

from hub.profile.contacts import contact_in

MAIL = "a mail address"
PHONE = "a telephone number"
LINK = "a link to a messenger or telephone"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Write to aisyah@rahasia.example.", MAIL),
        ("AISYAH.B+soc@mail.rahasia.example", MAIL),
        ("aisyah[at]rahasia[.]example", MAIL),
        ("aisyah (at) rahasia (dot) example", MAIL),
        ("aisyah＠rahasia．example", MAIL),
        ("邮箱小李@rahasia.example", MAIL),
        ("call mailto:aisyah", LINK),
        ("https://wa.me/62215550100", LINK),
        ("hxxps://t[.]me/aisyah", LINK),
        ("tel:0215550100", LINK),
        ("+62 21 555 0100", PHONE),
        ("(+62) 21-555-0100", PHONE),
        ("0062215550100", PHONE),
        ("+622155501000 is theirs", PHONE),
        ("Tel. 021-555-0100", PHONE),
        ("hotline: 1500 1234", PHONE),
        ("hubungi 0812 5550 1000", PHONE),
        ("ติดต่อโทรศัพท์ 02-555-0100", PHONE),
        ("điện thoại: 024 5550 1000", PHONE),
        ("电话 010-5555-0100", PHONE),
        ("pkg:npm/aisyah@rahasia.example", MAIL),  # no version begins so
        ("from pkg:npm/x to aisyah@1.rahasia.example", MAIL),
        (["x", {"deep": [{"deeper": "aisyah@rahasia.example"}]}], MAIL),
    ],
)
def test_contact_data_is_found(text: Any, kind: str) -> None:
    """As people write it, defanged or not, in the region's languages and inside lists and objects."""
    assert contact_in(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Two of 1,200,000 records, 2026-03-01T03:10:00+07:00 to 2026-03-02 11:30",
        "A call on 2026-11-26 at 10:00, a second call 2026-11-27 10:00",
        "203.0.113.10 and 2001:db8::1, phone 203.0.113.10",
        "log4j-core@2.14.1 and lodash@4.17.21",
        "pkg:maven/org.example/core@2.14.1.Final, pkg:npm/%40scope/left-pad@1.0.0-beta.rc",
        "CVE-2026-12345678, RSIT phishing, T1566.001, AS64500",
        "d41d8cd98f00b204e9800998ecf8427e 0x00a1b2c3d4",
        "an error in line:1234567, at-me/x, @decorator, user@localhost",
        "Energy organisations in Viet Nam: +10 to +20 machines",
        [1, None, True, {"a": 2.5}],
    ],
)
def test_other_texts_hold_none(text: Any) -> None:
    """Dates, addresses of machines, versions, hash values and figures."""
    assert contact_in(text) == ""
