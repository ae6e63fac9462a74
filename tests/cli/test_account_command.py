"""`hub account`: keys are printed once, passwords come by stdin, and what is wrong is reported in a sentence."""

from __future__ import annotations

import json

import pytest

from tests.commands import Command
from tests.server.making import PASSWORD


def test_an_account_gets_a_key_once(command_with_store: Command) -> None:
    """On stdout alone, so that it can be piped; no other command shows it."""
    key = command_with_store("account", "add", "id-duty", "--member", "ID", "--kind", "cert").out.strip()
    assert key.startswith("hub_")
    for arguments in (("account", "list"), ("account", "list", "--json"), ("collections",), ("settings",)):
        assert key not in command_with_store(*arguments).out
    listed = json.loads(command_with_store("account", "list", "--json").out)
    assert listed == [
        {"name": "id-duty", "kind": "cert", "member": "ID", "disabled": False, "login": "key", "drills": False}
    ]


def test_drills_are_listed_to_an_account_as_the_operator_says(command_with_store: Command) -> None:
    """From the start or later, and no longer."""

    def listed() -> dict[str, bool]:
        return {row["name"]: row["drills"] for row in json.loads(command_with_store("account", "list", "--json").out)}

    command_with_store("account", "add", "sg-drill", "--member", "SG", "--kind", "constituent", "--drills")
    command_with_store("account", "add", "id-duty", "--member", "ID", "--kind", "cert")
    assert listed() == {"sg-drill": True, "id-duty": False}
    command_with_store("account", "drills", "id-duty")
    assert "are no longer listed to sg-drill" in command_with_store("account", "drills", "sg-drill", "--off").err
    assert listed() == {"sg-drill": False, "id-duty": True}


def test_a_password_comes_by_stdin(command_with_store: Command) -> None:
    """Never as an argument, which other users of the machine see."""
    result = command_with_store(
        "account",
        "add",
        "sg-siem",
        "--member",
        "SG",
        "--kind",
        "constituent",
        "--password-stdin",
        stdin=PASSWORD + "\n",
    )
    assert result.out == ""
    assert PASSWORD not in result.err
    assert json.loads(command_with_store("account", "list", "--json").out)[0]["login"] == "password"


def test_rotate_disable_and_enable(command_with_store: Command) -> None:
    """A new key each time; a disabled account stays listed as such."""
    first = command_with_store("account", "add", "ops", "--kind", "operator").out
    assert command_with_store("account", "rotate", "ops").out not in ("", first)
    command_with_store("account", "disable", "ops")
    assert "disabled" in command_with_store("account", "list").out
    assert "enable it first" in command_with_store("account", "rotate", "ops", code=3).err, (
        "a key that opens nothing is not given"
    )
    command_with_store("account", "enable", "ops")
    assert "disabled" not in command_with_store("account", "list").out
    assert command_with_store("account", "rotate", "ops").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "x", "--kind", "operator"), "name"),
        (("add", "a:b", "--kind", "operator"), "name"),
        (("add", "id-1", "--kind", "cert"), "--member"),
        (("add", "id-1", "--kind", "cert", "--member", "XX"), "ID SG MY TH"),
        (("add", "id-1", "--kind", "partner", "--member", "ID"), "belongs to no member"),
        (("rotate", "nobody"), "no account"),
        (("disable", "nobody"), "no account"),
        (("enable", "nobody"), "no account"),
        (("drills", "nobody"), "no account"),
    ],
)
def test_what_is_wrong_with_an_account_is_reported(
    command_with_store: Command, arguments: tuple[str, ...], words: str
) -> None:
    """One plain sentence on stderr, exit code 3."""
    result = command_with_store("account", *arguments, code=3)
    assert words in result.err
    assert (result.out, result.err.count("\n")) == ("", 1)
