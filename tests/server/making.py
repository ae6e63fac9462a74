"""Small STIX objects, requests and responses for the tests of the server."""

from __future__ import annotations

import base64
import gzip
import json
import re
import secrets
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote, urlencode

import argon2
import flask
import orjson
from werkzeug.test import TestResponse

from hub.community.hub import Hub
from hub.sharing.credentials import Credentials
from hub.stix.identifiers import SCO_NAMESPACE
from hub.stix.tlp import TLP, TLP2_IDS
from hub.store.base import Store

Content = dict[str, Any]

DECLARATIONS: Final = Path(__file__).parent.parent / "declarations"
START: Final = 1_775_099_400_000  # 2026-04-02T03:10:00Z in milliseconds: the clock of most tests
START_TEXT: Final = "2026-04-02T03:10:00.000000Z"
CONTENT_TYPE: Final = "application/taxii+json;version=2.1"
TIMESTAMP: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z", re.ASCII)  # TAXII 2.1, section 2
FIRST: Final = "X-TAXII-Date-Added-First"
LAST: Final = "X-TAXII-Date-Added-Last"

# The members of tests/declarations, by their own identities.
IDENTITIES: Final = {
    code: f"identity--7c1d8e0a-3b52-4f0e-8a54-2f6f0c9b1d0{number}"
    for number, code in enumerate(("ID", "SG", "MY", "TH"), start=1)
}
# alias -> collection id
COLLECTIONS: Final = {
    alias: f"c0ffee00-0000-4000-8000-{number:012d}"
    for number, alias in enumerate("id sg alerts incidents feeds bulletins inbox circle pair drill".split(), start=1)
}
UNKNOWN_COLLECTION: Final = "c0ffee00-0000-4000-8000-999999999999"
# account -> (kind, member); each logs in with a key
ACCOUNTS: Final = {
    "id-cert": ("cert", "ID"),
    "sg-cert": ("cert", "SG"),
    "my-cert": ("cert", "MY"),
    "th-cert": ("cert", "TH"),
    "id-soc": ("constituent", "ID"),
    "sg-soc": ("constituent", "SG"),
    "th-soc": ("constituent", "TH"),
    "partner": ("partner", None),
    "operator": ("operator", None),
}
PASSWORD_ACCOUNT: Final = "sg-siem"  # a constituent of Singapore that logs in with the password
PASSWORD: Final = "correct horse battery"


class Clock:
    """A clock that stands still until it is set, also back. Milliseconds since 1970."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def cheap_credentials(store: Store, clock: Callable[[], int], remember_milliseconds: int) -> Credentials:
    """Accounts whose passwords are quick to verify; their real cost is for `test_credentials.py`."""
    return Credentials(
        store,
        clock=clock,
        random=secrets.token_bytes,
        remember_milliseconds=remember_milliseconds,
        password_cost=argon2.profiles.CHEAPEST,
    )


# ---------------------------------------------------------------------------------------------------------- objects


def an_id(number: int, object_type: str = "indicator") -> str:
    return f"{object_type}--00000000-0000-4000-8000-{number:012d}"


def stamp(version: int) -> str:
    """The `modified` of the n-th version: a second apart, long before START."""
    return f"2026-03-01T{version // 3600:02d}:{version // 60 % 60:02d}:{version % 60:02d}.000Z"


def marked(level: TLP | None) -> Content:
    return {} if level is None else {"object_marking_refs": [TLP2_IDS[level]]}


def versioned(
    object_type: str,
    number: int,
    version: int = 1,
    *,
    level: TLP | None = TLP.GREEN,
    author: str | None = "ID",
    **properties: Any,
) -> Content:
    """An SDO or SRO of one member; its n-th version has a later `modified`."""
    content = {
        "type": object_type,
        "spec_version": "2.1",
        "id": an_id(number, object_type),
        "created": stamp(1),
        "modified": stamp(version),
        **marked(level),
        **properties,
    }
    return content if author is None else {"created_by_ref": IDENTITIES.get(author, author), **content}


def indicator(number: int = 1, version: int = 1, **properties: Any) -> Content:
    about = {
        "name": f"Indicator {number} in version {version}",
        "pattern": f"[ipv4-addr:value = '198.51.100.{number % 250}']",
        "pattern_type": "stix",
        "valid_from": stamp(1),
        "indicator_types": ["malicious-activity"],
    }
    return versioned("indicator", number, version, **about | properties)


def note(number: int = 1, version: int = 1, about: Sequence[str] = (), **properties: Any) -> Content:
    text = {"content": f"Note {number} in version {version}", "object_refs": list(about) or [an_id(1)]}
    return versioned("note", number, version, **text | properties)


def identity(number: int = 1, version: int = 1, **properties: Any) -> Content:
    about = {"name": f"victim {number}", "identity_class": "organization"}
    return versioned("identity", number, version, **about | properties)


def address(last_byte: int = 1, *, level: TLP | None = TLP.GREEN, **properties: Any) -> Content:
    """An SCO under the id that STIX derives from its value."""
    value = f"203.0.113.{last_byte}" if last_byte < 256 else f"2001:db8::{last_byte:x}"
    object_type = "ipv4-addr" if last_byte < 256 else "ipv6-addr"
    content = {"type": object_type, "spec_version": "2.1", "id": sco_id(object_type, value), "value": value}
    return content | marked(level) | properties


def sco_id(object_type: str, value: str) -> str:
    return f"{object_type}--{uuid.uuid5(SCO_NAMESPACE, json.dumps({'value': value}, separators=(',', ':')))}"


def statement(number: int = 1, **changes: Any) -> Content:
    """A marking definition: versioned by `created` alone, and unmarked itself."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": an_id(number, "marking-definition"),
        "created": stamp(number),
        "definition_type": "statement",
        "definition": {"statement": f"Statement {number}"},
        **changes,
    }


def as_envelope(objects: Iterable[Any]) -> bytes:
    return json.dumps({"objects": list(objects)}).encode()


# --------------------------------------------------------------------------------------------------------- requests


def at(collection: str, *endpoint: str, root: str = "region") -> str:
    """The path below a collection, by its alias or id: `at("id", "objects")`."""
    return "/" + "/".join((root, "collections", collection, *(quote(part, safe="") for part in endpoint))) + "/"


def query(**filters: Any) -> str:
    """TAXII's parameters; id, type, version and spec_version are match filters."""
    names = {name: f"match[{name}]" for name in ("id", "type", "version", "spec_version")}
    return urlencode({names.get(name, name): value for name, value in filters.items() if value is not None})


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


class Answer(TestResponse):
    """As Werkzeug's response, but `json` fails where the body is no JSON."""

    json: Any


class Client:
    """One account at the hub, in this process. Every response is checked for what is true of all responses: see `check`."""

    def __init__(self, app: flask.Flask, authorization: str | None) -> None:
        self._client = app.test_client(use_cookies=False)
        self.authorization = authorization

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        query_string: str = "",
        **environment: Any,
    ) -> Answer:
        all_headers = {
            "Accept": CONTENT_TYPE,
            **({"Content-Type": CONTENT_TYPE} if body is not None else {}),
            **(headers or {}),
        }
        if self.authorization is not None:
            all_headers.setdefault("Authorization", self.authorization)
        response = self._client.open(
            path, method=method, headers=all_headers, data=body, query_string=query_string, **environment
        )
        check(response, method)
        return cast("Answer", response)

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, **filters: Any) -> Answer:
        return self.request("GET", path, headers=headers, query_string=query(**filters))

    def ask(self, path: str, query_string: str) -> Answer:
        """With the query as it is."""
        return self.request("GET", path, query_string=query_string)

    def delete(self, collection: str, object_id: str, **filters: Any) -> Answer:
        return self.request("DELETE", at(collection, "objects", object_id), query_string=query(**filters))

    def post(
        self,
        collection: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        root: str = "region",
        **environment: Any,
    ) -> Answer:
        all_headers = {"Content-Type": CONTENT_TYPE, **(headers or {})}
        path = at(collection, "objects", root=root)
        return self.request("POST", path, headers=all_headers, body=body, **environment)

    def add(self, collection: str, *objects: Any, root: str = "region") -> Content:
        """The status of an envelope with these objects."""
        response = self.post(collection, as_envelope(objects), root=root)
        assert response.status_code == 202, response.get_data(as_text=True)
        status: Content = response.json
        return status

    def publish(self, collection: str, *objects: Content, root: str = "region") -> Content:
        """As `add`; all of them are accepted."""
        status = self.add(collection, *objects, root=root)
        assert status["success_count"] == len(objects), status
        return status

    def refusal(self, collection: str, content: Any) -> str:
        """The words in which this one object is refused."""
        status = self.add(collection, content)
        assert (status["success_count"], status["failure_count"]) == (0, 1), status
        message: str = status["failures"][0]["message"]
        return message

    def objects(self, collection: str, root: str = "region", **filters: Any) -> list[Content]:
        """The objects of one page."""
        return _listed(self.get(at(collection, "objects", root=root), **filters), "objects")

    def manifest(self, collection: str, **filters: Any) -> list[Content]:
        return _listed(self.get(at(collection, "manifest"), **filters), "objects")

    def versions(self, collection: str, object_id: str, **filters: Any) -> list[str]:
        versions: list[str] = _listed(self.get(at(collection, "objects", object_id, "versions"), **filters), "versions")
        return versions

    def walk(self, path: str, by: str = "next", **filters: Any) -> Iterator[Answer]:
        """Every page, by `next` or by `added_after`; ends, since each page has something on it."""
        key = {"next": None} if by == "next" else {"added_after": filters.pop("added_after", None)}
        while True:
            response = self.get(path, **filters, **key)
            assert response.status_code == 200, response.get_data(as_text=True)
            yield response
            if not response.json.get("more"):
                return
            key = {"next": response.json["next"]} if by == "next" else {"added_after": response.headers[LAST]}

    def everything(self, collection: str, resource: str = "objects", by: str = "next", **filters: Any) -> list[Content]:
        """The objects of all pages, in their order."""
        pages = self.walk(at(collection, resource), by, **filters)
        return [content for page in pages for content in page.json.get("objects", ())]


def _listed(response: Answer, key: str) -> list[Any]:
    assert response.status_code == 200, response.get_data(as_text=True)
    values: list[Any] = response.json.get(key, [])
    return values


def trail_entries(hub: Hub, kind: str) -> list[dict[str, Any]]:
    """The entries of that kind in the audit trail."""
    return [entry for row in hub.store.trail() if (entry := orjson.loads(row.text))["what"] == kind]


def pairs(objects: Iterable[Content]) -> list[tuple[str, str]]:
    """(id, modified) of each object."""
    return [(content["id"], str(content.get("modified", content.get("created", "")))) for content in objects]


def ids(objects: Iterable[Mapping[str, Any]]) -> list[str]:
    """The id of each object."""
    return [content["id"] for content in objects]


# ---------------------------------------------------------------------------------------------------------- answers

PAGED: Final = re.compile(r"/collections/[^/]+/(manifest|objects(/[^/]+(/versions)?)?)/?$")
# addresses that are not TAXII's
OF_THEIR_OWN: Final = frozenset({"", "/metrics", "/healthz", "/readyz", "/region/board", "/region/contacts"})
_LEAKS: Final = ("Traceback", 'File "', "sqlite", "apsw", "SELECT ", ".py")


def check(response: TestResponse, method: str = "GET") -> None:
    """What is true of every response of the API: form, headers, and that nothing inside shows (CN-4, HD-1 to 9, ER-1 to 5)."""
    body_bytes = response.get_data()
    if response.headers.get("Content-Encoding") == "gzip" and method != "HEAD":
        body_bytes = gzip.decompress(body_bytes)
    text = body_bytes.decode("utf-8")
    assert response.status_code < 500, text
    if response.status_code < 400 and response.request.path.rstrip("/") in OF_THEIR_OWN:
        return
    if response.request.headers.get("Accept") == "text/html" and response.content_type.startswith("text/html"):
        assert response.status_code in (404, 406), "a person's browser gets a page, and nothing of TAXII"
        return
    assert response.headers["Content-Type"] == CONTENT_TYPE, response.request.path
    assert not 300 <= response.status_code < 400, response.headers.get("Location")
    if method == "HEAD":
        assert text == ""
        return
    body = json.loads(text)
    assert isinstance(body, dict)
    if response.status_code >= 400:
        assert isinstance(body["title"], str)
        assert body["title"]
        assert body["http_status"] == str(response.status_code)
        assert not any(leak in text for leak in _LEAKS), text
        if response.status_code == 401:
            assert response.headers.getlist("WWW-Authenticate")
        return
    assert [] not in body.values(), f"TAXII forbids empty lists: {text[:300]}"
    if body.get("more"):
        assert body.get("objects") or body.get("versions"), "an empty page may not say that there is more"
        assert isinstance(body["next"], str)
    if method == "GET" and PAGED.search(response.request.path):
        assert TIMESTAMP.fullmatch(response.headers[FIRST])
        assert TIMESTAMP.fullmatch(response.headers[LAST])
        assert response.headers[FIRST] <= response.headers[LAST]
    else:
        assert FIRST not in response.headers
