"""The blank sheet to fill in: headings, one row with an explanation of each column, and one example.

The headings are the same in every language; the explanations are in the requested language. Both rows below the headings
begin with "#", so they may stay in the sheet: the reader skips such rows.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import wcwidth

from hub.errors import ReadingError
from hub.pages.texts import ENGLISH, LANGUAGES, marked, translated
from hub.reports.formats.form.choices import CHOICES, COLUMN_ORDER, FIRST_COLUMNS
from hub.reports.formats.form.columns import COLUMNS, REQUIRED_COLUMNS

# Explanations in Indonesian, with local words beside the words of the form. Other languages are in `pages.texts`.
_INDONESIAN: Final[dict[str, str]] = {
    "report_id": "nomor laporan, unik di CERT Anda",
    "stage": "tahap: early (awal), update (pembaruan) atau final (akhir)",
    "title": "judul singkat",
    "description": "apa yang terjadi",
    "language": "bahasa judul dan uraian (BCP 47), misalnya id",
    "incident_class": "kelas RSIT, misalnya fraud atau malicious-code",
    "incident_type": "jenis RSIT, misalnya phishing atau infected-system",
    "status": "new (baru), open (ditangani) atau closed (selesai)",
    "determination": "suspected (diduga), confirmed (terbukti), blocked (dicegah), failed-attempt (gagal) atau false-positive (keliru)",
    "severity": "tingkat keparahan 1 sampai 5",
    "tlp": "clear, green, amber, amber+strict atau red",
    "pap": "clear, green, amber atau red",
    "country": "kode negara dua huruf",
    "other_countries": "kode negara lain, dipisahkan titik koma",
    "cross_border": "lintas negara: yes atau no",
    "started_at": "waktu mulai dengan zona waktu, atau tanggal",
    "started_precision": "ketelitian: second, minute, hour, day, month atau year",
    "detected_at": "waktu terdeteksi dengan zona waktu, atau tanggal",
    "reported_at": "waktu dilaporkan dengan zona waktu, atau tanggal",
    "resolved_at": "waktu pulih dengan zona waktu, atau tanggal",
    "ended_at": "waktu berakhir dengan zona waktu, atau tanggal",
    "detection_method": "cara terdeteksi (detection-methods-ov), misalnya user-reporting",
    "victim_name": "nama korban (tidak pernah keluar tanpa persetujuan)",
    "victim_registration_no": "nomor induk berusaha (tidak pernah keluar)",
    "victim_abbreviations": "singkatan nama korban, misalnya BCB (tidak pernah keluar)",
    "victim_brands": "merek, produk dan layanan korban (tidak pernah keluar)",
    "victim_people": "orang di pihak korban yang disebut dalam laporan ini (tidak pernah keluar)",
    "victim_hosts": "nama mesin milik korban (tidak pernah keluar)",
    "victim_domain": "domain korban (tidak pernah keluar)",
    "victim_ip_ranges": "alamat IP korban (tidak pernah keluar)",
    "victim_sector": "sektor STIX, misalnya healthcare atau financial-services",
    "victim_subsector": "subsektor, dengan kata-kata sendiri",
    "victim_size": "micro, small, medium, large, atau jumlah pegawai seperti 50-249",
    "critical_infrastructure": "infrastruktur vital: yes atau no",
    "consent": "persetujuan korban: none, cert-only, sector-only, pseudonym atau named",
    "affected_individuals": "jumlah orang terdampak",
    "affected_systems": "jumlah sistem terdampak",
    "affected_organisations": "jumlah organisasi terdampak",
    "information_types": "jenis data (information-type-ov), misalnya pii;phi",
    "records": "jumlah rekaman data",
    "data_loss": "kebocoran: none, suspected-loss, confirmed-loss, contained atau exploited-loss",
    "integrity": "perubahan data (integrity-alteration-enum), misalnya partial-modification",
    "availability_impact": "gangguan layanan 0 sampai 100, atau none, minimal, significant, denial, loss-of-control",
    "downtime_hours": "lama gangguan dalam jam",
    "cost_min": "perkiraan kerugian terendah",
    "cost_max": "perkiraan kerugian tertinggi",
    "currency": "kode mata uang (ISO 4217), misalnya IDR",
    "ransom_demand": "tuntutan tebusan: jumlah, atau yes/no",
    "ransom_paid": "tebusan dibayar: jumlah, atau yes/no",
    "recoverability": "pemulihan: regular, supplemented, extended, not-recoverable atau not-applicable",
    "suspected_malicious": "diduga disengaja: yes, no atau unknown",
    "actor": "nama pelaku",
    "malware": "nama malware",
    "tool": "nama alat sah yang disalahgunakan",
    "entry_vector": "cara penyerang masuk: vektor atau ragam VERIS, misalnya Phishing atau Use of stolen creds",
    "packages": "program atau paket terkait: URL paket seperti pkg:npm/left-pad@1.3.0, atau nama CPE 2.3",
    "attack_vector": "jenis serangan banjir, misalnya syn-flood atau dns-amplification",
    "attack_rate": "laju tertinggi dengan satuannya, misalnya 1.2 Gbps;250000 pps",
    "attack_techniques": "teknik ATT&CK, misalnya T1566.001",
    "cves": "nomor CVE",
    "indicators": "jenis:nilai dipisahkan titik koma, misalnya ip:198.51.100.7; akhiran @victim untuk milik korban; "
    "-> dan nama dari malware, tool, actor, attack_techniques atau cves menunjukkan kaitannya: ip:198.51.100.7 -> Akira",
    "indicator_first_seen": "pertama terlihat, dengan zona waktu, atau tanggal",
    "indicator_last_seen": "terakhir terlihat, dengan zona waktu, atau tanggal",
    "root_cause": "malicious-actions, system-failures, human-errors, natural-phenomena atau third-party-failures",
    "actions_taken": "tindakan yang sudah dilakukan",
    "lessons": "pelajaran yang dipetik",
    "recommended_actions": "saran bagi pihak lain",
    "mitigation": "tindakan yang membantu: mitigasi ATT&CK, misalnya M1032 atau Multi-factor Authentication",
    "fixed_in": "versi yang memperbaiki: URL paket atau nama CPE 2.3 dengan versi, atau nomor seperti KB5034441",
    "detection_advice": "di mana pihak lain dapat melihatnya: sumber data ATT&CK, misalnya DS0017 atau Network Traffic",
    "confidence": "keyakinan 0 sampai 100, atau low, medium, high",
    "contact_name": "narahubung (tidak pernah keluar)",
    "contact_email": "alamat surel (tidak pernah keluar)",
    "contact_phone": "nomor telepon (tidak pernah keluar)",
    "related_reports": "nomor laporan Anda yang lain",
}

_EXAMPLE: Final[dict[str, str]] = {
    "stage": "early", "language": "en", "incident_class": "fraud", "incident_type": "phishing", "status": "open",
    "determination": "confirmed", "severity": "3", "tlp": "green", "country": "ID",
    "detected_at": "2026-04-02T10:10+07:00", "reported_at": "2026-04-02", "detection_method": "external-notification",
    "victim_sector": "financial-services", "consent": "sector-only", "affected_individuals": "40",
    "information_types": "credentials-user", "data_loss": "suspected-loss", "suspected_malicious": "yes",
    "attack_techniques": "T1566.002",
    "indicators": "url:hxxps://login-bank[.]example/masuk -> T1566.002;ip:203.0.113.9;domain:bank-contoh.example@victim",
    "victim_name": "PT Bank Contoh", "confidence": "high",
}  # fmt: skip
_EXAMPLE_TEXTS: Final[dict[str, str]] = {
    "title": marked("Phishing site imitating a bank"),
    "actions_taken": marked("Asked the hoster to take the site down"),
}
_EXAMPLE_ID: Final = marked("EXAMPLE {report}")
_REQUIRED_COLOUR: Final = "FFE08A"  # of the headings of required columns
_ALTERNATIVE_COLOUR: Final = "FFF2CC"  # of the headings of two columns, one of which is required
_OPTIONAL_COLOUR: Final = "EDEDED"
_WIDE_COLUMNS: Final = frozenset({"title", "description", "indicators", "actions_taken"})
_WIDTH: Final = 15  # characters
_WIDE_WIDTH: Final = 30
_FILLED_SHARE: Final = 0.75  # the usual share of a line, since words are not cut
_A4_NUMBER: Final = 9  # in XLSX (ECMA-376, 18.3.1.63)
_MARGIN_INCHES: Final = 0.3
_LINE_POINTS: Final = 15.0
_FIRST_ROW: Final = 4  # below headings, explanations and example
_LAST_ROW: Final = 203
_PRINTED_ROWS: Final = 40
_REQUIRED_TEXT: Final = marked("REQUIRED: {text}")
_ALTERNATIVE_TEXT: Final = marked("REQUIRED, one of the two: {text}")


def form_rows(language: str = ENGLISH) -> list[list[str]]:
    """Return the headings, explanations and example as rows of cells. Raises ReadingError for an unknown language."""
    if language not in LANGUAGES:
        raise ReadingError(f"the form is in {', '.join(LANGUAGES)}; choose one of them")
    explanations = [_explanation(column, language) for column in COLUMN_ORDER]
    example = {
        **_EXAMPLE,
        **{column: translated(text, language) for column, text in _EXAMPLE_TEXTS.items()},
        "report_id": f"# {translated(_EXAMPLE_ID, language).format(report='ID-2026-0311')}",
        "language": language,
    }
    return [
        list(COLUMN_ORDER),
        [f"# {explanations[0]}", *explanations[1:]],
        [example.get(column, "") for column in COLUMN_ORDER],
    ]


def _explanation(column: str, language: str) -> str:
    text = _INDONESIAN[column] if language == "id" else translated(COLUMNS[column], language)
    if column in {"detected_at", "reported_at"}:
        return translated(_ALTERNATIVE_TEXT, language).format(text=text)
    return translated(_REQUIRED_TEXT, language).format(text=text) if column in REQUIRED_COLUMNS else text


def blank_form_csv(language: str = ENGLISH) -> bytes:
    """Return the sheet as CSV in UTF-8 with a byte order mark, so that spreadsheets show every letter."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(form_rows(language))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def blank_form_xlsx(language: str = ENGLISH) -> bytes:
    """Return the sheet as XLSX. Every cell is text, so that a spreadsheet does not change ids and times.

    Required columns have a colour, cells offer their words, and the columns after FIRST_COLUMNS are one group. Each row has a
    height that fits its texts, because a spreadsheet does not calculate heights when it opens the file.
    """
    from openpyxl import Workbook  # noqa: PLC0415  an extra, and slow to load
    from openpyxl.styles import Alignment, Font, PatternFill  # noqa: PLC0415  as above
    from openpyxl.utils import get_column_letter  # noqa: PLC0415  as above

    book = Workbook()
    book.properties.created = book.properties.modified = datetime(2026, 1, 1)  # noqa: DTZ001  XLSX stores times without a zone
    sheet = book.worksheets[0]
    sheet.title = "reports"
    fills = {
        colour: PatternFill("solid", start_color=colour)
        for colour in (_REQUIRED_COLOUR, _ALTERNATIVE_COLOUR, _OPTIONAL_COLOUR)
    }
    rows = form_rows(language)
    for number, row in enumerate(rows, start=1):
        for position, (column, text) in enumerate(zip(COLUMN_ORDER, row, strict=True), start=1):
            cell = sheet.cell(number, position, text or None)
            cell.number_format = "@"
            cell.font = Font(bold=number == 1, italic=number > 1)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if number == 1:
                cell.fill = fills[_colour(column)]
        sheet.row_dimensions[number].height = _height(row)
    for position, column in enumerate(COLUMN_ORDER, start=1):
        letter = get_column_letter(position)
        dimension = sheet.column_dimensions[letter]
        dimension.width = _WIDE_WIDTH if column in _WIDE_COLUMNS else _WIDTH
        dimension.outlineLevel = 0 if column in FIRST_COLUMNS else 1
        for number in range(_FIRST_ROW, _LAST_ROW + 1):  # the rows that people fill in
            sheet.cell(number, position).number_format = "@"
        if column in CHOICES:
            _offer(sheet, letter, CHOICES[column])
    sheet.freeze_panes = "B2"
    _set_up_printing(sheet, get_column_letter(len(FIRST_COLUMNS)))
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _colour(column: str) -> str:
    if column in REQUIRED_COLUMNS:
        return _REQUIRED_COLOUR
    return _ALTERNATIVE_COLOUR if column in {"detected_at", "reported_at"} else _OPTIONAL_COLOUR


def _height(row: list[str]) -> float:
    """Return the height in points of a row that shows all of its texts."""
    lines = [
        math.ceil(wcwidth.wcswidth(text) / ((_WIDE_WIDTH if column in _WIDE_COLUMNS else _WIDTH) * _FILLED_SHARE))
        for column, text in zip(COLUMN_ORDER, row, strict=True)
    ]
    return _LINE_POINTS * max(1, *lines) + 3


def _offer(sheet: Any, letter: str, words: Sequence[str]) -> None:
    """Offer the words in the cells of a column. Other words are accepted, too, because the reader knows more of them."""
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415  as above

    offer = DataValidation("list", formula1=f'"{",".join(words)}"', allow_blank=True, showErrorMessage=False)
    offer.add(f"{letter}{_FIRST_ROW}:{letter}{_LAST_ROW}")
    sheet.add_data_validation(offer)


def _set_up_printing(sheet: Any, last_column: str) -> None:
    """Print the first columns with grid lines on one landscape A4 page: all columns would take thirty pages."""
    sheet.page_setup.paperSize = _A4_NUMBER
    for side in ("left", "right", "top", "bottom"):
        setattr(sheet.page_margins, side, _MARGIN_INCHES)
    sheet.print_options.gridLines = True
    sheet.print_title_rows = "1:2"
    sheet.print_area = f"A1:{last_column}{_PRINTED_ROWS}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
