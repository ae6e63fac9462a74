"""What identifies a victim is read from every format and kept: names, people, hosts, ranges, and whom else it struck."""

from __future__ import annotations

from hub.reports.victims import IDENTIFYING_FIELDS, Victim
from tests.reports.reading_reports import only_report
from tests.reports.specimens import FORM


def test_all_that_identifies_a_victim_is_listed_with_its_field() -> None:
    """The search for it relies on this; short names in brackets, wide ones among them, count as declared."""
    texts = {field: f"value of {field}" for field in IDENTIFYING_FIELDS}
    lists = {field: (text,) for field, text in texts.items() if field != "name"}
    victim = Victim(name="Bank Contoh (BCB) \uff08銀行\uff09", **lists)  # type: ignore[arg-type]  # each field but the name is a tuple of text
    pairs = list(victim.identifiers())
    assert {field for field, _ in pairs} == set(IDENTIFYING_FIELDS)
    assert ("short_names", "BCB") in pairs
    assert ("short_names", "銀行") in pairs


def test_the_forms_columns_for_what_identifies_are_kept() -> None:
    """Abbreviations, brands, people, hosts; a machine's bare name marked @victim is a host of the victim's."""
    cells = FORM | {
        "victim_name": "Bank Contoh",
        "victim_abbreviations": "BCB; BC",
        "victim_brands": "ContohPay",
        "victim_people": "Siti binti Rahman",
        "victim_hosts": "HQ-FS02",
        "victim_registration_no": "1234-5; 999",
        "indicators": "hostname:HQ-DC01@victim; ip:203.0.113.9",
    }
    report = only_report(cells)
    (victim,) = report.victims
    assert victim.short_names == ("BCB", "BC")
    assert (victim.brands, victim.people) == (("ContohPay",), ("Siti binti Rahman",))
    assert victim.hosts == ("HQ-FS02", "HQ-DC01")
    assert victim.registration_numbers == ("1234-5", "999")
    assert [item.value for item in report.observables] == ["203.0.113.9"]


def test_a_misp_victim_object_is_kept_whole() -> None:
    """Node, user and external party among it; the loose targeting data speak of the same victim."""
    parts = {
        "name": "Klinik Rekaan", "external": "Lab Dua", "node": "KR-DC01", "user": "siti.r", "domain": "klinik.example",
        "regions": "Indonesia", "sectors": "Health", "email": "it@klinik.example", "ip-address": "198.51.100.7",
    }  # fmt: skip
    attributes = [
        {"object_relation": key, "type": "text", "category": "Other", "value": value} for key, value in parts.items()
    ]
    loose = {"type": "target-machine", "category": "Targeting data", "value": "KR-FS02"}
    event = {"info": "x", "uuid": "a", "Object": [{"name": "victim", "Attribute": attributes}], "Attribute": [loose]}
    report = only_report({"Event": event})
    (victim,) = report.victims
    assert victim == Victim(
        name="Klinik Rekaan",
        accounts=("siti.r",),
        emails=("it@klinik.example",),
        domains=("klinik.example",),
        hosts=("KR-DC01", "KR-FS02"),
        ip_ranges=("198.51.100.7",),
        sectors=("healthcare",),
        countries=("ID",),
    )
    assert report.secondary_victims == (Victim(name="Lab Dua"),)


def test_an_imitated_person_does_not_become_the_victim() -> None:
    """A display name and a person object beside a declared victim are protected; the victim stays who it was."""
    attributes = [
        {"type": "target-org", "category": "Targeting data", "value": "Telko Rekaan"},
        {"type": "email-src-display-name", "category": "Payload delivery", "value": "Budi Santoso"},
    ]
    person = {
        "name": "person",
        "Attribute": [
            {"object_relation": "first-name", "type": "first-name", "value": "Sari"},
            {"object_relation": "last-name", "type": "last-name", "value": "Dewi"},
        ],
    }
    event = {"info": "x", "uuid": "a", "Attribute": attributes, "Object": [person]}
    report = only_report({"Event": event})
    assert [victim.name for victim in report.victims] == ["Telko Rekaan"]
    assert {victim.name for victim in report.secondary_victims} == {"Budi Santoso", "Sari Dewi"}


def test_secondary_victims_of_veris_are_named() -> None:
    """They are counted, and searched for; none of them becomes the incident's victim."""
    incident = {
        "incident_id": "1", "security_incident": "Confirmed", "action": {"hacking": {"variety": ["SQLi"]}}, "actor": {},
        "victim": {"victim_id": "Klinik Rekaan", "secondary": {"victim_id": ["Anak Satu; Anak Dua", "Unknown"]}},
    }  # fmt: skip
    report = only_report(incident)
    assert [victim.name for victim in report.victims] == ["Klinik Rekaan"]
    assert [victim.name for victim in report.secondary_victims] == ["Anak Satu", "Anak Dua"]
    assert report.affected_counts == {"organization": 2}


def test_whom_a_feed_was_aimed_at_is_protected() -> None:
    """The brand and the machine's own name that an IntelMQ event mentions."""
    event = {
        "classification.type": "phishing", "source.url": "http://evil.example/a", "event_description.target": "Bank Rekaan",
        "destination.local_hostname": "HQ-FS02",
    }  # fmt: skip
    report = only_report(event)
    assert list(report.secondary_victims[0].identifiers()) == [("name", "Bank Rekaan"), ("hosts", "HQ-FS02")]


def test_what_a_victims_category_holds_is_searched_for_even_where_it_is_no_observable() -> None:
    """A person's name and a machine without a domain: they become no value, and must be in no other."""
    attributes = [
        {"type": "hostname", "category": "Targeting data", "value": "HSM-DC01"},
        {"type": "full-name", "category": "Person", "value": "Siti binti Rahman"},
        {"type": "phone-number", "category": "Other", "value": "+62 1"},
    ]
    report = only_report({"Event": {"info": "x", "uuid": "a", "Attribute": attributes}})
    assert report.victims == ()
    assert report.secondary_victims == (Victim(people=("Siti binti Rahman",), hosts=("HSM-DC01",)),)
    assert {row.value for row in report.unused} == {"HSM-DC01", "Siti binti Rahman", "+62 1"}


def test_machines_and_contacts_of_an_iodef_victim_are_searched_for() -> None:
    """A node's bare name, and a contact that is inside EventData."""
    node = "<Node><NodeName>HSM-DC01</NodeName></Node>"
    body = (
        '<EventData><Contact role="victim" type="organization"><ContactName>Klinik Rekaan</ContactName></Contact>'
        f'<Flow><System category="target">{node}</System></Flow></EventData>'
    )
    text = f'<IODEF-Document><Incident><IncidentID name="c">1</IncidentID>{body}</Incident></IODEF-Document>'
    report = only_report(text.encode())
    assert [victim.name for victim in report.victims] == ["Klinik Rekaan"]
    assert report.secondary_victims == (Victim(hosts=("HSM-DC01",)),)
