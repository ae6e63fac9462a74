"""`hub setup` and `hub doctor`: from an address and a key to a first publish, and what is wrong in words."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from hub.errors import ConfigurationError
from hub.home.access import HubAccess, read_access, write_access
from hub.settings import Secret
from tests.producer.offices import Office, Region

pytestmark = pytest.mark.usefixtures("region")


@pytest.fixture
def newcomer(region: Region, tmp_path: Path) -> Office:
    """Brunei's officer on a machine with nothing on it."""
    office = region.offices["BN"]
    return Office("BN", tmp_path / "home", office.url, office.key, office.identity)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_address_and_a_key_are_enough_to_publish(newcomer: Office, tmp_path: Path) -> None:
    """The hub says which member the account acts for; afterwards no variable is needed."""
    key_file = tmp_path / "key.txt"
    key_file.write_text(newcomer.key + "\n", encoding="utf-8")
    done = newcomer.hub("setup", "--url", newcomer.url, "--key-file", key_file, HUB_URL="", HUB_KEY="")
    assert "This CERT is BruCERT (BN)" in done.stdout
    assert newcomer.key not in done.stdout + done.stderr
    assert mode(newcomer.home) == 0o700
    assert {mode(newcomer.home / name) for name in ("hub.toml", "member.toml", "member.key")} == {0o600}
    assert newcomer.identity in (newcomer.home / "member.toml").read_text(encoding="utf-8")
    board = newcomer.hub("board", "--json", HUB_URL="", HUB_KEY="")
    assert "incidents" in json.loads(board.stdout)


def test_questions_are_asked_at_a_terminal(newcomer: Office) -> None:
    """The address is asked, the key comes from the environment."""
    done = newcomer.hub("setup", answer=newcomer.url + "\n", HUB_URL="")
    assert "Address of the hub" in done.stderr
    assert (newcomer.home / "hub.toml").exists()


def test_a_key_that_the_hub_does_not_know_is_not_kept(newcomer: Office) -> None:
    done = newcomer.hub("setup", code=3, HUB_KEY="hub_wrong")
    assert "does not know these credentials" in done.stderr
    assert not (newcomer.home / "hub.toml").exists()


def test_a_missing_key_is_reported_in_plain_words(newcomer: Office) -> None:
    """Not which header to send: that is for programs."""
    done = newcomer.hub("board", code=3, HUB_KEY="")
    assert "HUB_KEY" in done.stderr
    assert "Basic" not in done.stderr


def test_without_a_terminal_what_is_missing_is_named(newcomer: Office) -> None:
    assert "--url" in newcomer.hub("setup", code=3, HUB_URL="").stderr
    assert "--key-file" in newcomer.hub("setup", code=3, HUB_KEY="").stderr


def test_another_members_declarations_are_left_alone(newcomer: Office, region: Region) -> None:
    """Anybody who runs it with another CERT's key would publish under a name that is not the account's."""
    newcomer.home.mkdir()
    member = newcomer.home / "member.toml"
    member.write_text(
        f'[identity]\nid = "{region.offices["SG"].identity}"\nname = "S"\ncountry = "SG"\n', encoding="utf-8"
    )
    before = member.read_bytes()
    assert "correct identity.id" in newcomer.hub("setup", code=3).stderr
    assert member.read_bytes() == before


def test_a_kept_key_goes_to_its_own_hub_alone(newcomer: Office) -> None:
    """Another address gets no credentials that were not given for it."""
    newcomer.hub("setup")
    done = newcomer.hub("board", "--url", "http://127.0.0.2:9/asean/", code=None, HUB_URL="", HUB_KEY="")
    assert done.code != 0
    assert newcomer.key not in done.stderr


def test_a_kept_key_that_others_may_read_is_not_used(newcomer: Office) -> None:
    newcomer.hub("setup")
    (newcomer.home / "hub.toml").chmod(0o644)
    assert "chmod 600" in newcomer.hub("board", code=3).stderr


def test_a_kept_key_is_read_again_and_never_shown(tmp_path: Path) -> None:
    """Also an address with signs that TOML would misread."""
    access = HubAccess('https://hub.example/"a\\b\x01/', Secret("hub_secret"), "/etc/ca.pem")
    write_access(tmp_path, access)
    again = read_access(tmp_path)
    assert again is not None
    assert (again.url, again.key.reveal(), again.ca) == (access.url, "hub_secret", "/etc/ca.pem")
    assert "hub_secret" not in repr(again)
    (tmp_path / "hub.toml").write_text("url = 5\nkey = 'x'\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="hub setup"):
        read_access(tmp_path)


class Ring(KeyringBackend):
    """A keyring in memory, as a desktop has one; locked, it returns and stores nothing."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # the library has no types there
        self.passwords: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def _must_be_open(self) -> None:
        if self.is_locked:
            raise KeyringLocked("locked")

    def get_password(self, service: str, username: str) -> str | None:
        self._must_be_open()
        return self.passwords.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._must_be_open()
        self.passwords[service, username] = password


@pytest.fixture
def ring() -> Iterator[Ring]:
    """The keyring of this machine, for one test."""
    before = keyring.get_keyring()
    ring = Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def test_the_key_may_be_in_the_systems_keyring(newcomer: Office, ring: Ring) -> None:
    """Then no file holds it, and commands find it there."""
    newcomer.hub("setup", "--keyring")
    assert list(ring.passwords.values()) == [newcomer.key]
    assert newcomer.key not in (newcomer.home / "hub.toml").read_text(encoding="utf-8")
    assert "SG" in newcomer.hub("board", HUB_URL="", HUB_KEY="").stdout
    assert "keyring" in newcomer.hub("doctor", code=None, HUB_URL="", HUB_KEY="").stdout


def test_a_keyring_that_does_not_work_is_reported_with_what_to_do(newcomer: Office, ring: Ring) -> None:
    """HUB_KEY counts without it; `hub setup` without the option puts the key into the file."""
    newcomer.hub("setup", "--keyring")
    ring.is_locked = True
    assert "unlock it" in newcomer.hub("board", code=3, HUB_URL="", HUB_KEY="").stderr
    newcomer.hub("board", HUB_URL="")
    assert "without --keyring" in newcomer.hub("setup", "--keyring", code=3).stderr
    ring.is_locked = False
    ring.passwords.clear()
    assert "has no key" in newcomer.hub("board", code=3, HUB_URL="", HUB_KEY="").stderr
    newcomer.hub("setup")
    newcomer.hub("board", HUB_URL="", HUB_KEY="")


def test_a_machine_without_a_keyring_is_told_what_to_install(newcomer: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "threat-sharing-hub[keyring]" in newcomer.hub("setup", "--keyring", code=3).stderr


def test_the_doctor_finds_nothing_where_everything_works(region: Region) -> None:
    """An office that publishes; and as JSON, for a script."""
    office = region.offices["MY"]
    office.home.chmod(0o700)
    office.hub("contacts", "confirm")
    done = office.hub("doctor", code=None)
    assert "MEND" not in done.stdout, done.stdout
    assert done.code == 0
    assert all(finding["good"] for finding in json.loads(office.hub("doctor", "--json").stdout))


def test_the_doctor_names_each_thing_and_its_cure(newcomer: Office) -> None:
    """Everything is checked, also where the first thing is wrong."""
    done = newcomer.hub("doctor", code=3, HUB_URL="http://127.0.0.1:9/asean/")
    assert "run: hub setup" in done.stdout
    assert "MEND  hub:" in done.stdout
    newcomer.hub("setup")
    newcomer.home.chmod(0o755)
    member = newcomer.home / "member.toml"
    member.write_text(
        member.read_text(encoding="utf-8").replace(newcomer.identity, "identity--7b2e1c0a-5f3d-4e8b-9a61-0c4d2f8e9b13"),
        encoding="utf-8",
    )
    done = newcomer.hub("doctor", code=3)
    assert "chmod 700" in done.stdout
    assert f"should be {newcomer.identity}" in done.stdout
    assert "no sector is published" in done.stdout
    elsewhere = newcomer.hub("doctor", code=3, HUB_URL="http://127.0.0.1:9/asean/").stdout
    assert "but HUB_URL and HUB_KEY of the environment are used" in elsewhere
