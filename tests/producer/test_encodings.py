"""A terminal that lacks a character gets its number: no command fails on what it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests import corpus
from tests.producer.offices import declared, sheet

# Each argument is a command, as JSON: its exit code goes to both streams, behind what it wrote there.
COMMANDS: Final = """
import json, sys
from hub.cli import main
for words in sys.argv[1:]:
    try:
        code = main(json.loads(words))
    except SystemExit as end:
        code = end.code
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        stream.buffer.write(b"\\x1e%d\\x1f" % (code or 0))
        stream.buffer.flush()
"""


def printed(encoding: str, home: Path, *commands: tuple[str, ...]) -> Iterator[tuple[int, bytes, bytes]]:
    """The exit code of each command and what it wrote: one process runs them all, as the encoding belongs to the process."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "HUB_HOME": str(home)}
    words = [sys.executable, "-c", COMMANDS, *(json.dumps(command) for command in commands)]
    done = subprocess.run(words, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    for output, errors in zip(done.stdout.split(b"\x1f"), done.stderr.split(b"\x1f"), strict=True):
        if output:
            text, _, code = output.rpartition(b"\x1e")
            yield int(code), text, errors.rpartition(b"\x1e")[0]


@pytest.mark.parametrize("encoding", ["cp437", "ascii", "cp874", "utf-8"])
def test_what_a_terminal_cannot_show_is_shown_by_its_number(encoding: str, tmp_path: Path) -> None:
    """Help with an ellipsis, and the output about a report with Vietnamese, Thai and Chinese words; the bundle is UTF-8."""
    (tmp_path / "member.toml").write_text(declared("VN", corpus.IDENTITY, "CERT Nusa"), encoding="utf-8")
    silent = {"report_id": "Hà Nội ห้อง 医院", "country": "VN", "consent": "none"}
    file = str(sheet(tmp_path / "a.csv", silent, {"report_id": "VN-1", "country": "VN", "title": "医院系统"}))
    commands = ("publish", "--help"), ("convert", file, "--release", "regional"), ("convert", file)
    (help_code, _, _), (code, _, errors), (_, bundle, _) = printed(encoding, tmp_path, *commands)
    assert help_code == 0
    assert code == 1, errors
    assert "nothing leaves" in errors.decode(encoding)
    assert "医院系统" in bundle.decode("utf-8")
