"""Thousands of generated requests over the whole API: none is answered with a 5xx, all in TAXII's form.

Requests are drawn from a seeded generator over the whole API: every address and method, headers, queries and bodies from
valid to absurd, by changing accounts; tokens, dates and ids of earlier answers come back, damaged or not. (Hypothesis
draws the same at eight milliseconds a request, most of a minute of the suite for each thousand; so it is plain Python.)
`make soak` draws more; HUB_SEED and HUB_REQUESTS look elsewhere and further.
"""

from __future__ import annotations

import gzip
import json
import os
import string
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar
from urllib.parse import quote

import pytest

from hub.stix.tlp import TLP
from tests.conftest import ClientOf
from tests.server.making import (
    ACCOUNTS,
    COLLECTIONS,
    CONTENT_TYPE,
    LAST,
    Clock,
    address,
    an_id,
    basic,
    identity,
    indicator,
    note,
    stamp,
    statement,
)

REQUESTS = int(os.environ.get("HUB_REQUESTS", "4000"))
MORE_REQUESTS = 60_000
SEED = os.environ.get("HUB_SEED", "2026-04-02")

ODD_TEXTS = (
    "",
    "\x00",
    "'",
    "\r\nX: 1",
    "%00",
    "..",
    "é",
    "😀",
    "a" * 300,
    "{$ne:1}",
    "\ud7ff",
    "؀",
    "-1",
    "1e9",
    "null",
    "🇮🇩" * 9,
)
ODD_SEGMENTS = (
    "%2e%2e",
    "%ff%fe",
    "%",
    "//",
    ";x=1",
    "a" * 2000,
    "%00",
    "%2F",
    "..",
    "%3F",
    "%23",
    "+",
    "%25",
    "taxii2",
    "metrics",
)
ODD_HEADERS = (
    "",
    "q=",
    ";;,",
    "\xff\xfe",
    "a" * 5000,
    "*/*;q=2",
    "text/html",
    "=?utf-8?q?=",
    '"',
    "application/taxii+json;version=2.1;q=nan",
)
PROPERTIES = (
    "id type created modified spec_version pattern labels name revoked object_marking_refs granular_markings extensions "
    "external_references created_by_ref object_refs definition value x_custom confidence lang valid_from pattern_type"
).split()
T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """One request."""

    account: str | None
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes | None


class Generator:
    """Draws requests; values of earlier responses come back in later ones."""

    def __init__(self, seed: str) -> None:
        self.random = Random(seed)
        self.known_values = {"token": ["none"], "date": ["none"], "status": ["none"]}

    def choice(self, choices: Sequence[T]) -> T:
        return self.random.choice(choices)

    def usually(self, usual: Callable[[], T], unusual: Callable[[], T], share: float = 0.15) -> T:
        return unusual() if self.random.random() < share else usual()

    def call(self) -> Call:
        """Half of all are what real clients send, so that there is something to find."""
        shape = self.random.random()
        account = self.choice([*ACCOUNTS, None])
        if shape < 0.25:
            path = (
                f"/region/collections/{self.choice(['id', 'alerts', 'feeds', 'bulletins', 'circle', 'inbox'])}/objects/"
            )
            return Call(
                "id-cert", "POST", path, "", {"Content-Type": CONTENT_TYPE}, json.dumps(self.envelope()).encode()
            )
        if shape < 0.6:
            return Call(
                account, "GET", self.path(), self.query(), self.choice([{}, {}, {"Accept-Encoding": "gzip"}]), None
            )
        method = self.usually(
            lambda: self.choice(["GET", "GET", "POST", "POST", "DELETE"]),
            lambda: self.choice(["HEAD", "PUT", "PATCH", "OPTIONS", "TRACE", "BREW"]),
        )
        body = self.body() if method in ("POST", "PUT") or self.random.random() < 0.1 else None
        return Call(account, method, self.path(), self.query(), self.headers(), body)

    # ------------------------------------------------------------------------------------------------- addresses

    def segment(self) -> str:
        return self.choice([self.choice(ODD_SEGMENTS), quote(self.text(), safe="")])

    def path(self) -> str:
        root = self.usually(lambda: self.choice(["region", "region", "region", "drills"]), self.segment, 0.05)
        name = self.usually(lambda: self.choice([*COLLECTIONS, *COLLECTIONS.values()]), self.segment, 0.1)
        shapes = (
            "/taxii2/",
            "/{r}/",
            "/{r}/status/{s}/",
            "/{r}/collections/",
            "/{r}/collections/{c}/",
            "/{r}/collections/{c}/manifest/",
            "/{r}/collections/{c}/objects/",
            "/{r}/collections/{c}/objects/",
            "/{r}/collections/{c}/objects/",
            "/{r}/collections/{c}/objects/{o}/",
            "/{r}/collections/{c}/objects/{o}/versions/",
            "/",
            "/metrics",
            "/healthz",
            "/{o}/{o}/{o}/{o}",
        )  # fmt: skip - the API's addresses
        path = self.choice(shapes).format(
            r=root,
            c=name,
            o=self.usually(self.object_id, self.segment),
            s=self.usually(lambda: self.choice(self.known_values["status"]), self.segment),
        )
        return path.rstrip("/") or "/" if self.random.random() < 0.1 else path

    def object_id(self) -> str:
        kind = self.choice(["indicator", "note", "identity", "marking-definition", "x-thing"])
        number = self.random.randrange(12)
        return self.choice([an_id(number, kind), an_id(number, kind), str(address(number + 1)["id"])])

    # --------------------------------------------------------------------------------------------------- queries

    def timestamp(self) -> str:
        digits = "".join(self.choice(string.digits) for _ in range(self.random.randrange(11)))
        return self.choice(
            [
                self.choice(self.known_values["date"]),
                stamp(self.random.randrange(1, 5)),
                self.wild_timestamp(digits),
                f"2026-03-01T00:00:0{self.random.randrange(9)}.{digits}Z",
            ]
        )

    def wild_timestamp(self, digits: str) -> str:
        year, month, day, hour = (self.random.randrange(limit) for limit in (100, 14, 33, 26))
        return (
            f"20{year:02d}-{month:02d}-{day:02d}T{hour:02d}:00:61.{digits}{self.choice(['Z', '+00:00', '+08:00', ''])}"
        )

    def parameter(self) -> tuple[str, str]:
        name = self.choice(
            ["limit", "added_after", "next", "match[id]", "match[type]", "match[version]", "match[spec_version]"]
        )
        many = range(self.random.randrange(1, 4))
        usual: dict[str, Callable[[], str]] = {
            "limit": lambda: str(self.random.randrange(1, 40)),
            "added_after": self.timestamp,
            "next": lambda: self.choice(self.known_values["token"]) + self.choice(["", "", "", "x"]),
            "match[id]": lambda: ",".join(self.object_id() for _ in many),
            "match[type]": lambda: self.choice(["indicator", "note,identity", "ipv4-addr", "x-thing"]),
            "match[version]": lambda: ",".join(self.choice(["last", "first", "all", self.timestamp()]) for _ in many),
            "match[spec_version]": lambda: self.choice(["2.1", "2.0", "2.0,2.1"]),
        }
        value = self.usually(usual[name], self.text)
        return self.usually(lambda: name, self.text, 0.05), value

    def query(self) -> str:
        pairs = [self.parameter() for _ in range(self.random.randrange(4))]
        safe = self.choice(["", "[],:", string.punctuation])
        return "&".join(f"{quote(name, safe='[]')}={quote(value, safe=safe)}" for name, value in pairs)

    def headers(self) -> dict[str, str]:
        offers: dict[str, Sequence[str]] = {
            "Accept": [CONTENT_TYPE, CONTENT_TYPE, "application/taxii+json", "*/*", *ODD_HEADERS],
            "Content-Type": [
                CONTENT_TYPE,
                CONTENT_TYPE,
                "application/stix+json; version=2.1",
                "text/plain",
                *ODD_HEADERS,
            ],
            "Accept-Encoding": ["gzip", "gzip;q=0", "*", "br", *ODD_HEADERS],
            "Content-Encoding": ["gzip", "identity", "br", *ODD_HEADERS],
            "Authorization": ["Bearer x", "Basic x", basic("no", "body"), "Token ", "Digest", *ODD_HEADERS],
            "Range": ["bytes=0-10"],
            "If-None-Match": ["*", '"x"'],
            "Expect": ["100-continue"],
            "X-Forwarded-Host": ["evil.example", *ODD_HEADERS],
            "X-HTTP-Method-Override": ["DELETE"],
            "Host": ["evil.example", "", "a:b:c", "[::1", "%00"],
        }
        share = {"Authorization": 0.1, "Host": 0.03, "Content-Encoding": 0.15}
        return {
            name: self.choice(values) for name, values in offers.items() if self.random.random() < share.get(name, 0.3)
        }

    # ---------------------------------------------------------------------------------------------------- bodies

    def text(self) -> str:
        if self.random.random() < 0.6:
            return self.choice(ODD_TEXTS)
        return "".join(chr(self.choice([self.random.randrange(128), self.random.randrange(0xD800)])) for _ in range(8))

    def value(self, depth: int = 3) -> Any:
        plain: list[Callable[[], Any]] = [
            self.text,
            self.timestamp,
            self.object_id,
            lambda: None,
            lambda: True,
            lambda: self.random.randrange(-(2**70), 2**70),
            lambda: self.random.uniform(-1e300, 1e300),
            lambda: 2.0,
            lambda: "\ud800",
        ]  # fmt: skip - one of these
        if depth and self.random.random() < 0.4:
            if self.random.random() < 0.5:
                return [self.value(depth - 1) for _ in range(self.random.randrange(4))]
            return {
                self.choice([self.text(), *PROPERTIES]): self.value(depth - 1) for _ in range(self.random.randrange(4))
            }
        return self.choice(plain)()

    def object(self) -> Any:
        number, version = self.random.randrange(12), self.random.randrange(1, 5)
        level = self.choice([*TLP, None])
        author = self.choice(["ID", "ID", "SG", None, "identity--00000000-0000-4000-8000-00000000abcd"])
        factories: list[Callable[[], dict[str, Any]]] = [
            lambda: indicator(number, version, level=level, author=author, revoked=self.random.random() < 0.1),
            lambda: note(number, version, level=level, author=author, about=[self.object_id()]),
            lambda: identity(number, version, level=level, author=author),
            lambda: address(number + 1, level=level),
            lambda: statement(number),
        ]
        content = self.choice(factories)()
        shape = self.random.random()
        if shape < 0.35:
            content[self.choice(PROPERTIES)] = self.value()
        elif shape < 0.45:
            content.pop(self.choice(list(content)))
        return self.value() if shape > 0.97 else content

    def envelope(self) -> Any:
        return {"objects": [self.object() for _ in range(self.random.randrange(1, 5))]}

    def body(self) -> bytes:
        body = json.dumps(self.usually(self.envelope, self.value)).encode("utf-8", "surrogatepass")
        if self.random.random() < 0.15:
            body = gzip.compress(body)
        if self.random.random() < 0.15:
            body = body[: self.random.randrange(len(body) + 1)]
        if body and self.random.random() < 0.15:
            place = self.random.randrange(len(body))
            body = body[:place] + bytes([body[place] ^ 1 << self.random.randrange(8)]) + body[place + 1 :]
        return body


@pytest.mark.parametrize("requests", [REQUESTS, pytest.param(MORE_REQUESTS, marks=pytest.mark.soak)])
def test_no_generated_request_gets_a_5xx(as_account: ClientOf, clock: Clock, requests: int) -> None:
    """Each response is also checked as `making.check` checks all: content type, headers, form, no empty lists."""
    generator = Generator(SEED)
    statuses: Counter[int] = Counter()
    for number in range(requests):
        clock.now += 1
        call = generator.call()
        try:
            response = as_account(call.account).request(
                call.method, call.path, headers=call.headers, body=call.body, query_string=call.query
            )
        except (AssertionError, ValueError, UnicodeError) as error:
            raise AssertionError(f"request {number} of seed {SEED}: {call}: {error}") from error
        statuses[response.status_code] += 1
        if "Content-Encoding" in response.headers or call.method == "HEAD":
            continue
        if response.status_code == 202:
            status = response.json
            generator.known_values["status"] = [status["id"]]
            assert status["total_count"] == status["success_count"] + status["failure_count"]
            assert len(status.get("successes", [])) == status["success_count"]
        elif response.status_code == 200 and LAST in response.headers:
            generator.known_values["date"] = [response.headers[LAST]]
            if "next" in response.json:
                generator.known_values["token"] = [response.json["next"]]
    # they did not all end at the door
    assert {200, 202, 400, 401, 403, 404, 405, 406, 415} <= set(statuses), statuses
    assert min(statuses[200], statuses[202]) > requests / 10, statuses
