"""ER and CU: error messages (TAXII 2.1, 3.6) and custom properties (7.1)."""

from __future__ import annotations

import json
import re

import pytest

from tests.conftest import ClientOf
from tests.server.making import CONTENT_TYPE, Client, an_id, as_envelope, at, indicator, versioned

# (status, account, method, path, query)
REFUSED = (
    (400, "id-cert", "GET", at("id", "objects"), "limit=0"),
    (401, None, "GET", at("id", "objects"), ""),
    (403, "sg-cert", "POST", at("id", "objects"), ""),
    (404, "id-cert", "GET", at("id", "objects", an_id(9)), ""),
    (404, "id-cert", "GET", "/no/such/address", ""),
    (405, "id-cert", "PUT", at("id", "objects"), ""),
)


@pytest.mark.parametrize(("status", "account", "method", "path", "query"), REFUSED)
def test_an_error_is_a_taxii_error_message(
    as_account: ClientOf, status: int, account: str | None, method: str, path: str, query: str
) -> None:
    """ER-1: a JSON object with a title, and here with words for a person."""
    response = as_account(account).request(method, path, query_string=query)
    assert response.status_code == status
    assert isinstance(response.json["title"], str)
    assert response.json["description"].endswith(".")


@pytest.mark.parametrize(("status", "account", "method", "path", "query"), REFUSED)
def test_http_status_is_a_text(
    as_account: ClientOf, status: int, account: str | None, method: str, path: str, query: str
) -> None:
    """ER-2: and equals the answer's status."""
    assert as_account(account).request(method, path, query_string=query).json["http_status"] == str(status)


@pytest.mark.parametrize(("status", "account", "method", "path", "query"), REFUSED)
def test_errors_have_the_content_type(
    as_account: ClientOf, status: int, account: str | None, method: str, path: str, query: str
) -> None:
    """ER-3: TAXII 2.1's."""
    response = as_account(account).request(method, path, query_string=query)
    assert (response.status_code, response.headers["Content-Type"]) == (status, CONTENT_TYPE)


def test_errors_carry_an_id_that_is_in_the_log(indonesia: Client, caplog: pytest.LogCaptureFixture) -> None:
    """ER-4: so that the operator finds what a sender complains about."""
    with caplog.at_level("INFO", logger="hub.request"):
        response = indonesia.get(at("id", "objects"), limit=0)
    assert re.fullmatch("[0-9a-f]{16}", response.json["error_id"])
    logged = [json.loads(record.getMessage()) for record in caplog.records if record.name == "hub.request"]
    assert [line["error_id"] for line in logged] == [response.json["error_id"]]


@pytest.mark.parametrize(("status", "account", "method", "path", "query"), REFUSED)
def test_errors_show_nothing_of_the_inside(
    as_account: ClientOf, status: int, account: str | None, method: str, path: str, query: str
) -> None:
    """ER-5: no stack trace, SQL or file path (`check` looks at every answer of every test)."""
    text = as_account(account).request(method, path, query_string=query).get_data(as_text=True)
    assert "/" not in text.replace(path, "").replace("/taxii2/", "").replace("/region/collections/", "")


def test_a_bug_is_reported_without_its_inside(
    indonesia: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """ER-5: the words of the exception go to the log alone, under the error_id."""

    def broken(*_: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("hub.sharing.hub.TaxiiHub.objects", broken)
    response = indonesia._client.get(at("id", "objects"), headers={"Authorization": indonesia.authorization or ""})
    assert (response.status_code, response.headers["Content-Type"]) == (500, CONTENT_TYPE)
    assert "secret" not in response.get_data(as_text=True)
    assert response.json is not None
    assert response.json["error_id"] in caplog.text
    assert "the secret inside" in caplog.text


@pytest.mark.parametrize(
    "method", ["PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "POST", "HEAD", "GET", "FOO", "DELETE"]
)
def test_no_method_is_a_failure(indonesia: Client, method: str) -> None:
    """ER-6: 405 where the address does not take it; HEAD and GET answer."""
    indonesia.publish("id", indicator(1))
    body = as_envelope([indicator(1)]) if method == "POST" else None
    objects, single_object = at("id", "objects"), at("id", "objects", an_id(1))
    for path in (
        "/taxii2/",
        "/region/",
        "/region/collections/",
        at("id"),
        at("id", "manifest"),
        objects,
        single_object,
    ):
        status = indonesia.request(method, path, body=body).status_code
        if method in ("GET", "HEAD"):
            assert status == 200
        elif (method, path) in (("POST", objects), ("DELETE", single_object)):
            assert status in (200, 202)
        else:
            assert status == 405


def test_head_answers_like_get_without_the_body(indonesia: Client) -> None:
    """ER-6: the same headers."""
    indonesia.publish("id", indicator(1))
    got, head = (indonesia.request(method, at("id", "objects")) for method in ("GET", "HEAD"))
    for name in ("Content-Type", "Content-Length", "X-TAXII-Date-Added-Last"):
        assert got.headers[name] == head.headers[name]


@pytest.mark.parametrize("name", ["x_my_country_score", "x_abc", "x_" + "a" * 247])
def test_custom_properties_are_kept(indonesia: Client, singapore: Client, name: str) -> None:
    """CU-1: well-named ones of an object come back as they were."""
    content = indicator(1) | {name: {"n": 1}}
    indonesia.publish("id", content)
    assert singapore.objects("id") == [content]


@pytest.mark.parametrize("name", ["x_" + "a" * 249, "xX_Bad", "ab", "a b", "", "ü" * 10])
def test_ill_named_custom_properties_are_refused(indonesia: Client, name: str) -> None:
    """CU-1: a-z, 0-9 and _; 3 to 250 characters."""
    assert indonesia.refusal("id", indicator(1) | {name: 1})


def test_custom_objects_are_kept(indonesia: Client, singapore: Client) -> None:
    """CU-1: types that STIX does not define, too."""
    content = versioned("x-sensor-reading", 1, x_value=7)
    indonesia.publish("id", content)
    assert singapore.objects("id", type="x-sensor-reading") == [content]
