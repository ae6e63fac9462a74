"""A connection: in every form of the hub's address and with every fault of the line; and never a credential in a message."""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from hub.errors import (
    ConfigurationError,
    ConnectionFailedError,
    ForbiddenError,
    HubError,
    NotFoundError,
    RefusedError,
    UnauthenticatedError,
)
from hub.producer.audience import collections_at
from hub.producer.connection import HubConnection
from hub.producer.patience import Patience
from tests.ports import free_port
from tests.producer.conftest import Medallion
from tests.producer.running import QUICK, HubProcess, cutting_line
from tests.producer.scripted import COLLECTION, ROOT, Answer, Request, Scripted, taxii

KEY = "hub_key_that_nobody_may_see_5f2d"


@pytest.mark.parametrize("tail", ["", "region", "region/", "taxii2/", "taxii2"])
def test_the_address_may_be_that_of_the_server_or_of_an_api_root(running_hub: HubProcess, tail: str) -> None:
    """A server's address leads to its default API root, with and without the slash at its end."""
    with running_hub.connection(url=running_hub.server_url + tail) as connection:
        assert connection.root_url == running_hub.url


@pytest.mark.parametrize(
    "name", ["c0ffee00-0000-4000-8000-000000000003", "alerts", "Alerts", "ALERTS"], ids=["id", "alias", "title", "case"]
)
def test_a_collection_goes_by_id_alias_or_title(running_hub: HubProcess, name: str) -> None:
    """Each leads to the same collection."""
    with running_hub.connection() as connection:
        assert connection.collection(name).id == "c0ffee00-0000-4000-8000-000000000003"


def test_an_unknown_collection_is_answered_with_the_list(running_hub: HubProcess) -> None:
    """So that a typing error is easily corrected."""
    with running_hub.connection() as connection, pytest.raises(NotFoundError, match=r"no collection 'alert'.*alerts"):
        connection.collection("alert")


def test_two_collections_of_one_title_must_be_named_by_id_or_alias() -> None:
    """Titles need not be unique: an ambiguous one is an error."""
    twin = {**COLLECTION, "id": "c0ffee00-0000-4000-a000-000000000002"}

    def answer(request: Request) -> Answer:
        return Answer(body={"collections": [COLLECTION, twin]} if request.path.endswith("collections/") else ROOT)

    with (
        Scripted(answer) as server,
        HubConnection(server.url + "root/") as connection,
        pytest.raises(NotFoundError, match="2 collections are called 'One'"),
    ):
        connection.collection("One")


def test_a_wrong_key_is_reported_at_once(running_hub: HubProcess) -> None:
    """401 does not pass by itself: it is not tried again, and the message says what to check."""
    pauses: list[float] = []
    with (
        HubConnection(running_hub.url, key=KEY, patience=QUICK, sleep=pauses.append) as connection,
        pytest.raises(UnauthenticatedError, match="check the key"),
    ):
        connection.collections()
    assert pauses == []


def test_another_server_is_read_alike(medallion: Medallion) -> None:
    """medallion, with user and password, and its collection by id and title."""
    with medallion.connection() as connection:
        assert connection.collection("Other") == connection.collection(medallion.collection)


def test_where_nothing_listens_it_is_tried_again_and_then_reported() -> None:
    """Each pause is longer than half of the one before, and the message says what to check."""
    pauses: list[float] = []
    patience = Patience(tries=5, first_pause_seconds=1)
    with (
        HubConnection(f"http://127.0.0.1:{free_port()}/", patience=patience, sleep=pauses.append) as connection,
        pytest.raises(ConnectionFailedError, match="nothing listens there"),
    ):
        connection.collections()
    assert len(pauses) == 4
    assert all(longest / 2 <= pause <= longest for pause, longest in zip(pauses, (1, 2, 4, 8), strict=True))


def test_an_unknown_host_is_reported() -> None:
    """`.invalid` is no host, now or ever (RFC 2606)."""
    with (
        HubConnection("https://hub.invalid/", patience=Patience(tries=1)) as connection,
        pytest.raises(ConnectionFailedError, match="no host of this name"),
    ):
        connection.collections()


def test_a_silent_hub_is_a_time_out() -> None:
    """taxii2-client alone would wait for ever."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with (
            HubConnection(url, patience=Patience(silence_seconds=0.05, tries=1)) as connection,
            pytest.raises(ConnectionFailedError, match=r"silent for 0.05 seconds"),
        ):
            connection.collections()


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("header", ["7", "Wed, 21 Oct 2015 07:28:00 GMT"], ids=["seconds", "a date gone by"])
def test_retry_after_is_honoured(status: int, header: str) -> None:
    """A hub that asks for time gets it, and then the request."""
    answers = [Answer(status, {"title": "Later"}, {"Retry-After": header})] * 2
    pauses: list[float] = []

    def answer(request: Request) -> Answer:
        return answers.pop() if answers else taxii(lambda _: Answer())(request)

    with (
        Scripted(answer) as server,
        HubConnection(server.url + "root/", patience=QUICK, sleep=pauses.append) as connection,
    ):
        assert connection.max_content_length() == 100_000
    assert len(pauses) == 2
    assert min(pauses) >= (7 if header == "7" else 0)


def test_a_very_long_retry_after_is_reported_and_not_waited_for() -> None:
    """Nobody waits a day at a prompt: the outbox keeps the report, and the person knows."""
    pauses: list[float] = []
    with (
        Scripted(lambda _: Answer(503, {"title": "Maintenance"}, {"Retry-After": "86400"})) as server,
        HubConnection(server.url + "root/", patience=QUICK, sleep=pauses.append) as connection,
        pytest.raises(ConnectionFailedError, match=r"Maintenance.*86400 seconds"),
    ):
        connection.collections()
    assert pauses == []


def test_an_address_that_is_no_taxii_server_is_reported() -> None:
    """A web page at the address is the most common mistake of all."""
    with (
        Scripted(lambda _: Answer(body=b"<html>hello</html>", content_type="text/html")) as server,
        HubConnection(server.url + "root/", patience=Patience(tries=1)) as connection,
        pytest.raises(ConnectionFailedError, match=r"not as TAXII 2.1 says"),
    ):
        connection.collections()


@pytest.mark.parametrize("body", [[], 7, None, {"collections": [{}]}, {"collections": 5}, b"", b'{"title": '])
def test_answers_of_any_other_shape_are_one_plain_error(body: Any) -> None:
    """A server may send anything; the result is an error of ours, not a KeyError."""
    with (
        Scripted(lambda _: Answer(body=body)) as server,
        HubConnection(server.url + "root/", patience=Patience(tries=1)) as connection,
        pytest.raises(HubError),
    ):
        connection.collections()


def test_a_redirect_is_not_followed_with_the_credentials() -> None:
    """The message says where a hub has moved; the key goes to no address that nobody named."""
    with Scripted(lambda _: Answer(body=ROOT)) as other:
        elsewhere = Answer(307, {}, {"Location": f"{other.url}stolen/"})
        with (
            Scripted(lambda _: elsewhere) as server,
            HubConnection(server.url + "root/", key=KEY, patience=QUICK) as connection,
            pytest.raises(ConnectionFailedError, match=f"moved to {other.url}stolen/"),
        ):
            connection.collections()
        assert other.asked == []


def test_discovery_cannot_send_the_credentials_elsewhere() -> None:
    """An API root at another address is reported, and used only when it is named as the address."""
    with Scripted(lambda _: Answer(body=ROOT)) as other:
        discovery = {"title": "Server", "default": f"{other.url}root/", "api_roots": [f"{other.url}root/"]}
        with (
            Scripted(lambda _: Answer(body=discovery)) as server,
            HubConnection(server.url, key=KEY) as connection,
            pytest.raises(ConfigurationError, match=other.url),
        ):
            connection.collections()
        assert other.asked == []


def test_no_error_and_no_repr_shows_a_credential() -> None:
    """Not even where the server sends it back, nor in the cause of an error."""

    def echo(request: Request) -> Answer:
        return Answer(403, {"title": "No", "description": f"no \x1b[31m {request.headers['Authorization']}"})

    with Scripted(echo) as server:
        for login in (
            HubConnection(server.url + "root/", key=KEY),
            HubConnection(server.url + "root/", user="cert", password=KEY),
        ):
            with login as connection:
                with pytest.raises(ForbiddenError) as caught:
                    connection.collections()
                error: BaseException | None = caught.value
                shown = repr(connection) + repr(vars(connection)) + repr(vars(connection._line))
                while error is not None:
                    shown, error = shown + repr(error) + str(error), error.__cause__
                assert KEY not in shown
                assert base64.b64encode(f"cert:{KEY}".encode()).decode() not in shown
                assert "\x1b" not in shown


def test_names_and_passwords_travel_as_utf8() -> None:
    """The hub says charset=UTF-8 (RFC 7617); requests alone would send Latin-1, or nothing at all."""
    with Scripted(taxii(lambda _: Answer())) as server:
        with HubConnection(server.url + "root/", user="đội", password="mật khẩu ឃ្លាំង") as connection:
            connection.collections()
        authorization = server.asked[0].headers["Authorization"]
    assert base64.b64decode(authorization.removeprefix("Basic ")).decode() == "đội:mật khẩu ឃ្លាំង"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: HubConnection("hub.example/asean/"), "should be a URL"),
        (lambda: HubConnection("ftp://hub.example/"), "should be a URL"),
        (lambda: HubConnection("https://hub.example:99999/"), "should be a URL"),
        (lambda: HubConnection(f"https://cert:{KEY}@hub.example/"), "leave user and password out"),
        (lambda: HubConnection("http://hub.example/", key=KEY), "is not encrypted"),
        (lambda: HubConnection("https://hub.example/", key=f"{KEY} {KEY}"), "characters that no key has"),
        (lambda: HubConnection("https://hub.example/", key=f"{KEY}\r\nX: 1"), "characters that no key has"),
        (lambda: HubConnection("https://hub.example/", key=KEY, user="cert", password="p"), "but not both"),
        (lambda: HubConnection("https://hub.example/", user="cert"), "one of them is missing"),
        (lambda: HubConnection("https://hub.example/", ca="no-such-file.pem"), "no such file"),
    ],
)
def test_what_cannot_be_used_is_reported_before_anything_is_sent(make: Callable[[], HubConnection], says: str) -> None:
    """Each mistake has its own words, and none of them shows the key."""
    with pytest.raises(ConfigurationError, match=says) as caught:
        make()
    assert KEY not in str(caught.value)


def test_a_key_with_the_newline_of_its_file_is_fine(running_hub: HubProcess) -> None:
    """`HUB_KEY=$(cat key)` and its like."""
    key = running_hub.keys["id-cert"] + "\n"
    with HubConnection(running_hub.url, key=key) as connection:
        assert connection.collection("id").can_write


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def test_an_unknown_certificate_authority_is_reported_and_a_named_one_is_trusted(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A national hub may have an authority of its own; it has precedence over one in the environment."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    our_file, their_file = tmp_path / "ours.pem", tmp_path / "theirs.pem"
    authority.cert_pem.write_to_path(str(our_file))
    trustme.CA().cert_pem.write_to_path(str(their_file))
    pauses: list[float] = []
    with Scripted(taxii(lambda _: Answer()), tls=context) as server:
        with (
            HubConnection(server.url + "root/", key=KEY, sleep=pauses.append) as connection,
            pytest.raises(ConnectionFailedError, match="certificate cannot be verified"),
        ):
            connection.collections()
        assert pauses == []
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(their_file))
        with HubConnection(server.url + "root/", key=KEY, ca=our_file) as connection:
            assert [collection.title for collection in connection.collections()] == ["One"]


_AGO, _LATER = datetime.now(UTC) - timedelta(days=9), datetime.now(UTC) + timedelta(days=9)
CERTIFICATES: dict[str, tuple[Callable[[trustme.CA], trustme.LeafCert] | None, str]] = {
    "expired": (lambda ca: ca.issue_cert("127.0.0.1", not_before=_AGO, not_after=_AGO), "it has expired; tell"),
    "not valid yet": (lambda ca: ca.issue_cert("127.0.0.1", not_before=_LATER), "it is not valid yet; check the clock"),
    "of another address": (lambda ca: ca.issue_cert("192.0.2.1"), "it is for other names than the address has"),
    "of a name": (lambda ca: ca.issue_cert("hub.example"), "it is for other names than the address has"),
    "of an unknown authority": (
        lambda _: trustme.CA().issue_cert("127.0.0.1"),
        "it is signed by an authority that this",
    ),
    "none: a port without TLS": (None, "something answers there, but without TLS: check host and port"),
}


@pytest.mark.parametrize("fault", CERTIFICATES)
def test_what_is_wrong_with_tls_is_reported_at_once_with_what_to_do(
    fault: str, authority: trustme.CA, tmp_path: Path
) -> None:
    """It does not pass by itself, so nothing is tried again; also for a hub that was never asked from here."""
    make, words = CERTIFICATES[fault]
    context = None
    if make is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        make(authority).configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    pauses: list[float] = []
    with Scripted(taxii(lambda _: Answer()), tls=context) as server:
        url = server.url.replace("http://", "https://") + "root/"
        with HubConnection(url, key=KEY, ca=tmp_path / "ca.pem", sleep=pauses.append) as connection:
            with pytest.raises(ConnectionFailedError, match=words):
                connection.collections()
            with pytest.raises(ConnectionFailedError, match=f"{words}.*never asked from here") as caught:
                collections_at(connection, tmp_path)
    assert pauses == []
    assert "try later" not in str(caught.value)


@pytest.mark.parametrize("seed", range(3))
def test_a_line_that_is_cut_anywhere_is_tried_again(running_hub: HubProcess, seed: int) -> None:
    """In the request, in the headers, in the body: the result is whole."""
    with running_hub.connection() as straight:
        expected = straight.collections()
    with cutting_line(running_hub.port, seed, longest=4_000) as line:
        with running_hub.connection(url=f"http://127.0.0.1:{line.port}/region/") as connection:
            for _ in range(20):
                assert connection.collections() == expected
        assert line.cuts > 0


def test_a_refusal_of_another_kind_is_reported_in_the_servers_words() -> None:
    """A status that TAXII does not name comes with what the server says of it."""
    with (
        Scripted(lambda _: Answer(418, {"title": "Teapot", "description": "short and stout."})) as server,
        HubConnection(server.url + "root/") as connection,
        pytest.raises(RefusedError, match=r"418: short and stout$"),
    ):
        connection.collections()
