"""Signing in to the pages: sessions, what ends them, and requests that other sites make a browser send."""

from __future__ import annotations

import io
from urllib.parse import quote

import flask
import pytest
from werkzeug.test import EnvironBuilder

from hub.community.hub import Hub
from hub.pages.forms import local_target
from hub.server import front
from hub.server.app import create_app
from hub.sharing.members import Account, AccountKind
from hub.sharing.sessions import ENDED
from tests.console.conftest import ACCEPT, ORIGIN, PASSWORD, Browser, SignedIn
from tests.durations import HOUR, MINUTE
from tests.server.making import Clock


def cookie_of(browser: Browser) -> str:
    cookie = browser.client.get_cookie("hub_session")
    return cookie.value if cookie is not None else ""


def test_a_browser_without_a_session_is_led_to_the_sign_in_and_back(hub: Hub, browser: Browser) -> None:
    """And from there to the page that it requested."""
    response = browser.get("/asean/contacts/")
    assert (response.status_code, response.headers["Location"]) == (
        303,
        f"/console/login?to={quote('/asean/contacts/', safe='')}",
    )
    assert 'value="/asean/contacts/"' in browser.text(response.headers["Location"])
    key = hub.credentials.rotate("sg-cert", None)
    assert key is not None
    response = browser.sign_in("sg-cert", key, to="/asean/contacts/")
    assert (response.status_code, response.headers["Location"]) == (303, "/asean/contacts/")


def test_a_password_works_like_a_key(hub: Hub, browser: Browser) -> None:
    """An officer may have either."""
    hub.credentials.add(Account("sg-desk", AccountKind.CERT, "SG"), PASSWORD)
    assert browser.sign_in("sg-desk", PASSWORD).status_code == 303
    assert "sg-desk" in browser.text("/")


@pytest.mark.parametrize(("name", "start"), [("sg-cert", "/asean/board/"), ("id-soc", "/"), ("partner", "/")])
def test_each_kind_of_account_begins_where_its_work_is(signed_in: SignedIn, name: str, start: str) -> None:
    """A CERT at the board; who only reads, at the collections."""
    response = signed_in(name).get("/console/login")
    assert (response.status_code, response.headers["Location"]) == (303, start)


@pytest.mark.parametrize(
    ("name", "password"), [("sg-cert", "wrong"), ("nobody", "wrong"), ("sg:cert", "wrong"), ("", ""), ("x" * 9000, "y")]
)
def test_wrong_credentials_are_answered_in_the_same_words(browser: Browser, name: str, password: str) -> None:
    """Nobody learns which names exist; and no browser asks for a password in a window of its own."""
    response = browser.sign_in(name, password)
    text = response.get_data(as_text=True)
    assert response.status_code == 401
    assert "WWW-Authenticate" not in response.headers
    assert "Set-Cookie" not in response.headers
    assert "The name and the password or key do not fit together." in text


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(hub: Hub, browser: Browser, signed_in: SignedIn) -> None:
    """Over TLS it has a name that no other host and no plain connection can set."""
    key = hub.credentials.rotate("id-cert", None) or ""
    plain = browser.sign_in("id-cert", key).headers["Set-Cookie"]
    assert plain.startswith("hub_session=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(plain.split("; "))
    over_tls = Browser(create_app(hub, public_url="https://hub.example"))
    response = over_tls.post("/console/login", {"name": "id-cert", "password": key}, Origin="https://hub.example")
    secure = response.headers["Set-Cookie"]
    assert secure.startswith("__Host-hub_session=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(secure.split("; "))


def test_a_session_ends_when_nobody_uses_it(signed_in: SignedIn, clock: Clock, hub: Hub) -> None:
    """Each request prolongs it, except those that the script makes by itself; and it ends after hours in any case."""
    idle = hub.limits.session_idle_minutes * MINUTE
    singapore = signed_in("sg-cert")
    clock.now += idle - MINUTE
    assert singapore.get("/").status_code == 200
    clock.now += idle - MINUTE
    assert singapore.get("/").status_code == 200, "the last request prolonged it"
    clock.now += idle - MINUTE
    assert singapore.get("/", **{"Hub-Live": "1"}).status_code == 200
    clock.now += 2 * MINUTE
    assert singapore.get("/").status_code == 303


def test_a_session_ends_after_its_longest_life(signed_in: SignedIn, clock: Clock, hub: Hub) -> None:
    """Also when it is in use."""
    singapore = signed_in("sg-cert")
    for _ in range(hub.limits.session_hours * 2):
        clock.now += HOUR // 2
        assert singapore.get("/").status_code == 200
    clock.now += MINUTE
    assert singapore.get("/").status_code == 303


@pytest.mark.parametrize("change", ["disable", "rotate"])
def test_a_session_ends_when_its_account_may_no_longer_sign_in(signed_in: SignedIn, hub: Hub, change: str) -> None:
    """At the next request after the account was disabled or got another key."""
    singapore, indonesia = signed_in("sg-cert"), signed_in("id-cert")
    assert singapore.get("/").status_code == 200
    if change == "disable":
        hub.credentials.disable("sg-cert")
    else:
        hub.credentials.rotate("sg-cert", None)
    assert singapore.get("/").status_code == 303
    assert indonesia.get("/").status_code == 200


def test_signing_out_ends_copies_of_the_cookie_too(signed_in: SignedIn, hub: Hub, clock: Clock) -> None:
    """What is noted of ended sessions goes when they would be over anyway."""
    singapore, other = signed_in("sg-cert"), signed_in("my-cert")
    copy = cookie_of(singapore)
    assert singapore.post("/console/logout", {"form_token": singapore.token()}).status_code == 303
    assert singapore.get("/").status_code == 303
    thief = Browser(singapore.app)
    thief.client.set_cookie("hub_session", copy)
    assert thief.get("/").status_code == 303
    assert len(hub.store.facts(ENDED)) == 1
    clock.now += 13 * HOUR
    third = signed_in("th-cert")
    third.post("/console/logout", {"form_token": third.token()})
    assert len(hub.store.facts(ENDED)) == 1
    assert other.get("/").status_code == 303, "over by now"


def test_signing_in_again_ends_the_session_that_the_browser_had(signed_in: SignedIn, hub: Hub) -> None:
    """Also a copy of its cookie (ASVS 7.2.4)."""
    browser = signed_in("sg-cert")
    copy = cookie_of(browser)
    key = hub.credentials.rotate("my-cert", None)
    assert browser.sign_in("my-cert", key or "").status_code == 303
    assert browser.get("/").status_code == 200
    thief = Browser(browser.app)
    thief.client.set_cookie("hub_session", copy)
    assert thief.get("/").status_code == 303


@pytest.mark.parametrize("end", [0, 10, -1])
def test_a_changed_cookie_opens_nothing(signed_in: SignedIn, end: int) -> None:
    """It is signed as a whole."""
    singapore = signed_in("sg-cert")
    cookie = cookie_of(singapore)
    at = end if end >= 0 else len(cookie) - 2
    changed = cookie[:at] + ("A" if cookie[at] != "A" else "B") + cookie[at + 1 :]
    singapore.client.set_cookie("hub_session", changed)
    assert singapore.get("/").status_code == 303


def test_a_session_opens_pages_and_nothing_of_taxii(signed_in: SignedIn) -> None:
    """TAXII takes an Authorization header alone, so that no page of another site can use a session there."""
    singapore = signed_in("sg-cert")
    taxii = {"Accept": "application/taxii+json;version=2.1"}
    assert singapore.client.get("/asean/collections/", headers=taxii).status_code == 401
    assert singapore.client.get("/asean/board/", headers=taxii).status_code == 200


FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", ["/console/login", "/console/logout", "/asean/contacts/"])
def test_forms_of_other_sites_are_refused(signed_in: SignedIn, path: str, headers: dict[str, str]) -> None:
    """Also with a token, which they cannot know."""
    singapore = signed_in("sg-cert")
    fields = {"form_token": singapore.token(), "name": "sg-cert", "password": "x"}
    assert singapore.post(path, fields, **headers).status_code == 403


@pytest.mark.parametrize("token", ["", "x", "0011223344556677.00112233445566778899aabbccddeeff", "é.é"])
@pytest.mark.parametrize("path", ["/console/logout", "/asean/contacts/"])
def test_forms_without_their_token_are_refused(signed_in: SignedIn, path: str, token: str) -> None:
    """And with the token of another session."""
    singapore, other = signed_in("sg-cert"), signed_in("my-cert")
    assert singapore.post(path, {"form_token": token}).status_code == 403
    assert singapore.post(path, {"form_token": other.token()}).status_code == 403
    assert singapore.post(path, {"form_token": singapore.token()}).status_code in (200, 303)


def test_the_token_differs_on_each_page(signed_in: SignedIn) -> None:
    """So that the size of compressed pages does not give it away, letter by letter."""
    singapore = signed_in("sg-cert")
    assert singapore.token() != singapore.token()


def test_other_sites_cannot_use_a_browser_that_remembers_basic(hub: Hub, app: flask.Flask) -> None:
    """What TAXII clients send is accepted as before; what only a page of another site sends is not."""
    key = hub.credentials.rotate("id-cert", None) or ""
    client = app.test_client()
    path = "/asean/collections/alerts/objects/"
    program = {"Authorization": f"Bearer {key}", "Accept": "*/*"}
    assert client.post(path, data=b'{"objects": []}', headers=program).status_code != 403
    for site in ("cross-site", "same-site"):
        response = client.post(path, data=b'{"objects": []}', headers={**program, "Sec-Fetch-Site": site})
        assert response.status_code == 403
        assert response.headers["Content-Type"] == "application/taxii+json;version=2.1"


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\nb",
        "",
        "/é",
        "/" + "a" * 900,
    ],
)
def test_signing_in_leads_nowhere_else(address: str) -> None:
    """The target is a path on this hub."""
    assert local_target(address) == ""


@pytest.mark.parametrize("path", ["/", "/console/login", "/asean/board/", "/nowhere/board/"])
def test_every_page_forbids_what_it_does_not_need(signed_in: SignedIn, path: str) -> None:
    """Errors, too: no script but the hub's own, nothing from elsewhere, no frame around it."""
    singapore = signed_in("sg-cert")
    response = singapore.get(path) if path != "/console/login" else Browser(singapore.app).get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self';")
    assert "frame-ancestors 'none'; base-uri 'none'" in policy
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    text = response.get_data(as_text=True)
    assert " style=" not in text
    assert " on" + "click=" not in text


def test_a_program_gets_what_it_always_got(app: flask.Flask) -> None:
    """Errors in TAXII's form and no page, whatever it accepts but HTML first."""
    client = app.test_client()
    for accept in ("*/*", "application/taxii+json;version=2.1", "application/json", f"application/json,{ACCEPT};q=0.1"):
        response = client.get("/asean/board/", headers={"Accept": accept})
        assert response.status_code == 401
        assert response.headers["Content-Type"] == "application/taxii+json;version=2.1"
        assert response.headers.getlist("WWW-Authenticate")


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/console/login", 17 * 1024, 400),
        ("/console/lookup", 513 * 1024, 413),
        ("/console/logout", 513 * 1024, 413),
        ("/asean/contacts/", 513 * 1024, 413),
        ("/asean/board/incident--x/preview", 65 * 1024, 422),
    ],
)
def test_a_form_sent_in_chunks_is_as_bounded_as_any(signed_in: SignedIn, path: str, size: int, status: int) -> None:
    """A body in chunks says no length beforehand."""
    singapore = signed_in("sg-cert")
    form = b"form_token=" + singapore.token().encode() + b"&name=" + b"a" * size
    response = singapore.client.post(
        path,
        input_stream=io.BytesIO(form),
        headers={"Accept": ACCEPT, "Origin": ORIGIN, "Transfer-Encoding": "chunked"},
        content_type="application/x-www-form-urlencoded",
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert response.status_code == status


def test_a_session_has_the_share_and_the_limits_of_its_account(app: flask.Flask, signed_in: SignedIn) -> None:
    """As each request with a key does: the front learns whose it is."""
    cookie = f"hub_session={cookie_of(signed_in('sg-cert'))}"
    environ = EnvironBuilder("/console/lookup", headers=[("Accept", ACCEPT), ("Cookie", cookie)]).get_environ()
    list(app.wsgi_app(environ, lambda *_: lambda _part: None))
    assert environ[front.ACCOUNT].name == "sg-cert"
