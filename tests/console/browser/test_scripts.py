"""Scripts of languages that have no catalogue yet, and texts half as long again: pages hold, lines break, no sign is missing.

The pages are made in this process with a catalogue of sample texts, and shown by a real browser with the hub's own style.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import Route

from hub.community.hub import Hub
from hub.pages import texts
from tests.community.making import incident, report, request, taken
from tests.console.browser.conftest import Office
from tests.console.conftest import SignedIn

# Two sentences of everyday words each, in the script as it is written: Khmer, Lao, Burmese, Chinese between no spaces.
SAMPLES: Final = {
    "km": ("ភាសាខ្មែរ", "ឧប្បត្តិហេតុថ្មីត្រូវបានរាយការណ៍ហើយសមាជិកទាំងអស់បានទទួល"),
    "lo": ("ພາສາລາວ", "ເຫດການໃໝ່ຖືກລາຍງານແລ້ວແລະສະມາຊິກທຸກຄົນໄດ້ຮັບຮູ້"),
    "my": ("မြန်မာဘာသာ", "ဖြစ်ရပ်အသစ်ကိုအစီရင်ခံပြီးအဖွဲ့ဝင်အားလုံးလက်ခံရရှိပါသည်"),
    "tet": ("Tetun", "Insidente foun relata ona no membru hotu-hotu simu ona informasaun ne'e"),
    "zh": ("中文", "新的安全事件已经上报所有成员都已经收到并确认了通知"),
    "xx": ("Ṗşéüðö", "Ëåçĥ ţéẋţ ĥåş äççéñţş åñð îş ĥåļƒ åş ļöñĝ åĝåîñ"),
}
FIELD: Final = re.compile(r"\{\w*\}")
UNASSIGNED: Final = "\u0378"  # no font has it: what the browser draws in its place is the sign for a missing one


class Samples(dict[str, str]):
    """A catalogue that has for every text a sample of about its length, with its fields."""

    def __init__(self, sample: str) -> None:
        super().__init__()
        self._sample = sample

    def get(self, message: str, default: Any = None) -> str:
        length = max(6, len(message) * 3 // 2)
        repeated = self._sample * (length // len(self._sample) + 1)
        return " ".join((repeated[:length], *FIELD.findall(message)))


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Makes one of the languages known, with samples for a catalogue; its sample."""

    def prepare(language: str) -> str:
        name, sample = SAMPLES[language]
        monkeypatch.setitem(texts.LANGUAGES, language, name)
        monkeypatch.setattr(texts, "_catalogue", lambda asked: Samples(sample) if asked == language else {})
        return sample

    return prepare


def answering(page: str) -> Callable[[Route], None]:
    """Answers a request of the browser with this page."""

    def answer(route: Route) -> None:
        route.fulfill(body=page, content_type="text/html")

    return answer


@pytest.mark.parametrize("language", SAMPLES)
def test_pages_hold_in_every_script(
    hub: Hub, signed_in: SignedIn, office: Office, prepared: Callable[[str], str], language: str
) -> None:
    """At 360 pixels nothing stands out of the page, and the language is said to the browser, which breaks lines by it."""
    sample = prepared(language)
    taken(hub, "ID", incident(1, name=sample * 3), report(1), request(5, "ID", ["SG"]))
    singapore = signed_in("sg-cert")
    singapore.get(f"/console/language?to={language}")
    window = office.officer("sg-cert", signed_in=False, viewport={"width": 360, "height": 800}).page
    for path in ("/asean/board/", f"/asean/board/{incident(1)['id']}/", "/asean/region/", "/console/lookup", "/"):
        page = singapore.text(path)
        assert f'<html lang="{language}">' in page
        assert sample[:6] in page.partition("<main")[2], "the samples are on the page"
        window.route("**/prepared", answering(page))
        window.goto(f"{office.hub.url}/prepared")
        assert window.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, path
        window.unroute("**/prepared")


@pytest.mark.parametrize("language", SAMPLES)
def test_long_lines_break_and_no_sign_is_missing(office: Office, language: str) -> None:
    """With the hub's style and Debian's Noto fonts; a sign that no font has would be drawn as an unassigned one is."""
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
    missing = page.evaluate(_MISSING, [sorted(set(sample) - {" "}), UNASSIGNED])
    assert missing == []
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
