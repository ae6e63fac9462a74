"""TL: transport (TAXII 2.1, 8.2.2), with the hub as a process of its own and a certificate made for the test."""

from __future__ import annotations

import socket
import ssl
import warnings
from collections.abc import Iterator

import pytest
import requests
import trustme

from tests.server.making import CONTENT_TYPE
from tests.server.process import HubProcess, command

# RFC 7540, appendix A: what HTTP/2 forbids is every suite without forward secrecy or authenticated encryption.
GOOD_SUITES = ("ECDHE", "GCM", "CHACHA20", "POLY1305")


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub behind TLS."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    for number, part in enumerate(certificate.cert_chain_pems):
        part.write_to_path(str(folder / "chain.pem"), append=number > 0)
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    settings = {"HUB_TLS_CERT": str(folder / "chain.pem"), "HUB_TLS_KEY": str(folder / "key.pem"), "HUB_WORKERS": "1"}
    process = HubProcess(folder, settings, authority=str(folder / "authority.pem"))
    try:
        process.init(("id-cert", "cert", "ID"))
        process.start()
        yield process
    finally:
        process.end()


def connect(process: HubProcess, version: ssl.TLSVersion, ciphers: str = "") -> tuple[str | None, str]:
    """(version, cipher) that were agreed on."""
    context = ssl.create_default_context(cafile=process.authority)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are asked for here to be refused
        context.minimum_version = context.maximum_version = version
        if ciphers:
            context.set_ciphers(ciphers)
    with (
        socket.create_connection(("127.0.0.1", process.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
    ):
        cipher = secured.cipher()
        assert cipher is not None
        return secured.version(), cipher[0]


def test_https_is_served(secure: HubProcess) -> None:
    """TL-1: with a certificate that clients verify, and the addresses in discovery are https."""
    response = secure.session("id-cert").get(f"{secure.url}/taxii2/", verify=secure.authority, timeout=10)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == CONTENT_TYPE
    assert response.json()["default"] == f"{secure.url}/region/"


def test_tls_12_is_accepted(secure: HubProcess) -> None:
    """TL-1: with a suite that RFC 7540 does not forbid."""
    version, cipher = connect(secure, ssl.TLSVersion.TLSv1_2)
    assert version == "TLSv1.2"
    assert any(part in cipher for part in GOOD_SUITES)


def test_plain_http_is_not_answered_on_the_tls_port(secure: HubProcess) -> None:
    """TL-1: no credential is ever asked for in the clear there."""
    with pytest.raises(requests.ConnectionError):
        requests.get(secure.url.replace("https", "http") + "/taxii2/", timeout=10)


def test_tls_13_is_accepted(secure: HubProcess) -> None:
    """TL-2: the newest version."""
    assert connect(secure, ssl.TLSVersion.TLSv1_3)[0] == "TLSv1.3"


@pytest.mark.parametrize(
    "suites", ["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-SHA", "AES128-SHA256", "ECDHE-ECDSA-AES256-SHA"]
)
def test_forbidden_suites_are_refused(secure: HubProcess, suites: str) -> None:
    """TL-2: none of RFC 7540's black list under TLS 1.2."""
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(secure, ssl.TLSVersion.TLSv1_2, suites + ":@SECLEVEL=0")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_older_versions_are_refused(secure: HubProcess, version: ssl.TLSVersion) -> None:
    """TL-2: 1.0 and 1.1."""
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(secure, version, "ALL:@SECLEVEL=0")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "hub.example"])
def test_plain_http_is_for_loopback_only(secure: HubProcess, host: str) -> None:
    """TL-1: elsewhere `hub serve` wants a certificate, or the word that a proxy in front has one."""
    environment = {"HUB_STORE": secure.environment["HUB_STORE"], "HUB_HOST": host, "HUB_PORT": "1"}
    refused = command("serve", environment=environment, code=3)
    assert "--tls-cert" in refused.stderr
    assert "HUB_BEHIND_PROXY" in refused.stderr


@pytest.mark.parametrize(
    "settings",
    [{"HUB_TLS_CERT": "only.pem"}, {"HUB_TLS_KEY": "only.pem"}, {"HUB_TLS_CERT": "no.pem", "HUB_TLS_KEY": "no.pem"}],
)
def test_half_a_certificate_is_told(secure: HubProcess, settings: dict[str, str]) -> None:
    """TL-1: before anything is served."""
    refused = command(
        "serve", environment={"HUB_STORE": secure.environment["HUB_STORE"], "HUB_PORT": "1"} | settings, code=3
    )
    assert "tls" in refused.stderr.lower() or "no.pem" in refused.stderr
