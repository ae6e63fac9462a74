"""What the operator's page counts and searches, over both stores: volumes fetched, and the whole trail in pages."""

from __future__ import annotations

import re
from html import unescape

import flask
import pytest

from hub.cli import worker_process
from hub.community.hub import Hub
from hub.errors import StoreUnavailableError
from hub.server.app import create_app
from hub.server.console import operation
from hub.server.console.operation import TrailSearch, trail_view
from hub.sharing.volumes import KIND, Volume, Volumes, volumes
from hub.store.chain import Act
from tests.community.making import incident, publish_as, report
from tests.console.conftest import SignedIn
from tests.console.test_operator_page import rows
from tests.durations import DAY, MINUTE
from tests.server.making import Clock

OBJECTS = "/asean/collections/alerts/objects/"


def fetch(app: flask.Flask, hub: Hub, name: str, path: str = OBJECTS, method: str = "GET") -> int:
    """As a client over TAXII: the bytes of the answer."""
    headers = {"Authorization": f"Bearer {hub.credentials.rotate(name, None)}"}
    answer = app.test_client().open(path, method=method, headers=headers)
    assert answer.status_code == 200
    return len(answer.get_data())


# --- volumes --------------------------------------------------------------------------------------------------------


def test_what_an_account_fetches_is_on_the_page_and_survives_its_process(
    hub: Hub, app: flask.Flask, signed_in: SignedIn
) -> None:
    """Each page that it was sent, also a second time; not HEAD, and not what another account fetched."""
    publish_as(hub, "ID", incident(1), report(1))
    size = fetch(app, hub, "sg-cert") + fetch(app, hub, "sg-cert")
    fetch(app, hub, "sg-cert", method="HEAD")
    fetch(app, hub, "sg-cert", f"{OBJECTS}?added_after=2027-01-01T00:00:00Z")
    fetch(app, hub, "my-cert", f"{OBJECTS}{incident(1)['id']}/")
    operator = signed_in("operator")
    row = rows(operator.text("/console/operator"))
    assert "4" in row["sg-cert"].split()
    assert "1" in row["my-cert"].split()
    assert volumes(hub.store)["sg-cert"] == Volume(4, size)
    assert volumes(hub.store).keys() == {"sg-cert", "my-cert"}
    assert "<dd>4</dd>" in operator.text("/console/operator/accounts/sg-cert")
    later = create_app(hub)
    fetch(later, hub, "sg-cert")
    later.extensions["volumes"].write()
    assert volumes(hub.store)["sg-cert"].objects == 6


def test_a_page_costs_no_write_and_a_minute_costs_one(hub: Hub, clock: Clock) -> None:
    """Any request after a minute makes the hub write what it counted."""
    counts = Volumes(hub.store, clock)
    for _ in range(5):
        counts.add("sg-cert", 10, 1000)
        counts.write_if_due()
    assert volumes(hub.store) == {"sg-cert": Volume(10, 1000)}
    clock.now += MINUTE
    counts.write_if_due()
    assert volumes(hub.store) == {"sg-cert": Volume(50, 5000)}
    clock.now += MINUTE
    number = hub.store.facts(KIND)[-1].number
    counts.write_if_due()
    assert hub.store.facts(KIND)[-1].number == number, "nothing new, nothing written"
    counts.add("sg-cert", 1, 1)
    clock.now -= DAY
    counts.write_if_due()
    assert volumes(hub.store)["sg-cert"].objects == 51, "a clock that was set back puts nothing off"


def test_a_worker_that_ends_writes_what_it_counted(hub: Hub, app: flask.Flask) -> None:
    """It wrote only a moment before."""
    publish_as(hub, "ID", incident(1))
    fetch(app, hub, "sg-cert")
    fetch(app, hub, "sg-cert")
    assert volumes(hub.store)["sg-cert"].objects == 1
    worker_process._flush(app)
    assert volumes(hub.store)["sg-cert"].objects == 2


def test_what_a_busy_store_does_not_take_is_kept(hub: Hub, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it takes it."""
    counts = Volumes(hub.store, clock)
    counts.add("sg-cert", 10, 1000)
    with monkeypatch.context() as patched:
        patched.setattr(hub.store, "add_to_facts", refuse)
        counts.write()
    counts.add("sg-cert", 1, 1)
    counts.write()
    assert volumes(hub.store) == {"sg-cert": Volume(11, 1001)}


def refuse(*_: object, **__: object) -> None:
    raise StoreUnavailableError("busy")


# --- the trail ------------------------------------------------------------------------------------------------------


def lines(page: str) -> list[int]:
    """The numbers of the entries that are shown."""
    part = page.partition('id="trail"')[2].partition("</section>")[0]
    return [int(number) for number in re.findall(r'<tr><td class="number">(\d+)</td>', part)]


def further(page: str) -> str:
    """Where the search continues; "" where it does not."""
    match = re.search(r'<a class="button" href="([^"]+)#trail">Further back</a>', page)
    return unescape(match[1]) if match else ""


@pytest.fixture
def old_trail(hub: Hub, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A trail of some years, an entry a day, of which a page reads thirty: the numbers of those of id-cert."""
    monkeypatch.setattr(operation, "ENTRIES_READ", 30)
    monkeypatch.setattr(operation, "LINES_SHOWN", 4)
    monkeypatch.setattr("hub.audit.search._AT_ONCE", 7)
    monkeypatch.setattr(operation, "_CLOCK_ENTRIES", 3)
    size = hub.store.trail_head().size
    for number in range(100):
        clock.now += DAY
        hub.store.add_to_trail([Act("command", {"account": "id-cert" if number % 9 == 0 else "hub", "n": number})])
    return [size + 1 + number for number in range(0, 100, 9)]


def test_the_whole_trail_is_searched_in_pages(hub: Hub, signed_in: SignedIn, old_trail: list[int]) -> None:
    """Each entry that fits once, the newest first, and the filters stay; the last page leads nowhere."""
    operator = signed_in("operator")
    path, numbers, pages = "/console/operator?what=command&account=id-cert", [], 0
    while path:
        page = operator.text(path)
        numbers += lines(page)
        path = further(page) and f"/console/operator{further(page)}"
        pages += 1
        assert pages < 50
    assert numbers == old_trail[::-1]
    assert pages == -(-hub.store.trail_head().size // 30)
    assert "To the newest entries" in page
    assert 'value="id-cert"' in page


def test_no_more_is_read_for_a_page_than_one_page(
    hub: Hub, old_trail: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For any length of the trail, and also where nothing fits; less where as many fit as are shown."""
    read_counts: list[int] = []
    trail_texts = hub.store.trail_texts

    def counted(before: int, limit: int) -> list[tuple[int, bytes]]:
        texts = trail_texts(before, limit)
        read_counts.extend(number for number, _ in texts)
        return texts

    monkeypatch.setattr(hub.store, "trail_texts", counted)
    size = hub.store.trail_head().size
    view = trail_view(hub, TrailSearch(account="nobody"))
    assert (len(read_counts), view.lines, view.next_before, view.last) == (30, (), size - 29, size)
    del read_counts[:]
    view = trail_view(hub, TrailSearch())
    assert (len(view.lines), len(read_counts), view.next_before) == (4, 7, size - 3)


def test_a_search_by_time_begins_and_ends_there(hub: Hub, signed_in: SignedIn, old_trail: list[int]) -> None:
    """A search until a day starts at its last entry. A search from a day does not read beyond it."""
    operator = signed_in("operator")
    page = operator.text("/console/operator?day=2026-04-13&until=2026-04-14")
    assert [line.time_text[:10] for line in trail_view(hub, TrailSearch(until="2026-04-14")).lines[:2]] == [
        "2026-04-14",
        "2026-04-13",
    ]
    assert len(lines(page)) == 2
    assert not further(operator.text("/console/operator?account=nobody&day=2027-01-01"))
    assert further(operator.text("/console/operator?account=nobody&day=2026-05-01"))
    for until in ("soon", "9999-12-31", "0001-01-01", "%00"):
        operator.text(f"/console/operator?until={until}")
    for before in ("-1", "x", "9" * 40, "0"):
        assert lines(operator.text(f"/console/operator?before={before}")) == lines(operator.text("/console/operator"))


def test_entries_of_a_clock_that_was_set_back_are_found(hub: Hub, clock: Clock, old_trail: list[int]) -> None:
    """They are behind later ones."""
    clock.now -= 40 * DAY
    hub.store.add_to_trail([Act("command", {"account": "late"})])
    size = hub.store.trail_head().size
    day = trail_view(hub, TrailSearch(account="late")).lines[0].time_text[:10]
    assert [line.number for line in trail_view(hub, TrailSearch(account="late", day=day)).lines] == [size]
