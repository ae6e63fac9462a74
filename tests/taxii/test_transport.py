"""TL: transport (TAXII 2.1, 8.2.2), with the hub as a process of its own and a certificate made for the test."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import trustme
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from tests.server.making import CONTENT_TYPE
from tests.server.process import HubProcess, command

# RFC 7540, appendix A: what HTTP/2 forbids is every suite without forward secrecy or authenticated encryption.
GOOD_SUITES = ("ECDHE", "GCM", "CHACHA20", "POLY1305")
# RFC 8446: kinds of records and messages, and the extension that announces 0-RTT
HANDSHAKE, NEW_SESSION_TICKET, EARLY_DATA = 22, 4, 42


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub behind TLS."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certify(authority, folder)
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    settings = {"HUB_TLS_CERT": str(folder / "chain.pem"), "HUB_TLS_KEY": str(folder / "key.pem"), "HUB_WORKERS": "1"}
    process = HubProcess(folder, settings, authority=str(folder / "authority.pem"), forked=True)
    try:
        process.init(("id-cert", "cert", "ID"))
        process.start()
        yield process
    finally:
        process.end()


def certify(authority: trustme.CA, folder: Path) -> None:
    """A new certificate and key, in the files that the hub reads."""
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    (folder / "key.pem").chmod(0o600)
    for number, part in enumerate(certificate.cert_chain_pems):
        part.write_to_path(str(folder / "chain.pem"), append=number > 0)


def shown_certificate(port: int) -> bytes:
    """What a server shows at this port."""
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port), timeout=60))


def connect(process: HubProcess, version: ssl.TLSVersion, ciphers: str = "") -> tuple[str | None, str]:
    """(version, cipher) that were agreed on."""
    context = ssl.create_default_context(cafile=process.authority)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are asked for here to be refused
        context.minimum_version = context.maximum_version = version
        if ciphers:
            context.set_ciphers(ciphers)
    with (
        socket.create_connection(("127.0.0.1", process.port), timeout=60) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
    ):
        cipher = secured.cipher()
        assert cipher is not None
        return secured.version(), cipher[0]


def session_tickets(process: HubProcess, port: int, keys: Path) -> list[bytes]:
    """The NewSessionTicket messages (RFC 8446, 4.6.1) that a TLS 1.3 server sends, decrypted as any client would.

    Python's ssl shows none of what is in them, so the records behind the handshake are read here.
    """
    context = ssl.create_default_context(cafile=process.authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.keylog_filename = str(keys)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    secured = context.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with socket.create_connection(("127.0.0.1", port), timeout=60) as plain:
        while True:
            try:
                secured.do_handshake()
                break
            except ssl.SSLWantReadError:
                plain.sendall(outgoing.read())
                incoming.write(plain.recv(65536))
        secured.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        plain.sendall(outgoing.read())
        answered = b"".join(iter(lambda: plain.recv(65536), b""))
    secret = bytes.fromhex(re.search(r"^SERVER_TRAFFIC_SECRET_0 \w+ (\w+)$", keys.read_text(), re.MULTILINE)[1])  # type: ignore[index] # without it the test fails here
    cipher = secured.cipher()
    assert cipher is not None
    messages = b"".join(inside for kind, inside in decrypted(answered, secret, cipher[0]) if kind == HANDSHAKE)
    answers = []
    while messages:
        length = int.from_bytes(messages[1:4], "big")
        assert messages[0] == NEW_SESSION_TICKET
        answers.append(messages[4 : 4 + length])
        messages = messages[4 + length :]
    return answers


def decrypted(records: bytes, secret: bytes, suite: str) -> Iterator[tuple[int, bytes]]:
    """(kind, content) of each record that was protected under this secret (RFC 8446, 5.2 and 7.3)."""
    digest: hashes.HashAlgorithm = hashes.SHA384() if suite.endswith("SHA384") else hashes.SHA256()
    cipher: type[AESGCM | ChaCha20Poly1305] = ChaCha20Poly1305 if "CHACHA20" in suite else AESGCM

    def derive(label: bytes, length: int) -> bytes:
        full_label = b"tls13 " + label
        info = length.to_bytes(2, "big") + bytes([len(full_label)]) + full_label + b"\x00"
        return HKDFExpand(digest, length, info).derive(secret)

    key, start = cipher(derive(b"key", 16 if "128" in suite else 32)), int.from_bytes(derive(b"iv", 12), "big")
    number = 0
    while records:
        length = int.from_bytes(records[3:5], "big")
        head, body, records = records[:5], records[5 : 5 + length], records[5 + length :]
        inside = key.decrypt((start ^ number).to_bytes(12, "big"), body, head).rstrip(b"\x00")
        yield inside[-1], inside[:-1]
        number += 1


def extensions_of(ticket: bytes) -> dict[int, bytes]:
    """Number -> content of the extensions of a NewSessionTicket (RFC 8446, 4.6.1)."""
    remaining = ticket[8:]  # behind its lifetime and age_add
    remaining = remaining[1 + remaining[0] :]  # its nonce
    remaining = remaining[2 + int.from_bytes(remaining[:2], "big") :]  # the ticket itself
    assert int.from_bytes(remaining[:2], "big") == len(remaining) - 2
    remaining = remaining[2:]
    answers = {}
    while remaining:
        length = int.from_bytes(remaining[2:4], "big")
        answers[int.from_bytes(remaining[:2], "big")] = remaining[4 : 4 + length]
        remaining = remaining[4 + length :]
    return answers


def test_https_is_served(secure: HubProcess) -> None:
    """TL-1: with a certificate that clients verify, and the addresses in discovery are https."""
    response = secure.session("id-cert").get(f"{secure.url}/taxii2/", verify=secure.authority, timeout=60)
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
        requests.get(secure.url.replace("https", "http") + "/taxii2/", timeout=60)


def test_tls_13_is_accepted(secure: HubProcess) -> None:
    """TL-2: the newest version."""
    assert connect(secure, ssl.TLSVersion.TLSv1_3)[0] == "TLSv1.3"


@pytest.mark.parametrize("port_offset", [0, 1], ids=["hub", "events"])
def test_no_ticket_allows_early_data(secure: HubProcess, tmp_path: Path, port_offset: int) -> None:
    """TL-3: 0-RTT needs a session ticket with the early_data extension (RFC 8446, 4.6.1), and none carries it."""
    tickets = session_tickets(secure, secure.port + port_offset, tmp_path / "keys.log")
    assert tickets
    for ticket in tickets:
        assert EARLY_DATA not in extensions_of(ticket)


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
def test_half_a_certificate_is_reported(secure: HubProcess, settings: dict[str, str]) -> None:
    """TL-1: before anything is served."""
    refused = command(
        "serve", environment={"HUB_STORE": secure.environment["HUB_STORE"], "HUB_PORT": "1"} | settings, code=3
    )
    assert "tls" in refused.stderr.lower() or "no.pem" in refused.stderr


def test_a_renewed_certificate_is_read_without_a_stop(tmp_path: Path) -> None:
    """SIGHUP: handshakes on both ports show the new certificate, and a connection that is open continues."""
    authority = trustme.CA()
    certify(authority, tmp_path)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    settings = {"HUB_TLS_CERT": str(tmp_path / "chain.pem"), "HUB_TLS_KEY": str(tmp_path / "key.pem")}
    process = HubProcess(tmp_path, settings, authority=str(tmp_path / "authority.pem"))
    try:
        process.init(("id-cert", "cert", "ID"))
        process.start()
        session = process.session("id-cert")
        assert session.get(f"{process.url}/taxii2/", verify=process.authority, timeout=60).status_code == 200
        old = {port: shown_certificate(port) for port in (process.port, process.port + 1)}
        certify(authority, tmp_path)
        os.kill(process.pid, signal.SIGHUP)
        deadline = time.monotonic() + 60
        for port, before in old.items():
            # every worker has read it once none shows the old one any more
            while any(shown_certificate(port) == before for _ in range(6)):
                assert time.monotonic() < deadline
        assert session.get(f"{process.url}/taxii2/", verify=process.authority, timeout=60).status_code == 200
        assert process.code() is None
    finally:
        process.end()
