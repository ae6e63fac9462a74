"""What two processes do at the same moment in two collections is decided as if one had come first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.store.making import Clock, open_kind

ROUNDS = {"sqlite": 20, "mongo": 6}


def test_an_observable_is_not_named_lower_elsewhere_at_the_moment_in_which_it_is_added(
    kind: str, tmp_path: Path, clock: Clock
) -> None:
    """Law L5 e: one of the two is refused, whichever it is."""
    open_kind(kind, tmp_path, clock).close()
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.store.namer", kind, str(tmp_path), step],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent.parent,
        )
        for step in ("adds", "names")
    ]
    verdicts = []
    for number in range(1, ROUNDS[kind] + 1):
        for process in processes if number % 2 else processes[::-1]:
            assert process.stdin is not None
            process.stdin.write(f"{number}\n")
            process.stdin.flush()
        answers = []
        for process in processes:
            assert process.stdout is not None
            answers.append(process.stdout.readline().strip())
        verdicts.append(sorted(answers))
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    assert verdicts == [["added", "refused"]] * ROUNDS[kind]
