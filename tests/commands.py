"""Commands run in this process, over a store of the test's own."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.cli import main
from tests.server.making import DECLARATIONS
from tests.server.process import clean_environment


@dataclass(frozen=True)
class Result:
    """The result of a command."""

    code: int
    out: str
    err: str


Command = Callable[..., Result]


def commands(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Runs `hub …` in the folder; `code` is the exit code that it must have (None: any). There is no terminal to answer at."""
    for name in set(os.environ) - set(clean_environment()):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HUB_STORE", f"sqlite:///{folder}/hub.sqlite")
    monkeypatch.setenv("HUB_COLLECTIONS", str(DECLARATIONS / "collections"))
    monkeypatch.setenv("HUB_PROFILES", str(DECLARATIONS / "profiles"))
    monkeypatch.chdir(folder)

    def run(*arguments: str, code: int | None = 0, stdin: str = "") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
        capfd.readouterr()
        try:
            returned = main(arguments)
        except SystemExit as end:  # argparse: help, or arguments that it does not know
            returned = end.code if isinstance(end.code, int) else 2
        result = Result(returned, *capfd.readouterr())
        assert code is None or result.code == code, result
        assert "Traceback" not in result.err
        return result

    return run
