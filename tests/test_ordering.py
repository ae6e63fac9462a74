"""The order of a parallel run: `tests.ordering`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.ordering import WAITING, blocks_that_begin_with_waiting_tests


@dataclass(frozen=True)
class _Item:
    """All that the order looks at."""

    nodeid: str


def _ordered(items: list[Any], blocks: int) -> list[Any]:
    return blocks_that_begin_with_waiting_tests(items, blocks)


@pytest.mark.parametrize("blocks", [2, 3, 4])
@pytest.mark.parametrize("quick", [0, 3, 100])
def test_each_test_is_there_once_and_each_block_begins_with_tests_that_wait(blocks: int, quick: int) -> None:
    items = [_Item(f"tests/stix/test_objects.py::test_{number}") for number in range(quick)]
    items += [_Item(f"tests/{beginning}_x.py::test_{number}") for beginning in WAITING for number in range(3)]
    ordered = _ordered(items, blocks)
    assert sorted(ordered, key=repr) == sorted(items, key=repr)
    if quick == 100:
        starts = [0]
        for block in range(blocks - 1):
            starts.append(starts[-1] + (len(items) - starts[-1]) // (blocks - block))
        assert all(not ordered[start].nodeid.startswith("tests/stix") for start in starts)


def test_a_file_that_waits_stays_in_one_block() -> None:
    """What its tests share is then made once."""
    items = [_Item(f"tests/{beginning}_x.py::test_{number}") for number in range(3) for beginning in WAITING]
    items += [_Item(f"tests/stix/test_objects.py::test_{number}") for number in range(200)]
    files = [item.nodeid.partition("::")[0] for item in _ordered(items, 4)]
    changes = [file for file, earlier in zip(files[1:], files, strict=False) if file != earlier]
    assert all(changes.count(f"tests/{beginning}_x.py") <= 1 for beginning in WAITING)


def test_the_files_that_wait_exist(request: pytest.FixtureRequest) -> None:
    """A file that was renamed would wait at the end again."""
    folder = request.path.parent
    assert [name for name in WAITING if not [*folder.glob(f"{name}*")]] == []
