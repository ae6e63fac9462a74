"""Scripts of languages that have no catalogue yet, and texts half as long again: pages keep their form, lines break, no sign is missing.

The pages are made in this process with a catalogue of sample texts, and shown by a real browser with the hub's own style.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from hub.community.hub import Hub
from hub.pages import texts
from hub.server.console import board_view
from hub.server.console.directory_page import LANGUAGE_NAMES
from tests.browsing import Windows, overflow, shoot, show_in_process
from tests.community.making import incident, publish_as, report, request
from tests.console.browser.conftest import Office
from tests.console.conftest import SignedIn
from tests.console.operating import operator_browser
from tests.console.test_languages import catalogue
from tests.writing import SAMPLES, prepared

__all__ = ["prepared"]

HUB: Final = "http://localhost"  # as the client of Flask's tests calls it
UNASSIGNED: Final = "\u0378"  # no font has it: what the browser draws in its place is the sign for a missing one


@pytest.mark.parametrize("language", SAMPLES)
def test_pages_keep_their_form_in_every_script(
    hub: Hub, signed_in: SignedIn, windows: Windows, prepared: Callable[[str], str], language: str
) -> None:
    """At 360 pixels nothing is wider than the page, and the browser knows the language, by which it breaks lines."""
    sample = prepared(language)
    publish_as(hub, "ID", incident(1, name=sample * 3), report(1), request(5, "ID", ["SG"]))
    singapore, operator = signed_in("sg-cert"), operator_browser(hub, signed_in("my-cert"))
    page = windows.open(HUB, viewport={"width": 360, "height": 800})
    for person, path in (
        (singapore, "/asean/board/"),
        (singapore, f"/asean/board/{incident(1)['id']}/"),
        (singapore, "/asean/contacts/"),
        (singapore, "/asean/region/"),
        (singapore, "/console/lookup"),
        (singapore, "/"),
        (operator, "/console/operator"),
    ):
        person.get(f"/console/language?to={language}")
        show_in_process(page, person.client, HUB)
        page.goto(f"{HUB}{path}")
        assert page.locator("html").get_attribute("lang") == language
        assert sample[:6] in page.locator("main").inner_text(), "the samples are on the page"
        assert overflow(page) == 0, path
        shoot(page, f"script-{language}-{path.strip('/').rpartition('/')[2][:12] or 'start'}")


@pytest.mark.parametrize("language", SAMPLES)
def test_long_lines_break(office: Office, language: str) -> None:
    """With the hub's style, also where the script has no blanks."""
    _, sample = SAMPLES[language]
    page = office.officer("sg-cert", signed_in=False).page
    page.goto(f"{office.hub.url}/console/login")
    page.evaluate(
        """([language, sample]) => {
            const box = document.createElement("p");
            box.id = "box"; box.lang = language; box.textContent = sample.repeat(6);
            document.querySelector("main").replaceChildren(box);
            box.setAttribute("class", "narrow");
            const sheet = new CSSStyleSheet(); sheet.replaceSync("#box { inline-size: 200px }");
            document.adoptedStyleSheets = [sheet];
        }""",
        [language, sample],
    )
    height, line, wide = page.evaluate(
        """() => { const box = document.getElementById("box"); const style = getComputedStyle(box);
            return [box.clientHeight, parseFloat(style.lineHeight), box.scrollWidth - box.clientWidth]; }"""
    )
    assert height >= 3 * line
    assert wide <= 0


def test_no_sign_of_any_page_is_missing(office: Office) -> None:
    """In the catalogues, the samples, the names of languages and the board's signs, with Debian's Noto fonts.

    A sign that no font has would be drawn as an unassigned one is.
    """
    page = office.officer("sg-cert", signed_in=False).page
    page.goto(f"{office.hub.url}/console/login")
    written = {f"the samples of {language}": "".join(sample) for language, sample in SAMPLES.items()}
    for language in texts.LANGUAGES:
        if language != texts.ENGLISH:
            written[language] = "".join(str(message.string) for message in catalogue(language))
    written["the names of languages"] = "".join((*LANGUAGE_NAMES.values(), *texts.LANGUAGES.values()))
    written["the board"] = "".join(sign for sign, _ in (*board_view.STATES.values(), *board_view.ANSWERS.values()))
    for where, text in written.items():
        missing = page.evaluate(_MISSING, [sorted(set(text) - set(" \n\u200b\u200c\u200d\ufeff")), UNASSIGNED])
        assert missing == [], where
    assert page.evaluate(_MISSING, [["\u0379", "a"], UNASSIGNED]) == ["\u0379"], "so that the test can fail"


# Which of the characters are drawn as the unassigned one is. Marks that join a letter are drawn on one.
_MISSING: Final = """([characters, unassigned]) => {
    const canvas = document.createElement("canvas"); canvas.width = canvas.height = 80;
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    const drawn = text => {
        pen.clearRect(0, 0, 80, 80);
        pen.font = "40px " + getComputedStyle(document.body).fontFamily;
        pen.fillText(text, 8, 56);
        return pen.getImageData(0, 0, 80, 80).data.join();
    };
    const none = drawn(unassigned);
    return characters.filter(one => !/\\p{M}/u.test(one) && drawn(one) === none);
}"""
