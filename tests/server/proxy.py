"""nginx or HAProxy before a hub, with the file that `hub deploy` writes out: TLS, client certificates, limits."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import requests
import trustme

from tests.ports import free_port
from tests.server.process import HubProcess

_DEPLOY: Final = Path(__file__).parents[2] / "hub" / "deploy"
PROXIES: Final = ("nginx", "haproxy")
SECRET: Final = "the secret that only the proxy and the hub have"
_READY_SECONDS: Final = 60


@dataclass
class Proxy:
    """One proxy over the hub on `port`, in a folder of its own."""

    folder: Path
    hub: HubProcess
    port: int
    authority: trustme.CA
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def trusted(self) -> str:
        return str(self.folder / "ca.pem")

    def client_certificate(self, name: str, authority: trustme.CA | None = None) -> tuple[str, str]:
        """(chain, key) of a client whose subject is CN=NAME,OU=SOC,O=CERT."""
        issued = (authority or self.authority).issue_cert(
            f"{name}.example", common_name=name, organization_name="CERT", organization_unit_name="SOC"
        )
        chain, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        chain.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(str(key))
        return str(chain), str(key)

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def proxy_before(hub: HubProcess, folder: Path, name: str) -> Proxy:
    """Start it and wait until it answers; the test is skipped where it is not installed."""
    program = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip(f"{name} is not installed")
    port, authority = free_port(), trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued = authority.issue_cert("localhost")
    chain = b"".join(part.bytes() for part in issued.cert_chain_pems)
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    (folder / "chain.pem").write_bytes(chain)
    (folder / "hub.pem").write_bytes(chain + issued.private_key_pem.bytes())
    command = {"nginx": _nginx, "haproxy": _haproxy}[name](program, folder, hub.port, port)
    with (folder / "errors").open("wb") as errors:
        process = subprocess.Popen(command, stdout=errors, stderr=errors, env={**os.environ, "PROXY_SECRET": SECRET})
    proxy = Proxy(folder, hub, port, authority, process)
    _wait_for(proxy)
    return proxy


def _nginx(program: str, folder: Path, hub_port: int, port: int) -> list[str]:
    changes = {
        "/etc/ssl/hub/chain.pem": f"{folder}/chain.pem",
        "/etc/ssl/hub/key.pem": f"{folder}/key.pem",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
        "    listen [::]:443 ssl http2;\n": "",
        "127.0.0.1:8021;": f"127.0.0.1:{hub_port};",
        "# ssl_client_certificate /etc/ssl/hub/members-ca.pem;": f"ssl_client_certificate {folder}/ca.pem;",
        "# ssl_verify_client on;": "ssl_verify_client optional;",
        "# include /etc/nginx/threat-sharing-hub.secret;": f"include {folder}/secret;",
    }
    (folder / "secret").write_text(f'proxy_set_header X-Proxy-Secret "{SECRET}";\n', encoding="ascii")
    (folder / "site.conf").write_text(_shipped("nginx/threat-sharing-hub.conf", changes), encoding="utf-8")
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid;\nevents {{ worker_connections 2048; }}\nhttp {{\n"
        f"access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;\n"
        f"uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; include {folder}/site.conf;\n}}\n",
        encoding="utf-8",
    )
    return [program, "-e", f"{folder}/errors", "-c", f"{folder}/nginx.conf", "-p", str(folder)]


def _haproxy(program: str, folder: Path, hub_port: int, port: int) -> list[str]:
    changes = {
        "bind :443 ssl crt /etc/haproxy/hub.pem": (
            f"bind 127.0.0.1:{port} ssl crt {folder}/hub.pem ca-file {folder}/ca.pem verify optional"
        ),
        "127.0.0.1:8021 check": f"127.0.0.1:{hub_port} check",
    }
    (folder / "haproxy.cfg").write_text(_shipped("haproxy/haproxy.cfg", changes), encoding="utf-8")
    return [program, "-db", "-f", f"{folder}/haproxy.cfg"]


def _shipped(name: str, changes: Mapping[str, str]) -> str:
    """The file as it is shipped, with paths of the test's own, and the lines in comments switched on."""
    text = (_DEPLOY / name).read_text(encoding="utf-8")
    for shipped, changed in changes.items():
        assert shipped in text, shipped
        text = text.replace(shipped, changed)
    return text


def _wait_for(proxy: Proxy) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        assert proxy.process.poll() is None, (proxy.folder / "errors").read_text(encoding="utf-8")
        try:
            if requests.get(f"{proxy.url}/healthz", verify=proxy.trusted, timeout=5).status_code == 200:
                return
        except requests.RequestException:
            time.sleep(0.05)  # between two looks at a process that cannot tell us itself
    raise AssertionError("the proxy did not answer")
