"""A terminal that lacks a character gets its number: no command fails on what it prints."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests import corpus
from tests.producer.offices import declared, sheet
from tests.producer.running import command


def printed(encoding: str, home: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "HUB_HOME": str(home)}
    return subprocess.run(command(*words), env=environment, capture_output=True, check=False)


@pytest.mark.parametrize("encoding", ["cp437", "ascii", "cp874", "utf-8"])
def test_what_a_terminal_cannot_show_is_shown_by_its_number(encoding: str, tmp_path: Path) -> None:
    """Help with an ellipsis, and what is said of a report with Vietnamese, Thai and Chinese words; the bundle is UTF-8."""
    (tmp_path / "member.toml").write_text(declared("VN", corpus.IDENTITY, "CERT Nusa"), encoding="utf-8")
    assert printed(encoding, tmp_path, "publish", "--help").returncode == 0
    silent = {"report_id": "Hà Nội ห้อง 医院", "country": "VN", "consent": "none"}
    file = sheet(tmp_path / "a.csv", silent, {"report_id": "VN-1", "country": "VN", "title": "医院系统"})
    done = printed(encoding, tmp_path, "convert", str(file), "--release", "regional")
    assert done.returncode == 1, done.stderr
    assert "nothing leaves" in done.stderr.decode(encoding)
    national = printed(encoding, tmp_path, "convert", str(file))
    assert "医院系统" in national.stdout.decode("utf-8")
