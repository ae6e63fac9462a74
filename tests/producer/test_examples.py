"""The examples of hub/docs run as they are, against a hub."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.producer.offices import Office, Region, sheet

RUN_NOTEBOOK: Final = """
import sys
import nbformat
from nbclient import NotebookClient

notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
print(nbformat.writes(notebook))
"""
EXAMPLES: Final = Path(__file__).parents[2] / "hub" / "docs" / "examples"


def run(name: str, office: Office, folder: Path, *words: str, **more: str) -> str:
    """What an example prints; it must end well."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *words],
        env={**office.environment, "PYTHONPATH": os.pathsep.join(sys.path), **more},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def published(region: Region, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Indonesia has published a sheet with one report in `alerts`; return the id of the incident."""
    folder = tmp_path_factory.mktemp("published")
    path = sheet(
        folder / "reports.csv", {"report_id": "ID-EX-1", "country": "ID", "indicators": "domain:login.attacker.example"}
    )
    output = run("publish_reports.py", region.offices["ID"], folder, str(path), "alerts")
    assert "failed" not in output.lower()
    board = json.loads(region.offices["SG"].hub("board", "--json").stdout)
    (incident,) = [row["incident"] for row in board["incidents"] if row["reported_by"] == "ID"]
    return str(incident)


def test_publishing_a_sheet_puts_its_incident_on_the_board(published: str) -> None:
    """`publish_reports.py` releases and sends."""
    assert published.startswith("incident--")


def test_following_prints_each_pattern_once(region: Region, published: str, tmp_path: Path) -> None:
    """`follow_indicators.py` remembers how far it came."""
    path = sheet(
        tmp_path / "more.csv", {"report_id": "ID-EX-2", "country": "ID", "indicators": "domain:panel.attacker.example"}
    )
    run("publish_reports.py", region.offices["ID"], tmp_path, str(path), "indicators")
    assert "panel.attacker.example" in run("follow_indicators.py", region.offices["SG"], tmp_path)
    assert run("follow_indicators.py", region.offices["SG"], tmp_path) == ""


def test_plain_taxii_polls_by_the_collections_id(region: Region, published: str, tmp_path: Path) -> None:
    """`plain_taxii.py` needs nothing of this project."""
    office = region.offices["SG"]
    rows = json.loads(region.hub("collections", "--json").stdout)
    (collection,) = [row["id"] for row in rows if row["alias"] == "alerts" and row["api_root"].endswith("/asean/")]
    login = {"HUB_USER": "sg-cert", "HUB_PASSWORD": office.key}
    assert published in run("plain_taxii.py", office, tmp_path, collection, **login)
    assert published not in run("plain_taxii.py", office, tmp_path, collection, "2100-01-01T00:00:00Z", **login)


def test_acknowledging_all_leaves_nothing_owed(region: Region, published: str, tmp_path: Path) -> None:
    """`acknowledge_alerts.py` acknowledges what others reported, once."""
    assert published in run("acknowledge_alerts.py", region.offices["MY"], tmp_path)
    assert run("acknowledge_alerts.py", region.offices["MY"], tmp_path) == ""


def test_the_notebook_runs_from_its_first_cell_to_its_last(region: Region, published: str, tmp_path: Path) -> None:
    """`first_hour.ipynb`, in a kernel of its own; the incident that was published is on the board that it shows."""
    source = (EXAMPLES / "first_hour.ipynb").read_text(encoding="utf-8")
    assert all(not cell.get("outputs") for cell in json.loads(source)["cells"]), "store it without its outputs"
    office = region.offices["SG"]
    done = subprocess.run(  # in a process of its own, which takes the kernel's sockets along when it ends
        [sys.executable, "-c", RUN_NOTEBOOK, str(EXAMPLES / "first_hour.ipynb")],
        env={**office.environment, "PYTHONPATH": os.pathsep.join(sys.path), "IPYTHONDIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = json.dumps([cell.get("outputs", []) for cell in json.loads(done.stdout)["cells"]])
    assert published in shown
    assert "is in no collection here" in shown


def test_each_example_is_run_here() -> None:
    """A new example needs a test."""
    source = Path(__file__).read_text(encoding="utf-8")
    names = {path.name for path in [*EXAMPLES.glob("*.py"), *EXAMPLES.glob("*.ipynb")]}
    assert {name for name in names if f'"{name}"' not in source} == set()
