"""A hub as a process whose people sign in through an OpenID Connect provider: a slow or refusing one makes nobody else wait."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import requests

from hub.server.registration import RETURN_PATH
from tests.console.provider.fake import CLIENT, SECRET, FakeProvider, answer, fake_provider
from tests.server.process import HubProcess, command

BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
PASSWORD = "four words make one"


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProvider]:
    with fake_provider(lambda: int(time.time())) as started:
        yield started


@pytest.fixture(scope="module")
def hub_process(tmp_path_factory: pytest.TempPathFactory, provider: FakeProvider) -> Iterator[HubProcess]:
    folder = tmp_path_factory.mktemp("hub")
    (folder / "secret").write_text(SECRET, encoding="ascii")
    (folder / "hub.toml").write_text('[oidc]\nsg-cert = "alice"\n', encoding="utf-8")
    settings = {
        "HUB_WORKERS": "1",
        "HUB_OIDC_ISSUER": provider.issuer,
        "HUB_OIDC_CLIENT_ID": CLIENT,
        "HUB_OIDC_SECRET_FILE": str(folder / "secret"),
        "HUB_LIMITS_PROVIDER_SECONDS": "60",
        "HUB_LIMITS_ADDRESS_FAILURES": "3",
    }
    process = HubProcess(folder, settings, forked=True)
    process.settings["HUB_PUBLIC_URL"] = process.url
    process.init(("sg-cert", "cert", "SG"))
    command(
        "account",
        "add",
        "sg-desk",
        "--kind",
        "cert",
        "--member",
        "SG",
        "--password-stdin",
        environment=process.environment,
        stdin=PASSWORD,
    )
    process.start()
    yield process
    process.end()


def begun(hub_process: HubProcess, provider: FakeProvider) -> tuple[requests.Session, dict[str, str]]:
    """A browser that has been to the provider, and the query with which it comes back."""
    browser = requests.Session()
    browser.trust_env = False
    browser.headers.update(BROWSER)
    response = browser.get(f"{hub_process.url}/console/oidc", allow_redirects=False, timeout=60)
    assert response.status_code == 303, response.text[:2000]
    return browser, provider.authorize(response.headers["Location"])


def come_back(hub_process: HubProcess, browser: requests.Session, query: dict[str, str]) -> requests.Response:
    return browser.get(f"{hub_process.url}{RETURN_PATH}", params=query, allow_redirects=False, timeout=60)


def test_the_libraries_are_loaded_when_somebody_signs_in(tmp_path: Path) -> None:
    """A hub without a provider, and every command, starts as fast as before."""
    program = (
        "import sys; import hub.wiring, hub.server.app, hub.server.front, hub.server.events, hub.cli.worker_process\n"
        "print(sorted({'authlib', 'joserfc'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path.parent
    )
    assert done.stdout.strip() == "[]"


def test_a_provider_that_answers_slowly_makes_nobody_wait(hub_process: HubProcess, provider: FakeProvider) -> None:
    """More sign-ins wait for it than the hub has threads: polls and passwords are answered meanwhile, further ones refused."""
    come, go = threading.Semaphore(0), threading.Event()

    def wait(request: BaseHTTPRequestHandler) -> None:
        come.release()
        assert go.wait(60)
        answer(request, 400, {"error": "temporarily_unavailable"})

    provider.answers["/token"] = wait
    browsers = [begun(hub_process, provider) for _ in range(3)]
    with ThreadPoolExecutor(2) as pool:
        pending = [pool.submit(come_back, hub_process, *browser) for browser in browsers[:2]]
        for _ in pending:
            assert come.acquire(timeout=60)
        assert hub_process.session("sg-cert").get(f"{hub_process.url}/taxii2/", timeout=60).status_code == 200
        fields = {"name": "sg-desk", "password": PASSWORD}
        headers = {"Accept": "text/html", "Origin": hub_process.url}
        login = requests.post(
            f"{hub_process.url}/console/login", fields, headers=headers, allow_redirects=False, timeout=60
        )
        assert login.status_code == 303
        third = come_back(hub_process, *browsers[2])
        assert (third.status_code, "Retry-After" in third.headers) == (429, True)
        go.set()
        assert [future.result().status_code for future in pending] == [401, 401]
    del provider.answers["/token"]


def test_an_address_that_is_refused_again_and_again_meets_429(hub_process: HubProcess, provider: FakeProvider) -> None:
    """Before the provider is asked again; who signs in with a password from there is not delayed."""
    statuses = []
    while 429 not in statuses:
        browser, query = begun(hub_process, provider)
        token_requests = provider.paths().count("/token")
        statuses.append(come_back(hub_process, browser, query | {"code": "guessed"}).status_code)
        assert len(statuses) < 5
    assert provider.paths().count("/token") == token_requests
    fields = {"name": "sg-desk", "password": PASSWORD}
    headers = {"Accept": "text/html", "Origin": hub_process.url}
    login = requests.post(
        f"{hub_process.url}/console/login", fields, headers=headers, allow_redirects=False, timeout=60
    )
    assert login.status_code == 303


def test_the_log_says_who_tried_and_no_secret(hub_process: HubProcess, provider: FakeProvider) -> None:
    """After all that came before."""
    hub_process.stop()
    hub_process.start()
    browser, query = begun(hub_process, provider)
    response = come_back(hub_process, browser, query)
    assert response.status_code == 303
    session = browser.cookies["hub_session"]
    provider.claims = {"sub": "bob"}
    again, other = begun(hub_process, provider)
    assert come_back(hub_process, again, other).status_code == 401
    lines = [line for line in hub_process.logged() if line["what"] == "return_from_provider"]
    assert [(line["status"], line.get("account"), line.get("tried")) for line in lines[-2:]] == [
        (303, "sg-cert", None),
        (401, None, "provider:bob"),
    ]
    for secret in (SECRET, query["code"], query["state"], other["code"], session):
        assert secret not in hub_process.log
