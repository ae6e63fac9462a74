"""Values are held if they contain the name of an organisation from a text of the report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.release.names_in_texts import organisation_names
from hub.reports.knowledge import Actor
from hub.reports.losses import Unused
from hub.reports.observables import ObservableType
from hub.reports.report import Note
from tests.release.releasing import PUBLIC, REGIONAL, must_release, released_text
from tests.release.scanning import hits_for
from tests.reports.making_reports import a_case, a_watch, seen


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ransomware at Hospital Seri Mayang", "Hospital Seri Mayang"),
        ("Phishing against Mayangbank", "Mayangbank"),
        ("Mayang Air, an airline, was struck", "Mayang Air"),
        ("Situs PT Mayang Jaya Tbk dirusak", "PT Mayang Jaya Tbk"),
        ("Serangan terhadap RSUD Mayang, data dicuri", "RSUD Mayang"),
        ("ngân hàng Mai Vàng mất dữ liệu", "ngân hàng Mai Vàng"),
        ("Bệnh viện Đa khoa Mai Vàng bị tấn công", "Bệnh viện Đa khoa Mai Vàng"),
        ("We told Mayang Sdn Bhd. Nobody answered.", "Mayang Sdn Bhd"),
    ],
)
def test_a_name_is_found_by_a_word_for_an_organisation_or_a_word_like_at(text: str, name: str) -> None:
    assert name in list(organisation_names(text))


def test_in_a_script_without_spaces_the_name_follows_the_word_for_an_organisation() -> None:
    (name,) = organisation_names("โรงพยาบาลมายางถูกโจมตี")
    assert name.startswith("โรงพยาบาลมายาง")


@pytest.mark.parametrize(
    "text",
    [
        "Attack against Windows servers", "Emotet Banking Trojan", "DHL phishing kit on a hacked clinic site",
        "Restore from backup. Bank staff were told", "Bank customers were phished", "Ransomware at a hospital",
        "LockBit at large", "Cobalt Strike Team Server", "",
    ],
)  # fmt: skip
def test_other_texts_contain_no_name(text: str) -> None:
    assert list(organisation_names(text)) == []


def test_words_of_the_adversarys_names_are_ignored() -> None:
    assert list(organisation_names("Mayang Holdings, as they call themselves", {"mayang"})) == []


WITHOUT_VICTIMS = replace(
    a_case(), victims=(), secondary_victims=(), contacts=(), title="Incident", description=None, notes=()
)
REPORTS = {
    "the title": replace(WITHOUT_VICTIMS, title="Ransomware at Hospital Seri Mayang"),
    "the description": replace(WITHOUT_VICTIMS, description="Hospital Seri Mayang was struck."),
    "a note": replace(WITHOUT_VICTIMS, notes=(Note("Hospital Seri Mayang had no backup", "lesson"),)),
    "an action": replace(WITHOUT_VICTIMS, recommended_actions=("Ask Hospital Seri Mayang for the logs",)),
    "a value's comment": replace(WITHOUT_VICTIMS, observables=(seen(ObservableType.IPV4, "203.0.113.7", description="from Hospital Seri Mayang"),)),
    "a column that has no place": replace(WITHOUT_VICTIMS, unused=(Unused("row 2", "Catatan", "Hospital Seri Mayang", "has no place"),)),
}  # fmt: skip


@pytest.mark.parametrize("source", REPORTS)
def test_a_name_in_any_text_of_the_report_is_searched_for_in_its_values(source: str) -> None:
    for value in ("mayang-login.example", "SERIMAYANG_README.txt", "rnayang.example"):
        (hit, *_) = hits_for(REPORTS[source], value)
        assert not hit.is_exact
        assert "name in the report's own text" in hit.description
    assert not hits_for(REPORTS[source], "hospital-login.example")
    assert not hits_for(WITHOUT_VICTIMS, "mayang-login.example")


def test_the_name_of_an_actor_is_not_a_victims() -> None:
    report_with_actor = replace(REPORTS["the title"], actors=(Actor("Seri Mayang"),))
    assert not hits_for(report_with_actor, "mayang-login.example")


def test_a_feed_has_no_texts_that_name_victims() -> None:
    assert not hits_for(replace(a_watch(), title="Seen at Hospital Seri Mayang"), "mayang-login.example")


@pytest.mark.parametrize("audience", [REGIONAL, PUBLIC])
def test_by_default_only_values_without_the_name_leave(audience: object) -> None:
    values = (seen(ObservableType.DOMAIN, "mayang-login.example"), seen(ObservableType.DOMAIN, "update-panel.example"))
    report = replace(REPORTS["the title"], observables=values, sightings=(), tlp="clear")
    text = released_text(must_release(report, audience))  # type: ignore[arg-type]
    assert "mayang" not in text
    assert "update-panel.example" in text
