"""The producer's home: who this CERT is, its key, and whom it protects."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from hub.errors import ConfigurationError
from hub.home.files import others_may_use
from hub.home.member import load_member
from hub.home.register import read_register

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
brands = ["SejahteraPay"]
abbreviations = ["BSB"]
people = ["Siti binti Rahman"]
hosts = ["HQ-FS02"]
files = ["more.txt"]

[space]
domains = ["gov.example"]
prefixes = ["203.0.113.0/24"]

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
    assert (member.deny.brands, member.deny.abbreviations) == (("SejahteraPay",), ("BSB",))
    assert (member.deny.people, member.deny.hosts) == (("Siti binti Rahman",), ("HQ-FS02",))
    assert (member.space.domains, member.space.prefixes) == (("gov.example",), ("203.0.113.0/24",))
    assert member.constituents == {("MY", "healthcare", "large"): 31, ("MY", "healthcare", ""): 4}
    assert member.pseudonym_months == 3


def test_ranges_are_written_as_in_reports(tmp_path: Path) -> None:
    """With a dash, short or long, or with stars: in the lists and in the register."""
    ranges = '["198.51.100.0-198.51.100.255", "192.0.2.*", "203.0.113.4\u2013203.0.113.7"]'
    sheet = SHEET.replace('["198.51.100.0/24"]', ranges)
    assert load_member(home(tmp_path, sheet)).deny.ip_ranges == ("198.51.100.0/24", "192.0.2.0/24", "203.0.113.4/30")
    (tmp_path / "register.csv").write_text("name,ranges\nx,198.51.100.0-63;192.0.2.*;203.0.113.9\n", encoding="utf-8")
    (constituent,) = read_register(tmp_path / "register.csv", "MY")
    assert constituent.ip_ranges == ("198.51.100.0/26", "192.0.2.0/24", "203.0.113.9")


def test_the_key_is_made_at_first_use_for_its_owner_only_with_advice_to_keep_a_copy(tmp_path: Path) -> None:
    advice: list[str] = []
    first = load_member(home(tmp_path), warn=advice.append)
    file = tmp_path / "member.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(advice) == 1
    assert "Keep a copy off this machine" in advice[0]
    again = load_member(tmp_path, warn=advice.append)
    assert len(advice) == 1
    assert again.key.identifier("incident", "x") == first.key.identifier("incident", "x")
    assert file.read_text().splitlines()[-1] not in f"{first!r} {first.key!s} {advice}"


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
    ("old", "new", "message"),
    [
        ('country = "MY"\ncontact', 'country = "Malaysia"\ncontact', "identity.country must be an ISO 3166 code"),
        ("identity--2784b794", "2784b794", "identity.id must be a STIX id"),
        ('name = "CERT Nusa"', "", "name is missing"),
        ("[deny]", "[denied]", "denied is not known here"),
        ("198.51.100.0/24", "198.51.100.0/99", "should be an address, a network such as"),
        ('"healthcare"', '"hospitals"', "is no sector"),
        ("count = 31", "count = -1", "count must be a whole number"),
        ("more.txt", "missing.txt", "missing.txt cannot be read"),
        ("203.0.113.0/24", "203.0.113.0/99", "space.prefixes: '203.0.113.0/99' should be an address"),
        ('hosts = ["HQ-FS02"]', "hosts = 3", "deny.hosts must be a list of texts"),
        ("[space]", '[register]\nfile = "none.csv"\n[space]', "none.csv: cannot be read"),
        ("[identity]", "[identity", "not valid TOML"),
    ],
)
def test_what_cannot_be_used_is_reported_with_file_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_member(home(tmp_path, SHEET.replace(old, new, 1)))
    assert str(tmp_path / "member.toml") in str(caught.value)


def test_a_folder_without_a_home_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="which CERT publishes"):
        load_member(tmp_path)


REGISTER = """\ufeffName,Short names,Domains,Ranges,Sector,Size
Bank Sejahtera Berhad,BSB;SejahteraPay,sejahtera.example;pay.example,198.51.100.0/24,financial-services,large
"Klinik Melati, Cawangan 2",,,,healthcare,
Klinik Kenanga,,,,healthcare,small

โรงพยาบาลตัวอย่าง,,,2001:db8:7::/48,,
"""


def with_register(folder: Path, register: str = REGISTER, sheet: str = SHEET) -> Path:
    """A home whose constituents are in a file, and not in counts."""
    (folder / "constituents.csv").write_text(register, "utf-8")
    text_with_file = sheet.partition("[[constituents]]")[0] + '[register]\nfile = "constituents.csv"\n'
    return home(folder, text_with_file)


def test_constituents_are_counted_by_the_register(tmp_path: Path) -> None:
    member = load_member(with_register(tmp_path))
    assert member.constituents == {
        ("MY", "financial-services", "large"): 1,
        ("MY", "healthcare", ""): 1,
        ("MY", "healthcare", "small"): 1,
        ("MY", "", ""): 1,
    }
    bank, clinic, *_ = member.register
    assert (bank.short_names, bank.domains) == (("BSB", "SejahteraPay"), ("sejahtera.example", "pay.example"))
    assert (bank.ip_ranges, bank.size) == (("198.51.100.0/24",), "large")
    assert clinic.name == "Klinik Melati, Cawangan 2"
    assert "Sejahtera" not in repr(member.register)


def test_a_register_may_hold_constituents_of_other_countries(tmp_path: Path) -> None:
    member = load_member(with_register(tmp_path, "name,country\nBanco Exemplo,tl\nBank Contoh,\n"))
    assert [constituent.country for constituent in member.register] == ["TL", "MY"]


def test_nothing_is_counted_twice(tmp_path: Path) -> None:
    """A count that is too high would show more of a victim than k allows."""
    both = with_register(tmp_path).joinpath("member.toml")
    both.write_text(
        both.read_text("utf-8") + '[[constituents]]\ncountry = "MY"\nsector = "water"\ncount = 3\n', "utf-8"
    )
    with pytest.raises(ConfigurationError, match=r"the register counts the constituents of MY: remove their"):
        load_member(tmp_path)


@pytest.mark.parametrize(
    ("register", "message"),
    [
        ("", "line 1 must name the columns"),
        ("name,colour\nx,red\n", "line 1 must name the columns"),
        ("name,name\nx,y\n", "line 1 must name the columns"),
        ("name,sector\n,healthcare\n", "line 2: name is empty"),
        ("name,sector\nx,hospitals\n", "line 2: 'hospitals' is no sector"),
        ("name,size\nx,huge\n", "line 2: size must be one of micro, small, medium, large, or empty"),
        ("name,ranges\nx,198.51.100.0/24;all\n", "line 2: 'all' should be an address"),
        ("name,country\nx,Malaysia\n", "line 2: country must be"),
        ("name,sector\nx, Ltd,healthcare\n", "line 2: more cells than columns"),
    ],
)
def test_what_cannot_be_used_in_a_register_is_named_with_file_and_line(
    tmp_path: Path, register: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_member(with_register(tmp_path, register))
    assert "constituents.csv" in str(caught.value)


def test_modes_decide_nothing_on_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There every file looks open, and refusing the key would refuse everything; anywhere else an open file is seen."""
    file = tmp_path / "key"
    file.write_text("x")
    file.chmod(0o666)
    assert others_may_use(file)
    monkeypatch.setattr(sys, "platform", "win32")
    assert not others_may_use(file)
    with pytest.raises(FileNotFoundError):
        others_may_use(tmp_path / "none")
