"""`make run`: the story that the README promises, from an empty folder, through the real commands and a real server."""

from __future__ import annotations

from pathlib import Path

from tests.ports import free_port
from tests.server.process import command


def test_the_demo_plays_its_story(tmp_path: Path) -> None:
    """Indonesia publishes, Singapore has it and says so, the victim is in none of it; each member has a key of its own."""
    result = command("demo", "--home", str(tmp_path / "var"), "--port", str(free_port()), "--once", environment={})
    assert result.stderr == ""
    for words in (
        "11 members, 17 collections",
        "hub publish",
        "hub follow id",
        "1 incident",
        "is in the report, and in nothing that Singapore received",
        "acknowledged: SG",
        "10 other countries can protect themselves, and none of them has learnt who was attacked",
        "Not fetched yet by BN KH LA MM MY PH TH TL VN",
        "In a browser: http://127.0.0.1:",
        "as Singapore: account sg-cert, the key that `cat ",
        "as Indonesia: account id-cert, the key that `cat ",
    ):
        assert words in result.stdout, words
    keys = list((tmp_path / "var" / "keys").iterdir())
    assert len(keys) == 11
    assert all(path.stat().st_mode & 0o077 == 0 for path in keys)
