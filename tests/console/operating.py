"""An operator with a password at the pages: who may change accounts there."""

from __future__ import annotations

import re
from typing import Final

from werkzeug.test import TestResponse

from hub.community.hub import Hub
from hub.errors import StoreUnavailableError, UnprocessableError
from hub.sharing.members import Account, AccountKind
from tests.console.conftest import PASSWORD, TOKEN, Browser

CHIEF: Final = "chief"
KEY: Final = re.compile(r'<code class="pick" id="key">(hub_[A-Za-z0-9_-]+)</code>')


def operator_browser(hub: Hub, browser: Browser, name: str = CHIEF) -> Browser:
    """Sign in as that operator with a password, and return the browser; the account is made where there is none."""
    if hub.store.get_account(name) is None:
        hub.credentials.add(Account(name, AccountKind.OPERATOR), PASSWORD)
    response = browser.sign_in(name, PASSWORD)
    assert response.headers["Location"] == "/console/operator"
    return browser


def hidden(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form for that action."""
    for form in page.split("<form ")[1:]:
        fields = dict(re.findall(r'type="hidden" name="([a-z_]+)" value="([^"]*)"', form.partition("</form>")[0]))
        if fields.get("action") == action:
            return fields
    raise AssertionError(f"no form for {action}")


def change(browser: Browser, name: str, action: str, **fields: str) -> TestResponse:
    """Open the account's page and send its form for that action."""
    path = f"/console/operator/accounts/{name}"
    return browser.post(path, hidden(browser.text(path), action) | {"password": PASSWORD} | fields)


def make(browser: Browser, **fields: str) -> TestResponse:
    """Send the form for a new account."""
    match = TOKEN.search(browser.text("/console/operator/new-account"))
    assert match is not None
    filled = {"kind": "constituent", "member": "SG", "password": PASSWORD} | fields
    return browser.post("/console/operator/new-account", {"form_token": match[1]} | filled)


def key_of(response: TestResponse) -> str:
    """The key that the page shows."""
    match = KEY.search(response.get_data(as_text=True))
    assert match is not None, response.get_data(as_text=True)[:3000]
    return match[1]


def is_known(hub: Hub, name: str) -> bool:
    """Whether there is such an account."""
    try:
        hub.credentials.must_be_new(name)
    except UnprocessableError:
        return hub.store.get_account(name) is not None
    return False


def store_away(*_: object, **__: object) -> None:
    """In place of a method of the store: it is out of reach."""
    raise StoreUnavailableError("the store is busy")
