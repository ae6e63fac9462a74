"""The declarations of today for a store of an older hub."""

from __future__ import annotations

import shutil

import pytest

from hub.sharing.catalogue import Catalogue
from hub.sharing.declared import load_catalogue
from tests.server.making import DECLARATIONS


@pytest.fixture(scope="session")
def newer_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """As a hub is declared today: unmarked objects are read by CERTs alone."""
    folder = tmp_path_factory.mktemp("declared")
    shutil.copytree(DECLARATIONS / "collections", folder / "collections")
    file = folder / "collections" / "region" / "shared" / "feeds.toml"
    file.write_text(file.read_text().replace('= "amber"', '= "amber+strict"'))
    return load_catalogue(folder / "collections", DECLARATIONS / "profiles")
