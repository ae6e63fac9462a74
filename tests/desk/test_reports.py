"""From a file or the form to the hub: what was not read is mended, what is held is decided, and nothing leaves before a yes."""

from __future__ import annotations

import html
import io
import json
import re
from typing import Any

import pytest

from hub.desk import draft_pages
from hub.desk.app import UPLOAD_BYTES
from hub.errors import UnauthenticatedError, UnprocessableError
from hub.producer.connection import HubConnection
from hub.release.policy import text_key
from hub.reports.formats.form.blank import blank_form_xlsx
from hub.reports.formats.form.columns import COLUMNS
from tests.desk.conftest import ORIGIN, SHEET, Browser, at_desk, report_of, row
from tests.producer.offices import Office, Region, of_types, own

VICTIM = "Rekaan Sejahtera"
LURE = "login.rekaan-sejahtera-masuk.example"
HELD = re.compile(r'name="key-(\d+)" value="([^"]*)"><input type="hidden" name="shown-\1" value="([0-9a-f]+)"')


def decisions(browser: Browser, report: str) -> dict[str, tuple[str, str]]:
    """Key -> (number, shown) of what the page asks about."""
    page = browser.get(f"{report}release").get_data(as_text=True)
    return {html.unescape(key): (number, shown) for number, key, shown in HELD.findall(page)}


def decide(browser: Browser, report: str, answers: dict[str, tuple[str, str]], officer: str = "A. Officer") -> Any:
    """Answer: key -> (decision, reason)."""
    fields = {"officer": officer, "to": "id"}
    questions = decisions(browser, report)
    for key, (word, despite) in answers.items():
        number, shown = questions[key]
        fields |= {
            f"key-{number}": key,
            f"shown-{number}": shown,
            f"decision-{number}": word,
            f"despite-{number}": despite,
        }
    return browser.post(f"{report}release", fields)


def held_ids(region: Region) -> set[str]:
    return {item["id"] for item in region.objects_in("id")}


def test_a_report_reaches_the_hub_after_the_final_yes_alone(region: Region, office: Office, browser: Browser) -> None:
    """Reading it, looking at what leaves, even the last page before the yes: the hub gets nothing. Then all of it at once."""
    before = held_ids(region)
    report = report_of(browser.upload(SHEET + row("ID-D1", indicators="ip:203.0.113.81")))
    page = browser.text(f"{report}release")
    assert "203[.]0[.]113[.]81" in page
    browser.text(f"{report}send")
    assert held_ids(region) == before
    assert not list((office.home / "outbox").glob("*.json")) if (office.home / "outbox").exists() else True
    assert browser.place(browser.yes(report)) == f"{report}done"
    assert "taken" in browser.text(f"{report}done")
    new = [item for item in region.objects_in("id") if item["id"] not in before]
    assert of_types(own(new, office), "indicator")
    assert VICTIM.casefold() not in json.dumps(new).casefold()


def test_one_yes_sends_once(region: Region, browser: Browser) -> None:
    """A second click, or the page kept in another window, sends nothing, and shows what became of the first."""
    report = report_of(browser.upload(SHEET + row("ID-D2", indicators="ip:203.0.113.82")))
    page = browser.text(f"{report}send")
    seal = re.search(r'name="seal" value="([0-9a-f]+)"', page)
    assert seal is not None
    assert browser.post(f"{report}send", {"seal": seal[1]}).status_code == 303
    ids_before = held_ids(region)
    assert browser.place(browser.post(f"{report}send", {"seal": seal[1]})) == f"{report}done"
    assert held_ids(region) == ids_before
    assert "Sent 2" in browser.text(f"{report}done")


@pytest.mark.parametrize("seal", ["", "0" * 64])
def test_a_yes_to_what_was_not_shown_sends_nothing(region: Region, browser: Browser, seal: str) -> None:
    before = held_ids(region)
    report = report_of(browser.upload(SHEET + row("ID-D3", indicators="ip:203.0.113.83")))
    assert browser.post(f"{report}send", {"seal": seal}).status_code == 409
    browser.text(f"{report}send")
    assert browser.post(f"{report}send", {"seal": seal}).status_code == 409
    assert held_ids(region) == before


def test_a_change_after_the_last_look_takes_the_yes_away(region: Region, browser: Browser) -> None:
    """What is sent is what was shown, or nothing."""
    before = held_ids(region)
    report = report_of(browser.upload(SHEET + row("ID-D4", indicators="ip:203.0.113.84")))
    page = browser.text(f"{report}send")
    seal = re.search(r'name="seal" value="([0-9a-f]+)"', page)
    assert seal is not None
    browser.post(f"{report}row?where=row%202", {"indicators": "ip:203.0.113.85"})
    assert browser.post(f"{report}send", {"seal": seal[1]}).status_code == 409
    assert held_ids(region) == before


def test_a_row_that_cannot_be_read_is_mended_in_place(region: Region, browser: Browser) -> None:
    """The place and the reason are there, the form holds what the file says, and the other row is not touched."""
    wrong = row("ID-D5", incident_type="phishng", detected_at="yesterday")
    place = browser.upload(SHEET + wrong + row("ID-D6"))
    report = report_of(place)
    assert place == report, "a file with something to mend is shown first"
    page = browser.text(report)
    assert "row 2" in page
    assert "found phishng" in page
    assert "found yesterday" in page
    form = browser.text(f"{report}row?where=row%202")
    assert 'id="p-incident_type"' in form
    assert "PT Rekaan Sejahtera" in form
    again = browser.place(browser.post(f"{report}row?where=row%202", {"incident_type": "phishing"}))
    assert again == f"{report}row?where=row%202", "the other column is wrong still"
    assert "found phishng" not in browser.text(again)
    done = browser.place(browser.post(again, {"detected_at": "2026-04-03"}))
    assert done == f"{report}release"
    page = browser.text(done)
    assert "ID-D5" in page
    assert "ID-D6" in page


def test_two_windows_mend_one_row(browser: Browser) -> None:
    """Each keeps what it changed: what the other changed meanwhile is not put back to what this one showed."""
    report = report_of(browser.upload(SHEET + row("ID-D9", incident_type="phishng", status="opened")))
    place = f"{report}row?where=row%202"
    match = re.search(r'name="shown" value="([^"]+)"', browser.get(place).get_data(as_text=True))
    assert match is not None
    shown = html.unescape(match[1])
    values = {column: text for column, text in json.loads(shown).items() if text}
    browser.post(place, {**values, "shown": shown, "status": "open"})
    assert "found opened" not in browser.text(report)
    browser.post(place, {**values, "shown": shown, "incident_type": "phishing"})
    page = browser.text(f"{report}release")
    assert "ID-D9" in page
    assert "was not read" not in page


def test_a_spreadsheet_is_mended_like_any_sheet(browser: Browser) -> None:
    """Cells that nobody changed keep what the workbook holds."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(blank_form_xlsx()))
    sheet = book.worksheets[0]
    columns = [cell.value for cell in sheet[1]]
    for column, text in zip(SHEET.strip().split(","), row("ID-D7", status="opened").strip().split('","'), strict=True):
        sheet.cell(4, columns.index(column) + 1, text.strip('"'))
    body = io.BytesIO()
    book.save(body)
    report = report_of(browser.upload(body.getvalue(), "laporan.xlsx"))
    assert "found opened" in browser.text(report)
    assert browser.place(browser.post(f"{report}row?where=row%204", {"status": "open"})) == f"{report}release"


def test_the_form_makes_a_report(region: Region, browser: Browser) -> None:
    """Every column of the sheet is a field; what is missing is said beside it."""
    empty = browser.text("/new/form")
    for column in COLUMNS:
        assert f'name="{column}"' in empty
    assert "<option selected>suspected</option>" in empty
    cells = dict(
        zip(SHEET.strip().split(","), [text.strip('"') for text in row("ID-D8").strip().split('","')], strict=True)
    )
    place = browser.place(browser.post("/new/form", {**cells, "title": ""}))
    assert "row?where=" in place
    page = browser.text(place)
    assert "this column must be filled" in page
    done = browser.place(browser.post(place, {**cells}))
    assert done.endswith("/release")
    assert "ID-D8" in browser.text(done)


def test_what_is_held_leaves_by_a_named_decision(region: Region, office: Office, browser: Browser) -> None:
    """A value that resembles the victim: it stays, a yes needs a name, then it leaves; the record says who and why."""
    report = report_of(browser.upload(SHEET + row("ID-D9", indicators=f"ip:203.0.113.86;domain:{LURE}")))
    assert LURE in decisions(browser, report)
    nameless = decide(browser, report, {LURE: ("release", "")}, officer="").get_data(as_text=True)
    assert "A decision needs a name" in nameless
    assert 'value="release" checked' in nameless, "what was chosen is not lost"
    decide(browser, report, {LURE: ("release", "Registered by the attacker last week")})
    browser.place(browser.yes(report))
    patterns = " ".join(item["pattern"] for item in of_types(own(region.objects_in("id"), office), "indicator"))
    assert LURE in patterns
    record = browser.text("/records/one?id=ID-D9")
    assert "A. Officer" in record
    assert "Registered by the attacker last week" in record


def test_what_looks_suspicious_needs_a_reason_besides(region: Region, office: Office, browser: Browser) -> None:
    """A yes alone lets it not out, and the page asks why; with a reason it leaves."""
    title = "Outage at the only dialysis centre of Kotabaru"
    report = report_of(browser.upload(SHEET + row("ID-D17", title=title, indicators="ip:203.0.113.93")))
    key = text_key(title)
    decide(browser, report, {key: ("release", "")})
    assert "It stays still: it needs a reason." in browser.text(f"{report}release")
    decide(browser, report, {key: ("release", "The town is in the press")})
    assert "It stays still" not in browser.text(f"{report}release")
    browser.place(browser.yes(report))
    assert title in json.dumps(region.objects_in("id"))


def test_what_is_kept_stays(region: Region, office: Office, browser: Browser) -> None:
    lure = "konto.rekaan-sejahtera.example.net"
    report = report_of(browser.upload(SHEET + row("ID-D10", indicators=f"ip:203.0.113.87;domain:{lure}")))
    decide(browser, report, {lure: ("keep", "")})
    browser.place(browser.yes(report))
    assert lure not in json.dumps(region.objects_in("id"))


def test_a_decision_about_another_value_than_was_shown_counts_for_nothing(region: Region, browser: Browser) -> None:
    """The key alone says too little: the page tells what stood beside it."""
    lure = "akun.rekaan-sejahtera.example.net"
    report = report_of(browser.upload(SHEET + row("ID-D11", indicators=f"domain:{lure};ip:203.0.113.88")))
    number, _shown = decisions(browser, report)[lure]
    fields = {
        "officer": "A. Officer",
        f"key-{number}": lure,
        f"shown-{number}": "0" * 16,
        f"decision-{number}": "release",
    }
    browser.post(f"{report}release", {**fields, f"despite-{number}": "because"})
    browser.place(browser.yes(report))
    assert lure not in json.dumps(region.objects_in("id"))


def test_decisions_that_no_longer_fit_are_dropped_and_said(region: Region, browser: Browser) -> None:
    """A corrected row lacks the approved value: nothing fails, and the old approval releases nothing."""
    lure = "masuk.rekaan-sejahtera.example.net"
    report = report_of(browser.upload(SHEET + row("ID-D12", indicators=f"domain:{lure};ip:203.0.113.89")))
    decide(browser, report, {lure: ("release", "the attacker's")})
    browser.post(f"{report}row?where=row%202", {"indicators": "ip:203.0.113.89"})
    assert "1 decisions no longer fit" in browser.text(f"{report}release")
    assert "no longer fit" not in browser.text(f"{report}release")
    assert browser.place(browser.yes(report)) == f"{report}done"


def test_a_victim_that_agreed_to_nothing_keeps_the_report_here(region: Region, browser: Browser) -> None:
    before = held_ids(region)
    report = report_of(browser.upload(SHEET + row("ID-D13", consent="none")))
    page = browser.text(f"{report}release")
    assert "Nothing of it leaves." in page
    assert "final yes" not in page
    assert browser.place(browser.get(f"{report}send")) == f"{report}release"
    assert held_ids(region) == before


def test_a_further_stage_is_a_newer_version_of_the_incident(region: Region, office: Office, browser: Browser) -> None:
    """The form holds what was said; the same incident has a newer version, at the stage final."""
    report = report_of(browser.upload(SHEET + row("ID-D14", indicators="ip:203.0.113.90")))
    browser.place(browser.yes(report))
    form = browser.post(f"{report}stage", {"where": "row 2", "stage": "final"}).get_data(as_text=True)
    assert 'value="ID-D14"' in form
    assert "<option selected>final</option>" in form
    cells = dict(
        zip(SHEET.strip().split(","), [cell.strip('"') for cell in row("ID-D14").strip().split('","')], strict=True)
    )
    place = browser.place(
        browser.post("/new/form", {**cells, "stage": "final", "status": "closed", "indicators": "ip:203.0.113.90"})
    )
    browser.place(browser.yes(report_of(place)))
    reports = [
        item for item in of_types(own(region.objects_in("id"), office), "report") if "stage:final" in item["labels"]
    ]
    assert len(reports) == 1


def test_a_hub_that_is_away_loses_nothing(region: Region, office: Office, browser: Browser) -> None:
    """What was agreed to waits in the outbox, the page says so, and the outbox sends it later."""
    report = report_of(browser.upload(SHEET + row("ID-D15", indicators="ip:203.0.113.91")))
    browser.text(f"{report}send")
    with region.away():
        page = browser.text(f"{report}release")
        assert "203[.]0[.]113[.]91" in page, "what leaves can be seen without the hub, too"
        browser.place(browser.yes(report))
        page = browser.text(f"{report}done")
        assert "It waits in the outbox, and nothing is lost." in page
        assert "ID-D15" in browser.text("/outbox/")
    outbox_page = html.unescape(browser.post("/outbox/send").get_data(as_text=True))
    assert "ID-D15: " in outbox_page
    assert "203.0.113.91" in json.dumps(region.objects_in("id"))


def test_a_key_that_the_hub_takes_no_more_is_said_and_nothing_is_lost(
    region: Region, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the yes: it is not said that nothing was sent, since it waits in the outbox."""
    browser = at_desk(office)
    report = report_of(browser.upload(SHEET + row("ID-D18", indicators="ip:203.0.113.94")))
    browser.text(f"{report}send")

    def refuse(*_: object) -> None:
        raise UnauthenticatedError("the hub does not know these credentials")

    with monkeypatch.context() as changed:
        changed.setattr(HubConnection, "add", refuse)
        browser.place(browser.yes(report))
    page = browser.text(f"{report}done")
    assert "It waits in the outbox, and nothing is lost." in page
    assert "does not know these credentials" in page
    browser.post("/outbox/send")
    assert "203.0.113.94" in json.dumps(region.objects_in("id"))


def test_what_the_hub_refused_is_not_called_sent(
    region: Region, office: Office, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says so in red, and leads to the outbox, where the reason is."""
    report = report_of(browser.upload(SHEET + row("ID-D19", indicators="ip:203.0.113.95")))

    def refuse(*_: object) -> None:
        raise UnprocessableError("this hub takes no such thing")

    with monkeypatch.context() as changed:
        changed.setattr(HubConnection, "add", refuse)
        browser.place(browser.yes(report))
    page = browser.text(f"{report}done")
    assert "Refused by the hub" in page
    assert "Sent 2" not in page
    assert "this hub takes no such thing" in browser.text("/outbox/")


def test_a_withdrawal_needs_the_id_once_more(region: Region, office: Office, browser: Browser) -> None:
    """A click alone withdraws nothing; then everything is revoked."""
    report = report_of(browser.upload(SHEET + row("ID-D16", indicators="ip:203.0.113.92")))
    browser.place(browser.yes(report))

    def revoked() -> bool:
        return any(item.get("revoked") for item in region.objects_in("id") if "203.0.113.92" in str(item))

    page = browser.post("/records/withdraw", {"id": "ID-D16"}).get_data(as_text=True)
    assert "Write the report&#39;s id, to be sure" in page
    page = browser.post("/records/withdraw", {"id": "ID-D16", "again": "ID-D17"}).get_data(as_text=True)
    assert "nothing was withdrawn" in page
    assert not revoked()
    assert "taken" in browser.post("/records/withdraw", {"id": "ID-D16", "again": "ID-D16"}).get_data(as_text=True)
    assert any(item.get("revoked") for item in own(region.objects_in("id"), office))
    assert "withdrawn" in browser.text("/records/one?id=ID-D16")


# ------------------------------------------------------------------------------------------------------------ hostile

HOSTILE = (
    "</title></script><script>alert(1)</script>",
    "'><img src=x onerror=alert(1)>",
    "{{7*7}}${7*7}{% for x in y %}",
    "\u202egnp.exe\u202c \x07",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_in_a_report_is_text_on_every_page(region: Region, browser: Browser, text: str) -> None:
    body = json.dumps([
        {
            "report_id": "ID-H " + text, "title": text, "description": text, "incident_class": "fraud",
            "incident_type": text, "status": "open", "determination": "confirmed", "tlp": "green", "country": "ID",
            "victim_sector": "healthcare", "victim_name": text, "detected_at": "2026-04-02", "indicators": f"domain:{text}",
        }
    ]).encode()  # fmt: skip
    report = report_of(browser.upload(body, f"{text}.json"))
    for path in (report, f"{report}row?where=item%201", f"{report}release", "/"):
        page = browser.get(path).get_data(as_text=True)
        for part in ("<script>", "<img", "\u202e", "\x07"):
            assert part not in page, (path, part)
        assert "{{" not in text or "{{7*7}}" in page, "a template in a report is not run"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\report.csv", "report.csv"),
        ("a\x00b.csv", "a"),
        ("x" * 5000 + ".csv", "x" * 120),
        ("..", ".."),
    ],
)
def test_a_files_name_is_a_label_and_never_a_path(browser: Browser, office: Office, name: str, shown: str) -> None:
    report = report_of(browser.upload(SHEET + row("ID-H2"), name))
    assert shown in browser.text(report)
    folder = office.home / "desk" / "drafts" / report.split("/")[2]
    assert sorted(path.name for path in folder.iterdir()) == ["draft.json", "report"]
    assert not (office.home / "passwd").exists()


def test_a_huge_upload_is_refused_before_it_is_kept(browser: Browser, office: Office) -> None:
    """However right all else is: nothing of it is read or kept."""
    drafts = office.home / "desk" / "drafts"
    before = len(list(drafts.iterdir())) if drafts.exists() else 0
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\n\r\n'
    response = browser.client.post(
        f"{browser.guard.prefix}/new/file",
        base_url=ORIGIN,
        data=part + b"x" * UPLOAD_BYTES + b"\r\n--b--\r\n",
        content_type="multipart/form-data; boundary=b",
        headers={"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"},
    )
    assert response.status_code == 413
    assert "at most 64 MiB" in response.get_data(as_text=True)
    assert (len(list(drafts.iterdir())) if drafts.exists() else 0) == before


@pytest.mark.parametrize(
    "body",
    [
        b"\x00\x01",
        b"PK\x03\x04\x00",
        b"[" * 200,
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><IODEF-Document/>",
        b"{}",
        b"a",
    ],
)
def test_what_is_no_report_is_said_and_the_desk_goes_on(browser: Browser, body: bytes) -> None:
    report = report_of(browser.upload(body, "thing"))
    page = browser.text(report)
    assert 'role="alert"' in page or "What was not read" in page
    assert browser.get("/").status_code == 200


def test_a_stix_bundle_is_sent_to_its_own_command(browser: Browser) -> None:
    """The desk is for reports, of which a part leaves; a bundle goes as it is."""
    bundle = {"type": "bundle", "id": "bundle--1", "objects": [{"type": "indicator", "spec_version": "2.1"}]}
    report = report_of(browser.upload(json.dumps(bundle), "bundle.json"))
    assert "is a STIX bundle already" in browser.text(report)


def test_more_decisions_than_a_page_asks_about_come_page_by_page(
    region: Region, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is skipped: the next ones come when these are decided."""
    monkeypatch.setattr(draft_pages, "MAX_HELD", 2)
    lures = [f"a{number}.rekaan-sejahtera.example.net" for number in range(4)]
    text = ";".join(f"domain:{lure}" for lure in lures)
    report = report_of(browser.upload(SHEET + row("ID-H3", indicators=text, title="T", description="")))
    seen: set[str] = set()
    for _ in range(5):
        questions = {key: ("keep", "") for key in decisions(browser, report) if key not in seen}
        if not questions:
            break
        assert len(questions) <= 2
        seen |= questions.keys()
        decide(browser, report, questions)
    assert set(lures) <= seen


def test_a_fault_of_the_desk_is_a_page_and_sends_nothing(
    region: Region, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = report_of(browser.upload(SHEET + row("ID-H4")))
    monkeypatch.setattr(draft_pages, "sort_bundle", lambda _contents: 1 / 0)
    response = browser.get(f"{report}release")
    assert response.status_code == 500
    assert "Nothing was sent" in response.get_data(as_text=True)
    assert "ZeroDivisionError" in response.get_data(as_text=True)
