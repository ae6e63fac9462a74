"""What senders write in other words than the standards' newest: it is read, or named with its value and a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.reports.observables import Role
from hub.reports.read import Report, RowError, detect_format, read_reports
from hub.reports.victims import Consent
from tests.reports.reading_reports import FIXTURES, by_value, only_report
from tests.reports.specimens import FORM


def report_of(value: Any, **options: Any) -> Report:
    return only_report(value, name="x.json", **options)


# -- IntelMQ ------------------------------------------------------------------------------------------------------------

HIERARCHICAL = {
    "feed": {"name": "honeynet", "accuracy": 90.0},
    "time": {"source": "2026-03-01T03:12:44+00:00"},
    "classification": {"type": "c2-server", "identifier": "samplebot"},
    "source": {"ip": "203.0.113.9", "port": 8443, "geolocation": {"cc": "VN"}},
    "malware": {"hash": {"md5": "1" * 32}},
    "protocol": {"transport": "tcp", "application": "https"},
}


def test_hierarchical_and_underscored_intelmq_events_are_the_dotted_one() -> None:
    """Its hierarchical output, and the names that databases give the columns."""
    dotted = {
        "feed.name": "honeynet", "feed.accuracy": 90.0, "time.source": "2026-03-01T03:12:44+00:00",
        "classification.type": "c2-server", "classification.identifier": "samplebot", "source.ip": "203.0.113.9",
        "source.port": 8443, "source.geolocation.cc": "VN", "malware.hash.md5": "1" * 32, "protocol.transport": "tcp",
        "protocol.application": "https",
    }  # fmt: skip
    underscored = {key.replace(".", "_"): value for key, value in dotted.items()}
    reports = [report_of(event) for event in (dotted, underscored, HIERARCHICAL)]
    assert all(report.source_format == "intelmq" for report in reports)
    assert reports[0].observables == reports[1].observables == reports[2].observables
    assert set(by_value(reports[0])) == {"203.0.113.9", "tcp/https > 203.0.113.9:8443", "1" * 32}
    assert [item.name for item in reports[2].malware] == ["samplebot"]


@pytest.mark.parametrize(
    ("older", "rsit_type", "role"),
    [
        ("vulnerable service", "vulnerable-system", Role.VICTIM),
        ("vulnerable client", "vulnerable-system", Role.VICTIM),
        ("unknown", "undetermined", Role.UNKNOWN),
        ("unauthorized-login", "unprivileged-account-compromise", Role.VICTIM),
        ("unauthorized-command", "application-compromise", Role.VICTIM),
        ("dga domain", "other", Role.ADVERSARY),
        ("c2server", "c2-server", Role.ADVERSARY),
        ("ids alert", "ids-alert", Role.ADVERSARY),
        ("defacement", "unauthorised-information-modification", Role.VICTIM),
        ("leak", "data-leak", Role.VICTIM),
        ("dropzone", "other", Role.UNKNOWN),
        ("backdoor", "system-compromise", Role.VICTIM),
        ("botnet drone", "infected-system", Role.VICTIM),
        ("ransomware", "infected-system", Role.VICTIM),
    ],
)
def test_older_types_are_read_as_intelmq_maps_them(older: str, rsit_type: str, role: Role) -> None:
    """Archives hold events of ten years."""
    report = report_of({"classification.type": older, "source.ip": "198.51.100.7"})
    assert report.rsit[0][1] == rsit_type
    assert by_value(report)["198.51.100.7"].role is role


@pytest.mark.parametrize("kind", ["malware", "ransomware"])
def test_a_page_of_malware_is_an_indicator_and_no_infected_system(kind: str) -> None:
    """An infected system has an address; a page serves the malware."""
    report = report_of({"classification.type": kind, "source.url": "http://drop.example/a.exe"})
    assert report.rsit == (("malicious-code", "malware-distribution"),)
    assert by_value(report)["http://drop.example/a.exe"].as_indicator


def test_description_page_and_family_of_an_event_come_with_its_indicator() -> None:
    """The identifier is the family where no other is named, but not where it speaks of a sinkhole."""
    event = {
        "classification.type": "malware-distribution", "classification.identifier": "sampleloader",
        "source.url": "http://drop.example/a", "event_description.text": "Loader, epoch 4",
        "event_description.url": "https://tracker.example/1",
    }  # fmt: skip
    item = by_value(report_of(event))["http://drop.example/a"]
    assert (item.malware, item.description) == ("sampleloader", "Loader, epoch 4")
    assert [reference.url for reference in item.references] == ["https://tracker.example/1"]
    infected = {
        "classification.type": "infected-system",
        "classification.identifier": "x-sinkhole",
        "source.ip": "192.0.2.1",
    }
    assert report_of(infected).malware == ()


def test_different_values_of_one_key_are_named_each() -> None:
    """Equal ones are counted; seven different ones are seven rows."""
    lines = [
        {"classification.type": "c2-server", "source.ip": "198.51.100.7", "source.registry": text}
        for text in ("a", "b", "a", "c")
    ]
    report = only_report("\n".join(map(json.dumps, lines)).encode())
    assert [(row.value, row.count) for row in report.unused if row.key == "source.registry"] == [
        ("a", 2),
        ("b", 1),
        ("c", 1),
    ]


# -- X-ARF --------------------------------------------------------------------------------------------------------------


def xarf_3(report_type: str, report_class: str = "Activity", **fields: Any) -> dict[str, Any]:
    info = {"ReporterOrg": "Example CERT", "ReporterOrgDomain": "cert.example", "ReporterOrgEmail": "a@cert.example"}
    report = {"ReportClass": report_class, "ReportType": report_type, "Date": "2026-03-01T06:05:33Z"}
    return {
        "Version": "3",
        "ReporterInfo": info,
        "Disclosure": True,
        "Report": report | {"SourceIp": "198.51.100.7"} | fields,
    }


@pytest.mark.parametrize(
    ("report_type", "report_class", "rsit_type", "role"),
    [
        ("PortScan", "Activity", "scanner", Role.ADVERSARY),
        ("Login-Attack", "Activity", "brute-force", Role.ADVERSARY),
        ("DDoS", "Activity", "ddos", Role.ADVERSARY),
        ("Exploit", "Activity", "ids-alert", Role.ADVERSARY),
        ("WebCrawler", "Activity", "other", Role.UNKNOWN),
        ("Spam", "Activity", "spam", Role.ADVERSARY),
        ("Harassment", "Activity", "harmful-speech", Role.UNKNOWN),
        ("Malware", "Activity", "infected-system", Role.VICTIM),
        ("Malware", "Content", "malware-distribution", Role.ADVERSARY),
        ("Phishing", "Content", "phishing", Role.ADVERSARY),
        ("Fraud", "Content", "masquerade", Role.ADVERSARY),
        ("Trademark", "Content", "masquerade", Role.ADVERSARY),
        ("Botnet", "Content", "infected-system", Role.VICTIM),
        ("Copyright", "Content", "copyright", Role.UNKNOWN),
        ("OpenService", "Vulnerability", "potentially-unwanted-accessible", Role.VICTIM),
        ("PotentiallyCompromisedAccount", "Activity", "unprivileged-account-compromise", Role.VICTIM),
    ],
)
def test_each_type_of_x_arf_3_is_read(report_type: str, report_class: str, rsit_type: str, role: Role) -> None:
    """Its own schemas' words, in any spelling."""
    report = report_of(xarf_3(report_type, report_class))
    assert report.rsit[0][1] == rsit_type
    assert by_value(report)["198.51.100.7"].role is role


def test_fields_of_x_arf_3_arrive() -> None:
    """An account that was taken over is the victim's, its attacker the adversary; the complainant is a contact."""
    value = xarf_3(
        "PotentiallyCompromisedAccount",
        Account={"AccountEmail": "me@klinik.example"},
        AttackerIp="203.0.113.9",
        CVE="CVE-2024-3400",
        CVSS={"Score": 9.8},
        ReporterNotes="Seen twice",
        Custom={"shelf": "7"},
    )
    value["OnBehalfOf"] = {"ComplainantOrg": "Klinik Rekaan", "ComplainantContactName": "Siti"}
    report = report_of(value)
    assert by_value(report)["203.0.113.9"].as_indicator
    assert report.victims[0].accounts == ("me@klinik.example",)
    assert [(item.name, item.score) for item in report.vulnerabilities] == [("CVE-2024-3400", 9.8)]
    assert ("Klinik Rekaan", "Siti") in {(contact.organisation, contact.name) for contact in report.contacts}
    assert [note.text for note in report.notes] == ["Seen twice"]
    assert [row.value for row in report.unused if row.key == "custom.shelf"] == ["7"]


@pytest.mark.parametrize("date", ["Sun, 01 Mar 2026 13:05:33 +0700", "1 Mar 2026 06:05:33 GMT"])
def test_dates_of_mails_are_read(date: str) -> None:
    """RFC 5322, as older senders write them."""
    report = report_of(xarf_3("PortScan", Date=date))
    assert report.timeline.written is not None
    assert report.timeline.written.stix() == "2026-03-01T06:05:33.000Z"


def test_one_odd_field_does_not_refuse_an_x_arf_4_report() -> None:
    """A tag without a namespace: the officer is told which field, and the rest is read."""
    value = json.loads((FIXTURES / "xarf_v4.json").read_bytes()) | {"tags": ["suspicious_popup"]}
    report = report_of(value)
    assert by_value(report)["http://secure-login.example/auth"].as_indicator
    assert any(sentence.startswith("tags.0 does not follow X-ARF 4") for sentence in report.warnings)


@pytest.mark.parametrize(("key", "value"), [("timestamp", "yesterday"), ("type", "no-such-type"), ("category", "x")])
def test_what_an_x_arf_4_report_cannot_do_without_is_named(key: str, value: str) -> None:
    """The field, and what stood there."""
    good = json.loads((FIXTURES / "xarf_v4.json").read_bytes())
    (error,) = read_reports(json.dumps(good | {key: value}).encode())
    assert isinstance(error, RowError)
    assert (error.key, error.value) in {(key, value), ("type", good["type"])}


# -- MISP ---------------------------------------------------------------------------------------------------------------

ATTRIBUTE = {"type": "domain", "category": "Network activity", "to_ids": True, "value": "c2.example"}
ABOUT = {"uuid": "6f1f3c52-7d0a-4a8e-9a51-0d8f6d1c2b3a", "info": "Loader", "date": "2026-03-01"}


@pytest.mark.parametrize(
    "shape",
    [
        [{"Attribute": ATTRIBUTE, "Event": ABOUT}, {"Attribute": ATTRIBUTE | {"value": "d.example"}, "Event": ABOUT}],
        {"response": {"Attribute": [ATTRIBUTE | {"Event": ABOUT}, ATTRIBUTE | {"value": "d.example", "Event": ABOUT}]}},
        {"response": [{"Event": ABOUT | {"Attribute": [ATTRIBUTE, ATTRIBUTE | {"value": "d.example"}]}}]},
        [ABOUT | {"Attribute": [ATTRIBUTE, ATTRIBUTE | {"value": "d.example"}]}],
    ],
    ids=["search list", "search response", "response", "bare list"],
)
def test_every_shape_of_export_gives_the_event_with_its_values(shape: Any) -> None:
    """What a search for attributes found is put back into its event."""
    report = report_of(shape, format="misp")
    assert (report.report_id, report.title) == (ABOUT["uuid"], "Loader")
    assert [item.value for item in report.observables] == ["c2.example", "d.example"]


def test_loose_misp_attributes_are_one_list_to_watch_for() -> None:
    """However many lines or items they come in."""
    data = "\n".join(json.dumps({"Attribute": ATTRIBUTE | {"value": f"{name}.example"}}) for name in "ab").encode()
    report = only_report(data, format="misp")
    assert [item.value for item in report.observables] == ["a.example", "b.example"]


def test_tags_and_galaxies_in_use_arrive() -> None:
    """Class by the phishing and ransomware taxonomies, confidence by three scales, sectors by usual names, ISO as a list."""
    tags = [
        'phishing:techniques="email-spoofing"', 'ransomware:type="crypto-ransomware"',
        'admiralty-scale:information-credibility="2"', 'misp-galaxy:sector="Finance"', "our-own:colour",
    ]  # fmt: skip
    galaxies = [
        {"type": "country", "GalaxyCluster": [{"type": "country", "value": "malaysia", "meta": {"ISO": ["MY"]}}]},
        {"type": "sector", "GalaxyCluster": [{"type": "sector", "value": "Telecoms"}]},
    ]
    event = ABOUT | {"EventTag": [{"Tag": {"name": tag}} for tag in tags], "Galaxy": galaxies, "Attribute": [ATTRIBUTE]}
    report = report_of({"Event": event})
    assert report.rsit == (("fraud", "phishing"), ("malicious-code", "infected-system"))
    assert report.incident_types[0] == "ransomware"
    assert (report.confidence, report.countries) == (70, ("MY",))
    assert [victim.sectors for victim in report.victims] == [("financial-services",), ("telecommunications",)]
    assert [row.value for row in report.unused if row.key == "Tag"] == ["our-own:colour"]


def test_what_tags_and_galaxies_say_of_one_value_stays_with_it() -> None:
    """The malware it points to, the phase, how sure it is; the object's comment describes its values."""
    galaxy = {"type": "mitre-malware", "GalaxyCluster": [{"type": "mitre-malware", "value": "SAMPLE - S0017"}]}
    tags = [{"name": 'misp:confidence-level="completely-confident"'}, {"name": "kill-chain:Command and Control"}]
    item = {"name": "url", "comment": "stage 1", "Attribute": [ATTRIBUTE | {"object_relation": "domain"}]}
    event = ABOUT | {
        "Attribute": [ATTRIBUTE | {"value": "d.example", "Galaxy": [galaxy], "Tag": tags}],
        "Object": [item],
    }
    values = by_value(report_of({"Event": event}))
    known = values["d.example"]
    assert (known.malware, known.confidence) == ("SAMPLE", 95)
    assert known.kill_chain_phases == (("lockheed-martin-cyber-kill-chain", "command-and-control"),)
    assert (values["c2.example"].malware, values["c2.example"].description) == (None, "stage 1")


def test_deleted_is_read_in_any_spelling() -> None:
    """MISP writes true, 1 and "1"."""
    for flag in (True, 1, "1"):
        assert report_of({"Event": ABOUT | {"Attribute": [ATTRIBUTE | {"deleted": flag}]}}).observables[0].revoked


# -- IODEF --------------------------------------------------------------------------------------------------------------


def test_bulk_lists_of_other_types_are_read() -> None:
    """RFC 8727: "ext-value" with the type in ext-type; what is of no known type is named."""

    def bulk(kind: str, *values: str) -> dict[str, Any]:
        holder = {"BulkObservable": {"type": "ext-value", "ext-type": kind, "BulkObservableList": list(values)}}
        return {"IndicatorID": {"id": kind, "name": "c", "version": "1"}, "Observable": holder}

    incident = {
        "IncidentID": {"id": "1", "name": "c"},
        "Indicator": [bulk("fqdn", "a.example", "b.example"), bulk("smell", "of tar")],
    }
    report = report_of({"version": "2.0", "Incident": [incident]})
    assert [item.value for item in report.observables] == ["a.example", "b.example"]
    assert [row.value for row in report.unused] == ["of tar"]


# -- The form -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "stix"),
    [
        ("2026-03-01 18:30 WIB", "2026-03-01T11:30:00.000Z"),
        ("2026-03-01 18:30 WITA", "2026-03-01T10:30:00.000Z"),
        ("2026-03-01T18:30 GMT+7", "2026-03-01T11:30:00.000Z"),
        ("2026-03-01 18:30 MMT", "2026-03-01T12:00:00.000Z"),
        ("2026-03-01 18:30 SGT", "2026-03-01T10:30:00.000Z"),
        ("2026-03-01 18:30 UTC-3:30", "2026-03-01T22:00:00.000Z"),
    ],
)
def test_time_zones_have_their_local_names(written: str, stix: str) -> None:
    """As people of the eleven countries write them."""
    report = report_of(FORM | {"detected_at": written})
    assert report.timeline.detected is not None
    assert report.timeline.detected.stix() == stix


def test_a_zone_that_means_several_is_refused() -> None:
    """IST is of India, Israel and Ireland."""
    (error,) = read_reports(json.dumps(FORM | {"detected_at": "2026-03-01 18:30 IST"}).encode())
    assert isinstance(error, RowError)
    assert "a time zone such as +07:00" in error.expected


@pytest.mark.parametrize(
    ("column", "written", "read"),
    [
        ("country", "Malaysia", "MY"),
        ("country", "ประเทศไทย", "TH"),
        ("country", "Việt Nam", "VN"),
        ("victim_sector", "Banking", "financial-services"),
        ("victim_sector", "rumah sakit", "healthcare"),
        ("victim_sector", "ธนาคาร", "financial-services"),
    ],
)
def test_countries_and_sectors_have_their_usual_names(column: str, written: str, read: str) -> None:
    """In English, and in languages of the eleven countries."""
    report = report_of(FORM | {column: written})
    assert read in (report.countries if column == "country" else report.victims[0].sectors)


def test_the_incident_type_ransomware_is_ransomware() -> None:
    """Whatever the title says."""
    report = report_of(FORM | {"incident_class": "malicious-code", "incident_type": "ransomware"})
    assert report.incident_types[0] == "ransomware"


def test_detection_of_formats_sees_the_newer_shapes() -> None:
    """Hierarchical and underscored events, and a sheet with a title."""
    assert detect_format(json.dumps(HIERARCHICAL).encode()) == "intelmq"
    assert detect_format(b'{"classification_type": "phishing", "source_ip": "198.51.100.7"}') == "intelmq"
    assert detect_format(b"Reports,of,March\nReport ID,title\n1,x\n") == "csv"


DUMP = (
    "uuid,event_id,category,type,value,comment,to_ids,date,attribute_tag,event_info,event_distribution,event_tag\n"
    '"a",1,"Network activity","domain","evil.example","two\nlines",1,1772582400,"misp-galaxy:malpedia=""Emotet""","Wave",{},"tlp:green"\n'
    '"b",1,"Network activity","ip-dst","198.51.100.4","",1,1772582400,"","Wave",{},"tlp:green"\n'
    '"c",1,"Network activity","ip-dst","198.51.\xff","",1,1772582400,"","Wave",{},"tlp:green"\n'
)


def test_misps_export_as_csv_is_read_with_its_context() -> None:
    """Attributes go back into their event; a row that is not in UTF-8 is named, and costs no other."""
    data = DUMP.replace("{}", "1").encode("latin-1")
    assert detect_format(data) == "misp"
    error, report = list(read_reports(data, name="export.csv"))
    assert isinstance(error, RowError)
    assert error.place == "line 5"
    assert isinstance(report, Report)
    assert (report.title, report.tlp) == ("Wave", "green")
    assert {item.value: item.malware for item in report.observables} == {"evil.example": "Emotet", "198.51.100.4": None}
    assert report.observables[0].description == "two\nlines"


@pytest.mark.parametrize("word", ["0", "Your organisation only", "everyone and their dog"])
def test_a_distribution_that_nobody_knows_is_the_narrowest(word: str) -> None:
    """Of an event nothing leaves, of an attribute its value stays."""
    report = next(item for item in read_reports(DUMP.replace("{}", word).encode()) if isinstance(item, Report))
    assert report.consent is Consent.NONE
    event = {"Event": {"uuid": "1", "info": "x", "Tag": [{"name": "tlp:green"}], "Attribute": [
        {"type": "domain", "category": "Network activity", "to_ids": True, "value": "evil.example", "distribution": word},
    ]}}  # fmt: skip
    (report,) = (item for item in read_reports(json.dumps(event).encode()) if isinstance(item, Report))
    assert report.observables[0].tlp == "red"


def test_what_x_arf_3_says_twice_or_in_a_mapping_is_named() -> None:
    """Of two addresses one is the source, and the other is in the table; so are keys that no version has."""
    report = report_of_x_arf(
        {"Source": {"IP": "203.0.113.77", "FQDN": "pc7.example"}, "SourceIp": "203.0.113.9", "CVSS": {"Score": 7.7}}
    )
    assert [item.value for item in report.observables if item.role is Role.ADVERSARY] == ["203.0.113.77"]
    assert {(item.key, item.value) for item in report.unused} >= {
        ("Report.SourceIp", "203.0.113.9"), ("Report.Source.FQDN", "pc7.example"), ("cvss_score", "7.7"),
    }  # fmt: skip


def test_what_x_arf_3_has_in_place_of_a_mapping_is_named() -> None:
    """An address as the source, and whoever reports for another one in a list."""
    report = report_of_x_arf({"SourceIp": "203.0.113.9", "Source": "203.0.113.77", "Account": [1]})
    assert {(item.key, item.value) for item in report.unused} >= {
        ("Report.Source", "203.0.113.77"),
        ("Report.Account", "1"),
    }


def report_of_x_arf(fields: dict[str, Any]) -> Report:
    party = {"ReporterOrg": "R", "ReporterOrgDomain": "r.example", "ReporterOrgEmail": "a@r.example"}
    content = {"ReportClass": "Activity", "ReportType": "PortScan", "Date": "2026-03-01T06:05:33Z", **fields}
    document = {"Version": "3", "ReporterInfo": party, "Disclosure": True, "Report": content}
    return only_report(document, name="x.json")


OBJECTS = (
    "uuid,event_id,category,type,value,to_ids,object_relation,object_uuid,object_name,object_meta_category\n"
    "a,1,Network activity,url,http://c2.example/,1,,,,\n"
    "b,1,Other,text,Bank Rekaan,0,name,f,victim,misc\n"
    "c,1,Payload delivery,md5,11111111111111111111111111111111,1,md5,e,file,file\n"
    "d,1,Network activity,domain,rekaan.example,1,domain,f,victim,misc\n"
    "e,1,Payload delivery,filename,a.exe,1,filename,e,file,file\n"
    "f,1,Network activity,domain,rekaan-cabang.example,1,domain,,victim,misc\n"
)


def test_a_search_for_attributes_names_the_objects_that_they_are_of() -> None:
    """No attribute is lost; its object's name says whose it is, and its object's distribution holds for it."""
    event = {"id": "9", "uuid": "5a5a5a5a-1111-4111-8111-111111111119", "info": "Wave"}
    attribute = {"type": "domain", "category": "Network activity", "to_ids": True, "Event": event}
    attributes = [
        attribute | {"value": "a.example", "object_relation": "domain", "Object": {"id": "5", "distribution": "5"}},
        attribute | {"value": "b.example", "object_relation": "domain", "Object": {"id": "6", "distribution": "0"}},
        attribute | {"value": "c.example", "object_relation": None},
        attribute | {"value": "rekaan.example", "object_relation": "domain", "Object": {"id": "7", "name": "victim"}},
    ]
    report = only_report({"response": {"Attribute": attributes}})
    levels = {item.value: item.tlp for item in report.observables}
    assert levels == {"a.example": None, "b.example": "red", "c.example": None}
    assert [victim.domains for victim in report.victims] == [("rekaan.example",)]


def test_the_objects_of_misps_export_as_csv_are_whole_again() -> None:
    """The rows of one object stand apart; by its name alone it is known that a domain is the victim's."""
    report = only_report(OBJECTS.encode(), name="export.csv")
    assert [(item.type.value, item.value) for item in report.observables if item.file is None] == [
        ("url", "http://c2.example/")
    ]
    assert [(item.file.name, set(item.file.hashes)) for item in report.observables if item.file] == [("a.exe", {"MD5"})]
    assert [(victim.name, victim.domains) for victim in report.victims] == [
        ("Bank Rekaan", ("rekaan.example",)), (None, ("rekaan-cabang.example",)),
    ]  # fmt: skip
