"""nginx before a hub, with the file that `hub deploy` writes out: TLS, client certificates, limits."""

from __future__ import annotations

import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import requests
import trustme

from tests.ports import free_port
from tests.server.process import HubProcess

SITE: Final = Path(__file__).parents[2] / "hub" / "deploy" / "nginx" / "threat-sharing-hub.conf"
SECRET: Final = "the secret that only the proxy and the hub have"
_READY_SECONDS: Final = 30


@dataclass
class Nginx:
    """One nginx over the hub on `port`, in a folder of its own."""

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
        self.process.wait(20)


def nginx_before(hub: HubProcess, folder: Path) -> Nginx:
    """Start it and wait until it answers; the test is skipped where there is no nginx."""
    program = shutil.which("nginx")
    if program is None:
        pytest.skip("nginx is not installed")
    port, authority = free_port(), trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued = authority.issue_cert("localhost")
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    (folder / "chain.pem").write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    (folder / "secret").write_text(f'proxy_set_header X-Proxy-Secret "{SECRET}";\n', encoding="ascii")
    (folder / "site.conf").write_text(_site(folder, hub.port, port), encoding="utf-8")
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid;\nevents {{ worker_connections 2048; }}\nhttp {{\n"
        f"access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;\n"
        f"uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; include {folder}/site.conf;\n}}\n",
        encoding="utf-8",
    )
    command = [program, "-e", f"{folder}/errors", "-c", f"{folder}/nginx.conf", "-p", str(folder)]
    nginx = Nginx(folder, hub, port, authority, subprocess.Popen(command, stderr=subprocess.DEVNULL))
    _wait_for(nginx)
    return nginx


def _site(folder: Path, hub_port: int, port: int) -> str:
    """The file as it is shipped, with places of the test's own, and what is said in comments switched on."""
    site = SITE.read_text(encoding="utf-8")
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
    for shipped, changed in changes.items():
        assert shipped in site, shipped
        site = site.replace(shipped, changed)
    return site


def _wait_for(nginx: Nginx) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        assert nginx.process.poll() is None, (nginx.folder / "errors").read_text(encoding="utf-8")
        try:
            if requests.get(f"{nginx.url}/healthz", verify=nginx.trusted, timeout=5).status_code == 200:
                return
        except requests.RequestException:
            time.sleep(0.05)  # between two looks at a process that cannot tell us itself
    raise AssertionError("nginx did not answer")
