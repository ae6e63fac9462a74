"""`hub desk` as it is run: it listens on loopback alone, opens once, keeps its secrets off command lines, and ends at once."""

from __future__ import annotations

import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.producer.offices import Office, Region

ENDED_SECONDS = 30  # a shared machine is slow; that it ends at all by itself is what is tested


@contextmanager
def running(office: Office, *words: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, and the address that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hub", "desk", "--port", "0", *words],
        env={**office.environment, "PYTHONPATH": ":".join(sys.path), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if match := re.search(r"http://127\.0\.0\.1:\d+/open/\S+", line):
                yield process, match[0]
                break
        else:
            raise AssertionError(process.communicate()[1])
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_opens_once_and_ends_when_told(region: Region, number: signal.Signals) -> None:
    """Also while a page of it is asked for; the port is free after that."""
    with running(region.offices["SG"], "--no-browser") as (process, address), requests.Session() as session:
        session.trust_env = False
        assert session.get(address, timeout=30).status_code == 200
        assert session.get(address, timeout=30).status_code == 401
        host, port = address.split("/")[2].split(":")
        with socket.create_connection((host, int(port))):  # somebody who says nothing
            process.send_signal(number)
            assert process.wait(ENDED_SECONDS) == 0
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((host, int(port)))


def test_the_token_is_on_no_command_line(region: Region, tmp_path: Path) -> None:
    """The browser gets a file that this user alone may read, and it is gone with the desk."""
    office = region.offices["TH"]
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$@" > {seen}.new\nmv {seen}.new {seen}\n', encoding="utf-8")
    browser.chmod(0o755)
    with running(office, BROWSER=f"{browser} %s") as (process, address):
        assert process.stdout is not None
        process.stdout.readline()  # printed after the browser was started
        argument = seen.read_text(encoding="utf-8").strip()
        page = Path(argument.removeprefix("file://"))
        assert address.rpartition("/")[2] not in argument
        assert address in page.read_text(encoding="utf-8")
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
        assert stat.S_IMODE(page.parent.stat().st_mode) == 0o700
        process.send_signal(signal.SIGINT)
        assert process.wait(ENDED_SECONDS) == 0
        assert not page.exists()


def test_a_port_that_is_taken_is_reported(region: Region) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = region.offices["SG"].hub("desk", "--no-browser", "--port", str(port), code=3)
    assert f"Port {port}" in done.stderr
    assert "--port 0" in done.stderr


def test_a_home_without_a_cert_is_said(region: Region, tmp_path: Path) -> None:
    """Before anything listens."""
    done = region.offices["SG"].hub("desk", "--no-browser", code=3, HUB_HOME=str(tmp_path))
    assert "member.toml" in done.stderr
