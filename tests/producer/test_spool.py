"""What is prepared waits on disk: in its order, with the newest records, and in no memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

from hub.producer.spool import Prepared, Spool

MIB = 1024 * 1024


def prepared(number: int, *, size: int = 10) -> Prepared:
    bundles: list[list[dict[str, object]]] = [
        [{"type": "x", "id": f"x--{number}", "text": "é" * size, "big": 2**70}],
        [{"type": "y"}],
    ]
    files = [(Path("own"), b"%d" % number), (Path(f"report {number}"), b"\n{}" * size)]
    return Prepared(f"report {number}", bundles, f"preview\n{number} ✓", number % 2 == 0, files)


def test_it_gives_back_what_it_took_in_order_as_often_as_asked(tmp_path: Path) -> None:
    taken = [prepared(number) for number in range(5)]
    with Spool(tmp_path / "home") as spool:
        for one in taken:
            spool.add(one)
        assert list(spool) == taken
        assert list(spool) == taken
        assert (spool.count, spool.asking) == (5, 3)
        assert list((tmp_path / "home").iterdir()) == [], "a kill leaves nothing behind"


def test_records_not_kept_yet_are_read_back_newest_first(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        assert spool.unkept(Path("own")) is None
        for number in range(3):
            spool.add(prepared(number))
            assert spool.unkept(Path("own")) == b"%d" % number
        assert spool.unkept(Path("report 1")) == b"\n{}" * 10
        spool.add(prepared(3))
        assert [one.source for one in spool] == [f"report {number}" for number in range(4)]


def test_memory_stays_flat_however_much_is_prepared(tmp_path: Path) -> None:
    """A hundred times a mebibyte goes through a few of them."""
    with Spool(tmp_path) as spool:
        tracemalloc.start()
        try:
            for number in range(100):
                spool.add(prepared(number, size=MIB // 2))
            for one in spool:
                assert one.files
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 20 * MIB
