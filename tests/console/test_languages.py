"""The pages in the region's languages: each text has a translation that keeps its fields, and each page is in one language."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import hub
from hub.community.hub import Hub
from hub.pages.layout import shown
from hub.pages.texts import LANGUAGES
from hub.reports.formats.form.columns import COLUMNS
from tests.community.making import incident, publish_as, report
from tests.console.conftest import Browser, SignedIn

HUB = Path(hub.__file__).parent
CATALOGUES = HUB / "pages" / "catalogues"
PARTS = ("pages", "desk", "server/console", "cli", "community", "producer", "release", "reports/formats/form")
OTHERS = [language for language in LANGUAGES if language != "en"]
FIELD = re.compile(r"\{\w*\}")


@functools.cache
def messages() -> frozenset[str]:
    """Every text in the code and the templates that is meant to be translated."""
    extracted = extract_from_dir(
        HUB,
        method_map=[
            *((f"{part}/**.py", "python") for part in PARTS),
            *((f"{part}/**.html", "jinja2.ext:babel_extract") for part in PARTS),
        ],
        keywords={"_": None, "gettext": None, "marked": None, "ngettext": (1, 2), "_count_text": (1, 2)},
    )
    flat = set(COLUMNS.values())  # the hints of the form, which the desk translates
    for _file, _line, message, _comments, _context in extracted:
        flat |= {message} if isinstance(message, str) else set(message)
    return frozenset(flat)


def catalogue(language: str) -> Catalog:
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def test_there_are_texts() -> None:
    """So that the tests below can fail."""
    assert len(messages()) > 200
    assert {"Board", "critical", "{n} objects mention them", "Choose whom you ask."} <= messages()


def test_no_text_is_asked_for_inside_an_f_string() -> None:
    """The extraction does not look into them: such a text would stay in English, and no test would see it."""
    calls = {"gettext", "ngettext", "marked", "_count_text"}
    inside = [
        f"{file.relative_to(HUB)}:{node.lineno}"
        for file in HUB.rglob("*.py")
        if any(f"{name}(" in (code := file.read_text(encoding="utf-8")) for name in calls)
        for text in ast.walk(ast.parse(code))
        if isinstance(text, ast.JoinedStr)
        for node in ast.walk(text)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in calls
    ]
    assert inside == []


@pytest.mark.parametrize("language", OTHERS)
def test_each_text_has_a_translation_with_the_same_fields(language: str) -> None:
    """None is missing, none is unused, and every field of the text is in its translation."""
    translated = {message.id: message.string for message in catalogue(language) if message.id}
    assert translated.keys() == messages()
    for text, translation in translated.items():
        assert isinstance(text, str)
        assert isinstance(translation, str)
        assert translation.strip()
        assert sorted(FIELD.findall(text)) == sorted(FIELD.findall(translation)), text
        assert shown(translation) == translation, "nothing in it is a sign that cannot be seen"
        assert "<" not in translation


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_that_no_native_has_read_says_so(language: str) -> None:
    """In its header, and at the foot of each page."""
    says_so = "Not yet read by a native speaker" in (CATALOGUES / f"{language}.po").read_text(encoding="utf-8")
    assert says_so


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("th-TH,th;q=0.9,en;q=0.8", "th"),
        ("in-ID", "id"),
        ("tl-PH,en;q=0.5", "fil"),
        ("km-KH,vi;q=0.7,en;q=0.3", "vi"),
        ("de", "en"),
        ("", "en"),
        ("*", "en"),
        ("../../etc/passwd", "en"),
    ],
)
def test_the_browser_says_which_language(browser: Browser, accepted: str, language: str) -> None:
    """The first that it names and the hub has; English where there is none."""
    response = browser.get("/console/login", **{"Accept-Language": accepted})
    assert f'<html lang="{language}">' in response.get_data(as_text=True)


def test_a_language_is_chosen_on_the_page(hub: Hub, signed_in: SignedIn) -> None:
    """It stays, independent of the browser's languages, and leads back; another address or an unknown language changes nothing."""
    publish_as(hub, "ID", incident(1, name="Hospital"), report(1))
    singapore = signed_in("sg-cert")
    response = singapore.get("/console/language?to=id&back=/asean/board/")
    assert (response.status_code, response.headers["Location"]) == (303, "/asean/board/")
    page = singapore.text("/asean/board/")
    assert '<html lang="id">' in page
    assert "Giliran Anda" in page
    assert "Your turn" not in page
    assert "Terjemahan ini belum dibaca oleh penutur asli." in page
    response = singapore.get("/console/language?to=xx&back=https://evil.example/")
    assert response.headers["Location"] == "/"
    assert "hub_language" not in response.headers.get("Set-Cookie", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_whole_in_every_language(hub: Hub, signed_in: SignedIn, language: str) -> None:
    """No field is left open, and forms work as in English."""
    publish_as(hub, "ID", incident(1, name="Hospital"), report(1))
    singapore = signed_in("sg-cert")
    singapore.get(f"/console/language?to={language}")
    page = f"/asean/board/{incident(1)['id']}/"
    for path in ("/", "/asean/board/", "/exercise/board/", "/asean/contacts/", "/console/lookup", page):
        assert not FIELD.search(singapore.text(path).partition("<main")[2]), path
    response = singapore.post(f"{page}preview", {"form_token": singapore.token(page), "action": "acknowledge"})
    assert response.status_code == 200
    assert "SG has this incident." in response.get_data(as_text=True), "what is published is in one language"
