"""Logs say who asked, from where and when, one JSON object a line, and contain nothing secret; fail2ban reads them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import requests

from hub.sharing.credentials import NO_NAME, attempted_name
from tests.server.making import at, basic
from tests.server.process import HubProcess

FILTER = Path(__file__).parents[2] / "hub" / "deploy" / "fail2ban" / "filter.conf"
ADDRESS = r"(?P<host>[0-9a-f.:]+)"


def lines_of(server: HubProcess, **expected: object) -> list[str]:
    """The lines of the log that have these fields."""
    return [
        line
        for line in server.log.splitlines()
        if line.startswith("{") and expected.items() <= json.loads(line).items()
    ]


def test_each_line_has_its_time_and_each_request_its_address_account_and_id(hub_server: HubProcess) -> None:
    """The id is in the answer, too: a client that complains can name the line."""
    answer = hub_server.session("id-cert").get(hub_server.url + at("alerts", "objects"), timeout=30)
    (line,) = lines_of(hub_server, request=answer.headers["X-Request-ID"])
    content = json.loads(line)
    assert (content["address"], content["account"], content["what"]) == ("127.0.0.1", "id-cert", "objects")
    assert "tried" not in content
    for line in hub_server.log.splitlines():
        if line.startswith("{"):
            assert re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z", json.loads(line)["time"])


@pytest.mark.parametrize(
    ("authorization", "tried"),
    [
        (basic("id-cert", "a wrong password"), "id-cert"),
        (basic("nobody\u202e", "a wrong password"), "nobody\u202e"),
        (basic("hub_a-key-as-name", "x"), NO_NAME),
        ("Bearer hub_a-wrong-key", NO_NAME),
        ("nonsense", NO_NAME),
        ("Basic !!!", NO_NAME),
    ],
)
def test_the_name_tried_is_shown_and_never_a_key(authorization: str, tried: str) -> None:
    """A key that somebody types in the field of the name is still a key."""
    assert attempted_name(authorization) == tried


def test_refused_logins_are_found_by_fail2ban_and_nothing_else_is(hub_server: HubProcess, tmp_path: Path) -> None:
    """The filter's own expression over lines that a hub really wrote."""
    url = hub_server.url + at("alerts", "objects")
    for authorization in (basic("id-cert", "a wrong password"), basic("x\u202e\x9b", "y"), "Bearer hub_wrong"):
        assert requests.get(url, headers={"Authorization": authorization}, timeout=30).status_code == 401
    hub_server.session("id-cert").get(url, timeout=30)
    requests.get(url, timeout=30)  # without credentials: nobody guesses
    failregex = re.search(r"^failregex = (.+)$", FILTER.read_text(encoding="utf-8"), re.MULTILINE)
    assert failregex is not None
    expression = re.compile(failregex[1].replace("<HOST>", ADDRESS))
    lines = [line for line in hub_server.log.splitlines() if '"hub.request"' in line]
    matched = [line for line in lines if expression.match(line)]
    refused = [line for line in lines if "tried" in json.loads(line)]
    assert matched == refused
    assert len(refused) >= 3
    assert all(hit["host"] == "127.0.0.1" for line in matched if (hit := expression.match(line)))
    assert not any(character in line for line in lines for character in "\u202e\x9b\x1b")
    if (fail2ban := shutil.which("fail2ban-regex")) is None:
        return  # the expression was tried above; the tool also looks at the date
    log = tmp_path / "hub.log"
    log.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = subprocess.run([fail2ban, str(log), str(FILTER)], capture_output=True, text=True, check=False, timeout=60)
    assert f"{len(refused)} matched" in result.stdout, result.stdout


def test_what_the_front_refuses_is_logged_with_its_address(hub_server: HubProcess) -> None:
    """A body that is too long never reaches the application."""
    before = len(lines_of(hub_server, what="refused"))
    answer = hub_server.session("id-cert").post(
        hub_server.url + at("alerts", "objects"), data=bytes(11 * 1024 * 1024), timeout=30
    )
    assert answer.status_code == 413
    (line,) = lines_of(hub_server, what="refused")[before:]
    assert (json.loads(line)["address"], json.loads(line)["status"]) == ("127.0.0.1", 413)


def test_refused_logins_at_the_port_of_the_events_are_logged_alike(hub_server: HubProcess) -> None:
    """A guess is a guess, at either port."""
    url = f"http://127.0.0.1:{hub_server.port + 1}/region/events"
    answer = requests.get(url, headers={"Authorization": basic("id-cert", "a wrong password")}, timeout=30)
    assert answer.status_code in {401, 429}
    deadline = time.monotonic() + 60  # the line is written once the answer is out
    while not (lines := lines_of(hub_server, what="events", tried="id-cert")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    line = lines[0]
    failregex = re.search(r"^failregex = (.+)$", FILTER.read_text(encoding="utf-8"), re.MULTILINE)
    assert failregex is not None
    assert re.match(failregex[1].replace("<HOST>", ADDRESS), line)
