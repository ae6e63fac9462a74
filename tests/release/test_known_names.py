"""Which names of actors, malware, tools, techniques and weaknesses are public."""

from __future__ import annotations

import pytest

from hub.release import known_names
from hub.release.known_names import is_public, looks_like_a_person, technique_name
from hub.rendering.public_knowledge import name_key
from hub.reports import rsit


@pytest.mark.parametrize(
    ("object_type", "name"),
    [
        ("malware", "LockBit"),
        ("malware", "LockBit 3.0"),
        ("malware", "lockbit_ransomware"),
        ("malware", "Emotet loader"),
        ("malware", "win.emotet"),
        ("malware", "Trojan:Win32/Emotet.A"),
        ("malware", "Trojan.Win32.Generic"),
        ("malware", "avalanche-andromeda"),
        ("malware", "Heodo"),
        ("malware", "keylogger"),
        ("tool", "Cobalt Strike"),
        ("tool", "Cobalt Strike Beacon 4.5"),
        ("threat-actor", "Lazarus Group"),
        ("threat-actor", "APT28 - G0007"),
        ("threat-actor", "海莲花"),
        ("threat-actor", "Organized crime"),
        ("threat-actor", "insider-accidental"),
        ("intrusion-set", "Ocean Lotus"),
        ("campaign", "Operation Aurora"),
        ("attack-pattern", "T1566.001"),
        ("attack-pattern", "Data Encrypted for Impact"),
        ("attack-pattern", "Phishing: Spearphishing Attachment"),
        ("attack-pattern", "VERIS hacking: SQLi"),
        ("attack-pattern", "CAPEC-66"),
        ("vulnerability", "CVE-2021-44228"),
        ("vulnerability", "GHSA-jfh8-c2jp-5v3q"),
        ("vulnerability", "Heartbleed"),
    ],
)
def test_a_name_on_a_public_list_is_public_in_every_spelling(object_type: str, name: str) -> None:
    assert is_public(object_type, name)


@pytest.mark.parametrize(
    ("object_type", "name"),
    [
        ("malware", "MelatiLock"),
        ("malware", "MLTPayStealer"),
        ("malware", "invoice-melati-2026.exe"),
        ("malware", "Emotet Melati"),
        ("tool", "MelatiAdmin"),
        ("threat-actor", "Melati insider ring"),
        ("threat-actor", "Rahman bin Osman (former administrator)"),
        ("threat-actor", "6A323CB8-6DC7-433C-A0F7-3D4850194425"),
        ("campaign", "Operation Melati Storm"),
        ("campaign", "C-2026-07"),
        ("attack-pattern", "Abuse of the MelatiPay API"),
        ("attack-pattern", "VERIS hacking: of Melati"),
        ("attack-pattern", "T9999"),
        ("vulnerability", "SQL injection in MelatiPay 3.2"),
        ("vulnerability", "CVE-2024-3400 at Melati"),
        ("malware", ""),
        ("malware", "Emotet " * 40),
    ],
)
def test_a_name_that_may_contain_a_victims_name_is_not_public(object_type: str, name: str) -> None:
    assert not is_public(object_type, name)


def test_a_kind_of_actor_from_one_sector_is_not_public() -> None:
    """VERIS names insiders by their work: "nurse" would reveal a hospital."""
    assert is_public("threat-actor", "System admin")
    assert not is_public("threat-actor", "Doctor or nurse")
    assert not is_public("threat-actor", "Cashier")


def test_every_type_of_rsit_is_public() -> None:
    """The renderer uses them as names if a feed gives no other."""
    for line in rsit.RSIT.values():
        assert all(is_public(object_type, line.name) for object_type in ("malware", "attack-pattern", "vulnerability"))


def test_a_technique_is_named_by_its_number() -> None:
    assert technique_name("T1566.001") is not None
    assert name_key(technique_name("T1486") or "") == "dataencryptedforimpact"
    assert technique_name("T9999") is None


@pytest.mark.parametrize(
    "name",
    [
        "Rahman bin Osman",
        "Razif bin Osman (former DBA)",
        "Nguyễn Văn An",
        "Dato Karim",
        "Maria Clara dela Cruz",
        "Budi Santoso",
        "Daw Khin",
    ],
)
def test_what_may_be_a_persons_name_is_recognised(name: str) -> None:
    assert looks_like_a_person(name)


@pytest.mark.parametrize(
    "name", ["Lazarus Group", "COLD HERON", "APT 28", "Fancy Bear", "Sample Spider", "LockBit", "T1566"]
)
def test_the_name_of_a_group_does_not_look_like_a_persons(name: str) -> None:
    assert not looks_like_a_person(name)


def test_the_lists_are_in_the_normal_form_and_sorted() -> None:
    """The lists are compared without conversion."""
    for file in ("threats", "techniques", "weaknesses", "veris"):
        lines = known_names._lines(file)
        assert list(lines) == sorted(set(lines))
        assert all(line == name_key(line) for line in lines)
    assert len(known_names._lines("threats")) > 10_000
