"""Files that are broken or meant to do harm: refused in words, with flat memory, and nothing else raised."""

from __future__ import annotations

import io
import json
import random
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.errors import ReadingError
from hub.reports.read import FORMATS, ReadOptions, Report, RowError, read_reports
from hub.reports.reading.options import MAX_DEPTH
from tests.reports.reading_reports import FIXTURES

HEAD = "report_id,title,incident_class,incident_type,status,determination,tlp,country,victim_sector,detected_at"
GOOD = "A-1,Phishing,fraud,phishing,open,confirmed,green,MY,healthcare,2026-03-01"


def refusal(data: bytes, **options: str) -> str:
    with pytest.raises(ReadingError) as caught:
        list(read_reports(data, name="report", **options))  # type: ignore[arg-type]  # only `format` is passed
    return str(caught.value)


def sheet(*rows: list[str]) -> bytes:
    book = openpyxl.Workbook()
    for row in [HEAD.split(","), *rows]:
        book.worksheets[0].append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part, old.read(part))
        new.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("part", "content", "reason"),
    [
        ("xl/vbaProject.bin", b"x", "macros"),
        ("xl/externalLinks/externalLink1.xml", b"<a/>", "links to other files"),
        ("xl/connections.xml", b"<a/>", "fetches data"),
        ("xl/embeddings/object1.bin", b"x", "embedded"),
        ("xl/sharedStrings.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DTD"),
        ("xl/sharedStrings.xml", "<!DOCTYPE a><a/>".encode("utf-16"), "DTD"),
        ("xl/media/image1.png", b"\x00" * 50_000_000, "zip bomb"),
    ],
)
def test_a_spreadsheet_that_could_run_fetch_or_explode_is_refused(part: str, content: bytes, reason: str) -> None:
    """What is inside is looked at before anything opens it."""
    assert reason in refusal(with_part(sheet(list(GOOD.split(","))), part, content))


def test_an_old_or_encrypted_spreadsheet_is_refused_with_what_to_do() -> None:
    """The officer is told to save it as .xlsx."""
    assert "save it as .xlsx" in refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600)


def test_a_formula_is_never_evaluated_nor_its_result_believed() -> None:
    """The row is refused by itself, the next one is read."""
    formula = [*GOOD.split(",")]
    formula[1] = '=HYPERLINK("http://evil.example","x")'
    bad, good = read_reports(sheet(list(formula), list(GOOD.split(","))))
    assert isinstance(bad, RowError)
    assert "not a formula" in bad.expected
    assert isinstance(good, Report)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("report_id: !!python/object/apply:os.system ['true']", "tag"),
        ("report_id: &a x\ntitle: *a", "anchor or alias"),
        ("title: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "anchor or alias"),
        ("title: " + "[" * 200 + "]" * 200, "nested deeper"),
        ("title: x\ntitle: y", "twice"),
        ("title: 'x", "is not valid YAML"),
        ("? [a]\n: b\ntitle: x", "no text"),
    ],
)
def test_yaml_that_does_more_than_hold_text_is_refused(text: str, reason: str) -> None:
    """No tag is constructed, no alias followed."""
    assert reason in refusal(text.encode(), format="yaml")


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]>',
    ],
)
def test_xml_that_declares_entities_is_refused(prolog: str) -> None:
    """IODEF needs neither, attackers do."""
    body = '<IODEF-Document version="2.00"><Incident><Description>x</Description></Incident></IODEF-Document>'
    assert "DTD" in refusal(f'<?xml version="1.0"?>{prolog}{body}'.encode())


def test_xml_nested_too_deep_is_refused() -> None:
    """Depth is a limit with a name."""
    deep = "<IODEF-Document>" + "<Incident>" * (MAX_DEPTH + 1)
    assert f"deeper than {MAX_DEPTH}" in refusal(deep.encode())


def test_json_nested_too_deep_is_an_error_of_its_row() -> None:
    """The next line is still read."""
    deep = '{"report_id": ' + "[" * 100 + "]" * 100 + "}"
    row = dict(zip(HEAD.split(","), GOOD.split(","), strict=True))
    bad, good = read_reports(f"{json.dumps(row)}\n{deep}".encode())
    assert isinstance(bad, Report)
    assert isinstance(good, RowError)
    assert "levels" in good.expected


def test_bytes_in_another_encoding_spoil_only_their_own_row() -> None:
    """Half-read names are worse than none; the caller may name the encoding."""
    spoilt = GOOD.replace("Phishing", "Défacement").encode("windows-1252")
    data = b"\n".join([HEAD.encode(), GOOD.encode(), spoilt, GOOD.replace("A-1", "A-3").encode()])
    first, second, third = read_reports(data, name="mixed.csv")
    assert isinstance(first, Report)
    assert isinstance(third, Report)
    assert isinstance(second, RowError)
    assert (second.place, second.key) == ("row 3", "title")
    assert "UTF-8" in second.expected
    named = [*read_reports(data, options=ReadOptions(encoding="windows-1252"))]
    assert [item.title for item in named if isinstance(item, Report)] == ["Phishing", "Défacement", "Phishing"]


def test_an_encoding_that_does_not_exist_is_refused() -> None:
    """Also one that Python knows but that is no text."""
    with pytest.raises(ReadingError, match="no encoding"):
        list(read_reports(HEAD.encode(), options=ReadOptions(encoding="klingon")))
    with pytest.raises(ReadingError, match="no encoding"):
        list(read_reports(HEAD.encode(), options=ReadOptions(encoding="base64")))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"hello", "no format that is known"),
        (b'{"type": "bundle", "objects": []}', "STIX bundle already"),
        (b"<html></html>", "not IODEF"),
        (b"\x00\x01\x02\x03" * 30, "no format that is known"),
    ],
)
def test_a_file_in_no_known_form_is_refused_with_what_it_may_be(data: bytes, reason: str) -> None:
    """The message is for the person who gave the wrong file."""
    assert reason in refusal(data)


def test_an_unknown_format_name_lists_those_there_are() -> None:
    """`--format` mistyped."""
    assert "choose one of csv" in refusal(b"{}", format="exel")


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    """A line beyond the limit is told; those after it are read."""
    good = (FIXTURES / "intelmq.jsonl").read_bytes().splitlines()[0]
    data = good + b"\n" + b'{"a": "' + b"x" * 3_000_000 + b'"}\n' + good
    readings = list(read_reports(data, format="intelmq"))
    assert [item.place for item in readings if isinstance(item, RowError)] == ["line 2"]
    assert [sum(sighting.count for sighting in item.sightings) for item in readings if isinstance(item, Report)] == [2]


def test_memory_stays_flat_on_a_feed_of_any_length(tmp_path: Path) -> None:
    """Four times the events need no more memory: only a batch is held."""
    event = json.loads((FIXTURES / "intelmq.jsonl").read_bytes().splitlines()[0])
    peaks = []
    for count in (1_000, 4_000):
        path = tmp_path / f"{count}.jsonl"
        with path.open("w") as file:
            for number in range(count):
                event["source.ip"] = f"45.{number >> 16}.{number >> 8 & 255}.{number & 255}"
                file.write(json.dumps(event) + "\n")
        tracemalloc.start()
        events = sum(
            sighting.count for item in read_reports(path) if isinstance(item, Report) for sighting in item.sightings
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert events == count
    assert peaks[1] < peaks[0] * 1.5 + 1_000_000


def test_a_pipe_is_read_like_a_file() -> None:
    """Standard input cannot be rewound."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise io.UnsupportedOperation("seek")

    data = (FIXTURES / "form.csv").read_bytes()
    assert [item.report_id for item in read_reports(Pipe(data), name="stdin") if isinstance(item, Report)] == [
        "MY-7",
        "TH-8",
    ]


def read_all(data: bytes, name: str | None) -> None:
    """Nothing but ReadingError may come out, and no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            for item in read_reports(data, format=name):
                assert isinstance(item, Report | RowError)
                assert str(item)
        except ReadingError as error:
            assert str(error)  # noqa: PT017  either outcome is allowed, a silent one is not


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=400), name=st.sampled_from([None, *FORMATS]))
def test_random_bytes_are_read_or_refused(data: bytes, name: str | None) -> None:
    """Whatever the format said."""
    read_all(data, name)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    fixture=st.sampled_from(sorted(path.name for path in FIXTURES.iterdir())),
    seed=st.integers(min_value=0, max_value=2**32),
    name=st.sampled_from([None, None, None, *FORMATS]),
)
def test_damaged_files_are_read_or_refused(fixture: str, seed: int, name: str | None) -> None:
    """Bytes changed, cut, doubled and put in at random places of every fixture."""
    chance = random.Random(seed)
    data = bytearray((FIXTURES / fixture).read_bytes())
    for _ in range(chance.choice([1, 3, 12])):
        place = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[place] = chance.randrange(256)
            case 1:
                del data[place : place + chance.randrange(1, 40)]
            case 2:
                data[place:place] = chance.randbytes(chance.randrange(1, 8))
            case _:
                start = chance.randrange(len(data))
                data[place:place] = data[start : start + chance.randrange(120)]
        data = data or bytearray(b"{")
    read_all(bytes(data), name)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def _swapped(value: object, replacement: object, chance: random.Random) -> object:
    """The value with some of its parts, at any depth, replaced."""
    if chance.random() < 0.06:
        return replacement
    if isinstance(value, dict):
        return {key: _swapped(item, replacement, chance) for key, item in value.items()}
    if isinstance(value, list):
        return [_swapped(item, replacement, chance) for item in value]
    return value


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    fixture=st.sampled_from(sorted(path.name for path in FIXTURES.glob("*.json*"))),
    seed=st.integers(min_value=0, max_value=2**32),
    replacement=VALUES,
)
def test_json_of_another_shape_than_expected_is_read_or_refused(fixture: str, seed: int, replacement: object) -> None:
    """A list where a text should be, a number where a mapping should be: told, not crashed on."""
    chance = random.Random(seed)
    lines = (
        (FIXTURES / fixture).read_text().splitlines() if fixture.endswith("l") else [(FIXTURES / fixture).read_text()]
    )
    values = [json.loads(line) for line in lines if line.startswith("{")]
    data = "\n".join(json.dumps(_swapped(value, replacement, chance)) for value in values)
    read_all(data.encode(errors="replace"), None)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("misp", rb'{"Event": {"uuid": "0d4a3a1e-52a4-4b1f-8a39-7a4a0f0f1a01", "info": "half \ud800 a character"}}'),
        (
            "misp",
            b'[{"Event": {"uuid": "0d4a3a1e-52a4-4b1f-8a39-7a4a0f0f1a01", "info": "x", "date": %s}}]' % (b"9" * 40),
        ),
        ("json", rb'[{"report_id": "a", "title": "\udfff"}]'),
        ("yaml", rb'{report_id: a, title: "half \ud800 a character"}'),
    ],
)
def test_what_no_other_reader_could_read_is_told_and_not_carried_along(name: str, body: bytes) -> None:
    """Half a character, which no encoding has, or a number of forty digits: a row error, no crash of the whole file."""
    (error,) = read_reports(body, format=name, name="a")
    assert isinstance(error, RowError)
    assert "nobody else can read" in str(error)
