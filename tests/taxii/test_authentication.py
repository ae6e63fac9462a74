"""AU: authentication and authorisation (TAXII 2.1, 1.6.9, 5.1 to 5.8, 8.2.2)."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from tests.conftest import ClientOf, Template
from tests.server.making import (
    COLLECTIONS,
    PASSWORD,
    PASSWORD_ACCOUNT,
    UNKNOWN_COLLECTION,
    Client,
    an_id,
    as_envelope,
    at,
    basic,
    indicator,
)

# method, path below a collection
CALLS = (
    ("GET", ()),
    ("GET", ("manifest",)),
    ("GET", ("objects",)),
    ("POST", ("objects",)),
    ("GET", ("objects", an_id(1))),
    ("DELETE", ("objects", an_id(1))),
    ("GET", ("objects", an_id(1), "versions")),
)
READS = tuple(endpoint for method, endpoint in CALLS if method == "GET" and endpoint)


def calls(collection: str) -> Iterator[tuple[str, str]]:
    yield "GET", "/region/collections/"
    for method, endpoint in CALLS:
        yield method, at(collection, *endpoint)


def status_of(client: Client, method: str, path: str, authorization: str | None) -> int:
    headers = {} if authorization is None else {"Authorization": authorization}
    body = as_envelope([indicator(1)]) if method == "POST" else None
    return Client(client._client.application, None).request(method, path, headers=headers, body=body).status_code


@pytest.mark.parametrize(
    "authorization", [basic("id-cert", "wrong"), basic("nobody", "x"), "Bearer hub_wrong", "Token hub_wrong"]
)
@pytest.mark.parametrize("collection", ["id", "feeds", UNKNOWN_COLLECTION])
def test_wrong_credentials_are_refused_everywhere(indonesia: Client, authorization: str, collection: str) -> None:
    """AU-1: 401 on every collections endpoint and method, whether the collection exists or not."""
    if authorization.startswith("Basic"):  # each is a run of argon2: one call of each kind will do
        assert status_of(indonesia, "GET", at(collection, "objects"), authorization) == 401
        return
    statuses = {(method, path): status_of(indonesia, method, path, authorization) for method, path in calls(collection)}
    assert statuses == dict.fromkeys(statuses, 401)


@pytest.mark.parametrize("collection", ["id", "feeds", UNKNOWN_COLLECTION])
def test_no_credentials_are_refused_the_same(indonesia: Client, collection: str) -> None:
    """AU-1: 401 where nothing is public, so nobody learns what exists."""
    answers = {
        (method, path): status_of(indonesia, method, path, None)
        for method, path in calls(collection)
        if path != "/region/collections/"
    }
    assert answers == dict.fromkeys(answers, 401)


@pytest.mark.parametrize("authorization", ["", "Bearer hub_wrong"])
def test_a_401_tells_how_to_log_in(as_account: ClientOf, authorization: str) -> None:
    """AU-2: WWW-Authenticate with a challenge for each scheme."""
    headers = {"Authorization": authorization} if authorization else {}
    response = as_account(None).get(at("id", "objects"), headers=headers)
    challenges = response.headers.getlist("WWW-Authenticate")
    assert [challenge.partition(" ")[0] for challenge in challenges] == ["Basic", "Bearer"]
    assert all("realm=" in challenge for challenge in challenges)


def test_basic_is_implemented(indonesia: Client) -> None:
    """AU-3: with a password."""
    assert status_of(indonesia, "GET", at("incidents", "objects"), basic(PASSWORD_ACCOUNT, PASSWORD)) == 200


@pytest.mark.parametrize("endpoint", READS)
def test_a_writer_that_may_not_read_is_forbidden(as_account: ClientOf, endpoint: tuple[str, ...]) -> None:
    """AU-4: manifest, objects, object and versions give 403 where can_read is false and the account may know."""
    as_account("id-cert").publish("inbox", indicator(1))
    assert as_account("id-cert").get(at("inbox")).json["can_read"] is False
    assert as_account("id-cert").get(at("inbox", *endpoint)).status_code == 403


@pytest.mark.parametrize("account", ["id-soc", "operator", "partner"])
@pytest.mark.parametrize("endpoint", [(), *READS])
def test_an_account_that_neither_reads_nor_writes_finds_nothing(
    as_account: ClientOf, account: str, endpoint: tuple[str, ...]
) -> None:
    """AU-4: or 404, which does not show that the collection is there; an operator reads no content anywhere."""
    as_account("id-cert").publish("alerts", indicator(1))
    assert as_account(account).get(at("alerts", *endpoint)).status_code == 404


@pytest.mark.parametrize(("account", "collection"), [("sg-cert", "id"), ("id-soc", "incidents"), ("partner", "feeds")])
def test_an_account_that_may_not_write_is_forbidden(as_account: ClientOf, account: str, collection: str) -> None:
    """AU-5: POST gives 403 where can_write is false."""
    client = as_account(account)
    assert client.get(at(collection)).json["can_write"] is False
    assert client.post(collection, as_envelope([indicator(1)])).status_code == 403


def test_delete_by_a_reader_is_forbidden(indonesia: Client, singapore: Client) -> None:
    """AU-6: can_read without can_write: exactly 403."""
    indonesia.publish("id", indicator(1))
    assert singapore.delete("id", an_id(1)).status_code == 403
    assert len(indonesia.objects("id")) == 1


def test_delete_in_a_write_only_collection_is_forbidden(indonesia: Client) -> None:
    """AU-7: can_write without can_read: exactly 403, of what is there and of what is not."""
    indonesia.publish("inbox", indicator(1))
    resource = indonesia.get(at("inbox")).json
    assert (resource["can_read"], resource["can_write"]) == (False, True)
    assert indonesia.delete("inbox", an_id(1)).status_code == 403
    assert indonesia.delete("inbox", an_id(2)).status_code == 403


@pytest.mark.parametrize(
    ("account", "collection"), [("id-soc", "alerts"), ("operator", "id"), ("th-cert", "pair"), ("partner", "id")]
)
def test_delete_with_neither_right_finds_nothing(as_account: ClientOf, account: str, collection: str) -> None:
    """AU-8: neither can_read nor can_write: exactly 404."""
    as_account("id-cert").publish(collection, indicator(1))
    assert as_account(account).delete(collection, an_id(1)).status_code == 404


@pytest.mark.parametrize("account", ["id-cert", "sg-cert", "th-cert", "id-soc", "partner", None])
def test_the_rights_shown_are_those_that_apply(as_account: ClientOf, account: str | None) -> None:
    """AU-9: can_read and can_write of each collection, for each account, agree with what the endpoints do."""
    client = as_account(account)
    shown = client.get("/region/collections/").json.get("collections", [])
    assert shown
    for resource in shown:
        statuses = {client.get(at(resource["id"], *endpoint)).status_code for endpoint in READS}
        assert statuses <= ({200, 404} if resource["can_read"] else {403}), resource
        written = client.post(resource["id"], as_envelope([indicator(1, author=None)])).status_code
        assert written == (202 if resource["can_write"] else 401 if account is None else 403), resource


@pytest.mark.parametrize(
    ("account", "hidden"),
    [
        ("th-cert", {"circle", "pair"}),
        ("sg-cert", {"pair"}),
        ("partner", set(COLLECTIONS) - {"feeds", "bulletins", "drill"}),
        ("id-soc", set(COLLECTIONS) - {"incidents", "feeds", "bulletins", "drill"}),
        (None, set(COLLECTIONS) - {"bulletins", "drill"}),
    ],
)  # fmt: skip - a table
def test_what_an_account_may_not_know_of_is_left_out(
    as_account: ClientOf, account: str | None, hidden: set[str]
) -> None:
    """AU-10: of the list of collections."""
    shown = {resource["alias"] for resource in as_account(account).get("/region/collections/").json["collections"]}
    assert shown == set(COLLECTIONS) - {"drill"} - hidden


@pytest.mark.parametrize(("method", "endpoint"), CALLS)
@pytest.mark.parametrize(
    ("account", "collection"),
    [
        ("th-cert", "circle"),
        ("th-cert", "pair"),
        ("partner", "id"),
        ("th-soc", "circle"),
        ("id-soc", "circle"),
        ("operator", "id"),
    ],
)
def test_a_hidden_collection_answers_like_a_missing_one(
    as_account: ClientOf, account: str, collection: str, method: str, endpoint: tuple[str, ...]
) -> None:
    """AU-11: 404 with the same words, by id and by alias, for each method."""
    as_account("id-cert").publish(collection, indicator(1))
    client = as_account(account)
    for name, unknown in ((COLLECTIONS[collection], UNKNOWN_COLLECTION), (collection, "nothing")):
        body = as_envelope([indicator(1)]) if method == "POST" else None
        hidden = client.request(method, at(name, *endpoint), body=body)
        missing = client.request(method, at(unknown, *endpoint), body=body)
        assert hidden.status_code == missing.status_code == 404
        assert hidden.json["description"].replace(name, "") == missing.json["description"].replace(unknown, "")


@pytest.mark.parametrize("account", ["sg-cert", "id-soc", "partner", "operator", None])
def test_a_status_is_its_senders(as_account: ClientOf, account: str | None) -> None:
    """AU-12: to others it answers like an unknown one, its own constituents among them, since it names objects."""
    status = as_account("id-cert").publish("pair", indicator(1))
    path = f"/region/status/{status['id']}/"
    assert as_account("id-cert").get(path).json == status
    assert as_account(account).get(path).status_code == (401 if account is None else 404)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        " ",
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Basic " + "QUFB" * 3000,
        "Bearer",
        "Bearer ",
        "Token \xe9",
        "Digest username=x",
        "Negotiate abc",
        "nonsense",
        "\x7f",
    ],
)
def test_malformed_credentials_are_no_failure(indonesia: Client, authorization: str) -> None:
    """AU-13: 401, never a 5xx."""
    assert status_of(indonesia, "GET", at("id", "objects"), authorization) == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "TOKEN", "Token"])
def test_keys_are_accepted_in_any_scheme(indonesia: Client, template: Template, scheme: str) -> None:
    """AU-14: other schemes: Bearer and Token, in any case."""
    assert status_of(indonesia, "GET", at("id", "objects"), f"{scheme} {template.keys['sg-cert']}") == 200


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_a_key_is_accepted_as_password(indonesia: Client, template: Template, scheme: str) -> None:
    """AU-14: for platforms that know Basic only, one of which writes it in small letters."""
    header = basic("sg-cert", template.keys["sg-cert"]).replace("Basic", scheme)
    assert status_of(indonesia, "GET", at("id", "objects"), header) == 200
    other = basic("my-cert", template.keys["sg-cert"])
    assert status_of(indonesia, "GET", at("id", "objects"), other) == 401
