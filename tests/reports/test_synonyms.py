"""The form in the words of those who fill it in: synonyms for each vocabulary, and dates as they are written."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from hub.reports import rsit
from hub.reports.formats.form import headings, synonyms
from hub.reports.formats.form.columns import COLUMNS
from hub.reports.read import Report, RowError
from hub.reports.reading import values
from hub.reports.report import Determination, ReportStatus
from hub.reports.victims import Consent
from hub.stix.incident import RECOVERABILITIES
from hub.stix.vocabularies import CONFIDENCE_WORDS, ROOT_CAUSES, SEVERITY_WORDS
from tests.reports.reading_reports import form_reading, only_report
from tests.reports.specimens import FORM


def report_of(**cells: Any) -> Report:
    report = form_reading(**cells)
    assert isinstance(report, Report), str(report)
    return report


def test_the_hints_of_the_indonesian_form_are_words_that_it_takes() -> None:
    """What is in brackets there is what people write."""
    report = report_of(
        stage="awal", status="ditangani", determination="terbukti", severity="tinggi", victim_sector="kesehatan",
        consent="hanya sektor", confidence="sedang", suspected_malicious="ya", victim_size="besar",
        root_cause="kesalahan manusia", tlp="hijau",
    )  # fmt: skip
    assert report.stage is not None
    assert (report.stage.value, report.status, report.determination) == (
        "early",
        ReportStatus.OPEN,
        Determination.CONFIRMED,
    )
    assert report.severity is not None
    assert (report.severity.criticality, report.confidence, report.consent) == (70, 50, Consent.SECTOR_ONLY)
    assert (report.suspected_malicious, report.root_cause, report.tlp) == (True, "human-errors", "green")
    assert (report.victims[0].sectors, report.victims[0].size) == (("healthcare",), "large")


@pytest.mark.parametrize(
    ("written", "rsit_class", "rsit_type"),
    [
        ("Data breach", "information-content-security", "data-leak"),
        ("kebocoran data", "information-content-security", "data-leak"),
        ("Web defacement", "information-content-security", "unauthorised-information-modification"),
        ("BEC", "fraud", "masquerade"),
        ("lừa đảo", "fraud", "phishing"),
        ("DDoS attack", "availability", "ddos"),
        ("peretasan", "intrusions", "system-compromise"),
        ("credential stuffing", "intrusion-attempts", "brute-force"),
        ("มัลแวร์", "malicious-code", "infected-system"),
        ("勒索软件", "malicious-code", "infected-system"),
        ("មេរោគចាប់ជំរិត", "malicious-code", "infected-system"),
        ("ມັລແວ", "malicious-code", "infected-system"),
        ("ဖစ်ရှင်း", "fraud", "phishing"),
        ("தரவு கசிவு", "information-content-security", "data-leak"),
        ("fuga de dados", "information-content-security", "data-leak"),
    ],
)
def test_incidents_have_the_names_that_people_give_them(written: str, rsit_class: str, rsit_type: str) -> None:
    """In English and in languages of the eleven countries."""
    assert report_of(incident_class=rsit_class, incident_type=written).rsit == ((rsit_class, rsit_type),)


@pytest.mark.parametrize(
    "written", ["ransomware", "mã độc tống tiền", "perisian tebusan", "แรนซัมแวร์", "មេរោគចាប់ជំរិត", "ແຣນຊຳແວ", "ရန်ဆမ်းဝဲ"]
)
def test_ransomware_is_ransomware_in_every_language(written: str) -> None:
    """Not only malware that is known."""
    report = report_of(incident_class="malicious-code", incident_type=written)
    assert report.incident_types[0] == "ransomware"


def test_a_synonym_of_another_class_is_refused() -> None:
    """The class that was chosen must agree."""
    error = form_reading(incident_class="malicious-code", incident_type="kebocoran data")
    assert isinstance(error, RowError)
    assert error.key == "incident_type"


VOCABULARIES: dict[str, Any] = {
    "stage": ("early", "update", "final"), "status": ReportStatus, "determination": Determination, "consent": Consent,
    "tlp": ("clear", "green", "amber", "red"), "severity": SEVERITY_WORDS, "confidence": CONFIDENCE_WORDS,
    "victim_size": ("micro", "small", "medium", "large"), "root_cause": ROOT_CAUSES, "recoverability": RECOVERABILITIES,
}  # fmt: skip


def test_each_synonym_stands_for_a_word_of_its_vocabulary() -> None:
    """And no synonym hides a standard's own word that means another."""
    assert synonyms.SYNONYMS.keys() == VOCABULARIES.keys() <= COLUMNS.keys()
    for column, table in synonyms.SYNONYMS.items():
        words = [str(getattr(word, "value", word)) for word in VOCABULARIES[column]]
        for synonym, word in table.items():
            assert word in words, (column, synonym)
            assert synonym == synonyms.synonym_key(synonym)
            assert synonym not in {synonyms.synonym_key(other) for other in words if other != word}, (column, synonym)
    assert all(rsit.find(word) for word in synonyms.INCIDENT_TYPES.values())
    assert set(synonyms.INCIDENT_CLASSES.values()) <= set(rsit.CLASSES)
    assert values.vocabulary_word("early", VOCABULARIES["stage"]) == "early"


@pytest.mark.parametrize(
    ("written", "stix", "fidelity"),
    [
        ("25/11/2026 08:30 WIB", "2026-11-25T01:30:00.000Z", "minute"),
        ("25.11.2026 08.30 WIB", "2026-11-25T01:30:00.000Z", "minute"),
        ("11/25/2026 8:30 pm SGT", "2026-11-25T12:30:00.000Z", "minute"),
        ("25-11-2026", "2026-11-25T00:00:00.000Z", "day"),
        ("2026/11/25", "2026-11-25T00:00:00.000Z", "day"),
        ("03/03/2026", "2026-03-03T00:00:00.000Z", "day"),
        ("25 November 2026", "2026-11-25T00:00:00.000Z", "day"),
        ("25 Desember 2026 pukul 14.05 WIB", "2026-12-25T07:05:00.000Z", "minute"),
        ("5 Ogos 2026", "2026-08-05T00:00:00.000Z", "day"),
        ("Nov 25, 2026", "2026-11-25T00:00:00.000Z", "day"),
        ("2026-11-25 8:05 ICT", "2026-11-25T01:05:00.000Z", "minute"),
        ("2026-11-25 08:05 Asia/Jakarta", "2026-11-25T01:05:00.000Z", "minute"),
        ("25 Nov 2026 8:05 (WITA)", "2026-11-25T00:05:00.000Z", "minute"),
        ("ngày 1 tháng 3 năm 2026", "2026-03-01T00:00:00.000Z", "day"),
        ("2026年3月1日 10:30 SGT", "2026-03-01T02:30:00.000Z", "minute"),
        ("1 de março de 2026", "2026-03-01T00:00:00.000Z", "day"),
        ("1 มีนาคม 2026 10:30 ICT", "2026-03-01T03:30:00.000Z", "minute"),
        ("1 ມີນາ 2026", "2026-03-01T00:00:00.000Z", "day"),
        ("១ មីនា ២០២៦", "2026-03-01T00:00:00.000Z", "day"),
        ("၁ မတ် ၂၀၂၆", "2026-03-01T00:00:00.000Z", "day"),
        ("1 மார்ச் 2026", "2026-03-01T00:00:00.000Z", "day"),
    ],
)
def test_a_date_that_means_one_day_is_read_however_it_is_written(written: str, stix: str, fidelity: str) -> None:
    """25 is no month."""
    detected = report_of(detected_at=written).timeline.detected
    assert detected is not None
    assert (detected.stix(), detected.fidelity.value) == (stix, fidelity)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("03/04/2026", "day and month cannot be distinguished"),
        ("25/11/2569", "write 2026"),
        ("31/02/2026", "a date that exists"),
        ("25/11/2026 08:30", "a time with its zone"),
        ("25 Smarch 2026", "a time such as"),
        ("1 มีนาคม 2569", "2569 looks like the Buddhist calendar: write 2026"),
        ("2026-03-01 10:30 Asia/Nowhere", "a time zone such as +07:00 or Asia/Jakarta"),
    ],
)
def test_a_date_that_means_two_days_or_none_is_refused(written: str, expected: str) -> None:
    """In words that say what to write instead."""
    error = form_reading(detected_at=written)
    assert isinstance(error, RowError)
    assert expected in error.expected


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("ប្រទេសកម្ពុជា", "KH"), ("ຫວຽດນາມ", "VN"), ("မြန်မာနိုင်ငံ", "MM"), ("சிங்கப்பூர்", "SG"), ("Tailândia", "TH"),
        ("菲律賓", "PH"), ("Timor Lorosa'e", "TL"), ("Bru-nây", "BN"), ("ສປປ ລາວ", "LA"), ("मलेशिया", None),
    ],
)  # fmt: skip
def test_each_country_has_its_name_in_the_languages_of_its_neighbours(written: str, code: str | None) -> None:
    """A language that nobody of the eleven countries writes officially is refused with the value."""
    answer = form_reading(country=written)
    if code is None:
        assert isinstance(answer, RowError)
        assert answer.value == written
    else:
        assert isinstance(answer, Report), str(answer)
        assert answer.countries == (code,)


@pytest.mark.parametrize(
    ("written", "sector"),
    [
        ("មន្ទីរពេទ្យ", "healthcare"), ("ໂທລະຄົມມະນາຄົມ", "telecommunications"), ("စွမ်းအင်", "energy"),
        ("காப்பீடு", "insurance"), ("finansas", "financial-services"), ("Bệnh viện", "healthcare"),
    ],
)  # fmt: skip
def test_each_sector_has_its_name_in_the_languages_of_the_region(written: str, sector: str) -> None:
    """As ministries and statistics call them."""
    assert report_of(victim_sector=written).victims[0].sectors == (sector,)


@pytest.mark.parametrize(
    "written",
    [
        unicodedata.normalize("NFD", "Bệnh viện"),
        "BỆNH VIỆN",
        "bệnh\u200b viện",
        "\ufeffbệnh viện",
    ],
)
def test_one_word_is_one_word_however_it_is_typed(written: str) -> None:
    """Decomposed accents, capitals, and what cannot be seen."""
    assert report_of(victim_sector=written).victims[0].sectors == ("healthcare",)


def test_a_sheet_may_have_its_headings_in_another_language() -> None:
    """Each stands for one column; the form's own heading counts where both are there."""
    cells = dict(FORM)
    indonesian_names = {"report_id": "Nomor laporan", "title": "Judul", "country": "Negara", "victim_sector": "Sektor"}
    written = [indonesian_names.get(column, column) for column in cells]
    text = "Laporan insiden 2026;;\n" + ";".join(written) + "\n" + ";".join(map(str, cells.values())) + "\n"
    report = only_report(text.encode(), name="laporan.csv")
    assert (report.report_id, report.title) == (cells["report_id"], cells["title"])
    both = ";".join(["Judul", *cells]) + "\n" + ";".join(["other", *map(str, cells.values())]) + "\n"
    report = only_report(both.encode(), name="laporan.csv")
    assert report.title == cells["title"]
    assert [(item.key, item.value) for item in report.unused] == [("judul", "other")]


def test_headings_are_of_columns_that_there_are() -> None:
    """And none is the name of another column."""
    for name, column in headings.NAMES.items():
        assert column in COLUMNS
        assert name == synonyms.synonym_key(name)
        assert headings.heading(name) not in set(COLUMNS) - {column}


def test_lists_of_numbers_and_words_may_be_cut_by_commas() -> None:
    """As people write them; names and texts are cut by semicolons alone."""
    report = report_of(cves="CVE-2024-3400, CVE-2024-1709", attack_techniques="T1486,T1566", confidence="80%")
    assert [item.name for item in report.vulnerabilities] == ["CVE-2024-3400", "CVE-2024-1709"]
    assert [item.technique_id for item in report.techniques] == ["T1486", "T1566"]
    assert report.confidence == 80


def test_only_the_first_type_must_be_of_the_class() -> None:
    """A phishing mail that brought ransomware is both."""
    report = report_of(incident_class="malicious-code", incident_type="crypto-ransomware;phishing")
    assert report.rsit == (("malicious-code", "infected-system"), ("fraud", "phishing"))
    assert report.incident_types[0] == "ransomware"


def test_where_several_columns_are_called_the_victims_name_all_are_searched_for() -> None:
    """Nobody knows which of them is the name itself; an empty one names nobody."""
    cells = {**dict.fromkeys(("Korban", "Nama korban", "victim_name")), **FORM, "victim_name": ""}
    cells |= {"Korban": "Klinik", "Nama korban": "Klinik Rekaan"}
    text = ";".join(cells) + "\n" + ";".join(map(str, cells.values())) + "\n"
    report = only_report(text.encode(), name="laporan.csv")
    assert [victim.name for victim in report.secondary_victims] == ["Klinik", "Klinik Rekaan"]
    assert report_of(korban="Klinik Rekaan").secondary_victims[0].name == "Klinik Rekaan"
    assert report_of(korban=" ").secondary_victims == ()
