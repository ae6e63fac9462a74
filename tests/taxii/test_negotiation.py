"""CN: media types and content negotiation (TAXII 2.1, 3.1)."""

from __future__ import annotations

import pytest

from tests.conftest import ClientOf
from tests.server.making import CONTENT_TYPE, Client, an_id, as_envelope, at, indicator

GETS = (
    "/taxii2/",
    "/region/",
    "/region/collections/",
    at("id"),
    at("id", "manifest"),
    at("id", "objects"),
    at("id", "objects", an_id(1)),
    at("id", "objects", an_id(1), "versions"),
)
TAXII = "application/taxii+json"


@pytest.fixture
def reader(indonesia: Client, singapore: Client) -> Client:
    """Singapore, where Indonesia published one indicator."""
    indonesia.publish("id", indicator(1))
    return singapore


def accept(client: Client, path: str, header: str | None) -> int:
    headers = {} if header is None else {"Accept": header}
    response = client._client.get(path, headers={"Authorization": client.authorization or "", **headers})
    assert response.headers["Content-Type"] == CONTENT_TYPE
    return response.status_code


@pytest.mark.parametrize("header", [f"{TAXII};version=2.1", f"{TAXII}; version=2.1", f"{TAXII} ; version=2.1"])
def test_the_documented_accept_is_accepted_everywhere(reader: Client, header: str) -> None:
    """CN-1: the media type with its version, with or without a space."""
    assert {path: accept(reader, path, header) for path in GETS} == dict.fromkeys(GETS, 200)


def test_the_version_is_optional(reader: Client) -> None:
    """CN-2: without a version it is accepted everywhere."""
    assert {path: accept(reader, path, TAXII) for path in GETS} == dict.fromkeys(GETS, 200)


def test_without_a_version_the_answer_is_the_highest_one(reader: Client) -> None:
    """CN-3: 2.1, the only one that there is."""
    assert reader.get("/taxii2/", headers={"Accept": TAXII}).headers["Content-Type"] == CONTENT_TYPE


@pytest.mark.parametrize("account", ["sg-cert", "th-soc", None])
def test_every_answer_has_the_content_type(as_account: ClientOf, account: str | None) -> None:
    """CN-4: success and error alike, with the version (`check` looks at every answer of every test)."""
    for path in (*GETS, "/nowhere/", at("id", "nothing"), "/taxii2/x/y/z", "/region//collections/"):
        assert as_account(account).get(path).headers["Content-Type"] == CONTENT_TYPE


@pytest.mark.parametrize(
    "header",
    [
        f"text/html, {TAXII};version=2.1",
        f"{TAXII};version=2.1;q=0.1,text/html;q=0.9",
        f"text/html;q=1.0 , application/json , {TAXII};version=2.1 ; q=0.001",
        f"{TAXII};version=2.0,{TAXII};version=2.1",
        f"{TAXII};version=2.1;q=1, */*;q=0",
    ],
)
def test_a_list_with_the_range_in_it_is_accepted(reader: Client, header: str) -> None:
    """CN-5: in any position, with q-values and optional white space."""
    assert {path: accept(reader, path, header) for path in GETS} == dict.fromkeys(GETS, 200)


def test_the_manifests_own_accept_is_accepted(reader: Client) -> None:
    """CN-6: 5.3 documents two media types for it."""
    header = "application/taxii+json;version=2.1,application/stix+json;version=2.1"
    assert accept(reader, at("id", "manifest"), header) == 200


@pytest.mark.parametrize(
    "header",
    [
        "text/html",
        f"{TAXII};version=9.9",
        "application/json;q=0",
        f"{TAXII};q=0, application/json",
        "image/*",
        "nonsense",
    ],
)
def test_an_accept_without_a_defined_media_type_is_refused(reader: Client, header: str) -> None:
    """CN-7: 406 rather than an answer that the client says it cannot read."""
    assert {path: accept(reader, path, header) for path in GETS} == dict.fromkeys(GETS, 406)


@pytest.mark.parametrize("header", ["application/json", "Application/JSON, text/plain;q=0.5"])
def test_plain_json_is_answered_in_taxiis_own_type(reader: Client, header: str) -> None:
    """CN-7: 3.1 lets a server answer in its latest version; scripts that ask for JSON can read it."""
    for path in GETS:
        answer = reader.get(path, headers={"Accept": header})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, CONTENT_TYPE)


@pytest.mark.parametrize("version", ["2.0", "9.9", "2.10", "1"])
def test_an_unsupported_version_is_refused(reader: Client, version: str) -> None:
    """CN-8: 406 where only another version is named."""
    assert accept(reader, "/region/", f"{TAXII};version={version}") == 406


@pytest.mark.parametrize(
    "header", ["Application/TAXII+JSON;version=2.1", f'{TAXII};version="2.1"', f'{TAXII.upper()};VERSION="2.1"']
)
def test_case_and_quotes_do_not_matter(reader: Client, header: str) -> None:
    """CN-9: names are case-insensitive, a quoted value is the same value."""
    assert accept(reader, at("id", "objects"), header) == 200


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("*/*", 200),
        ("application/*", 200),
        ("application/*;q=0.3, text/html", 200),
        ("", 200),
        (None, 200),
        (f"{TAXII};version=2.1;q=0", 406),
        (f"{TAXII};q=0, */*", 406),
        ("*/*;q=0", 406),
        (",,;;q=", 406),
        ("a" * 8000, 406),
    ],
)
def test_wildcards_are_accepted_and_q_0_is_a_refusal(reader: Client, header: str | None, status: int) -> None:
    """CN-10: any range that fits will do; the most specific one decides; nonsense is no 5xx."""
    assert accept(reader, "/taxii2/", header) == status


@pytest.mark.parametrize(
    "header", [f"{TAXII};version=2.1", f"{TAXII}; version=2.1", f"{TAXII};version=2.1; charset=utf-8"]
)
def test_the_documented_content_type_is_read(indonesia: Client, header: str) -> None:
    """CN-11: with and without a space, and with a charset, which some clients add."""
    response = indonesia.post("id", as_envelope([indicator(1)]), headers={"Content-Type": header})
    assert response.status_code == 202


@pytest.mark.parametrize(
    "header", ["text/plain", f"{TAXII};version=9.9", "application/json", "multipart/form-data; boundary=x"]
)
def test_any_other_content_type_is_refused(indonesia: Client, header: str) -> None:
    """CN-12: 415, and nothing is kept."""
    response = indonesia.post("id", as_envelope([indicator(1)]), headers={"Content-Type": header})
    assert response.status_code == 415
    assert indonesia.objects("id") == []


@pytest.mark.parametrize(
    "header", [TAXII, "application/stix+json", "application/stix+json; version=2.1", TAXII.upper()]
)
def test_the_version_of_the_content_type_is_optional(indonesia: Client, header: str) -> None:
    """CN-13: without the parameter it is read, and as STIX, too, which a common platform sends."""
    response = indonesia.post("id", as_envelope([indicator(1)]), headers={"Content-Type": header})
    assert response.status_code == 202


def test_a_body_without_content_type_is_refused(indonesia: Client) -> None:
    """CN-14: an envelope comes with its media type (5.5), and nothing is kept."""
    response = indonesia.post("id", as_envelope([indicator(1)]), headers={"Content-Type": ""})
    assert response.status_code == 415
    assert indonesia.objects("id") == []
