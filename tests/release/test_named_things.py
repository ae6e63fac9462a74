"""Values are held if they contain the name of a person, organisation or place from an unused field."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.release.named_things import field_kind, street_names
from hub.release.policy import Audience
from hub.reports.losses import Unused
from hub.reports.observables import ObservableType
from hub.reports.report import Report
from tests.release.releasing import PUBLIC, REGIONAL, must_release, released_text
from tests.release.scanning import hits_for
from tests.reports.making_reports import a_case, a_feed, seen
from tests.reports.reading_reports import only_report
from tests.reports.specimens import FORM


def case_with_field(key: str, value: str) -> Report:
    return replace(a_case(), unused=(Unused("row 1", key, value, "is no column of the form"),))


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("Nama Direktur", "person"), ("PIC", "person"), ("nama_lengkap", "person"), ("Giám đốc", "person"),
        ("ชื่อผู้ติดต่อ", "person"), ("负责人", "person"), ("victim-form.nama-direktur", "person"), ("Object person", "person"),
        ("Alamat", "place"), ("Alamat Kantor", "place"), ("địa chỉ", "place"), ("ที่อยู่", "place"),
        ("Instansi", "organisation"), ("Nama Syarikat", "organisation"), ("IT vendor", "organisation"),
        ("Parent company", "organisation"), ("nama korban", "person"), ("Victim", "person"), ("Singkatan", "organisation"),
        ("Alamat IP", None), ("email address", None), ("source.as_name", None), ("Keterangan", None),
    ],
)  # fmt: skip
def test_the_name_of_a_field_decides_the_kind_of_its_value(key: str, kind: str | None) -> None:
    assert field_kind(key) == kind


@pytest.mark.parametrize(
    ("key", "field", "value"),
    [
        ("Nama Direktur", "Budi Wirawan", "http://192.0.2.1/wirawan/x"),
        ("Nama Direktur", "Budi Wirawan", "budiwirawan.example"),
        ("PIC", "Siti Kartika (IT Manager); Anon", "kartika-login.example"),
        ("Alamat", "Jalan Merpati 12, Bandung", "kantor-merpati.zip"),
        ("victim-form.alamat", "Jalan Merpati 12", "merpati.example"),
        ("Instansi", "Dinas Cemerlang", "cemerlang-sso.example"),
        ("ผู้อำนวยการ", "สมชาย", "somchai.example"),
        ("notes", "The call centre in Jalan Kenari was offline", "kenari-callcentre.example"),
    ],
)
def test_a_value_with_a_word_from_such_a_field_is_held(key: str, field: str, value: str) -> None:
    assert not hits_for(a_case(), value)
    similar_hits = hits_for(case_with_field(key, field), value)
    assert similar_hits
    assert not any(hit.is_exact for hit in similar_hits)


@pytest.mark.parametrize(
    ("key", "field", "value"),
    [
        ("Keterangan", "Budi Wirawan", "wirawan.example"),  # the field is not one for names
        ("PIC", "SOC Team", "team-update.example"),  # everyday words
        ("PIC", "soc@watch.example", "watch-tv.example"),
        ("Alamat", "Jalan Raya 5, Jakarta", "jakarta-news.example"),
    ],
)
def test_fields_and_words_that_name_nobody_hold_no_value(key: str, field: str, value: str) -> None:
    assert not hits_for(case_with_field(key, field), value)


def test_fields_of_a_feed_are_about_the_sources_of_attacks() -> None:
    feed = replace(a_feed(), unused=(Unused("line 1", "Alamat", "Jalan Merpati", "has no place"),))
    assert not hits_for(feed, "merpati.example")


def test_a_street_in_a_text_is_found_by_the_word_for_a_street() -> None:
    assert list(street_names("Held up at Jalan Kenari Raya, then in Merpati Road.")) == [
        "Jalan Kenari Raya",
        "Merpati Road",
    ]
    assert list(street_names("Level Three support took down the main street.")) == []


@pytest.mark.parametrize("audience", [REGIONAL, PUBLIC])
def test_a_form_with_additional_columns_releases_no_value_with_their_names(audience: Audience) -> None:
    cells = FORM | {"Nama Direktur": "Budi Wirawan", "Alamat": "Jalan Merpati 12", "tlp": "clear"}
    report = only_report(cells, name="form.json")
    values = ("wirawan-login.example", "merpati-kantor.example", "weather-update.example")
    report = replace(report, observables=tuple(seen(ObservableType.DOMAIN, value) for value in values))
    text = released_text(must_release(report, audience))
    assert "wirawan" not in text
    assert "merpati" not in text
    assert "weather-update" in text
