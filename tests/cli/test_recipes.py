"""What `hub collections --for` prints can be pasted: it names the collection by its id, and what can be run runs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.producer.publish import publish
from hub.taxii.recipes import RECIPES
from tests.commands import Command
from tests.producer.running import HubProcess
from tests.server.making import COLLECTIONS, an_id, indicator
from tests.server.process import clean_environment

BY_NAME = {"xsoar"}  # clients that take a collection by its title alone


@pytest.mark.parametrize("client", RECIPES)
def test_each_client_gets_the_collections_id(command_with_store: Command, client: str) -> None:
    """An alias is refused by several of them. No credential is in the text."""
    text = command_with_store("collections", "--for", client, "--collection", "region/id").out
    assert (COLLECTIONS["id"] in text) is (client not in BY_NAME)
    assert "/collections/id/" not in text
    assert "KEY" in text
    assert "hub_" not in re.sub(r"hub_[0-9a-f]{8}\b", "", text)


def test_without_a_collection_each_has_its_own_text(command_with_store: Command) -> None:
    """Under its place; as JSON, one row each."""
    rows = json.loads(command_with_store("collections", "--for", "curl", "--json").out)
    assert {row["collection"] for row in rows} >= {"region/id", "region/feeds"}
    assert "# region/id\n" in command_with_store("collections", "--for", "curl").out


def test_a_collection_that_is_not_there_is_reported(command_with_store: Command) -> None:
    """With those that are."""
    assert "region/id" in command_with_store("collections", "--for", "curl", "--collection", "nowhere", code=3).err


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub that serves, with two indicators in `id`."""
    process = HubProcess(tmp_path_factory.mktemp("recipes"))
    process.start()
    with process.connection() as connection:
        publish(connection, connection.collection("id"), [indicator(1), indicator(2)])
    yield process
    process.stop()


def recipe(running: HubProcess, client: str) -> str:
    """As a SOC gets it: from the hub, with an address and a key, on a machine without a store."""
    done = subprocess.run(
        [sys.executable, "-m", "hub", "collections", "--for", client, "--collection", "id"],
        env={**running.client_environment("sg-cert"), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.replace("NAME", "sg-cert").replace("KEY", running.keys["sg-cert"])


def test_the_program_for_taxii2_client_runs(running: HubProcess) -> None:
    """As it is printed, with name and key put in."""
    program = recipe(running, "taxii2-client")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert an_id(1) in done.stdout
    later = subprocess.run(
        [sys.executable, "-c", program, "2100-01-01T00:00:00Z"], capture_output=True, text=True, check=True
    )
    assert later.stdout == ""


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_lines_for_curl_run(running: HubProcess, tmp_path: Path) -> None:
    """The first poll as it is printed; its headers say where the next one begins."""
    first = recipe(running, "curl").split("\n\n")[0]
    script = "\n".join(line for line in first.splitlines() if not line.startswith("#"))
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert an_id(2) in {item["id"] for item in json.loads(done.stdout)["objects"]}
    assert "x-taxii-date-added-last" in (tmp_path / "headers.txt").read_text().lower()


def test_a_soc_sees_the_collections_without_the_hubs_packages(running: HubProcess) -> None:
    """With what it may do there; `hub collections` asks the hub where there is no store."""
    code = (
        "import sys\n"
        "for name in ('flask', 'apsw', 'argon2', 'pymongo'): sys.modules[name] = None\n"
        "from hub.cli import main\n"
        "sys.exit(main(['collections', '--json']))"
    )
    environment = {**running.client_environment("sg-cert"), "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = {row["alias"]: row for row in json.loads(done.stdout)}
    assert (rows["id"]["can_read"], rows["id"]["can_write"]) == (True, False)
    assert rows["id"]["url"] == f"{running.url}collections/{COLLECTIONS['id']}/"


def test_without_a_hub_and_its_packages_it_says_what_to_give(tmp_path: Path) -> None:
    """On a fresh machine of a SOC."""
    code = (
        "import sys\n"
        "for name in ('flask', 'apsw', 'argon2', 'pymongo'): sys.modules[name] = None\n"
        "from hub.cli import main\n"
        "sys.exit(main(['collections']))"
    )
    environment = {**clean_environment(), "HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "hub setup" in done.stderr) == (3, True)
