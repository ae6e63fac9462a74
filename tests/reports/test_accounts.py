"""Accounts, telephone numbers, fingerprints, pipes, paths and packages in the form's indicators."""

from __future__ import annotations

import pytest

from hub.reports.observables import Observable, ObservableType, Role
from hub.reports.reading.indicators import read_indicator


def read(text: str) -> Observable:
    return read_indicator(text)[0]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("iban:GB33 BUKB 2020 1555 5555 55", ObservableType.BANK_ACCOUNT, "GB33BUKB20201555555555"),
        ("bank-account:1234-5678-90", ObservableType.BANK_ACCOUNT, "1234567890"),
        ("phone:0044 20 7946 0958", ObservableType.PHONE, "+442079460958"),
        ("ja3:72A589DA586844D7F0818CE684948EEA", ObservableType.TLS_FINGERPRINT, "72a589da586844d7f0818ce684948eea"),
        ("ja4:t13d1516h2_8daaf6152771_02713d6af862", ObservableType.TLS_FINGERPRINT, "t13d1516h2_8daaf6152771_02713d6af862"),
        ("pipe:\\\\.\\pipe\\svc_b0", ObservableType.NAMED_PIPE, "svc_b0"),
        ("pdb:D:\\w\\u.pdb", ObservableType.PDB_PATH, "D:\\w\\u.pdb"),
        ("uri-path:/gate.php?id=", ObservableType.URI_PATH, "/gate.php?id="),
        ("package:pkg:npm/left-pad@1.3.0", ObservableType.SOFTWARE, "left-pad"),
        ("ip-port:203.0.113[.]7:4444", ObservableType.TRAFFIC, "tcp > 203.0.113.7:4444"),
    ],
)  # fmt: skip
def test_a_value_is_read_in_its_canonical_form(text: str, kind: ObservableType, value: str) -> None:
    item = read(text)
    assert (item.type, item.value, item.role, item.as_indicator) == (kind, value, Role.ADVERSARY, True)


@pytest.mark.parametrize(
    "text",
    [
        "iban:GB34BUKB20201555555555",  # its check digits are wrong
        "phone:020 7946 0958",  # of which country?
        "ja3:72a5",
        "ja4:72a589da586844d7f0818ce684948eea",
        "uri-path:/a",
        "pdb:D:\\w\\u.exe",
        "package:pkg:npm/left-pad",  # which version?
        "ip-port:203.0.113.7:70000",
        "ip-port:203.0.113.7",
    ],
)
def test_what_is_none_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"such as|fingerprint|port|path|number|check digits"):
        read(text)


def test_a_connection_to_the_victims_host_is_the_victims() -> None:
    """The mark is about the host that is named: its end of the connection has the same role."""
    item = read("ip-port:203.0.113.7:4444@victim")
    assert item.traffic is not None
    assert (item.role, item.traffic.dst_role, item.as_indicator) == (Role.VICTIM, Role.VICTIM, False)
