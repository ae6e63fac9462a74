"""`hub settings`: where each value came from, and which values are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import Command


def test_settings_tell_where_each_value_came_from(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Environment over hub.toml over default."""
    (tmp_path / "hub.toml").write_text("port = 8100\nworkers = 3\n[limits]\npage_objects = 50\n")
    monkeypatch.setenv("HUB_PORT", "8200")
    shown = json.loads(command("settings", "--json").out)
    assert shown["port"] == {"value": 8200, "from": "HUB_PORT"}
    assert shown["workers"] == {"value": 3, "from": "hub.toml"}
    assert shown["limits.page_objects"] == {"value": 50, "from": "hub.toml"}
    assert shown["threads"]["from"] == "default"
    assert "objects on one page" in command("settings").out


def test_settings_show_no_password(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the one inside the store's address."""
    monkeypatch.setenv("HUB_STORE", "mongodb://keeper:hunter2@db.example/hub")
    for arguments in (("settings",), ("settings", "--json")):
        result = command(*arguments)
        assert "hunter2" not in result.out + result.err
        assert "db.example" in result.out


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUB_PORT", "eight"),
        ("HUB_WORKERS", "0"),
        ("HUB_BEHIND_PROXY", "maybe"),
        ("HUB_LIMITS_NOTHING", "1"),
        ("HUB_PUBLIC_URL", "hub.example"),
        ("HUB_PUBLIC_URL", "https://hub.example/taxii"),
        ("HUB_PUBLIC_URL", "https://[hub.example"),
        ("HUB_EVENTS_URL", "ftp://hub.example/"),
    ],
)
def test_a_setting_that_cannot_be_used_is_reported(
    command: Command, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """By its name."""
    monkeypatch.setenv(name, value)
    assert name in command("settings", code=3).err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("limits = 5", "limits: should be a table"),
        ("port = [1]", "port: [1] is not a whole number"),
        ("port = true", "port: True is not a whole number"),
        ("port = 2.7", "port: 2.7 is not a whole number"),
        ("[limits]\npage_objects = {}", "limits.page_objects: {} is not a whole number"),
        ("accounts = 5", "accounts: each account should have a table"),
        ("[accounts]\nid = 5", "accounts: each account should have a table"),
        (
            "[accounts.id]\npage_objects = 5",
            "accounts.id.page_objects: an account may have its own requests_per_minute",
        ),
        ("[accounts.id]\nclient_requests = 0", "accounts.id.client_requests: 0 is not above zero"),
        ("prot = 1", "prot: there is no such setting"),
        ("port = ", "not valid TOML"),
    ],
)
def test_a_wrong_settings_file_is_reported_with_file_and_key(
    command: Command, tmp_path: Path, text: str, words: str
) -> None:
    """In one line, and nothing is guessed: 2.7 is no 2, and true is no 1."""
    (tmp_path / "hub.toml").write_text(text)
    result = command("settings", code=3)
    assert f"hub.toml: {words}" in result.err
    assert result.err.count("\n") == 1


def test_an_account_has_limits_of_its_own_where_the_file_says_so(command: Command, tmp_path: Path) -> None:
    """Only what differs is shown, beside the limits of all."""
    (tmp_path / "hub.toml").write_text("[limits]\nclient_requests = 3\n[accounts.opencti-sg]\nobjects_per_minute = 9\n")
    shown = json.loads(command("settings", "--json").out)
    assert shown["limits.client_requests"]["value"] == 3
    assert {name: entry for name, entry in shown.items() if name.startswith("accounts.")} == {
        "accounts.opencti-sg.objects_per_minute": {"value": 9, "from": "hub.toml"}
    }
    assert "objects that one account publishes" in command("settings").out


def test_a_folder_in_place_of_the_settings_file_is_reported(command: Command, tmp_path: Path) -> None:
    """A folder of that name."""
    (tmp_path / "hub.toml").mkdir()
    assert "hub.toml: this settings file cannot be read" in command("settings", code=3).err


def test_a_misspelt_variable_is_named(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it changes nothing, and nobody learns why; what members' own commands read is none."""
    monkeypatch.setenv("HUB_PROT", "8100")
    monkeypatch.setenv("HUB_KEY", "hub_x")
    result = command("settings")
    assert result.err == "hub settings: HUB_PROT is in the environment, and there is no such setting.\n"
