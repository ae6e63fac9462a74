"""What `hub deploy` writes out works where the programs that read it are installed, and says what it needs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from hub.cli import main
from hub.server.registration import RETURN_PATH
from hub.settings import ENVIRONMENT_PREFIX, Settings, setting_values

DEPLOY = Path(__file__).parents[2] / "hub" / "deploy"
MOST_EXPOSED = 20  # of systemd's score, which counts tenths: 2.0
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())


def run(*arguments: str) -> str:
    """The output of a tool that must succeed; the test is skipped where it is not installed."""
    if shutil.which(arguments[0]) is None:
        pytest.skip(f"{arguments[0]} is not installed")
    result = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


@pytest.fixture
def deployed(tmp_path: Path) -> Path:
    assert main(["deploy", str(tmp_path / "deploy")]) == 0
    return tmp_path / "deploy"


def test_every_file_is_written_out_and_none_is_written_over(deployed: Path) -> None:
    """As they are in the package; a second time it says so."""
    written = {path.relative_to(deployed): path.read_bytes() for path in deployed.rglob("*") if path.is_file()}
    assert written == {path.relative_to(DEPLOY): path.read_bytes() for path in FILES}
    assert main(["deploy", str(deployed)]) == 3


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("systemd/*.service")), ids=lambda path: path.stem)
def test_units_are_hardened(unit: Path) -> None:
    """Systemd's own score of what a unit could still do."""
    run("systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(unit))


def test_units_and_timers_are_understood(deployed: Path) -> None:
    """Every line; the program itself is put where it is found here."""
    program = shutil.which("true")
    for unit in deployed.glob("systemd/*.service"):
        unit.write_text(unit.read_text().replace("/opt/threat-sharing-hub/bin/hub", str(program)))
    names = [str(path) for path in sorted(deployed.glob("systemd/*"))]
    assert run("systemd-analyze", "verify", *names) == ""


def test_every_command_in_a_unit_is_one_of_ours() -> None:
    """With arguments that it takes."""
    for unit in DEPLOY.glob("systemd/*.service"):
        for line in re.findall(r"^ExecStart=/opt/threat-sharing-hub/bin/hub (.+)$", unit.read_text(), re.MULTILINE):
            with pytest.raises(SystemExit) as exit_info:
                main([*line.split(), "--help"])
            assert exit_info.value.code == 0, line


def test_every_setting_that_a_file_names_is_one() -> None:
    """The hub would ignore a setting that was renamed."""
    setting_names = {ENVIRONMENT_PREFIX + name.upper().replace(".", "_") for name in setting_values(Settings())}
    for path in FILES:
        assert set(re.findall(r"HUB_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8"))) <= setting_names, path


def certificate(folder: Path) -> tuple[Path, Path]:
    issued = trustme.CA().issue_cert("hub.example")
    chain, key = folder / "chain.pem", folder / "key.pem"
    issued.private_key_pem.write_to_path(str(key))
    for part in issued.cert_chain_pems:
        part.write_to_path(str(chain), append=True)
    return chain, key


def test_nginx_logs_no_code_of_a_sign_in() -> None:
    """The way back from a provider is as everything else, but in no log."""
    site = (DEPLOY / "nginx" / "threat-sharing-hub.conf").read_text()
    return_block = site.partition(f"location = {RETURN_PATH} {{")[2].partition("}")[0]
    root_block = site.partition("location / {")[2].partition("}")[0]
    lines = [line.strip() for line in return_block.splitlines() if line.strip()]
    assert lines == [*(line.strip() for line in root_block.splitlines() if line.strip()), "access_log off;"]


def test_nginx_accepts_its_file(deployed: Path, tmp_path: Path) -> None:
    """`nginx -t`, with a certificate of the test's own and ports that anybody may listen on."""
    chain, key = certificate(tmp_path)
    site = (deployed / "nginx" / "threat-sharing-hub.conf").read_text()
    site = site.replace("/etc/ssl/hub/chain.pem", str(chain)).replace("/etc/ssl/hub/key.pem", str(key))
    (tmp_path / "site.conf").write_text(site.replace(":443", ":18443").replace(" 443 ", " 18443 "))
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\naccess_log off;\nclient_body_temp_path {tmp_path}/body;\n"
        f"proxy_temp_path {tmp_path}/proxy;\nfastcgi_temp_path {tmp_path}/f;\nuwsgi_temp_path {tmp_path}/u;\n"
        f"scgi_temp_path {tmp_path}/s;\ninclude {tmp_path}/site.conf;\n}}\n"
    )
    run("nginx", "-t", "-e", str(tmp_path / "error.log"), "-c", str(tmp_path / "nginx.conf"))


def test_haproxy_accepts_its_file(deployed: Path, tmp_path: Path) -> None:
    """`haproxy -c`."""
    chain, key = certificate(tmp_path)
    (tmp_path / "hub.pem").write_bytes(chain.read_bytes() + key.read_bytes())
    file = deployed / "haproxy" / "haproxy.cfg"
    file.write_text(file.read_text().replace("/etc/haproxy/hub.pem", str(tmp_path / "hub.pem")))
    run("haproxy", "-c", "-f", str(file))


def test_prometheus_accepts_its_rules(deployed: Path) -> None:
    """`promtool check rules`."""
    run("promtool", "check", "rules", str(deployed / "prometheus" / "threat-sharing-hub.rules.yml"))


def figures_of(expressions: Sequence[str]) -> set[str]:
    """The names of the hub's metrics in PromQL; a histogram's and a counter's parts count as the one that they are of."""
    names = {name for text in expressions for name in re.findall(r"\bhub_[a-z_]+", text)}
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in names}


def assert_known(names: set[str]) -> None:
    """Each is one that the hub writes: an expression over a name that nobody writes is empty for ever."""
    source = (DEPLOY.parent / "server" / "metrics.py").read_text(encoding="utf-8")
    assert len(names) > 5
    for name in names:
        assert f'"{name}"' in source or f" {name} " in source, name


def test_each_alert_is_of_a_figure_that_the_hub_has() -> None:
    """A rule over a name that nobody writes never fires."""
    rules = yaml.safe_load((DEPLOY / "prometheus" / "threat-sharing-hub.rules.yml").read_text(encoding="utf-8"))
    assert_known(figures_of([rule["expr"] for group in rules["groups"] for rule in group["rules"]]))


def dashboard() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((DEPLOY / "grafana" / "threat-sharing-hub.json").read_text(encoding="utf-8"))
    return content


def test_each_panel_of_the_dashboard_shows_figures_that_the_hub_has(tmp_path: Path) -> None:
    """All of them, and each expression is one that Prometheus understands."""
    expressions = [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    assert_known(figures_of(expressions))
    source = (DEPLOY.parent / "server" / "metrics.py").read_text(encoding="utf-8")
    written = set(re.findall(r'"(hub_[a-z_]+)"', source)) - {"hub_info"}
    assert written <= figures_of(expressions)
    rules = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(expressions)]
    (tmp_path / "panels.yml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    run("promtool", "check", "rules", str(tmp_path / "panels.yml"))


def test_panels_of_the_dashboard_are_side_by_side() -> None:
    """None over another, none outside, each with a title and a number of its own."""
    panels, occupied = dashboard()["panels"], set[tuple[int, int]]()
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    for panel in panels:
        place = panel["gridPos"]
        columns, lines = range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
        cells = {(column, line) for column in columns for line in lines}
        assert not cells & occupied, panel["title"]
        assert max(columns) < 24
        assert panel["datasource"]["uid"] == "${datasource}"
        occupied |= cells


def test_compose_is_yaml_and_opens_no_port_to_other_machines() -> None:
    """Ports are bound to this machine: a proxy is in front."""
    compose = yaml.safe_load((DEPLOY / "container" / "compose.yaml").read_text(encoding="utf-8"))
    ports = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert all(service.get("read_only") or "mongo" in name for name, service in compose["services"].items())


def test_logrotate_accepts_its_file(deployed: Path, tmp_path: Path) -> None:
    """`logrotate -d` reads it and does nothing."""
    file = deployed / "logrotate" / "threat-sharing-hub"
    file.chmod(0o644)
    if shutil.which("logrotate") is not None:
        run("logrotate", "-d", "-s", str(tmp_path / "state"), str(file))
    assert file.read_text().count("{") == file.read_text().count("}") == 1
