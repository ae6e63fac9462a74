"""The pages in a real browser: the story of an incident by mouse and keyboard, live, and under hostile texts."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from hub.stix.tlp import TLP, TLP2_IDS
from tests.browsing import overflow
from tests.community.making import acknowledged, incident, report, versioned
from tests.console.browser.conftest import Office


def entry(page: Page, name: str) -> Any:
    """The incident on a board."""
    return page.locator("article.incident").filter(has_text=name)


def test_the_story_of_an_incident(office: Office) -> None:  # noqa: PLR0915 - one story, from the report to its end
    """It comes up live in Singapore, which acknowledges it; Indonesia asks two, one accepts, one refuses; it is closed."""
    singapore, indonesia, vietnam = (office.officer(name) for name in ("sg-cert", "id-cert", "vn-cert"))
    expect(singapore.page.get_by_text("This page follows the hub.")).to_be_visible()
    expect(singapore.page.get_by_text("No incident is open.")).to_be_visible()
    signs = singapore.page.locator("#signs > summary")
    signs.focus()
    singapore.page.keyboard.press("Enter")
    # it comes up without anybody touching the page, and what she is reading stays unfolded, with the focus on it
    name = "Phishing at a bank in South-eastern Asia"
    office.publish("id-cert", incident(1, name=name, labels=['rsit:fraud="phishing"']), report(1))
    expect(entry(singapore.page, name)).to_be_visible()
    expect(singapore.page).to_have_title("(1) Board · ASEAN threat sharing hub")
    expect(signs).to_be_focused()
    expect(singapore.page.locator("#signs")).to_have_attribute("open", "")
    singapore.shoot("board-light")
    # Singapore, with the mouse
    singapore.page.get_by_role("link", name=name).click()
    singapore.page.get_by_text("Acknowledge", exact=True).click()
    singapore.page.get_by_role("button", name="Show what will be published").click()
    expect(singapore.page.get_by_text("Nothing has been published yet.")).to_be_visible()
    singapore.shoot("preview")
    singapore.page.get_by_role("button", name="Publish").click()
    expect(singapore.page.get_by_text("Published: Acknowledge.")).to_be_visible()
    # Indonesia's board follows; then with the keyboard alone
    cell = entry(indonesia.page, name).locator("li", has_text="SG")
    expect(cell).to_contain_text("acknowledged it")
    indonesia.page.get_by_role("link", name=name).focus()
    indonesia.page.keyboard.press("Enter")
    indonesia.page.wait_for_url("**/board/incident--*/")
    indonesia.page.locator("summary", has_text="Ask for help").focus()
    indonesia.page.keyboard.press("Enter")
    indonesia.page.get_by_label("Singapore").focus()
    indonesia.page.keyboard.press("Space")
    indonesia.page.get_by_label("Viet Nam").focus()
    indonesia.page.keyboard.press("Space")
    indonesia.page.get_by_label("What do you ask for?").focus()
    indonesia.page.keyboard.type("Take the page down")
    indonesia.page.keyboard.press("Tab")
    indonesia.page.keyboard.press("Tab")
    indonesia.page.keyboard.press("Enter")
    expect(indonesia.page.get_by_text("Nothing has been published yet.")).to_be_visible()
    expect(indonesia.page.locator("h1")).to_be_focused()  # so that Enter pressed twice publishes nothing
    indonesia.page.keyboard.press("Tab")
    indonesia.page.keyboard.press("Enter")
    expect(indonesia.page.get_by_text("Published: Ask for help.")).to_be_visible()
    # the answers
    path = indonesia.page.url.removeprefix(office.hub.url).partition("?")[0]
    singapore.open(path)
    singapore.page.locator("summary", has_text="Accept").click()
    singapore.page.locator("details[open]").get_by_role("button", name="Show what will be published").click()
    singapore.page.get_by_role("button", name="Publish").click()
    expect(singapore.page.get_by_text("Published: Accept.")).to_be_visible()
    vietnam.open(path)
    vietnam.page.locator("summary", has_text="Refuse").click()
    vietnam.page.get_by_label("Why? The others read it").fill("No staff tonight")
    vietnam.page.locator("details[open]").get_by_role("button", name="Show what will be published").click()
    vietnam.page.get_by_role("button", name="Publish").click()
    expect(vietnam.page.get_by_text("Published: Refuse.")).to_be_visible()
    # Indonesia's page has both without a reload, and is closed
    expect(indonesia.page.get_by_text("No staff tonight")).to_be_visible()
    expect(indonesia.page.locator(".timeline")).to_contain_text("Singapore accepted a request")
    indonesia.shoot("incident")
    indonesia.page.locator("summary", has_text="Close the incident").click()
    indonesia.page.locator("details[open]").get_by_role("button", name="Show what will be published").click()
    indonesia.page.get_by_role("button", name="Publish").click()
    expect(indonesia.page.get_by_text("This incident is closed.")).to_be_visible()
    singapore.open("/asean/board/")
    expect(entry(singapore.page, name)).to_have_count(0)


def test_a_page_that_refuses_a_step_follows_the_hub(office: Office) -> None:
    """It is at the form's address; loaded again, it is the incident's page."""
    office.publish("id-cert", incident(960, name="Worm"), report(960, object_refs=[incident(960)["id"]]))
    malaysia = office.officer("my-cert")
    malaysia.page.get_by_role("link", name="Worm", exact=True).click()
    malaysia.page.get_by_text("Acknowledge", exact=True).click()
    malaysia.page.get_by_role("button", name="Show what will be published").click()
    office.publish("my-cert", acknowledged(961, "MY", about=960))
    office.windows.expect_complaint("422")
    malaysia.page.get_by_role("button", name="Publish").click()
    expect(malaysia.page.get_by_role("alert")).to_contain_text("Nothing was published.")
    assert malaysia.page.url.endswith("/publish")
    expect(malaysia.page.get_by_text("This page follows the hub.")).to_be_visible()
    office.publish("vn-cert", acknowledged(962, "VN", about=960))
    expect(malaysia.page.locator(".timeline")).to_contain_text("Viet Nam acknowledged it")
    expect(malaysia.page.get_by_text("This page follows the hub.")).to_be_visible()
    malaysia.open(f"/asean/board/{incident(960)['id']}/publish")
    expect(malaysia.page.get_by_role("heading", name="Worm")).to_be_visible()


HOSTILE = (
    "</title></script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)><svg onload=alert(1)>',
    "javascript:alert(1)//{{7*7}}${7*7}",
    "\u202egnp.exe\u202c \x07\x1b[31m \u2028",
    "A" * 400,
    "<a href=https://evil.example>click</a><style>*{display:none}</style>",
    "ลูกค้าธนาคารถูกหลอกลวง ការបន្លំ ການຫຼອກລວງ လိမ်လည်မှု 网络钓鱼 lừa đảo",
)


@pytest.mark.parametrize("width", [1280, 360])
def test_hostile_texts_are_texts(office: Office, width: int) -> None:
    """Nothing runs, nothing is loaded, nothing is wider than the window; the window's own complaints are none."""
    malaysia = office.officer("my-cert", viewport={"width": width, "height": 800})
    for number, name in enumerate(HOSTILE, start=100 + width):
        first = incident(number, "ID", name=name, description=name)
        parts = [
            versioned("malware", number, "ID", name=name, is_family=False, malware_types=["trojan"]),
            versioned(
                "relationship",
                number,
                "ID",
                relationship_type="related-to",
                source_ref=first["id"],
                target_ref=versioned("malware", number, "ID")["id"],
            ),
        ]
        refs = [first["id"], *(part["id"] for part in parts)]
        office.publish("id-cert", first, *parts, report(number, "ID", object_refs=refs, name=name), to="id")
    malaysia.open("/asean/board/")
    assert malaysia.page.locator("article.incident").count() >= len(HOSTILE)
    assert overflow(malaysia.page) == 0
    malaysia.shoot(f"hostile-board-{width}")
    addresses = [link.get_attribute("href") for link in malaysia.page.locator("article.incident h3 a").all()]
    for address in addresses:
        assert address is not None
        malaysia.open(address)
        expect(malaysia.page.locator("h1")).to_be_visible()
        assert overflow(malaysia.page) == 0, address
    malaysia.shoot(f"hostile-incident-{width}")
    assert (
        malaysia.page.evaluate("document.querySelectorAll('script:not([src]), img, iframe, object, embed').length") == 0
    )


def test_every_page_fits_a_telephone_and_a_zoom_of_two(office: Office) -> None:
    """In light and dark; a picture of each is kept where HUB_TEST_SCREENSHOTS names a folder."""
    amber: Any = {"object_marking_refs": [TLP2_IDS[TLP.AMBER]]}
    office.publish("id-cert", incident(900, name="Ransomware", **amber), report(900, object_refs=[incident(900)["id"]]))
    office.publish("id-cert", incident(901, name="Blackout", labels=["exercise"]), root="exercise")
    paths = {
        "board": "/asean/board/",
        "incident": f"/asean/board/{incident(900)['id']}/",
        "directory": "/asean/contacts/",
        "region": "/asean/region/",
        "collections": "/",
        "drill": "/exercise/board/",
        "missing": f"/asean/board/{incident(999)['id']}/",
    }
    office.windows.expect_complaint("404")  # a page that is missing is an error for the browser, too
    for scheme, width in (("light", 360), ("dark", 640), ("dark", 1280)):
        singapore = office.officer("sg-cert", color_scheme=scheme, viewport={"width": width, "height": 800})
        for name, path in paths.items():
            singapore.open(path)
            assert overflow(singapore.page) == 0, (name, width)
            singapore.shoot(f"{name}-{scheme}-{width}")


def test_everything_works_without_a_script(office: Office) -> None:
    """Signing in, reading, a step with its preview, signing out."""
    office.publish("id-cert", incident(950, name="Scan"), report(950, object_refs=[incident(950)["id"]]))
    malaysia = office.officer("my-cert", java_script_enabled=False)
    malaysia.page.get_by_role("link", name="Scan", exact=True).click()
    malaysia.page.get_by_text("Acknowledge", exact=True).click()
    malaysia.page.get_by_role("button", name="Show what will be published").click()
    malaysia.page.get_by_role("button", name="Publish").click()
    expect(malaysia.page.get_by_text("Published: Acknowledge.")).to_be_visible()
    malaysia.page.get_by_role("button", name="Sign out").click()
    expect(malaysia.page.get_by_label("Password or key")).to_be_visible()
    malaysia.open("/asean/board/")
    expect(malaysia.page.get_by_label("Password or key")).to_be_visible()


def test_a_wrong_key_is_said_and_the_name_stays(office: Office) -> None:
    """The focus is where it is needed next."""
    stranger = office.officer("sg-cert", signed_in=False)
    stranger.open("/asean/board/")
    stranger.page.get_by_label("Account").fill("sg-cert")
    stranger.page.get_by_label("Password or key").fill("hub_wrong")
    stranger.page.keyboard.press("Enter")
    expect(stranger.page.get_by_role("alert")).to_have_text("The name and the password or key do not fit together.")
    expect(stranger.page.get_by_label("Account")).to_have_value("sg-cert")
    expect(stranger.page.get_by_label("Password or key")).to_be_focused()
    stranger.shoot("sign-in")
    stranger.page.keyboard.type(office.hub.keys["sg-cert"])
    stranger.page.keyboard.press("Enter")
    stranger.page.wait_for_url("**/asean/board/")
    office.windows.expect_complaint("401")
