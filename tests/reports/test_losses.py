"""What MISP, IODEF and the form say in other words than the standards' newest: it is read, or named with its value and a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.reports.read import Report, RowError, detect_format, read_reports
from hub.reports.victims import Consent
from tests.reports.reading_reports import by_value, only_report, report_of
from tests.reports.specimens import FORM, HIERARCHICAL

# --- MISP -----------------------------------------------------------------------------------------------------------

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
    observable = values["d.example"]
    assert (observable.malware, observable.confidence) == ("SAMPLE", 95)
    assert observable.kill_chain_phases == (("lockheed-martin-cyber-kill-chain", "command-and-control"),)
    assert (values["c2.example"].malware, values["c2.example"].description) == (None, "stage 1")


def test_deleted_is_read_in_any_spelling() -> None:
    """MISP writes true, 1 and "1"."""
    for flag in (True, 1, "1"):
        assert report_of({"Event": ABOUT | {"Attribute": [ATTRIBUTE | {"deleted": flag}]}}).observables[0].revoked


# --- IODEF ----------------------------------------------------------------------------------------------------------


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


# --- The form -------------------------------------------------------------------------------------------------------


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
    ("column", "written", "canonical"),
    [
        ("country", "Malaysia", "MY"),
        ("country", "ประเทศไทย", "TH"),
        ("country", "Việt Nam", "VN"),
        ("victim_sector", "Banking", "financial-services"),
        ("victim_sector", "rumah sakit", "healthcare"),
        ("victim_sector", "ธนาคาร", "financial-services"),
    ],
)
def test_countries_and_sectors_have_their_usual_names(column: str, written: str, canonical: str) -> None:
    """In English, and in languages of the eleven countries."""
    report = report_of(FORM | {column: written})
    assert canonical in (report.countries if column == "country" else report.victims[0].sectors)


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
    """The rows of one object are not next to each other; its name alone says that a domain is the victim's."""
    report = only_report(OBJECTS.encode(), name="export.csv")
    assert [(item.type.value, item.value) for item in report.observables if item.file is None] == [
        ("url", "http://c2.example/")
    ]
    assert [(item.file.name, set(item.file.hashes)) for item in report.observables if item.file] == [("a.exe", {"MD5"})]
    assert [(victim.name, victim.domains) for victim in report.victims] == [
        ("Bank Rekaan", ("rekaan.example",)), (None, ("rekaan-cabang.example",)),
    ]  # fmt: skip
