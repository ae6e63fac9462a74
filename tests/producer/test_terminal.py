"""What members or a hub send never changes a terminal, whichever command prints it (M8 of the attacks)."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from hub.cli import COMMANDS, MODULES, main
from hub.errors import NotFoundError
from hub.terminal import escape, escape_bytes, one_line
from tests.producer.scripted import COLLECTION, ROOT, Answer, Request, Scripted
from tests.server.making import FIRST, LAST, indicator

CONTROLS = [
    *(chr(number) for number in range(0x20) if chr(number) not in "\t\n"),
    *(chr(number) for number in range(0x7F, 0xA0)),
    *"\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
]
HOSTILE = f"a\x1b]52;c;aGk=\x07b{''.join(CONTROLS)}c"
ANY_CONTROL = re.compile(f"[{re.escape(''.join(CONTROLS))}]")


def is_clean(text: str) -> bool:
    return ANY_CONTROL.search(text) is None and "a\\u001b" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_prints_what_changes_a_terminal(
    command: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Text, bytes and errors, on both streams, whatever the command: there is one way out."""
    module = importlib.import_module(f"hub.cli.{MODULES.get(command, command)}")

    def run(_args: Any) -> int:
        print(HOSTILE)  # noqa: T201 - what is tested
        print(HOSTILE, file=sys.stderr)  # noqa: T201 - as above
        sys.stdout.writelines([HOSTILE])
        sys.stdout.flush()
        sys.stdout.buffer.write(HOSTILE.encode())
        sys.stdout.buffer.writelines([HOSTILE.encode()])
        sys.stdout.buffer.flush()
        raise NotFoundError(HOSTILE)

    monkeypatch.setattr(module, "arguments", lambda _parser: None)
    monkeypatch.setattr(module, "run", run)
    before = sys.stdout, sys.stderr
    main([command])
    assert (sys.stdout, sys.stderr) == before
    output = capfd.readouterr()
    assert (output.out.count("]52;c;aGk="), output.err.count("]52;c;aGk=")) == (4, 2)
    assert is_clean(output.out)
    assert is_clean(output.err)


def test_json_that_is_printed_is_the_same_value() -> None:
    """An escape within a JSON text is the character itself: programs that read it lose nothing."""
    value = {HOSTILE: [HOSTILE, "ไทย", "👩\u200d👩"]}
    assert json.loads(escape(json.dumps(value, ensure_ascii=False))) == value
    assert json.loads(escape_bytes(json.dumps(value, ensure_ascii=False).encode())) == value


def test_what_people_write_with_is_left_alone() -> None:
    """Scripts of the region, joiners that their spelling needs, tabs and newlines."""
    text = "Tiếng Việt\tภาษาไทย\nမြန်မာ ភាសាខ្មែរ \u200d\u200c 👩\u200d💻 é"
    assert escape(text) == text
    assert escape_bytes(text.encode()) == text.encode()
    assert one_line("a\nb\x1b") == "a b\\u001b"


def hostile_hub(request: Request) -> Answer:
    """A hub whose every text is hostile."""
    path = request.path.partition("?")[0]
    if path.endswith("/objects/"):
        objects = [indicator(1, name=HOSTILE)]
        date = "2026-01-01T00:00:00.000000Z"
        return Answer(body={"objects": objects}, headers={FIRST: date, LAST: date})
    if path.endswith("/collections/"):
        return Answer(body={"collections": [COLLECTION | {"title": "One", "description": HOSTILE}]})
    if path.endswith("/contacts/"):
        row = dict.fromkeys(
            ("member", "country", "cert", "contact", "duty_line", "time_zone", "pgp_fingerprint"), HOSTILE
        )
        return Answer(body={"contacts": [row | {"languages": [HOSTILE], "confirmed_at": None, "confirmed": False}]})
    if path.endswith("/root/"):
        return Answer(body=ROOT | {"title": HOSTILE})
    return Answer(404, {"title": HOSTILE, "description": HOSTILE})


@pytest.mark.parametrize(
    "arguments",
    [
        ["follow", "One", "--once"],
        ["contacts"],
        ["contacts", "--json"],
        ["board"],
        ["follow", "Nothing", "--once"],
    ],
    ids=" ".join,
)
def test_a_hostile_hub_leaves_the_terminal_as_it_is(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Objects, contacts and errors, from the command line to the end."""
    monkeypatch.setenv("HUB_HOME", str(tmp_path))
    with Scripted(hostile_hub) as server:
        main([*arguments, "--url", f"{server.url}root/"])
    output = capfd.readouterr()
    assert ANY_CONTROL.search(output.out + output.err) is None
    assert output.out + output.err
