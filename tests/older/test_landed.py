"""A store that the hub of commit a69c059 wrote is brought up to date, and the state before can be brought back.

`landed.sql.gz` is the dump of a store that its commands made from `tests/declarations`: `hub init`, an account of Indonesia's
CERT, three objects imported into `region/id`, and a revocation of one of them.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import command  # noqa: F401 - a fixture
from tests.commands import Command
from tests.server.making import an_id

HERE = Path(__file__).parent
pytestmark = pytest.mark.sqlite


@pytest.fixture
def older(command: Command, tmp_path: Path) -> Command:  # noqa: F811 - pytest hands the fixture over
    """Commands of today over that store."""
    connection = sqlite3.connect(tmp_path / "hub.sqlite")
    connection.executescript(gzip.decompress((HERE / "landed.sql.gz").read_bytes()).decode())
    connection.close()
    return command


def records(hub: Command) -> list[str]:
    """What is held, by collection, without what is kept beside the objects."""
    hub("export", "--out", "out.jsonl")
    lines = Path("out.jsonl").read_text().splitlines()
    Path("out.jsonl").unlink()
    return sorted(
        line for line in lines if not line.startswith(('{"hub_archive"', '{"fact"', '{"status"', '{"account"'))
    )


def test_an_upgrade_loses_nothing(older: Command) -> None:
    """Every version is held as it was, its account is there, and the trail agrees with all of it."""
    assert "hub init" in older("export", code=4).err  # it says what to do, and changes nothing
    older("init")
    landed_records = records(older)
    assert [an_id(number) in "".join(landed_records) for number in (1, 3)] == [True, True]
    assert sum('"revoked":true' in line and an_id(1) in line for line in landed_records) == 1
    assert [row["name"] for row in json.loads(older("account", "list", "--json").out)] == ["id-duty"]
    verified = json.loads(older("audit", "verify", "--json").out)
    assert (verified["findings"], verified["records"] > 200) == ([], True)


def test_a_copy_from_before_the_upgrade_brings_the_old_state_back(older: Command, tmp_path: Path) -> None:
    """What an operator keeps before `hub init` is the way back: the former version opens no store that a newer one wrote."""
    shutil.copyfile(tmp_path / "hub.sqlite", tmp_path / "before.sqlite")
    older("init")
    landed_records = records(older)
    older("purge", "region/id", an_id(3), "--yes")
    assert records(older) != landed_records
    for file in tmp_path.glob("hub.sqlite*"):
        file.unlink()
    shutil.copyfile(tmp_path / "before.sqlite", tmp_path / "hub.sqlite")
    older("init")
    assert records(older) == landed_records
    assert json.loads(older("audit", "verify", "--json").out)["findings"] == []
