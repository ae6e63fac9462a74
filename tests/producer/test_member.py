"""The producer's home: who this CERT is, its key, and whom it protects."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hub.errors import ConfigurationError
from hub.home.member import load_member

SHEET = """
[identity]
id = "identity--2784b794-5fc0-4feb-b53d-2095503c7120"
name = "CERT Nusa"
country = "MY"
contact = "duty@cert-nusa.example"

[deny]
names = ["Bank Sejahtera Berhad"]
domains = ["sejahtera.example"]
ip_ranges = ["198.51.100.0/24"]
files = ["more.txt"]

[[constituents]]
country = "MY"
sector = "healthcare"
size = "large"
count = 31

[[constituents]]
country = "MY"
sector = "healthcare"
count = 4
"""


def home(folder: Path, sheet: str = SHEET) -> Path:
    (folder / "member.toml").write_text(sheet, "utf-8")
    (folder / "more.txt").write_text("# one a line\nKuasa Elektrik\n\nโรงพยาบาลตัวอย่าง\n", "utf-8")
    return folder


def test_a_home_is_read_whole(tmp_path: Path) -> None:
    member = load_member(home(tmp_path))
    assert (member.name, member.country, member.contact) == ("CERT Nusa", "MY", "duty@cert-nusa.example")
    assert member.deny.names == ("Bank Sejahtera Berhad", "Kuasa Elektrik", "โรงพยาบาลตัวอย่าง")
    assert member.constituents == {("MY", "healthcare", "large"): 31, ("MY", "healthcare", ""): 4}
    assert member.pseudonym_months == 12


def test_the_key_is_made_at_first_use_for_its_owner_only_with_advice_to_keep_a_copy(tmp_path: Path) -> None:
    told: list[str] = []
    first = load_member(home(tmp_path), tell=told.append)
    file = tmp_path / "member.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(told) == 1
    assert "Keep a copy off this machine" in told[0]
    again = load_member(tmp_path, tell=told.append)
    assert len(told) == 1
    assert again.key.identifier("incident", "x") == first.key.identifier("incident", "x")
    assert file.read_text().splitlines()[-1] not in f"{first!r} {first.key!s} {told}"


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    load_member(home(tmp_path))
    (tmp_path / "member.key").chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        load_member(tmp_path)


def test_a_damaged_key_is_never_replaced(tmp_path: Path) -> None:
    load_member(home(tmp_path))
    file = tmp_path / "member.key"
    file.write_text("oops")
    with pytest.raises(ConfigurationError, match="put back the copy"):
        load_member(tmp_path)
    assert file.read_text() == "oops"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('country = "MY"\ncontact', 'country = "Malaysia"\ncontact', "identity.country must be an ISO 3166 code"),
        ("identity--2784b794", "2784b794", "identity.id must be a STIX id"),
        ('name = "CERT Nusa"', "", "name is missing"),
        ("[deny]", "[denied]", "denied is not known here"),
        ("198.51.100.0/24", "198.51.100.0/99", "is no address and no CIDR range"),
        ('"healthcare"', '"hospitals"', "is no sector"),
        ("count = 31", "count = -1", "count must be a whole number"),
        ("more.txt", "missing.txt", "missing.txt cannot be read"),
        ("[identity]", "[identity", "not valid TOML"),
    ],
)
def test_what_cannot_be_used_is_told_with_file_and_key(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as caught:
        load_member(home(tmp_path, SHEET.replace(old, new, 1)))
    assert str(tmp_path / "member.toml") in str(caught.value)


def test_a_folder_without_a_home_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="which CERT publishes"):
        load_member(tmp_path)
