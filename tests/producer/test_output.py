"""Where the output of `hub convert` cannot be written, nothing of it stays, and nothing else is replaced by it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hub.cli.output import write_whole

FULL = Path("/dev/full")
SHEET = (
    "report_id,title,incident_class,incident_type,status,determination,tlp,country,detected_at,victim_sector,indicators\n"
    "MY-1,Trojan,malicious-code,infected-system,open,confirmed,green,MY,2026-03-01,healthcare,ip:203.0.113.41\n"
)
MEMBER = '[identity]\nid = "identity--2784b794-5fc0-4feb-b53d-2095503c7120"\nname = "CERT"\ncountry = "MY"\n'


def convert(home: Path, *more: str, **where: object) -> subprocess.CompletedProcess[str]:
    (home / "member.toml").write_text(MEMBER)
    (home / "a.csv").write_text(SHEET)
    command = [sys.executable, "-m", "hub", "convert", str(home / "a.csv"), "--release", "regional", *more]
    environment = {**os.environ, "HUB_HOME": str(home)}
    return subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=False, **where)  # type: ignore[call-overload,no-any-return]


@pytest.mark.skipif(not FULL.is_char_device(), reason="this system has no /dev/full")
def test_a_full_disk_is_told_in_a_sentence(tmp_path: Path) -> None:
    with FULL.open("wb") as full_device:
        done = convert(tmp_path, stdout=full_device)
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1] == "hub convert: The output cannot be written: No space left on device."


def test_half_an_output_does_not_stay_in_a_file(tmp_path: Path) -> None:
    """The shell made the file: it ends where the output began."""
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000));"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "from hub.cli.output import write_stdout; print('before', flush=True);"
        "write_stdout([b'x' * 2000] * 9)"
    )
    out = tmp_path / "out"
    with out.open("wb") as out_file:
        done = subprocess.run([sys.executable, "-c", limited], stdout=out_file, stderr=subprocess.PIPE, check=False)
    assert b"File too large" in done.stderr
    assert out.read_bytes() == b"before\n"


def test_a_device_or_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    """For root, a file in place of /dev/null would replace the device."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_whole(pipe, [b"a", b"b"])
    assert os.read(reader, 9) == b"ab"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
