"""The results of `hub doctor` and `hub check`: what is right, what is wrong, and how to fix it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from hub.cli import DONE, REFUSED
from hub.terminal import Style, StyledLine, print_lines


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check: whether it passed, and the state found or what to do. The fields are those of the JSON output."""

    what: str
    good: bool
    words: str


def show_findings(findings: Sequence[Finding], *, as_json: bool) -> int:
    """Print the findings. Returns the exit code: 3 if something has to be fixed."""
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            line = f"{'ok  ' if finding.good else 'MEND'}  {finding.what}: {finding.words}"
            print_lines([StyledLine(line, Style.GOOD if finding.good else Style.BAD)], sys.stdout)
    return DONE if all(finding.good for finding in findings) else REFUSED
