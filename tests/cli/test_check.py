"""`hub check` finds what must be corrected before a hub goes live, and finds nothing once it is corrected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import trustme

from tests.commands import Command
from tests.console.provider.fake import fake_provider


def findings(command: Command, *words: str, code: int = 3) -> dict[str, tuple[bool, str]]:
    """What was looked at -> whether it is right, and the words."""
    rows = json.loads(command("check", "--json", *words, code=code).out)
    return {row["what"]: (row["good"], row["words"]) for row in rows}


@pytest.fixture
def declared(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The declarations that came with the hub, copied out, and a store of theirs."""
    monkeypatch.setenv("HUB_COLLECTIONS", "")
    monkeypatch.setenv("HUB_PROFILES", "")
    output = command("collections", "--copy-to", str(tmp_path / "own")).out
    monkeypatch.setenv("HUB_COLLECTIONS", str(tmp_path / "own" / "collections"))
    monkeypatch.setenv("HUB_PROFILES", str(tmp_path / "own" / "profiles"))
    assert f"HUB_COLLECTIONS={tmp_path / 'own' / 'collections'}" in output
    command("init")
    return tmp_path / "own" / "collections"


def test_placeholders_are_found_until_they_are_replaced(declared: Path, command: Command) -> None:
    """Addresses and telephone numbers that came with the hub reach nobody."""
    by_name = findings(command)
    assert "BN, ID, KH" in by_name["contacts"][1]
    assert not by_name["operator's contact"][0]
    members = declared / "asean" / "members.toml"
    real = members.read_text().replace(".example", ".net").replace(" (placeholder)", "")
    members.write_text(real)
    hub = declared / "hub.toml"
    hub.write_text(hub.read_text().replace("operator@hub.example (placeholder)", "operator@hub.net"))
    by_name = findings(command)
    assert by_name["contacts"] == (True, "each member has its own")
    assert "operator's contact" not in by_name


def test_what_came_with_the_hub_is_copied_once(declared: Path, command: Command) -> None:
    """And never over what somebody changed."""
    before = (declared / "hub.toml").read_bytes()
    assert "is there already" in command("collections", "--copy-to", str(declared.parent), code=3).err
    assert (declared / "hub.toml").read_bytes() == before


def test_a_certificate_that_ends_soon_is_found(
    command_with_store: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three weeks before its end; what ends later is right, and what is no certificate is named."""
    from datetime import UTC, datetime, timedelta

    authority = trustme.CA()
    monkeypatch.setenv("HUB_TLS_CERT", str(tmp_path / "chain.pem"))
    for days, good in ((20, False), (30, True)):
        ends = datetime.now(UTC) + timedelta(days=days)
        certificate = authority.issue_cert("hub.example", not_after=ends)
        certificate.cert_chain_pems[0].write_to_path(tmp_path / "chain.pem")
        finding = findings(command_with_store)["certificate"]
        assert (finding[0], "SIGHUP" in finding[1]) == (good, not good)
    (tmp_path / "chain.pem").write_text("nothing")
    assert "no certificate" in findings(command_with_store)["certificate"][1]


@pytest.mark.parametrize(
    ("settings", "good"),
    [
        ({}, False),
        ({"HUB_HOST": "0.0.0.0"}, False),
        ({"HUB_HOST": "0.0.0.0", "HUB_TLS_CERT": "chain.pem"}, True),
        ({"HUB_BEHIND_PROXY": "true"}, True),
    ],
)
def test_how_the_hub_is_exposed_is_reported(
    command_with_store: Command, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], good: bool
) -> None:
    """Whom it cannot be reached by, and who could read it on the way."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert findings(command_with_store)["exposure"][0] is good


def test_secrets_that_others_can_read_are_found(command_with_store: Command, tmp_path: Path) -> None:
    """The store holds the hashes of keys, and the signing secret."""
    assert findings(command_with_store)["permissions"][0]
    (tmp_path / "hub.sqlite").chmod(0o644)
    finding = findings(command_with_store)["permissions"]
    assert (finding[0], str(tmp_path / "hub.sqlite") in finding[1]) == (False, True)


def test_client_certificates_that_log_nobody_in_are_found(
    command_with_store: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A secret that is missing or that others read, and subjects of accounts that there are not."""
    assert "client certificates" not in findings(command_with_store)
    (tmp_path / "hub.toml").write_text('[certificates]\nsg-cert = "CN=a"\nnobody = "CN=b"\n', encoding="utf-8")
    monkeypatch.setenv("HUB_BEHIND_PROXY", "true")
    monkeypatch.setenv("HUB_PROXY_SECRET_FILE", str(tmp_path / "secret"))
    assert "cannot be read" in findings(command_with_store)["client certificates"][1]
    (tmp_path / "secret").write_text("s" * 32, encoding="ascii")
    (tmp_path / "secret").chmod(0o644)
    assert str(tmp_path / "secret") in findings(command_with_store)["permissions"][1]
    (tmp_path / "secret").chmod(0o600)
    by_name = findings(command_with_store)
    assert by_name["permissions"][0]
    assert (by_name["client certificates"][0], "no account nobody, sg-cert" in by_name["client certificates"][1]) == (
        False,
        True,
    )
    command_with_store("account", "add", "sg-cert", "--kind", "cert", "--member", "SG")
    assert "no account nobody:" in findings(command_with_store)["client certificates"][1]
    (tmp_path / "hub.toml").write_text('[certificates]\nsg-cert = "CN=a"\n', encoding="utf-8")
    assert findings(command_with_store)["client certificates"][0]


def test_a_provider_that_lets_nobody_in_is_found(
    command_with_store: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Settings that do not fit, a provider that does not answer or has another name, people without an account."""

    def words(good: bool = False) -> str:
        finding = findings(command_with_store)["sign-in provider"]
        assert finding[0] is good
        return finding[1]

    assert "sign-in provider" not in findings(command_with_store)
    with fake_provider(lambda: 0) as provider:
        monkeypatch.setenv("HUB_OIDC_ISSUER", provider.issuer)
        assert "HUB_PUBLIC_URL" in words()
        monkeypatch.setenv("HUB_PUBLIC_URL", "https://hub.example")
        assert "HUB_OIDC_CLIENT_ID" in words()
        monkeypatch.setenv("HUB_OIDC_CLIENT_ID", "hub")
        for claim in ("name", "preferred_username", "aud", ""):
            monkeypatch.setenv("HUB_OIDC_CLAIM", claim)
            assert "use sub or email" in words()
        monkeypatch.setenv("HUB_OIDC_CLAIM", "sub")
        assert "lets nobody in" in words()
        (tmp_path / "hub.toml").write_text('[oidc]\nsg-cert = "alice"\n', encoding="utf-8")
        assert "no account sg-cert" in words()
        command_with_store("account", "add", "sg-cert", "--kind", "cert", "--member", "SG")
        assert "has an account" in words(good=True)
        monkeypatch.setenv("HUB_OIDC_SECRET_FILE", str(tmp_path / "secret"))
        assert "cannot be read" in words()
        (tmp_path / "secret").write_text("s", encoding="ascii")
        (tmp_path / "secret").chmod(0o644)
        assert str(tmp_path / "secret") in findings(command_with_store)["permissions"][1]
        monkeypatch.setenv("HUB_OIDC_ISSUER", f"{provider.issuer}/")
        assert "letter by letter" in words()
    monkeypatch.setenv("HUB_OIDC_ISSUER", provider.issuer)
    assert "does not respond" in words()
    for issuer in ("http://idp.example", "https://", "https://idp.example?x=1"):
        monkeypatch.setenv("HUB_OIDC_ISSUER", issuer)
        assert "https:// address" in words()
    monkeypatch.delenv("HUB_OIDC_ISSUER")
    assert "[oidc] needs HUB_OIDC_ISSUER" in words()


def test_an_old_or_missing_backup_is_found(command_with_store: Command, tmp_path: Path) -> None:
    """By the trail, and byte by byte where the folder is named."""
    assert "none was ever made" in findings(command_with_store)["backup"][1]
    command_with_store("backup", "backups")
    assert findings(command_with_store)["backup"][0]
    assert findings(command_with_store, "--backups", "backups")["backup"][0]
    (backup,) = (tmp_path / "backups").iterdir()
    with (backup / "hub.sqlite").open("ab") as file:
        file.write(b"x")
    assert "not the bytes that were written" in findings(command_with_store, "--backups", "backups")["backup"][1]
    manifest = json.loads((backup / "manifest.json").read_text())
    (backup / "hub.sqlite").write_bytes((backup / "hub.sqlite").read_bytes()[:-1])
    (backup / "manifest.json").write_text(json.dumps({**manifest, "made_at": manifest["made_at"] - 27 * 3600 * 1000}))
    assert "27 hours ago" in findings(command_with_store, "--backups", "backups")["backup"][1]
    assert "contains no backup" in findings(command_with_store, "--backups", str(tmp_path))["backup"][1]


def test_members_without_an_account_are_named(command_with_store: Command) -> None:
    """A disabled account is none."""
    for code in ("ID", "MY", "SG", "TH"):
        command_with_store("account", "add", f"{code.lower()}-cert", "--member", code, "--kind", "cert")
    assert findings(command_with_store)["accounts"][0]
    command_with_store("account", "disable", "my-cert")
    assert "MY have no account" in findings(command_with_store)["accounts"][1]


def test_a_store_that_is_not_there_is_reported(command: Command) -> None:
    """Before `hub init`, all else is looked at nevertheless."""
    by_name = findings(command)
    assert "hub init" in by_name["store"][1]
    assert "exposure" in by_name


def test_a_variable_that_is_no_setting_is_found(command_with_store: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that is misspelt changes nothing, silently."""
    monkeypatch.setenv("HUB_PULIC_URL", "https://hub.example")
    assert "HUB_PULIC_URL" in findings(command_with_store)["settings"][1]


def test_nothing_is_changed(command_with_store: Command) -> None:
    """It can run beside a hub that serves."""
    before = command_with_store("export").out.splitlines()[1:]
    findings(command_with_store)
    assert command_with_store("export").out.splitlines()[1:] == before
