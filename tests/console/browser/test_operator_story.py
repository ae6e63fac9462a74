"""The operator's day in a browser: an account from its making to its end, a verification, a drill."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from playwright.sync_api import expect

from tests.browsing import overflow
from tests.console.browser.conftest import Office
from tests.console.browser.visits import SCENARIO
from tests.console.conftest import PASSWORD
from tests.console.operating import CHIEF


@pytest.mark.parametrize("script", [True, False])
def test_an_account_from_its_making_to_its_end(office: Office, script: bool) -> None:
    """By hand on a telephone, with the script and without; each key opens the hub until it is replaced."""
    chief = office.officer(CHIEF, viewport={"width": 360, "height": 800}, java_script_enabled=script)
    page, name = chief.page, f"sg-soc-{'one' if script else 'two'}"
    page.get_by_role("link", name="New account").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Kind", exact=True).select_option("constituent")
    page.get_by_label("Member", exact=True).select_option("SG")
    page.get_by_label("Your own password, again").fill(PASSWORD)
    page.get_by_role("button", name="Make the account and show its key").click()
    first = page.locator("#key").inner_text()

    def status(key: str) -> int:
        return requests.get(
            f"{office.hub.url}/taxii2/", headers={"Authorization": f"Bearer {key}"}, timeout=30
        ).status_code

    assert status(first) == 200
    if script:
        assert overflow(page) == 0
        expect(page.get_by_role("button", name="Copy")).to_be_visible()
    page.get_by_role("link", name="I have it: to the account").click()
    page.locator("#password-rotate").fill(PASSWORD)
    page.get_by_role("button", name="Make a new key and show it").click()
    second = page.locator("#key").inner_text()
    assert (status(first), status(second)) == (401, 200)
    page.go_back()
    page.goto(page.url)
    assert first not in page.content()
    assert second not in page.content()
    chief.open(f"/console/operator/accounts/{name}")
    page.locator("#password-disable").fill(PASSWORD)
    page.get_by_role("button", name="Disable this account").click()
    expect(page.get_by_text("Disabled: its sessions and keys open nothing from now on.")).to_be_visible()
    assert status(second) == 401
    assert not {first, second, PASSWORD} & set(office.hub.log.replace('"', " ").split())
    for secret in (first, second, PASSWORD):
        assert secret not in office.hub.log
    page.get_by_role("link", name="What the audit trail says of it").click()
    expect(page.get_by_role("row", name=f"by=chief account={name}").first).to_be_visible()


def test_a_verification_and_a_drill_while_they_run(office: Office, tmp_path: Path) -> None:
    """The pages follow without a reload, the drill is stopped, and its report stays."""
    chief = office.officer(CHIEF)
    page = chief.page
    page.get_by_role("button", name="Verify now, in the background").click()
    expect(page.get_by_text("Verified last on")).to_be_visible()
    expect(page.get_by_text("Nothing was found.")).to_be_visible()
    scenario = tmp_path / "scenario.toml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    page.get_by_role("link", name="Play a scenario").click()
    page.get_by_label("Scenario (TOML)").set_input_files(scenario)
    page.get_by_role("button", name="Show what will be played").click()
    expect(page.get_by_text("Nothing has been played yet.")).to_be_visible()
    expect(page.get_by_text("Ransomware <b>at</b> a hospital")).to_be_visible()
    page.get_by_role("button", name="Start the drill").click()
    expect(page.get_by_text("1 of 2 events, begun by chief")).to_be_visible()
    expect(page.get_by_role("row", name="Singapore")).to_contain_text("0/1")
    # Singapore looks, and the operator's page has it by itself
    singapore = office.officer("sg-cert")
    singapore.open("/exercise/board/")
    singapore.page.get_by_role("link", name="Ransomware <b>at</b> a hospital").click()
    singapore.page.wait_for_url("**/board/incident--*/")
    expect(page.get_by_role("row", name="Singapore")).to_contain_text("1/1")
    chief.shoot("operator-drill")
    page.locator("summary", has_text="Stop the drill").click()
    page.get_by_role("button", name="Yes, stop it").click()
    expect(page.get_by_text("It was stopped.")).to_be_visible()
    office.windows.expect_complaint("403")
    singapore.page.goto(f"{office.hub.url}/console/operator/new-drill")
    expect(singapore.page.get_by_text("This page is for accounts of kind operator.")).to_be_visible()


def test_a_monitoring_key_opens_no_form(office: Office) -> None:
    """It reads the page."""
    monitor = office.officer("operator")
    expect(monitor.page.get_by_role("button", name="Verify now")).to_have_count(0)
    monitor.open("/console/operator/accounts/sg-cert")
    expect(monitor.page.get_by_text("hub account add NAME --kind operator --password-stdin")).to_be_visible()
    expect(monitor.page.locator("main input")).to_have_count(0)
