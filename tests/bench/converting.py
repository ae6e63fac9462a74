"""Ten thousand IntelMQ events become STIX: objects and events a second, and whether memory grows with the file."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.report import ratio, row
from tests.bench.servers import Bench

EVENTS = 10_000
LONG = 60_000
_MEMBER = '[identity]\nid = "identity--e90b2828-e780-4f62-8d82-ab3159762785"\nname = "CERT"\ncountry = "ID"\n'
_TYPES = ("c2-server", "infected-system", "phishing", "scanner", "brute-force", "malware-distribution")
# In a process of its own, whose peak of memory is that of this work alone: `hub convert` without printing.
_CONVERT = """
import re, sys, time
from datetime import UTC, datetime
from pathlib import Path
from hub.producer.releasing import Release, read, release_report, render_report
from hub.home.member import load_member
from hub.reports.read import ReadOptions, Report
from hub.release.policy import Audience

home, file, way = sys.argv[1:]
member = load_member(Path(home))
began, objects = time.perf_counter(), 0
for report in read(Path(file), ReadOptions(default_country="ID")):
    assert isinstance(report, Report), report
    now = datetime.now(UTC)
    if way == "render":
        objects += len(render_report(report, member, now).contents)
    else:
        release = release_report(report, member, Audience("bench"), now)
        assert isinstance(release, Release), release
        objects += sum(len(bundle) for bundle in release.bundles)
# not getrusage, whose peak begins with that of the process that started this one
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(objects, time.perf_counter() - began, int(peak[1]) / 1024)
"""


def measure(bench: Bench) -> None:
    short, long = (_file(bench.folder, events) for events in (EVENTS, LONG))
    rendered, events, released, small = [], [], [], []
    for _ in range(bench.rounds):
        objects, spent, peak = _converted(bench.folder, short, "render")
        rendered.append(objects / spent)
        events.append(EVENTS / spent)
        small.append(peak)
        objects, spent, _ = _converted(bench.folder, short, "release")
        released.append(objects / spent)
    print(f"{EVENTS:,} IntelMQ events, each of another address, to STIX (wanted: 1,000 objects/s)")
    row("read and rendered", rendered, "objects/s")
    row("read and rendered", events, "events/s")
    row("read, rendered and released", released, "objects/s")
    peaks = row(f"peak memory, {EVENTS:,} events", small, "MiB")
    _, _, large = _converted(bench.folder, long, "render")
    row(f"peak memory, {LONG:,} events", [large], "MiB")
    ratio("long file against short", large / peaks, "wanted: 1, whatever the length")


def _converted(folder: Path, file: Path, way: str) -> tuple[float, float, float]:
    """(objects, seconds, MiB at the peak), in a home without records."""
    home = Path(tempfile.mkdtemp(dir=folder))
    (home / "member.toml").write_text(_MEMBER, encoding="utf-8")
    words = [sys.executable, "-c", _CONVERT, str(home), str(file), way]
    objects, spent, peak = subprocess.check_output(words, text=True).split()
    return float(objects), float(spent), float(peak)


def _file(folder: Path, events: int) -> Path:
    path = folder / f"events-{events}.jsonl"
    with path.open("w", encoding="utf-8") as out_file:
        out_file.writelines(json.dumps(event) + "\n" for event in _events(events))
    return path


def _events(count: int) -> Iterator[dict[str, object]]:
    for number in range(count):
        kind = _TYPES[number % len(_TYPES)]
        # 100.64.0.0/10 and 198.18.0.0/15 belong to nobody on the Internet, but would be held as private
        address = f"{60 + number // 65536}.{number // 256 % 256}.{number % 256}.7"
        yield {
            "__type": "Event",
            "classification.type": kind,
            "source.ip": address,
            "source.geolocation.cc": ("ID", "MY", "TH", "VN")[number % 4],
            "destination.ip": f"203.0.113.{number % 250 + 1}",
            "malware.name": f"rekaan{number % 7}",
            "time.source": f"2026-05-{number % 28 + 1:02d}T{number % 24:02d}:00:00+00:00",
            "feed.name": "bench",
            "tlp": "GREEN",
        }
