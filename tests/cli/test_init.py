"""`hub init`: makes the store, applies what changed in the declarations, and refuses what is wrong with them."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from tests.commands import Command
from tests.server.making import DECLARATIONS

SEEDED = 22  # objects that `hub init` puts into a collection of four members, below RED


def test_init_makes_the_store_and_says_what_it_did(command: Command, tmp_path: Path) -> None:
    """Each collection holds the definitions and its members' identities from the start."""
    result = command("init")
    assert "4 members, 10 collections" in result.out
    assert "region/id:" in result.out
    assert stat.S_IMODE((tmp_path / "hub.sqlite").stat().st_mode) == 0o600


def test_init_run_again_changes_nothing(command_with_store: Command) -> None:
    """And says so."""
    assert "nothing had changed" in command_with_store("init").out


def test_init_applies_what_changed(
    command_with_store: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A member's new contact with a later `modified` is a new version; without it the operator is asked to give one."""
    folder = tmp_path / "declared"
    for source in (DECLARATIONS / "collections").rglob("*.toml"):
        target = folder / source.relative_to(DECLARATIONS / "collections")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    monkeypatch.setenv("HUB_COLLECTIONS", str(folder))
    members = folder / "region" / "members.toml"
    changed = members.read_text().replace("duty@th-cert.example", "desk@th-cert.example")
    members.write_text(changed)
    refused = command_with_store("init", code=3)
    assert "later `modified` in members.toml" in refused.err
    head, _, tail = changed.rpartition("2026-01-01T00:00:00.000Z")
    members.write_text(f"{head}2026-02-01T00:00:00.000Z{tail}")
    assert "10 objects added" in command_with_store("init").out


def test_init_says_what_is_declared_otherwise(
    command_with_store: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By collection and key, also where no object changes; what is no longer declared stays in the store."""
    folder = shutil.copytree(DECLARATIONS, tmp_path / "declared")
    monkeypatch.setenv("HUB_COLLECTIONS", str(folder / "collections"))
    monkeypatch.setenv("HUB_PROFILES", str(folder / "profiles"))
    assert "nothing had changed" in command_with_store("init").out
    region = folder / "collections" / "region"
    national = region / "national" / "id.toml"
    national.write_text(national.read_text().replace('"Indonesia"', '"Jakarta"').replace('"refuse"', '"amber"'))
    profile = folder / "profiles" / "named.toml"
    profile.write_text(profile.read_text().replace("Test rule:", "Rule:"))
    (region / "closed" / "pair.toml").rename(tmp_path / "pair.toml")
    result = command_with_store("init").out
    assert "region/id: changed: title, unmarked\n" in result
    assert "profile named: changed: rule " in result
    assert f"region/pair: no longer declared; its {SEEDED} objects stay in the store" in result
    assert "no objects added" in result
    assert "restart it" in result
    assert "nothing had changed" in command_with_store("init").out
    (tmp_path / "pair.toml").rename(region / "closed" / "pair.toml")
    assert "region/pair: new" in command_with_store("init").out


@pytest.mark.parametrize("store", ["postgres://x", "sqlite://x", "nonsense", "sqlite:///"])
def test_a_store_address_of_no_known_kind_is_reported(
    command: Command, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    """With what it should look like."""
    monkeypatch.setenv("HUB_STORE", store)
    assert "sqlite:///" in command("init", code=3).err


def test_a_wrong_declaration_is_reported_with_file_and_key(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no store is made."""
    folder = tmp_path / "declared"
    (folder / "r").mkdir(parents=True)
    (folder / "hub.toml").write_text('title = "T"\ndescription = "d"\ncontact = "c"\ndefault_root = "r"\ntitel = "x"\n')
    (folder / "r" / "root.toml").write_text('title = "R"\n')
    monkeypatch.setenv("HUB_COLLECTIONS", str(folder))
    assert ".toml: " in command("init", code=3).err
    assert not (tmp_path / "hub.sqlite").exists()
