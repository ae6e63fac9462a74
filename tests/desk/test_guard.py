"""Who may use the desk: the browser that the token opened, at the desk's own address, from the desk's own pages."""

from __future__ import annotations

import stat
from http.cookies import SimpleCookie

import pytest

from hub.desk.guard import COOKIE, Guard
from tests.desk.conftest import HOST, ORIGIN, PORT, SHEET, Browser, at_desk, files_below, report_of, row
from tests.producer.offices import Office


def test_a_token_opens_the_desk_once(browser: Browser) -> None:
    """The second who uses it gets nothing, and the first keeps the desk."""
    address = browser.guard.new_address().removeprefix(ORIGIN)
    thief = Browser(browser.app, browser.guard)
    assert browser.get(address, prefix="").status_code == 200
    stolen = thief.get(address, prefix="")
    assert stolen.status_code == 401
    assert "Set-Cookie" not in stolen.headers
    assert browser.get("/").status_code == 200
    assert thief.get("/").status_code == 401


def test_a_new_address_makes_the_old_one_useless(browser: Browser) -> None:
    old = browser.guard.new_address().removeprefix(ORIGIN)
    browser.guard.new_address()
    assert browser.get(old, prefix="").status_code == 401


@pytest.mark.parametrize("token", ["", "x", "%00", "é" * 43, "A" * 43, "../" * 5])
def test_a_guessed_token_opens_nothing(browser: Browser, token: str) -> None:
    browser.guard.new_address()
    response = Browser(browser.app, browser.guard).get(f"/open/{token}", prefix="")
    assert response.status_code in (401, 404)
    assert "Set-Cookie" not in response.headers


def test_an_opened_desk_ends_the_session_before(browser: Browser) -> None:
    """The last to open it is alone: an earlier window, of anybody, shows nothing more."""
    other = Browser(browser.app, browser.guard)
    assert other.open().status_code == 200
    assert browser.get("/").status_code == 401


def test_the_cookie_is_for_this_desk_alone(office: Office) -> None:
    """No script reads it, no other site's request carries it, and no other port of this host gets it: its path is secret."""
    browser = at_desk(office)
    cookie = SimpleCookie(browser.open().headers["Set-Cookie"])[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == f"{browser.guard.prefix}/"
    assert len(browser.guard.prefix) > 20
    assert Guard(PORT).prefix != browser.guard.prefix


@pytest.mark.parametrize(
    "path", ["/", "/new/form", "/outbox/", "/records/", "/incoming/", "/incoming/news", "/nothing"]
)
def test_without_the_cookie_every_page_says_the_same(browser: Browser, path: str) -> None:
    """Not even which pages there are, nor the secret path; and nothing of what is on the desk."""
    stranger = Browser(browser.app, browser.guard)
    for prefix in (browser.guard.prefix, "", "/guess"):
        response = stranger.get(path, prefix=prefix)
        assert response.status_code == 401
        assert browser.guard.prefix not in response.get_data(as_text=True)


@pytest.mark.parametrize(
    "host",
    ["evil.example", f"evil.example:{PORT}", f"localhost:{PORT}", "127.0.0.1", "127.0.0.1:80", f"[::1]:{PORT}", ""],
)
def test_another_host_is_refused(browser: Browser, host: str) -> None:
    """A name of another site that leads to 127.0.0.1 (DNS rebinding) reads nothing, and opens nothing with the token."""
    assert browser.get("/", Host=host).status_code == 403
    address = browser.guard.new_address().removeprefix(ORIGIN)
    assert browser.get(address, prefix="", Host=host).status_code == 403
    assert browser.get(address, prefix="", Host=HOST).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_origins_get_nothing(browser: Browser, site: str) -> None:
    """`same-site` is another port of this host, where another user may serve a page."""
    assert browser.get("/", **{"Sec-Fetch-Site": site}).status_code == 403
    assert browser.get("/incoming/news", **{"Sec-Fetch-Site": site}).status_code == 403
    assert browser.post("/close", None, **{"Sec-Fetch-Site": site}).status_code == 403
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "", "http://127.0.0.1:9999", f"https://{HOST}", f"http://localhost:{PORT}"],
)
def test_a_form_comes_from_the_desk_alone(browser: Browser, origin: str) -> None:
    """Whatever else is right: another Origin, or none, changes nothing."""
    report = report_of(browser.upload(SHEET + row("ID-G1")))
    assert browser.post(f"{report}delete", Origin=origin).status_code == 403
    assert "ID-G1" in browser.text(report)
    browser.post(f"{report}delete")
    assert browser.get(report).status_code == 404


@pytest.mark.parametrize("token", ["", "x", "é"])
def test_a_form_needs_its_token(browser: Browser, token: str) -> None:
    assert browser.post("/close", {"form_token": token}).status_code == 403
    assert browser.get("/").status_code == 200


def test_closing_the_desk_ends_the_session(browser: Browser) -> None:
    assert browser.post("/close").status_code == 200
    assert browser.get("/").status_code == 401
    assert browser.open().status_code == 200


def test_pages_may_do_nothing_but_their_own(browser: Browser) -> None:
    """The policy forbids scripts in the page, other servers, and frames; nothing is kept by the browser."""
    response = browser.get("/")
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert response.headers["Cache-Control"] == "no-store"
    page = response.get_data(as_text=True)
    assert "<script>" not in page
    assert " style=" not in page
    assert "onclick" not in page


@pytest.mark.parametrize(
    "name", ["../../member.toml", "..%2F..%2Fmember.key", "member.toml", "/etc/passwd", "guard.py"]
)
def test_static_files_are_those_of_the_desk(browser: Browser, name: str) -> None:
    assert browser.get(f"/static/{name}", prefix="").status_code in (401, 404)


@pytest.mark.parametrize("draft", ["..", "%2e%2e", "../../records", "0" * 15, "0" * 17, "0123456789ABCDEF", "é"])
def test_no_path_leads_out_of_the_drafts(browser: Browser, draft: str) -> None:
    assert browser.get(f"/report/{draft}/").status_code == 404
    assert browser.post(f"/report/{draft}/delete").status_code in (404, 405)


def test_what_the_desk_keeps_is_for_its_owner_alone(browser: Browser, office: Office) -> None:
    """A report names the victim: no other user of this machine reads the file, or lists the folder."""
    browser.upload(SHEET + row("ID-G2"))
    files = files_below(office.home / "desk")
    assert files
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    folders = [office.home / "desk", *(path for path in (office.home / "desk").rglob("*") if path.is_dir())]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_the_desk_speaks_the_officers_language(browser: Browser) -> None:
    """As the browser says, or as chosen at the foot of a page; where it leads back is on the desk alone."""
    page = browser.get("/new/form", **{"Accept-Language": "id"}).get_data(as_text=True)
    assert '<html lang="id">' in page
    assert "judul singkat" in page
    assert "Terjemahan ini belum dibaca oleh penutur asli." in page
    response = browser.get(f"/language?to=th&back={browser.guard.prefix}/records/")
    assert browser.place(response) == "/records/"
    assert '<html lang="th">' in browser.text("/records/")
    for target in ("https://evil.example/", "//evil.example/", "/open/x", "/"):
        assert browser.place(browser.get(f"/language?to=en&back={target}")) == "/"
