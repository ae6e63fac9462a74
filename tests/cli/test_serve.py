"""`hub serve` before it serves: what is wrong with its store, port or certificate ends it with a sentence."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from tests.commands import Command


def test_serve_without_a_store_says_what_to_run(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And ends with the code for "away"."""
    monkeypatch.setenv("HUB_STORE", f"sqlite:///{tmp_path}/nothing.sqlite")
    assert "hub init" in command("serve", code=4).err


def test_a_port_that_is_taken_is_reported(command_with_store: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its number, before a worker is started."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = command_with_store("serve", "--port", str(port), code=3)
        assert f"Port {port} on 127.0.0.1 cannot be had" in result.err
        assert "--port" in result.err
    assert "no port 70000" in command_with_store("serve", "--port", "70000", code=3).err


@pytest.mark.parametrize("arguments", [("--workers", "0"), ("--port", "-1"), ("--port", "x")])
def test_an_invalid_number_is_a_usage_error(command: Command, arguments: tuple[str, str]) -> None:
    """Not a server that starts and falls."""
    assert "not a whole number above zero" in command("serve", *arguments, code=2).err


def test_an_invalid_certificate_is_reported(command_with_store: Command, tmp_path: Path) -> None:
    """In a sentence, before anything is served; so is a key with a passphrase, for which nobody is asked."""
    authority = trustme.CA()
    leaf = authority.issue_cert("localhost")
    chain, key, locked, junk = (str(tmp_path / name) for name in ("chain.pem", "key.pem", "locked.pem", "junk.pem"))
    leaf.cert_chain_pems[0].write_to_path(chain)
    authority.private_key_pem.write_to_path(key)  # another's
    private = load_pem_private_key(leaf.private_key_pem.bytes(), None)
    form = (Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    Path(locked).write_bytes(private.private_bytes(*form))
    Path(junk).write_text("no certificate")
    for cert_file, key_file in ((junk, key), (chain, junk), (chain, key), (chain, locked)):
        result = command_with_store("serve", "--tls-cert", cert_file, "--tls-key", key_file, code=3)
        assert "--tls-cert is the certificate" in result.err
