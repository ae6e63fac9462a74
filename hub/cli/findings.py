"""What `hub doctor` and `hub check` look at: whether it is as it should be, and what to do where it is not."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from hub.cli import DONE, REFUSED
from hub.terminal import Style, StyledLine, print_lines


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check: whether all is well, and what to do if it is not."""

    what: str
    good: bool
    words: str


def show_findings(findings: Sequence[Finding], *, as_json: bool) -> int:
    """Print them; the exit code is 3 where something has to be mended."""
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            line = f"{'ok  ' if finding.good else 'MEND'}  {finding.what}: {finding.words}"
            print_lines([StyledLine(line, Style.GOOD if finding.good else Style.BAD)], sys.stdout)
    return DONE if all(finding.good for finding in findings) else REFUSED
