"""A backup is one state of the store, taken while the hub serves, and contains what shows whether it is whole."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.cli import main
from tests import keeping
from tests.server.making import DECLARATIONS

pytestmark = pytest.mark.sqlite


@dataclass
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs commands on a store with accounts and definitions."""
    monkeypatch.setenv("HUB_STORE", f"sqlite:///{tmp_path}/hub.sqlite")
    monkeypatch.setenv("HUB_COLLECTIONS", str(DECLARATIONS / "collections"))
    monkeypatch.setenv("HUB_PROFILES", str(DECLARATIONS / "profiles"))
    assert keeping.SQLITE

    def run(*arguments: str) -> Outcome:
        code = main(list(arguments))
        answer = capsys.readouterr()
        return Outcome(code, answer.out, answer.err)

    assert run("init").code == 0
    assert run("account", "add", "id-cert", "--member", "ID", "--kind", "cert").code == 0
    return run


@pytest.fixture
def backup(hub: Callable[..., Outcome], tmp_path: Path) -> Path:
    answer = hub("backup", str(tmp_path / "backups"))
    assert answer.code == 0, answer.err
    return Path(answer.out.strip())


def test_a_backup_is_readable_by_its_owner_alone_and_checks_out(hub: Callable[..., Outcome], backup: Path) -> None:
    """Hashes and the signing secret are inside. Checking restores it elsewhere and verifies every record."""
    for path in (backup.parent, backup, *backup.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    for folder in (backup, backup.parent):  # of several, the newest
        answer = hub("restore", str(folder), "--check")
        assert (answer.code, "all is as the hub wrote it" in answer.out) == (0, True), answer


def test_a_backup_comes_back_where_the_store_is_gone(hub: Callable[..., Outcome], backup: Path, tmp_path: Path) -> None:
    """And never over a store that is there."""
    answer = hub("restore", str(backup))
    assert (answer.code, "move that file away" in answer.err) == (3, True)
    for file in tmp_path.glob("hub.sqlite*"):
        file.unlink()
    assert hub("restore", str(backup)).code == 0
    assert "id-cert" in hub("account", "list").out
    assert hub("audit", "verify").code == 0
    assert stat.S_IMODE((tmp_path / "hub.sqlite").stat().st_mode) == 0o600


def test_changed_bytes_of_a_backup_are_found(hub: Callable[..., Outcome], backup: Path) -> None:
    """By the digest; and where somebody changed that, too, by verification."""
    file = backup / "hub.sqlite"
    content = bytearray(file.read_bytes())
    at = content.rindex(b"identity_class")
    content[at : at + 14] = b"identity_clasS"
    file.write_bytes(content)
    answer = hub("restore", str(backup), "--check")
    assert (answer.code, "not the bytes that were written" in answer.err) == (3, True)
    manifest = json.loads((backup / "manifest.json").read_text())
    import hashlib

    manifest["files"]["hub.sqlite"] = hashlib.sha256(content).hexdigest()
    (backup / "manifest.json").write_text(json.dumps(manifest))
    answer = hub("restore", str(backup), "--check")
    assert (answer.code, "record:" in answer.out) == (1, True), answer


def test_an_older_copy_under_the_manifest_of_a_newer_backup_is_found(
    hub: Callable[..., Outcome], backup: Path, tmp_path: Path
) -> None:
    """The manifest contains the trail's checkpoint: the copy must extend it."""
    hub("account", "disable", "id-cert")
    later = Path(hub("backup", str(tmp_path / "later")).out.strip())
    manifest = json.loads((later / "manifest.json").read_text())
    manifest["files"] = json.loads((backup / "manifest.json").read_text())["files"]
    (backup / "manifest.json").write_text(json.dumps(manifest))
    answer = hub("restore", str(backup), "--check")
    assert (answer.code, "rolled back" in answer.out) == (1, True), answer


@pytest.mark.parametrize(
    "text", ["", "{}", '{"hub_backup": 2, "made_at": 0, "version": "", "files": {}, "checkpoint": ""}']
)
def test_what_is_no_backup_is_reported(hub: Callable[..., Outcome], tmp_path: Path, text: str) -> None:
    """In words, and nothing is changed."""
    (tmp_path / "junk").mkdir()
    (tmp_path / "junk" / "manifest.json").write_text(text)
    answer = hub("restore", str(tmp_path / "junk"), "--check")
    assert (answer.code, "manifest" in answer.err) == (3, True)


def test_only_the_newest_are_kept(hub: Callable[..., Outcome], tmp_path: Path) -> None:
    """And only backups are removed: another folder beside them stays."""
    folder = tmp_path / "backups"
    for name in ("2026-01-01T000000Z", "2026-01-02T000000Z", "2026-01-03T000000Z"):
        (folder / name).mkdir(parents=True)
        (folder / name / "manifest.json").write_text("{}")
    (folder / "notes").mkdir()
    answer = hub("backup", str(folder), "--keep", "2")
    assert answer.code == 0
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["2026-01-03T000000Z", Path(answer.out.strip()).name, "notes"]
    assert hub("backup", str(folder), "--keep", "0").code == 3
