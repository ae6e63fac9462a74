"""What shows an operator that something is about to go wrong: readiness, metrics, a key that others can read."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from hub.audit.result import VerificationResult, note_verification
from hub.cli.serve import check_transport
from hub.community.alarms import certificate_end
from hub.community.hub import Hub
from hub.errors import ConfigurationError
from hub.server.app import create_app
from hub.server.metrics import forget_dead_workers
from hub.settings import Limits, Settings
from tests.server.making import Client
from tests.server.process import HubProcess, clean_environment

FAR_MORE_THAN_ANY_DISK = 10**9  # megabytes


def certified(folder: Path) -> Settings:
    issued = trustme.CA().issue_cert("hub.example")
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(folder / "chain.pem"))
    return Settings(tls_cert=str(folder / "chain.pem"), tls_key=str(folder / "key.pem"))


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o601])
def test_a_tls_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """L4 of the attacks: it was accepted without a word. The sentence says what to run."""
    settings = certified(tmp_path)
    Path(settings.tls_key).chmod(mode)
    with pytest.raises(ConfigurationError, match=r"chmod 600 .*key\.pem"):
        check_transport(settings)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640])
def test_a_tls_key_of_the_hub_and_its_group_is_accepted(tmp_path: Path, mode: int) -> None:
    """Debian's group ssl-cert reads keys with mode 640."""
    settings = certified(tmp_path)
    Path(settings.tls_key).chmod(mode)
    check_transport(settings)


@pytest.mark.sqlite
def test_a_hub_whose_disk_is_full_is_not_ready_and_still_reads(open_hub: Callable[..., Hub]) -> None:
    """A load balancer sends requests elsewhere; those that come here are answered as long as possible."""
    for megabytes, status in ((0, 200), (FAR_MORE_THAN_ANY_DISK, 503)):
        client = create_app(open_hub(limits=replace(Limits(), free_megabytes=megabytes))).test_client()
        assert client.get("/readyz").status_code == status
        assert client.get("/healthz").status_code == 200


def test_browsers_and_clients_must_use_tls_where_it_was_used(hub: Hub) -> None:
    """L4: Strict-Transport-Security under TLS, and never over plain HTTP, where RFC 6797 forbids it."""
    client = create_app(hub).test_client()
    secure = client.get("/taxii2/", base_url="https://hub.example/")
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in client.get("/taxii2/").headers


def figures(text: str) -> dict[str, float]:
    """name{labels} -> value."""
    return {
        match[1]: float(match[2]) for match in re.finditer(r"^(hub_[a-z_]+(?:\{[^}]*\})?) (\S+)$", text, re.MULTILINE)
    }


@pytest.mark.sqlite
def test_metrics_have_the_figures_for_alarms(
    as_account: Callable[[str | None], Client], seeded: Hub, tmp_path: Path
) -> None:
    """Room, version, certificate, silent members, refused logins, deadlines, verification."""
    note_verification(seeded.store, VerificationResult(at=1_000_000, findings=3))
    as_account("id-cert").get("/region/")
    app = create_app(seeded)
    app.config["TLS_CERT"] = certified(tmp_path).tls_cert
    headers = {"Authorization": str(as_account("operator").authorization)}
    client = app.test_client()
    before = figures(client.get("/metrics", headers=headers).text)["hub_refused_logins_total"]
    client.get("/taxii2/", headers={"Authorization": "Bearer hub_wrong"})
    metrics = figures(client.get("/metrics", headers=headers).text)
    assert metrics["hub_store_bytes"] > 4096
    assert metrics["hub_disk_free_bytes"] > 0
    assert metrics["hub_certificate_expiry_seconds"] == certificate_end(app.config["TLS_CERT"])
    assert metrics['hub_overdue_steps{root="region"}'] == 0
    assert metrics['hub_member_seen_seconds{kind="cert",member="ID"}'] > 1.7e9
    assert metrics["hub_refused_logins_total"] == before + 1
    assert (metrics["hub_audit_verified_seconds"], metrics["hub_audit_findings"]) == (1000, 3)
    assert any(name.startswith("hub_info{version=") for name in metrics)


def test_a_certificate_that_cannot_be_read_has_no_end(tmp_path: Path) -> None:
    """The scrape continues."""
    assert certificate_end("") is None
    assert certificate_end(str(tmp_path / "missing.pem")) is None


def test_an_archive_that_the_shell_made_readable_is_narrowed(
    hub_process: Callable[..., HubProcess], tmp_path: Path
) -> None:
    """L5 of the attacks: `hub export > file` was world-readable, with the secret and all hashes."""
    process = hub_process()
    process.init()
    target = tmp_path / "hub.jsonl"
    target.touch(mode=0o644)
    target.chmod(0o644)
    with target.open("wb") as file:
        environment = clean_environment() | process.environment
        ended_process = subprocess.run(
            [sys.executable, "-m", "hub", "export"], stdout=file, stderr=subprocess.PIPE, env=environment, check=True
        )
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert b"only its owner can" in ended_process.stderr
    assert target.read_bytes().startswith(b'{"hub_archive"')


def test_what_waited_in_a_process_that_was_killed_is_forgotten(tmp_path: Path) -> None:
    """Its figures would count for ever; those of a process that lives stay."""
    ended_process = subprocess.Popen([sys.executable, "-c", ""])
    ended_process.wait()
    dead_file, live_file = (tmp_path / f"gauge_livesum_{pid}.db" for pid in (ended_process.pid, os.getpid()))
    dead_file.touch()
    live_file.touch()
    forget_dead_workers(tmp_path)
    assert list(tmp_path.iterdir()) == [live_file]
