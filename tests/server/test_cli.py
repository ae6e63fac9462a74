"""The commands that run the hub: init, serve, account, collections, export, import, settings."""

from __future__ import annotations

import json
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import stix2
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from hub.cli import COMMANDS
from tests.commands import Command, commands
from tests.server.making import COLLECTIONS, DECLARATIONS, IDENTITIES, PASSWORD, an_id, indicator, note
from tests.server.process import clean_environment, command

HEAVY = (
    "apsw",
    "argon2",
    "flask",
    "limits",
    "uvicorn",
    "uvloop",
    "jsonschema_rs",
    "orjson",
    "pymongo",
    "requests",
    "stix2",
    "stix2patterns",
    "taxii2client",
    "werkzeug",
    "openpyxl",
    "yaml",
    "urllib3",
)  # fmt: skip - a list


SEEDED = 22  # objects that `hub init` puts into a collection of four members, below RED


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Runs `hub …` in this process; `code` is the exit code that it must have."""
    return commands(tmp_path, monkeypatch, capfd)


@pytest.fixture
def hub_with_store(hub: Command) -> Command:
    hub("init")
    return hub


# ------------------------------------------------------------------------------------------------------------ init


def test_init_makes_the_store_and_says_what_it_did(hub: Command, tmp_path: Path) -> None:
    """Each collection holds the definitions and its members' identities from the start."""
    result = hub("init")
    assert "4 members, 10 collections" in result.out
    assert "region/id:" in result.out
    assert stat.S_IMODE((tmp_path / "hub.sqlite").stat().st_mode) == 0o600


def test_init_run_again_changes_nothing(hub_with_store: Command) -> None:
    """And says so."""
    assert "nothing had changed" in hub_with_store("init").out


def test_init_applies_what_changed(hub_with_store: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member's new contact with a later `modified` is a new version; without it the operator is told to give one."""
    folder = tmp_path / "declared"
    for source in (DECLARATIONS / "collections").rglob("*.toml"):
        target = folder / source.relative_to(DECLARATIONS / "collections")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    monkeypatch.setenv("HUB_COLLECTIONS", str(folder))
    members = folder / "region" / "members.toml"
    changed = members.read_text().replace("duty@th-cert.example", "desk@th-cert.example")
    members.write_text(changed)
    refused = hub_with_store("init", code=3)
    assert "later `modified` in members.toml" in refused.err
    head, _, tail = changed.rpartition("2026-01-01T00:00:00.000Z")
    members.write_text(f"{head}2026-02-01T00:00:00.000Z{tail}")
    assert "10 objects added" in hub_with_store("init").out


def test_init_says_what_is_declared_otherwise(
    hub_with_store: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By collection and key, also where no object changes; what is no longer declared stays in the store."""
    folder = shutil.copytree(DECLARATIONS, tmp_path / "declared")
    monkeypatch.setenv("HUB_COLLECTIONS", str(folder / "collections"))
    monkeypatch.setenv("HUB_PROFILES", str(folder / "profiles"))
    assert "nothing had changed" in hub_with_store("init").out
    region = folder / "collections" / "region"
    national = region / "national" / "id.toml"
    national.write_text(national.read_text().replace('"Indonesia"', '"Jakarta"').replace('"refuse"', '"amber"'))
    profile = folder / "profiles" / "named.toml"
    profile.write_text(profile.read_text().replace("Test rule:", "Rule:"))
    (region / "closed" / "pair.toml").rename(tmp_path / "pair.toml")
    result = hub_with_store("init").out
    assert "region/id: changed: title, unmarked\n" in result
    assert "profile named: changed: rule " in result
    assert f"region/pair: no longer declared; its {SEEDED} objects stay in the store" in result
    assert "no objects added" in result
    assert "start it again" in result
    assert "nothing had changed" in hub_with_store("init").out
    (tmp_path / "pair.toml").rename(region / "closed" / "pair.toml")
    assert "region/pair: new" in hub_with_store("init").out


@pytest.mark.parametrize("store", ["postgres://x", "sqlite://x", "nonsense", "sqlite:///"])
def test_a_store_that_cannot_be_meant_is_told(hub: Command, monkeypatch: pytest.MonkeyPatch, store: str) -> None:
    """With what it should look like."""
    monkeypatch.setenv("HUB_STORE", store)
    assert "sqlite:///" in hub("init", code=3).err


def test_a_wrong_declaration_is_told_with_file_and_key(
    hub: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no store is made."""
    folder = tmp_path / "declared"
    (folder / "r").mkdir(parents=True)
    (folder / "hub.toml").write_text('title = "T"\ndescription = "d"\ncontact = "c"\ndefault_root = "r"\ntitel = "x"\n')
    (folder / "r" / "root.toml").write_text('title = "R"\n')
    monkeypatch.setenv("HUB_COLLECTIONS", str(folder))
    assert ".toml: " in hub("init", code=3).err
    assert not (tmp_path / "hub.sqlite").exists()


# --------------------------------------------------------------------------------------------------------- account


def test_an_account_gets_a_key_once(hub_with_store: Command) -> None:
    """On stdout alone, so that it can be piped; no other command shows it."""
    key = hub_with_store("account", "add", "id-duty", "--member", "ID", "--kind", "cert").out.strip()
    assert key.startswith("hub_")
    for arguments in (("account", "list"), ("account", "list", "--json"), ("collections",), ("settings",)):
        assert key not in hub_with_store(*arguments).out
    listed = json.loads(hub_with_store("account", "list", "--json").out)
    assert listed == [
        {"name": "id-duty", "kind": "cert", "member": "ID", "disabled": False, "login": "key", "drills": False}
    ]


def test_drills_are_listed_to_an_account_as_the_operator_says(hub_with_store: Command) -> None:
    """From the start or later, and no longer."""

    def listed() -> dict[str, bool]:
        return {row["name"]: row["drills"] for row in json.loads(hub_with_store("account", "list", "--json").out)}

    hub_with_store("account", "add", "sg-drill", "--member", "SG", "--kind", "constituent", "--drills")
    hub_with_store("account", "add", "id-duty", "--member", "ID", "--kind", "cert")
    assert listed() == {"sg-drill": True, "id-duty": False}
    hub_with_store("account", "drills", "id-duty")
    assert "are no longer listed to sg-drill" in hub_with_store("account", "drills", "sg-drill", "--off").err
    assert listed() == {"sg-drill": False, "id-duty": True}


def test_a_password_comes_by_stdin(hub_with_store: Command) -> None:
    """Never as an argument, which other users of the machine see."""
    result = hub_with_store(
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
    assert json.loads(hub_with_store("account", "list", "--json").out)[0]["login"] == "password"


def test_rotate_disable_and_enable(hub_with_store: Command) -> None:
    """A new key each time; a disabled account stays listed as such."""
    first = hub_with_store("account", "add", "ops", "--kind", "operator").out
    assert hub_with_store("account", "rotate", "ops").out not in ("", first)
    hub_with_store("account", "disable", "ops")
    assert "disabled" in hub_with_store("account", "list").out
    assert "enable it first" in hub_with_store("account", "rotate", "ops", code=3).err, (
        "a key that opens nothing is not given"
    )
    hub_with_store("account", "enable", "ops")
    assert "disabled" not in hub_with_store("account", "list").out
    assert hub_with_store("account", "rotate", "ops").out


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
def test_what_is_wrong_with_an_account_is_told(hub_with_store: Command, arguments: tuple[str, ...], words: str) -> None:
    """One plain sentence on stderr, exit code 3."""
    result = hub_with_store("account", *arguments, code=3)
    assert words in result.err
    assert (result.out, result.err.count("\n")) == ("", 1)


# ----------------------------------------------------------------------------------------------------- collections


def test_collections_tells_what_to_paste_into_a_siem(hub_with_store: Command) -> None:
    """API root, id, who writes and reads, and how much is in it."""
    result = hub_with_store("collections").out
    for words in ("http://127.0.0.1:8021/region/", COLLECTIONS["id"], "(alias id)", "TLP:AMBER+STRICT", "nobody"):
        assert words in result
    rows = {row["alias"]: row for row in json.loads(hub_with_store("collections", "--json").out)}
    assert set(rows) == set(COLLECTIONS)
    assert rows["id"]["url"] == f"http://127.0.0.1:8021/region/collections/{COLLECTIONS['id']}/"
    assert (rows["id"]["writers"], rows["inbox"]["readers"]) == (["ID"], [])
    assert rows["id"]["objects"] > 20


def test_collections_names_the_public_address(hub_with_store: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """As clients reach it, where it is set; and a word where what stands there is no address for a client."""
    monkeypatch.setenv("HUB_HOST", "0.0.0.0")
    assert "HUB_PUBLIC_URL" in hub_with_store("collections").err
    monkeypatch.setenv("HUB_PUBLIC_URL", "https://hub.example")
    result = hub_with_store("collections", "--json")
    assert json.loads(result.out)[0]["url"].startswith("https://hub.example/")
    assert result.err == ""


# ------------------------------------------------------------------------------------------------- export and import


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Two objects that are good, and one that is not."""
    file = tmp_path / "bundle.json"
    objects = [indicator(1), note(2), indicator(3, pattern="[")]
    file.write_text(json.dumps({"type": "bundle", "id": an_id(1, "bundle"), "objects": objects}))
    return file


def test_a_bundle_goes_through_the_hubs_door(hub_with_store: Command, bundle: Path) -> None:
    """As that member's; what is refused is told object by object, and the exit code says so."""
    result = hub_with_store("import", str(bundle), "--to", "region/id", "--member", "ID", code=1)
    assert "2 objects taken, 1 refused" in result.out
    assert an_id(3) in result.err
    again = hub_with_store("import", str(bundle), "--to", "region/id", "--member", "ID", code=1)
    assert "2 objects taken" in again.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--to"),
        (("--to", "region/id"), "--member"),
        (("--to", "region/nothing", "--member", "ID"), "no collection"),
        (("--to", "region/id", "--member", "XX"), "no member"),
        (("--to", "region/id", "--member", "SG"), "may not publish"),
    ],
)
def test_what_is_wrong_with_an_import_is_told(
    hub_with_store: Command, bundle: Path, arguments: tuple[str, ...], words: str
) -> None:
    """Before anything is taken."""
    assert words in hub_with_store("import", str(bundle), *arguments, code=3).err


def test_a_file_that_is_not_there_is_told(hub_with_store: Command, tmp_path: Path) -> None:
    """In a sentence, not a traceback."""
    result = hub_with_store("import", str(tmp_path / "nothing.json"), "--to", "region/id", "--member", "ID", code=3)
    assert "nothing.json" in result.err


def test_a_hub_moves_with_export_and_import(
    hub_with_store: Command, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Into a store that `hub init` made: objects, places, accounts; and again it is refused, since it is there."""
    key = hub_with_store("account", "add", "id-duty", "--member", "ID", "--kind", "cert").out.strip()
    hub_with_store("import", str(bundle), "--to", "region/id", "--member", "ID", code=1)
    archive = tmp_path / "hub.jsonl"
    hub_with_store("export", "--out", str(archive))
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert key not in archive.read_text()
    before = json.loads(hub_with_store("collections", "--json").out)
    assert hub_with_store("export").out.splitlines()[1:] == archive.read_text().splitlines()[1:]
    monkeypatch.setenv("HUB_STORE", f"sqlite:///{tmp_path}/second.sqlite")
    hub_with_store("init")
    result = hub_with_store("import", str(archive)).out
    assert "1 accounts" in result
    assert json.loads(hub_with_store("collections", "--json").out) == before
    assert json.loads(hub_with_store("account", "list", "--json").out)[0]["name"] == "id-duty"
    hub_with_store("import", str(archive), code=3)
    assert json.loads(hub_with_store("collections", "--json").out) == before


def test_an_archive_is_never_written_over(hub_with_store: Command, tmp_path: Path) -> None:
    """It may be the only one."""
    (tmp_path / "there.jsonl").write_text("precious")
    assert "exists already" in hub_with_store("export", "--out", str(tmp_path / "there.jsonl"), code=3).err
    assert "cannot be written" in hub_with_store("export", "--out", str(tmp_path / "no" / "folder.jsonl"), code=3).err
    assert (tmp_path / "there.jsonl").read_text() == "precious"


def test_one_collection_is_exported_alone(hub_with_store: Command) -> None:
    """Without accounts and secret."""
    lines = hub_with_store("export", "--collection", "region/id").out.splitlines()
    assert "secret" not in json.loads(lines[0])
    assert [json.loads(line)["name"] for line in lines if '"collection"' in line] == ["region/id"]
    assert "no collection" in hub_with_store("export", "--collection", "region/nothing", code=3).err


def test_the_definitions_are_exported_without_a_store(hub: Command) -> None:
    """One bundle that stix2 reads, with the members' identities."""
    parsed = stix2.parse(hub("export", "--definitions").out, allow_custom=True)
    assert "25 definitions" in hub("export", "--definitions", "--out", "definitions.json").out
    assert json.loads(Path("definitions.json").read_bytes()) == json.loads(hub("export", "--definitions").out)
    assert set(IDENTITIES.values()) <= {content["id"] for content in parsed.objects}


# -------------------------------------------------------------------------------------------------------- settings


def test_settings_tell_where_each_value_came_from(
    hub: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Environment over hub.toml over default."""
    (tmp_path / "hub.toml").write_text("port = 8100\nworkers = 3\n[limits]\npage_objects = 50\n")
    monkeypatch.setenv("HUB_PORT", "8200")
    shown = json.loads(hub("settings", "--json").out)
    assert shown["port"] == {"value": 8200, "from": "HUB_PORT"}
    assert shown["workers"] == {"value": 3, "from": "hub.toml"}
    assert shown["limits.page_objects"] == {"value": 50, "from": "hub.toml"}
    assert shown["threads"]["from"] == "default"
    assert "objects on one page" in hub("settings").out


def test_settings_show_no_password(hub: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the one inside the store's address."""
    monkeypatch.setenv("HUB_STORE", "mongodb://keeper:hunter2@db.example/hub")
    for arguments in (("settings",), ("settings", "--json")):
        result = hub(*arguments)
        assert "hunter2" not in result.out + result.err
        assert "db.example" in result.out


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUB_PORT", "eight"),
        ("HUB_WORKERS", "0"),
        ("HUB_BEHIND_PROXY", "maybe"),
        ("HUB_LIMITS_NOTHING", "1"),
        ("HUB_PUBLIC_URL", "hub.example"),
        ("HUB_PUBLIC_URL", "https://hub.example/taxii"),
        ("HUB_PUBLIC_URL", "https://[hub.example"),
        ("HUB_EVENTS_URL", "ftp://hub.example/"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told(
    hub: Command, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """By its name."""
    monkeypatch.setenv(name, value)
    assert name in hub("settings", code=3).err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("limits = 5", "limits: should be a table"),
        ("port = [1]", "port: [1] is not a whole number"),
        ("port = true", "port: True is not a whole number"),
        ("port = 2.7", "port: 2.7 is not a whole number"),
        ("[limits]\npage_objects = {}", "limits.page_objects: {} is not a whole number"),
        ("accounts = 5", "accounts: each account should have a table"),
        ("[accounts]\nid = 5", "accounts: each account should have a table"),
        (
            "[accounts.id]\npage_objects = 5",
            "accounts.id.page_objects: an account may have its own requests_per_minute",
        ),
        ("[accounts.id]\nclient_requests = 0", "accounts.id.client_requests: 0 is not above zero"),
        ("prot = 1", "prot: there is no such setting"),
        ("port = ", "not valid TOML"),
    ],
)
def test_a_wrong_settings_file_is_told_with_file_and_key(hub: Command, tmp_path: Path, text: str, words: str) -> None:
    """In one line, and nothing is guessed: 2.7 is no 2, and true is no 1."""
    (tmp_path / "hub.toml").write_text(text)
    result = hub("settings", code=3)
    assert f"hub.toml: {words}" in result.err
    assert result.err.count("\n") == 1


def test_an_account_has_limits_of_its_own_where_the_file_says_so(hub: Command, tmp_path: Path) -> None:
    """Only what differs is shown, beside the limits of all."""
    (tmp_path / "hub.toml").write_text("[limits]\nclient_requests = 3\n[accounts.opencti-sg]\nobjects_per_minute = 9\n")
    shown = json.loads(hub("settings", "--json").out)
    assert shown["limits.client_requests"]["value"] == 3
    assert {name: entry for name, entry in shown.items() if name.startswith("accounts.")} == {
        "accounts.opencti-sg.objects_per_minute": {"value": 9, "from": "hub.toml"}
    }
    assert "objects that one account publishes" in hub("settings").out


def test_a_settings_file_that_is_none_is_told(hub: Command, tmp_path: Path) -> None:
    """A folder of that name."""
    (tmp_path / "hub.toml").mkdir()
    assert "hub.toml: this settings file cannot be read" in hub("settings", code=3).err


def test_a_misspelt_variable_is_named(hub: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it changes nothing, and nobody learns why; what members' own commands read is none."""
    monkeypatch.setenv("HUB_PROT", "8100")
    monkeypatch.setenv("HUB_KEY", "hub_x")
    result = hub("settings")
    assert result.err == "hub settings: HUB_PROT is in the environment, and there is no such setting.\n"


# ------------------------------------------------------------------------------------------------ serve, and the rest


def test_serve_without_a_store_says_what_to_run(hub: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And ends with the code for "away"."""
    monkeypatch.setenv("HUB_STORE", f"sqlite:///{tmp_path}/nothing.sqlite")
    assert "hub init" in hub("serve", code=4).err


def test_a_port_that_is_taken_is_told(hub_with_store: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its number, before a worker is started."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = hub_with_store("serve", "--port", str(port), code=3)
        assert f"Port {port} on 127.0.0.1 cannot be had" in result.err
        assert "--port" in result.err
    assert "no port 70000" in hub_with_store("serve", "--port", "70000", code=3).err


@pytest.mark.parametrize("arguments", [("--workers", "0"), ("--port", "-1"), ("--port", "x")])
def test_a_number_that_is_none_is_a_usage_error(hub: Command, arguments: tuple[str, str]) -> None:
    """Not a server that starts and falls."""
    assert "not a whole number above zero" in hub("serve", *arguments, code=2).err


def test_a_certificate_that_is_none_is_told(hub_with_store: Command, tmp_path: Path) -> None:
    """In a sentence, before anything is served; so is a key with a passphrase, for which nobody is asked."""
    authority = trustme.CA()
    leaf = authority.issue_cert("localhost")
    chain, key, locked, junk = (str(tmp_path / name) for name in ("chain.pem", "key.pem", "locked.pem", "junk.pem"))
    leaf.cert_chain_pems[0].write_to_path(chain)
    authority.private_key_pem.write_to_path(key)  # another's
    private = load_pem_private_key(leaf.private_key_pem.bytes(), None)
    form = (Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    Path(locked).write_bytes(private.private_bytes(*form))
    Path(junk).write_text("no certificate")
    for cert_file, key_file in ((junk, key), (chain, junk), (chain, key), (chain, locked)):
        result = hub_with_store("serve", "--tls-cert", cert_file, "--tls-key", key_file, code=3)
        assert "--tls-cert is the certificate" in result.err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(hub: Command, name: str) -> None:
    """On stdout."""
    result = hub(name, "--help")
    assert "example:" in result.out
    assert f"hub {name}" in result.out.partition("example:")[2]


def test_an_unknown_command_is_a_usage_error(hub: Command) -> None:
    """With the list of those that there are."""
    assert "init" in hub("nothing", code=2).err


def test_hub_alone_shows_its_commands(hub: Command) -> None:
    """On stderr, as a usage error: nothing was done."""
    assert "commands:" in hub(code=2).err


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_is_light(arguments: list[str], tmp_path: Path) -> None:
    """No heavy module is imported to print it."""
    program = (
        "import sys, hub.cli\n"
        f"try: hub.cli.main({arguments!r})\n"
        "except SystemExit: pass\n"
        "print('IMPORTED', *sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=clean_environment()
    )
    imported = result.stdout.partition("IMPORTED")[2].split()
    assert "hub.cli" in imported
    assert set(HEAVY).isdisjoint(imported)


def test_the_command_runs_as_a_module(tmp_path: Path) -> None:
    """`python -m hub`, from any folder."""
    assert "commands:" in command("--help", environment={}, folder=tmp_path).stdout
