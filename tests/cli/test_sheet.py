"""The blank sheet as a person meets it: what matters first, what must be filled in colour, words to choose from."""

from __future__ import annotations

import csv
import io
import itertools
import math
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from hub.pages.texts import LANGUAGES
from hub.reports.formats.form.blank import blank_form_csv, blank_form_xlsx, form_rows
from hub.reports.formats.form.choices import CHOICES, COLUMN_ORDER, FIRST_COLUMNS
from hub.reports.formats.form.columns import COLUMNS, REQUIRED_COLUMNS
from hub.reports.rsit import RSIT
from tests.reports.reading_reports import only_report


@pytest.fixture(params=LANGUAGES)
def reports(request: pytest.FixtureRequest) -> Any:
    """The sheet of each language, as a spreadsheet opens it."""
    return openpyxl.load_workbook(io.BytesIO(blank_form_xlsx(request.param))).worksheets[0]


def test_fourteen_columns_come_first_and_the_rest_is_one_group(reports: Any) -> None:
    """All that must be filled is among them. No column is hidden: the reader asks about what nobody sees."""
    headings = [cell.value for cell in reports[1]]
    assert headings == list(COLUMN_ORDER)
    assert set(headings) == set(COLUMNS)
    assert len(FIRST_COLUMNS) == 14
    assert {*REQUIRED_COLUMNS, "detected_at", "reported_at"} <= set(FIRST_COLUMNS)
    levels = [reports.column_dimensions[cell.column_letter].outlineLevel for cell in reports[1]]
    assert levels == [0] * 14 + [1] * (len(COLUMNS) - 14)
    assert not any(dimension.hidden for dimension in reports.column_dimensions.values())


def test_what_must_be_filled_has_a_colour_of_its_own(reports: Any) -> None:
    """And the two times, of which one must be, another."""
    colours: dict[str, set[str]] = {}
    for cell in reports[1]:
        kind = (
            "must"
            if cell.value in REQUIRED_COLUMNS
            else "either"
            if cell.value in ("detected_at", "reported_at")
            else "may"
        )
        colours.setdefault(kind, set()).add(cell.fill.start_color.rgb)
    assert [len(cells) for cells in colours.values()] == [1, 1, 1]
    assert len(set.union(*colours.values())) == 3


def test_rows_are_as_high_as_their_texts(reports: Any) -> None:
    """LibreOffice keeps the height that a file says: a text of five lines would print over the row below."""
    for row in (1, 2, 3):
        lines = max(
            math.ceil(len(str(cell.value or "")) / reports.column_dimensions[cell.column_letter].width)
            for cell in reports[row]
        )
        assert reports.row_dimensions[row].height >= 15 * lines


def test_cells_offer_words_and_forbid_none(reports: Any) -> None:
    """A list that a spreadsheet can keep, on the rows that people fill; a synonym may be typed over it."""
    offers = {str(offer.sqref): offer for offer in reports.data_validations.dataValidation}
    for column, words in CHOICES.items():
        letter = next(cell.column_letter for cell in reports[1] if cell.value == column)
        offer = offers[f"{letter}4:{letter}203"]
        assert offer.formula1 == f'"{",".join(words)}"'
        assert len(offer.formula1) <= 255
        assert not offer.showErrorMessage


@pytest.mark.parametrize("column", CHOICES)
def test_the_reader_takes_every_word_that_is_offered(column: str) -> None:
    """A choice that is refused afterwards would be a trap."""
    headings, _, example = form_rows("en")
    types = {line.rsit_class: line.type for line in RSIT.values()}
    for word in CHOICES[column]:
        values = {
            **dict(zip(headings, example, strict=True)),
            "report_id": "ID-1",
            "started_at": "2026-04-02T10:00+07:00",
        }
        values |= {column: word} | ({"incident_type": types[word]} if column == "incident_class" else {})
        text = io.StringIO()
        csv.DictWriter(text, headings).writerows([{name: name for name in headings}, values])
        only_report(text.getvalue().encode(), name="filled.csv")  # it reads as a report, not as the error of a row


def test_it_prints_on_one_page_across(reports: Any) -> None:
    """The first columns; all of them would be thirty pages."""
    assert reports.page_setup.orientation == "landscape"
    assert (reports.page_setup.fitToWidth, reports.sheet_properties.pageSetUpPr.fitToPage) == (1, True)
    assert reports.print_area.endswith("$N$40")


def test_both_kinds_of_file_have_the_same_columns() -> None:
    """Anybody who has no spreadsheet fills the CSV."""
    assert blank_form_csv("en").decode("utf-8-sig").splitlines()[0].split(",") == form_rows("en")[0]


PROGRAMS = ("soffice", "pdftoppm", "pdftotext")
WORD = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)</word>')
OVERLAP_POINTS = 1.0  # letters lean and reach a little below their line


@pytest.mark.skipif(
    not all(map(shutil.which, PROGRAMS)),
    reason="LibreOffice and poppler (libreoffice-calc-nogui, poppler-utils) are not installed: nobody looks at the sheet",
)
def test_the_sheet_as_libreoffice_shows_it(tmp_path: Path) -> None:
    """One page in each language, no word over another; pictures are kept where HUB_TEST_SCREENSHOTS names a folder."""
    folder = Path(os.environ.get("HUB_TEST_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        (tmp_path / f"sheet-{language}.xlsx").write_bytes(blank_form_xlsx(language))
    profile = f"-env:UserInstallation={(tmp_path / 'office').as_uri()}"
    files = [str(path) for path in sorted(tmp_path.glob("*.xlsx"))]
    convert = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), *files]
    subprocess.run(convert, check=True, capture_output=True)
    for language in LANGUAGES:
        pdf = tmp_path / f"sheet-{language}.pdf"
        subprocess.run(["pdftoppm", "-r", "130", "-png", str(pdf), str(folder / pdf.stem)], check=True)
        assert [path.name for path in folder.glob(f"{pdf.stem}-*.png")] == [f"{pdf.stem}-1.png"], "one page"
        page = subprocess.run(["pdftotext", "-bbox", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
        words = [(*map(float, match[:4]), match[4]) for match in WORD.findall(page)]
        assert {"report_id", "indicators", "confirmed"} <= {str(word[4]) for word in words}
        assert [pair for pair in itertools.combinations(words, 2) if _overlap(*pair)] == [], language


def _overlap(first: Sequence[Any], second: Sequence[Any]) -> bool:
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    return bool(width > OVERLAP_POINTS and height > OVERLAP_POINTS)
