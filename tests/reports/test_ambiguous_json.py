"""JSON in which a key appears twice, or that has no number where one should be, is named; what is beside it is read."""

from __future__ import annotations

import json

import pytest

from hub.reports.read import Report, read_reports

LINE = '{"classification.type": "c2-server", "source.ip": "%s"%s, "time.source": "2026-03-01T00:00:00+00:00"}'
EVENT = (
    '{"Event": {"uuid": "5a5a5a5a-1111-4111-8111-11111111111%d", "info": "Botnet", "date": "2026-03-01"%s, "Attribute": '
    '[{"uuid": "5a5a5a5a-2222-4111-8111-11111111111%d", "type": "ip-dst", "category": "Network activity", "to_ids": true, '
    '"value": "203.0.113.2%d"}]}}'
)


@pytest.mark.parametrize(
    ("ambiguous", "words"),
    [
        (', "source.ip": "203.0.113.99"', "source.ip twice"),
        (', "source.ip" : "203.0.113.99"', "source.ip twice"),
        (', "source.ip"\t :"203.0.113.99"', "source.ip twice"),
        (', "extra.a": {"x": 1, "x": 2}', "x twice"),
    ],
)
def test_a_line_with_a_key_twice_is_named_and_the_next_one_read(ambiguous: str, words: str) -> None:
    """Either value would be lost in silence, and the first may be the victim's name."""
    lines = [LINE % ("203.0.113.1", ambiguous), LINE % ("203.0.113.2", ', "comment": "a\\":b"')]
    bad, good = read_reports("\n".join(lines).encode(), format="intelmq")
    assert "line 1" in str(bad)
    assert words in str(bad)
    assert isinstance(good, Report)
    assert [item.value for item in good.observables] == ["203.0.113.2"]


def test_an_event_of_a_list_that_is_ambiguous_costs_no_other() -> None:
    events = [EVENT % (1, ', "info": "x"', 1, 1), EVENT % (2, ', "x": NaN', 2, 2), EVENT % (3, "", 3, 3)]
    *bad, good = read_reports(("[" + ",".join(events) + "]").encode(), format="misp")
    assert [str(item).split(":")[0] for item in bad] == ["input, item 1", "input, item 2"]
    assert "info twice" in str(bad[0])
    assert "NaN" in str(bad[1])
    assert isinstance(good, Report)
    assert "203.0.113.23" in json.dumps([item.value for item in good.observables])
