"""oidc-provider-mock as a process: an OpenID Connect provider that others wrote."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.ports import free_port

READY_SECONDS = 60  # a shared machine may be slow; a provider that answers ends the wait


@contextmanager
def mock_provider(log: Path, *people: dict[str, object], port: int = 0) -> Iterator[str]:
    """Its address, while it runs; `people` are their claims."""
    port = port or free_port()
    arguments = [part for claims in people for part in ("--user-claims", json.dumps(claims))]
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true", *arguments],
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, process, log)
        yield address
    finally:
        process.terminate()
        process.wait(READY_SECONDS)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        try:
            requests.get(f"{address}/.well-known/openid-configuration", timeout=5).raise_for_status()
        except requests.RequestException:
            time.sleep(0.05)  # between two looks at a process that cannot tell us itself
        else:
            return
    raise AssertionError(f"the provider did not answer after {READY_SECONDS} seconds")
