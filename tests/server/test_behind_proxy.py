"""The hub behind nginx and HAProxy as `hub deploy` sets them up: client certificates, headers that name somebody, attacks."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme

from tests.server.making import CONTENT_TYPE, as_envelope, at, note
from tests.server.process import HubProcess, command
from tests.server.proxy import PROXIES, SECRET, Proxy, proxy_before


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub whose hub.toml gives two accounts the subjects of their certificates."""
    folder = tmp_path_factory.mktemp("hub")
    (folder / "secret").write_text(f"{SECRET}\n", encoding="ascii")
    (folder / "hub.toml").write_text(
        f'[certificates]\nsg-cert = "{subject("sg-cert")}"\nmy-cert = "{subject("my-cert")}"\n', encoding="utf-8"
    )
    settings = {
        "HUB_BEHIND_PROXY": "true",
        "HUB_PROXY_SECRET_FILE": str(folder / "secret"),
        "HUB_WORKERS": "1",
        "HUB_EVENTS": "false",
        "HUB_LIMITS_BODY_SECONDS": "2",
    }
    process = HubProcess(folder, settings, forked=True)
    process.init(("id-cert", "cert", "ID"), ("sg-cert", "cert", "SG"), ("my-cert", "cert", "MY"))
    process.start()
    yield process
    process.end()


@pytest.fixture(scope="module", params=PROXIES)
def proxy(request: pytest.FixtureRequest, hub: HubProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The proxy before it."""
    proxy = proxy_before(hub, tmp_path_factory.mktemp(request.param), request.param)
    yield proxy
    proxy.end()


def subject(name: str) -> str:
    """As the proxies write it (RFC 2253)."""
    return f"CN={name},OU=SOC,O=CERT"


def poll(url: str, *, key: str = "", **options: Any) -> requests.Response:
    """A poll with these credentials and nothing from the environment."""
    session = requests.Session()
    session.trust_env = False
    headers = (
        {"Accept": CONTENT_TYPE} | ({"Authorization": f"Bearer {key}"} if key else {}) | options.pop("headers", {})
    )
    return session.get(url + at("alerts", "objects"), params={"limit": "1"}, headers=headers, timeout=60, **options)


def good_poll(hub: HubProcess, proxy: Proxy) -> None:
    assert poll(proxy.url, key=hub.keys["sg-cert"], verify=proxy.trusted).status_code == 200


# --- certificates ---------------------------------------------------------------------------------------------------


def test_a_verified_certificate_is_its_account(hub: HubProcess, proxy: Proxy) -> None:
    """Without a key; the log names the account."""
    answer = poll(proxy.url, verify=proxy.trusted, cert=proxy.client_certificate("sg-cert"))
    assert answer.status_code == 200
    line = next(line for line in hub.logged() if line["request"] == answer.headers["X-Request-ID"])
    assert (line["account"], line["address"]) == ("sg-cert", "127.0.0.1")


def test_a_certificate_and_a_key_must_be_of_one_account(hub: HubProcess, proxy: Proxy) -> None:
    """Both together are fine; with the key of another neither counts."""
    certificate = proxy.client_certificate("sg-cert")
    assert poll(proxy.url, key=hub.keys["sg-cert"], verify=proxy.trusted, cert=certificate).status_code == 200
    refused = poll(proxy.url, key=hub.keys["id-cert"], verify=proxy.trusted, cert=certificate)
    assert refused.status_code == 401
    assert "two different accounts" in refused.text


def test_a_certificate_that_is_no_accounts_opens_nothing(hub: HubProcess, proxy: Proxy) -> None:
    """It may be that of a member's machine, which logs in with its key."""
    certificate = proxy.client_certificate("somebody")
    assert poll(proxy.url, verify=proxy.trusted, cert=certificate).status_code == 401
    assert poll(proxy.url, key=hub.keys["id-cert"], verify=proxy.trusted, cert=certificate).status_code == 200


def test_a_certificate_of_another_authority_reaches_nobody(proxy: Proxy) -> None:
    """With the same subject: nginx answers 400, HAProxy ends the connection."""
    certificate = proxy.client_certificate("my-cert", trustme.CA())
    try:
        assert poll(proxy.url, verify=proxy.trusted, cert=certificate).status_code == 400
    except requests.exceptions.SSLError as error:
        assert "UNKNOWN_CA" in str(error)  # noqa: PT017 - one of the two ways to refuse it


def test_the_certificate_of_a_disabled_account_is_refused(hub: HubProcess, proxy: Proxy) -> None:
    """From the next request on, as its key."""
    certificate = proxy.client_certificate("my-cert")
    assert poll(proxy.url, verify=proxy.trusted, cert=certificate).status_code == 200
    command("account", "disable", "my-cert", environment=hub.environment)
    assert poll(proxy.url, verify=proxy.trusted, cert=certificate).status_code == 401
    command("account", "enable", "my-cert", environment=hub.environment)
    assert poll(proxy.url, verify=proxy.trusted, cert=certificate).status_code == 200


def test_a_subject_in_a_clients_own_header_is_dropped_by_the_proxy(proxy: Proxy) -> None:
    """Whatever else the client sends with it, the secret included."""
    forged = {"X-Client-Subject": subject("sg-cert"), "X-Proxy-Secret": SECRET}
    assert poll(proxy.url, verify=proxy.trusted, headers=forged).status_code == 401
    forged = {"X_Client_Subject": subject("sg-cert"), "X_Proxy_Secret": SECRET}
    assert poll(proxy.url, verify=proxy.trusted, headers=forged).status_code == 401


@pytest.mark.parametrize("secret", [None, "", "a guess", SECRET[:-1], f"{SECRET}, {SECRET}", "Ã©"])
def test_a_subject_without_the_proxys_secret_is_refused(hub: HubProcess, secret: str | None) -> None:
    """A client at the hub's own port cannot log in as another, and gets that in words; with the secret the same request is answered."""
    headers = {"X-Client-Subject": subject("sg-cert")} | ({} if secret is None else {"X-Proxy-Secret": secret})
    refused = poll(hub.url, headers=headers)
    assert refused.status_code == 401
    assert "only from the hub's own proxy" in refused.text
    assert poll(hub.url, headers=headers | {"X-Proxy-Secret": SECRET}).status_code == 200
    assert SECRET not in hub.log


def test_without_declared_certificates_the_header_says_nothing(tmp_path: Path) -> None:
    """A hub that knows no secret believes no subject, with an empty one neither."""
    hub = HubProcess(tmp_path, {"HUB_BEHIND_PROXY": "true", "HUB_WORKERS": "1", "HUB_EVENTS": "false"}, forked=True)
    hub.init(("sg-cert", "cert", "SG"))
    hub.start()
    try:
        for secret in ("", SECRET):
            headers = {"X-Client-Subject": subject("sg-cert"), "X-Proxy-Secret": secret}
            assert poll(hub.url, headers=headers).status_code == 401
    finally:
        hub.end()


@pytest.mark.parametrize(
    ("toml", "secret", "proxy", "words"),
    [
        ('[certificates]\na = "CN=a"\n', SECRET, "false", "HUB_BEHIND_PROXY=true"),
        ('[certificates]\na = "CN=a"\n', None, "true", "HUB_PROXY_SECRET_FILE"),
        ('[certificates]\na = "CN=a"\n', "short", "true", "has 5 characters, and needs 32"),
        ('[certificates]\na = "CN=a"\nb = "CN=a"\n', SECRET, "true", "is another account's, too"),
        ("[certificates]\na = 7\n", SECRET, "true", "should be a subject such as"),
        ('certificates = "CN=a"\n', SECRET, "true", "should be a table"),
    ],
)
def test_certificates_that_cannot_be_used_end_the_hub_in_words(
    tmp_path: Path, toml: str, secret: str | None, proxy: str, words: str
) -> None:
    """Before it serves: a hub that ignored them would lock out accounts without a key."""
    hub = HubProcess(tmp_path, {"HUB_BEHIND_PROXY": proxy})
    hub.init()
    (tmp_path / "hub.toml").write_text(toml, encoding="utf-8")
    environment = dict(hub.environment)
    if secret is not None:
        (tmp_path / "secret").write_text(secret, encoding="ascii")
        environment["HUB_PROXY_SECRET_FILE"] = str(tmp_path / "secret")
    refused = command("serve", environment=environment, code=3, folder=tmp_path)
    assert words in refused.stderr


# --- TLS that the proxy ends ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("forwarded_scheme", "secure"), [(None, True), ("https", True), ("http", False)])
def test_a_session_behind_a_proxy_is_for_tls_alone(hub: HubProcess, forwarded_scheme: str | None, secure: bool) -> None:
    """Also where the proxy does not say that it ends TLS: the setting does. Only a proxy that says otherwise is believed."""
    headers = {} if forwarded_scheme is None else {"X-Forwarded-Proto": forwarded_scheme}
    form = {"name": "id-cert", "password": hub.keys["id-cert"]}
    answer = requests.post(f"{hub.url}/console/login", form, headers=headers, allow_redirects=False, timeout=60)
    assert answer.status_code == 303
    assert ("; Secure" in answer.headers["Set-Cookie"]) is secure
    assert answer.headers["Set-Cookie"].startswith("__Host-") is secure


# --- attacks through the proxy ------------------------------------------------------------------------------------------


@contextlib.contextmanager
def connections(proxy: Proxy, count: int, first_bytes: bytes) -> Iterator[list[ssl.SSLSocket]]:
    """TLS connections that send these bytes and then nothing."""
    trusted = ssl.create_default_context(cafile=proxy.trusted)
    with contextlib.ExitStack() as stack:
        sockets = []
        for _ in range(count):
            plain = stack.enter_context(socket.create_connection(("127.0.0.1", proxy.port), timeout=60))
            sockets.append(stack.enter_context(trusted.wrap_socket(plain, server_hostname="localhost")))
            sockets[-1].sendall(first_bytes)
        yield sockets


def head(hub: HubProcess, method: str, more: str) -> bytes:
    return (
        f"{method} {at('alerts', 'objects')} HTTP/1.1\r\nHost: localhost\r\nAccept: {CONTENT_TYPE}\r\n"
        f"Authorization: Bearer {hub.keys['id-cert']}\r\n{more}\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("count", "method", "more"),
    [
        (100, "GET", "X-A: "),
        (64, "POST", f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: 1000000\r\n\r\n{{"),
        (40, "GET", "\r\n"),
    ],
    ids=["half a head", "uploads that stop", "readers who take nothing"],
)
def test_slow_clients_harm_nobody_through_the_proxy(
    hub: HubProcess, proxy: Proxy, count: int, method: str, more: str
) -> None:
    """A good client polls and publishes beside them."""
    good_poll(hub, proxy)
    with connections(proxy, count, head(hub, method, more)):
        good_poll(hub, proxy)
        session = hub.session("sg-cert")
        envelope = as_envelope([note(count)])
        content_type = {"Content-Type": CONTENT_TYPE}
        published = session.post(
            proxy.url + at("alerts", "objects"), envelope, headers=content_type, timeout=60, verify=proxy.trusted
        )
        assert published.status_code == 202


def test_a_flood_of_wrong_passwords_harms_nobody_through_the_proxy(hub: HubProcess, proxy: Proxy) -> None:
    """The queue and the throttle refuse it by the address that the proxy names; a key is not touched."""
    good_poll(hub, proxy)
    end, statuses = threading.Event(), set()

    def guess(number: int) -> None:
        session = requests.Session()
        session.trust_env = False
        session.verify = proxy.trusted
        for attempt in range(200):
            if end.is_set():
                return
            login = ("sg-cert", f"guess {number} {attempt}")
            statuses.add(session.get(f"{proxy.url}/taxii2/", auth=login, timeout=60).status_code)

    guessing = [threading.Thread(target=guess, args=(number,)) for number in range(8)]
    for thread in guessing:
        thread.start()
    for _ in range(5):
        good_poll(hub, proxy)
    while 429 not in statuses and any(thread.is_alive() for thread in guessing):
        good_poll(hub, proxy)
    end.set()
    for thread in guessing:
        thread.join()
    assert 429 in statuses
    assert not statuses - {401, 429}
