"""Releases wait on disk until they are sent: in their order, with the newest records, in little memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

from hub.producer.spool import Spool, SpooledRelease
from hub.release.preview import Preview, PreviewRow

MIB = 1024 * 1024


def spooled(number: int, *, size: int = 10) -> SpooledRelease:
    bundles: list[list[dict[str, object]]] = [
        [{"type": "x", "id": f"x--{number}", "text": "é" * size, "big": 2**70}],
        [{"type": "y"}],
    ]
    files = [(Path("own"), b"%d" % number), (Path(f"report {number}"), b"\n{}" * size)]
    return SpooledRelease(
        f"report {number}",
        bundles,
        Preview(f"release {number} ✓", (PreviewRow("x", "x--1", "text", "é", None, "free text", "0a"),)),
        number % 2 == 0,
        files,
    )


def test_a_spool_returns_its_releases_in_order_as_often_as_needed(tmp_path: Path) -> None:
    envelopes = [spooled(number) for number in range(5)]
    (tmp_path / "home").mkdir()
    with Spool(tmp_path / "home") as spool:
        for release in envelopes:
            spool.add(release)
        assert list(spool) == envelopes
        assert list(spool) == envelopes
        assert (spool.count, spool.confirmation_count) == (5, 3)
        assert list((tmp_path / "home").iterdir()) == [], "a kill leaves nothing behind"


def test_records_not_kept_yet_are_read_back_newest_first(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        assert spool.pending_file(Path("own")) is None
        for number in range(3):
            spool.add(spooled(number))
            assert spool.pending_file(Path("own")) == b"%d" % number
        assert spool.pending_file(Path("report 1")) == b"\n{}" * 10
        spool.add(spooled(3))
        assert [release.source for release in spool] == [f"report {number}" for number in range(4)]


def test_memory_stays_flat_however_much_is_spooled(tmp_path: Path) -> None:
    """A hundred releases of a mebibyte each take a few mebibytes of memory."""
    with Spool(tmp_path) as spool:
        tracemalloc.start()
        try:
            for number in range(100):
                spool.add(spooled(number, size=MIB // 2))
            for release in spool:
                assert release.files
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 20 * MIB
