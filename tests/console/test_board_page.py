"""The board and the directory in a browser: what is owed first, what each sign says, and nothing above the reader's level."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from hub.community import board as hub_board
from hub.community.hub import Hub
from hub.community.index import sectors_of
from hub.server.console.board_view import span
from hub.stix.tlp import TLP, TLP2_IDS
from hub.stix.wording import class_name
from tests.community.making import CATALOGUE, acknowledged, answered, incident, publish_as, report, request, versioned
from tests.console.conftest import Browser, SignedIn
from tests.durations import HOUR
from tests.server.making import Clock

ARTICLE = re.compile(r'<article class="incident.*?</article>', re.DOTALL)


def articles(page: str) -> list[str]:
    """Each incident of the page, as text."""
    return ARTICLE.findall(page)


def names(page: str) -> list[str]:
    return [html.unescape(re.search(r"<bdi>(.*?)</bdi>", article)[1]) for article in articles(page)]  # type: ignore[index]


def cell(article: str, member: str) -> str:
    """The text of a member's cell in the matrix."""
    match = re.search(rf'title="{CATALOGUE.members[member].country}: ([^"]*)"', article)
    assert match is not None
    return html.unescape(match[1])


def test_what_the_reader_owes_comes_first(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """By its own deadline, before more critical incidents that wait for others."""
    publish_as(hub, "ID", incident(1, criticality=95, name="Of all"), incident(2, criticality=20, name="Of Singapore"))
    publish_as(hub, "SG", acknowledged(10, "SG", 1))
    page = signed_in("sg-cert").text("/asean/board/")
    assert names(page) == ["Of Singapore", "Of all"]
    assert (
        page.index("Your turn") < page.index("Of Singapore") < page.index("Other open incidents") < page.index("Of all")
    )
    assert names(signed_in("th-cert").text("/asean/board/")) == ["Of all", "Of Singapore"]


def test_each_cell_says_in_words_what_a_member_did(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """Nobody needs to see a colour."""
    publish_as(hub, "ID", incident(1, criticality=95), request(5, "ID", ["SG", "VN", "TH"]))
    publish_as(hub, "SG", acknowledged(10, "SG"), answered(11, "SG", "accepted", 5))
    publish_as(hub, "VN", answered(12, "VN", "refused", 5))
    (article,) = articles(signed_in("my-cert").text("/asean/board/"))
    assert cell(article, "ID") == "reported it"
    assert cell(article, "SG") == "acknowledged it, 2026-04-02 11:10 (03:10 UTC); accepted a request", (
        "in Malaysia's time"
    )
    assert cell(article, "VN") == "does not have it yet; refused a request"
    assert cell(article, "TH") == "does not have it yet; was asked, and has not answered"
    assert cell(article, "MY") == "does not have it yet"
    clock.now += 2 * HOUR
    (article,) = articles(signed_in("my-cert").text("/asean/board/"))
    assert cell(article, "SG") == "acknowledged it, 2026-04-02 11:10 (03:10 UTC); accepted a request", (
        "in Malaysia's time"
    )
    assert cell(article, "MY") == "does not have it yet; overdue"
    assert cell(article, "TH").endswith("was asked, and has not answered; overdue")
    assert "Acknowledge it" in article
    assert "60 min late" in article


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"Hospital", "Phishing", "Scan"}),
        ("member=TH", {"Phishing"}),
        ("grade=critical", {"Hospital"}),
        ("level=TLP:GREEN", {"Scan"}),
        ("class=fraud", {"Phishing"}),
        ("text=hosp", {"Hospital"}),
        ("overdue=on", {"Hospital"}),
        ("mine=on", {"Phishing", "Scan"}),
        ("member=TH&grade=critical", set()),
        ("member=%00&page=99999999999&level=x", set()),
        ("page=7", {"Hospital", "Phishing", "Scan"}),
    ],
)
def test_filters(hub: Hub, signed_in: SignedIn, clock: Clock, query: str, expected: set[str]) -> None:
    """Each by itself and together; an invalid one finds nothing and breaks nothing."""
    green: Any = {"object_marking_refs": [TLP2_IDS[TLP.GREEN]]}
    publish_as(hub, "ID", incident(1, criticality=95, name="Hospital"))
    clock.now += 2 * HOUR
    publish_as(hub, "SG", acknowledged(10, "SG", 1))
    publish_as(hub, "TH", incident(2, "TH", criticality=50, name="Phishing", labels=['rsit:fraud="phishing"']))
    publish_as(hub, "MY", incident(3, "MY", criticality=10, name="Scan", **green))
    assert set(names(signed_in("sg-cert").text(f"/asean/board/?{query}"))) == expected


def test_many_incidents_come_in_pages(hub: Hub, signed_in: SignedIn) -> None:
    """Each on one page, the most urgent first, with the filter kept."""
    numbers = range(1, 121)
    publish_as(hub, "ID", *(incident(n, criticality=n % 100, name=f"Number {n}") for n in numbers))
    reporter = signed_in("id-cert")
    shown = [name for page in (1, 2, 3) for name in names(reporter.text(f"/asean/board/?member=ID&page={page}"))]
    assert sorted(shown) == sorted(f"Number {n}" for n in numbers)
    assert "member=ID&amp;page=2" in reporter.text("/asean/board/?member=ID")


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "{{ 7 * 7 }}{% raise %}",
    "javascript:alert(1)",
    "&lt;b&gt;",
    "a" * 150,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_members_write_is_shown_as_text(hub: Hub, signed_in: SignedIn, name: str) -> None:
    """Letter by letter, and never as markup."""
    publish_as(hub, "ID", incident(1, name=name), request(5, "ID", ["SG"]))
    page = signed_in("sg-cert").text("/asean/board/")
    assert names(page) == [name]
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<svg/" not in page


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\x07", "\x1b", "\u2028", "\x7f", "\u200e"])
def test_signs_that_deceive_are_shown(hub: Hub, signed_in: SignedIn, sign: str) -> None:
    """Control characters, and those that change the direction of writing."""
    publish_as(hub, "ID", incident(1, name=f"invoice{sign}fdp.exe"))
    assert names(signed_in("sg-cert").text("/asean/board/")) == ["invoice\ufffdfdp.exe"]


def test_a_drill_cannot_be_taken_for_an_incident(hub: Hub, signed_in: SignedIn) -> None:
    """In words at the top and in front of each name; the live board has no such words."""
    drill: Any = {"labels": ["exercise"], "name": "Blackout"}
    publish_as(hub, "ID", incident(1, **drill), root="exercise")
    singapore = signed_in("sg-cert")
    page = singapore.text("/exercise/board/")
    assert 'class="drill"' in page
    assert "Nothing on this page is real." in page
    assert "<title>(1) DRILL " in page
    (article,) = articles(page)
    assert ">DRILL</b> <bdi>Blackout" in article
    live = singapore.text("/asean/board/")
    assert "drill" not in live.partition("<main")[2].lower()


@pytest.mark.parametrize(("name", "status"), [("id-soc", 403), ("partner", 403), ("operator", 404)])
@pytest.mark.parametrize("path", ["/asean/board/", "/asean/contacts/"])
def test_board_and_directory_are_for_national_certs(
    hub: Hub, signed_in: SignedIn, path: str, name: str, status: int
) -> None:
    """As their JSON is; the page says nothing of what is there."""
    publish_as(hub, "ID", incident(1, name="Hospital"))
    page = signed_in(name).text(path, status)
    assert "Hospital" not in page
    assert "duty@" not in page


def test_nothing_above_the_level_of_the_reader_is_on_the_board(hub: Hub, signed_in: SignedIn) -> None:
    """In this community that is what is in a collection that the member does not read; the incident page has such a test, too."""
    publish_as(hub, "ID", incident(1, name="Hospital"), report(1))
    before = signed_in("sg-cert").text("/asean/board/")
    assert "Hospital" in before
    higher: Any = {"object_marking_refs": [TLP2_IDS[TLP.AMBER_STRICT]]}
    publish_as(hub, "ID", incident(1, version=1, name="Clinic", **higher))
    assert names(signed_in("sg-cert").text("/asean/board/")) == ["Clinic"]
    assert "TLP:AMBER+STRICT" in signed_in("sg-cert").text("/asean/board/")


def test_the_directory_begins_with_the_own_contact(signed_in: SignedIn) -> None:
    """It is confirmed with one button, and the others see when."""
    singapore, malaysia = signed_in("sg-cert"), signed_in("my-cert")
    page = singapore.text("/asean/contacts/")
    assert page.index("Singapore") < page.index("Brunei")
    assert "This is right: confirm it" in page
    response = singapore.post("/asean/contacts/", {"form_token": singapore.token("/asean/contacts/")})
    assert (response.status_code, response.headers["Location"]) == (303, "/asean/contacts/?confirmed=1")
    assert "Confirmed. The other members see the date." in singapore.text("/asean/contacts/?confirmed=1")
    assert re.search(r"Singapore.*?<dt>Confirmed</dt><dd>2026-04-02</dd>", malaysia.text("/asean/contacts/"), re.DOTALL)
    assert "11:10" in malaysia.text("/asean/contacts/"), "the time in Singapore"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"), (7200, "2 h"), (172_800, "2 d")],
)
def test_spans(browser: Browser, seconds: int, words: str) -> None:
    """In the largest unit that fits."""
    with browser.app.test_request_context():
        assert span(seconds) == words


def test_the_filter_of_sectors(hub: Hub, signed_in: SignedIn) -> None:
    """By the identities that an incident's reports name, of what the reader may see; members' own identities do not count."""
    health, bank = (
        versioned("identity", n, "ID", name=class_name(s, None), identity_class="class", sectors=[s])
        for n, s in ((1, "healthcare"), (2, "financial-services"))
    )
    strict: Any = {"object_marking_refs": [TLP2_IDS[TLP.AMBER_STRICT]]}
    publish_as(
        hub, "ID", incident(1, name="Hospital"), health, report(1, object_refs=[incident(1)["id"], health["id"]])
    )
    publish_as(
        hub,
        "ID",
        incident(2, name="Bank"),
        bank | strict,
        report(2, object_refs=[incident(2)["id"], bank["id"]], **strict),
    )
    singapore = signed_in("sg-cert")
    assert set(names(singapore.text("/asean/board/"))) == {"Hospital", "Bank"}
    assert names(singapore.text("/asean/board/?sector=healthcare")) == ["Hospital"]
    assert names(singapore.text("/asean/board/?sector=financial-services")) == ["Bank"]
    revoked = versioned(
        "identity",
        1,
        "ID",
        1,
        name=class_name("healthcare", None),
        identity_class="class",
        sectors=["healthcare"],
        revoked=True,
    )
    publish_as(hub, "ID", revoked)
    assert names(singapore.text("/asean/board/?sector=healthcare")) == []


def test_sectors_above_the_level_of_the_reader_are_not_shown(hub: Hub) -> None:
    """Law L5: neither those of an identity nor those of a report that it may not see."""
    about: Any = {
        "name": class_name("healthcare", None),
        "identity_class": "class",
        "sectors": ["healthcare"],
        "object_marking_refs": [TLP2_IDS[TLP.AMBER_STRICT]],
    }
    identity = versioned("identity", 1, "ID", **about)
    publish_as(hub, "ID", incident(1), identity, report(1, object_refs=[incident(1)["id"], identity["id"]]))
    root = hub.catalogue.roots["asean"]
    index = hub.community._index(root)
    index.refresh()
    indexed = index.incidents[incident(1)["id"]]
    everything = dict.fromkeys((collection.id for collection in root.collections), int(TLP.RED))
    assert sectors_of(index, indexed, everything) == ["healthcare"]
    assert sectors_of(index, indexed, dict.fromkeys(everything, int(TLP.AMBER))) == []


def test_filters_and_pages_cover_the_whole_board(
    hub: Hub, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only the first part that the board returns."""
    monkeypatch.setattr(hub_board, "PAGE_INCIDENTS", 4)
    publish_as(hub, "ID", *(incident(n, name=f"Number {n}") for n in range(1, 11)))
    singapore = signed_in("sg-cert")
    assert len(names(singapore.text("/asean/board/"))) == 10
    assert names(singapore.text("/asean/board/?text=Number 9")) == ["Number 9"]
