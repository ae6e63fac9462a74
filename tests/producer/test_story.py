"""The whole way, with the collections as shipped: four offices publish, each from its own form, and a fifth follows."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Final
from urllib.parse import quote

from tests.corpus import naive_leaks
from tests.producer.offices import REPORTS, Region, keys, of_types, own

STORY: Final = REPORTS / "story"
PUBLISHED: Final = {
    "ID": STORY / "indonesia.csv",
    "SG": STORY / "singapore.misp.json",
    "MY": STORY / "malaysia.iodef.xml",
    "TH": STORY / "thailand.intelmq.jsonl",
}
# Whatever the four files say of victims, reporters, tickets and the CERT's supplier.
SECRETS: Final = (
    "RS Melati Rekaan", "melati-rekaan.example", "192.0.2.", "siti.wulan", "ID-2026-0311", "Orchid Trust",
    "orchidtrust.example", "wei.ling", "0d4a3a1e-52a4-4b1f-8a39-7a4a0f0f1a01", "Tenaga Rekaan", "tenaga-rekaan.example",
    "aisyah.noor", "MY-2026-77", "kasir7", "krung-rekaan", "Krung Rekaan", "Secret Supplier",
)  # fmt: skip


def test_four_members_publish_and_a_fifth_has_each_object_once(region: Region) -> None:
    """A CSV, a MISP event, an IODEF document, IntelMQ lines; follow, follow again, withdraw one, follow again."""
    for code, file in PUBLISHED.items():
        region.offices[code].hub("publish", file, "--to", code.lower(), "--yes")
    reader = region.offices["VN"]
    received = {code: reader.followed(code.lower()) for code in PUBLISHED}
    # each once, however often it is asked, and all that the hub holds
    for code, objects in received.items():
        assert len(set(keys(objects))) == len(objects)
        assert keys(reader.followed(code.lower())) == keys(objects)
        objects_held = region.objects_in(code.lower())
        assert {item["id"] for item in objects} == {item["id"] for item in objects_held}
    # what was to be told is there
    for code, value in (("ID", "203.0.113.61"), ("SG", "203.0.113.62"), ("MY", "203.0.113.63"), ("TH", "203.0.113.64")):
        patterns = [item["pattern"] for item in of_types(received[code], "indicator")]
        assert any(value in pattern for pattern in patterns), code
    for code in ("ID", "SG", "MY"):
        assert len(of_types(received[code], "incident")) == 1, code
        assert len(of_types(received[code], "report")) == 1, code
    assert not of_types(received["TH"], "incident")
    assert of_types(received["TH"], "sighting")
    # and no victim
    body = "\n".join(path.read_text(encoding="utf-8") for path in reader.home.glob("*.jsonl"))
    assert naive_leaks(SECRETS, body) == []
    _withdraw(region)


def _withdraw(region: Region) -> None:
    publisher, reader = region.offices["ID"], region.offices["VN"]
    before = reader.followed("id")
    assert of_types(before, "url", "ipv4-addr")
    done = publisher.hub("withdraw", "ID-2026-0311", "--yes")
    assert "observables deleted" in done.stderr
    new_objects = reader.followed("id")[len(before) :]
    # what is public knowledge, or shared by all reports of a member, stays: who reads it learns nothing of this report
    staying = ("marking-definition", "identity", "location", "attack-pattern", "vulnerability", "malware")
    alive = {item["id"] for item in own(before, publisher) if item["type"] not in staying}
    assert {item["id"] for item in new_objects} == alive
    assert all(item["revoked"] for item in new_objects)
    objects_held = region.objects_in("id")
    assert not of_types(objects_held, "url", "ipv4-addr", "domain-name", "file")
    # again: nothing new goes out
    publisher.hub("withdraw", "ID-2026-0311", "--yes")
    assert keys(reader.followed("id")) == keys([*before, *new_objects])


def test_the_search_finds_what_it_looks_for() -> None:
    """The naive search of this file and of `make corpus` sees each spelling: else the tests above prove nothing."""
    name = "Klinik Ünïque Rekaan"
    hidden = (
        name.upper(),
        quote(name),
        base64.b64encode(f"see {name}".encode()).decode(),
        name.encode().hex(),
        json.dumps(name),
        "klinik-ünïque-rekaan.example",
        f"xn--{name.casefold().encode('punycode').decode()}",
    )
    for text in hidden:
        assert naive_leaks([name], f'{{"a": "x {text} y"}}') == [name], text
    assert naive_leaks([name], '{"a": "Klinik Lain"}') == []


def test_the_fixtures_do_name_them() -> None:
    everything = "".join(Path(file).read_text(encoding="utf-8") for file in PUBLISHED.values())
    assert sorted(naive_leaks(SECRETS, everything)) == sorted(SECRETS)
