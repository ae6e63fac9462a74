"""`hub collections`, `hub import` and `hub export`: what a store holds, a bundle into it, and all of it elsewhere."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest
import stix2

from tests.commands import Command
from tests.server.making import COLLECTIONS, IDENTITIES, an_id, indicator, note

# --- collections ----------------------------------------------------------------------------------------------------


def test_collections_tells_what_to_paste_into_a_siem(command_with_store: Command) -> None:
    """API root, id, who writes and reads, and how much is in it."""
    result = command_with_store("collections").out
    for words in ("http://127.0.0.1:8021/region/", COLLECTIONS["id"], "(alias id)", "TLP:AMBER+STRICT", "nobody"):
        assert words in result
    rows = {row["alias"]: row for row in json.loads(command_with_store("collections", "--json").out)}
    assert set(rows) == set(COLLECTIONS)
    assert rows["id"]["url"] == f"http://127.0.0.1:8021/region/collections/{COLLECTIONS['id']}/"
    assert (rows["id"]["writers"], rows["inbox"]["readers"]) == (["ID"], [])
    assert rows["id"]["objects"] > 20


def test_collections_names_the_public_address(command_with_store: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """As clients reach it, where it is set; and a word where what is there is no address for a client."""
    monkeypatch.setenv("HUB_HOST", "0.0.0.0")
    assert "HUB_PUBLIC_URL" in command_with_store("collections").err
    monkeypatch.setenv("HUB_PUBLIC_URL", "https://hub.example")
    result = command_with_store("collections", "--json")
    assert json.loads(result.out)[0]["url"].startswith("https://hub.example/")
    assert result.err == ""


# --- export and import ----------------------------------------------------------------------------------------------


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Two objects that are good, and one that is not."""
    file = tmp_path / "bundle.json"
    objects = [indicator(1), note(2), indicator(3, pattern="[")]
    file.write_text(json.dumps({"type": "bundle", "id": an_id(1, "bundle"), "objects": objects}))
    return file


def test_a_bundle_goes_through_the_hubs_door(command_with_store: Command, bundle: Path) -> None:
    """As that member's; each refused object is reported, and the exit code says so."""
    result = command_with_store("import", str(bundle), "--to", "region/id", "--member", "ID", code=1)
    assert "2 objects taken, 1 refused" in result.out
    assert an_id(3) in result.err
    again = command_with_store("import", str(bundle), "--to", "region/id", "--member", "ID", code=1)
    assert "2 objects taken" in again.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--to"),
        (("--to", "region/id"), "--member"),
        (("--to", "region/nothing", "--member", "ID"), "no collection"),
        (("--to", "region/id", "--member", "XX"), "no member"),
        (("--to", "region/id", "--member", "SG"), "may not publish"),
    ],
)
def test_what_is_wrong_with_an_import_is_reported(
    command_with_store: Command, bundle: Path, arguments: tuple[str, ...], words: str
) -> None:
    """Before anything is imported."""
    assert words in command_with_store("import", str(bundle), *arguments, code=3).err


def test_a_file_that_is_not_there_is_reported(command_with_store: Command, tmp_path: Path) -> None:
    """In a sentence, not a traceback."""
    result = command_with_store("import", str(tmp_path / "nothing.json"), "--to", "region/id", "--member", "ID", code=3)
    assert "nothing.json" in result.err


def test_a_bundle_and_an_archive_come_through_a_pipe(
    command_with_store: Command, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `hub export | hub import -` and `hub import <(…)` give them: neither can be read twice."""
    command_with_store("import", _pipe(bundle, tmp_path), "--to", "region/id", "--member", "ID", code=1)
    before = json.loads(command_with_store("collections", "--json").out)
    archive = tmp_path / "hub.jsonl"
    command_with_store("export", "--out", str(archive))
    monkeypatch.setenv("HUB_STORE", f"sqlite:///{tmp_path}/second.sqlite")
    command_with_store("import", "-", stdin=archive.read_text(encoding="utf-8"))
    command_with_store("init")
    assert json.loads(command_with_store("collections", "--json").out) == before


def _pipe(file: Path, folder: Path) -> str:
    """A named pipe from which the content of the file comes once."""
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    threading.Thread(target=lambda: pipe.write_bytes(file.read_bytes()), daemon=True).start()
    return str(pipe)


def test_a_hub_moves_with_export_and_import(
    command_with_store: Command, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Into a store that `hub init` made: objects, places, accounts; and again it is refused, since it is there."""
    key = command_with_store("account", "add", "id-duty", "--member", "ID", "--kind", "cert").out.strip()
    command_with_store("import", str(bundle), "--to", "region/id", "--member", "ID", code=1)
    archive = tmp_path / "hub.jsonl"
    command_with_store("export", "--out", str(archive))
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert key not in archive.read_text()
    before = json.loads(command_with_store("collections", "--json").out)
    assert command_with_store("export").out.splitlines()[1:] == archive.read_text().splitlines()[1:]
    monkeypatch.setenv("HUB_STORE", f"sqlite:///{tmp_path}/second.sqlite")
    command_with_store("init")
    result = command_with_store("import", str(archive)).out
    assert "1 accounts" in result
    assert json.loads(command_with_store("collections", "--json").out) == before
    assert json.loads(command_with_store("account", "list", "--json").out)[0]["name"] == "id-duty"
    command_with_store("import", str(archive), code=3)
    assert json.loads(command_with_store("collections", "--json").out) == before


def test_an_archive_is_never_written_over(command_with_store: Command, tmp_path: Path) -> None:
    """It may be the only one."""
    (tmp_path / "there.jsonl").write_text("precious")
    assert "exists already" in command_with_store("export", "--out", str(tmp_path / "there.jsonl"), code=3).err
    assert (
        "cannot be written" in command_with_store("export", "--out", str(tmp_path / "no" / "folder.jsonl"), code=3).err
    )
    assert (tmp_path / "there.jsonl").read_text() == "precious"


def test_one_collection_is_exported_alone(command_with_store: Command) -> None:
    """Without accounts and secret."""
    lines = command_with_store("export", "--collection", "region/id").out.splitlines()
    assert "secret" not in json.loads(lines[0])
    assert [json.loads(line)["name"] for line in lines if '"collection"' in line] == ["region/id"]
    assert "no collection" in command_with_store("export", "--collection", "region/nothing", code=3).err


def test_the_definitions_are_exported_without_a_store(command: Command) -> None:
    """One bundle that stix2 reads, with the members' identities."""
    parsed = stix2.parse(command("export", "--definitions").out, allow_custom=True)
    assert "25 definitions" in command("export", "--definitions", "--out", "definitions.json").out
    assert json.loads(Path("definitions.json").read_bytes()) == json.loads(command("export", "--definitions").out)
    assert set(IDENTITIES.values()) <= {content["id"] for content in parsed.objects}
