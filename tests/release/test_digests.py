"""Hash values of names are found for all algorithms, and tables are computed only when a text may contain a hash value."""

from __future__ import annotations

import hashlib

import pytest

from hub.home.register import Constituent
from hub.release.deny import list_scanner
from hub.release.digests import ListedDigests
from tests.reports.making_reports import a_member

MEMBER = a_member(register=(Constituent("Bank Teratai Nusa Berhad", "MY", (), ("terataibank.example",)),))


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
@pytest.mark.parametrize(
    "text",
    ["Bank Teratai Nusa Berhad", "BANK TERATAI NUSA BERHAD", "bank teratai nusa", "teratai-nusa", "terataibank.example",
     "https://www.terataibank.example/", "ceo@terataibank.example"],
)  # fmt: skip
def test_a_hash_value_of_a_listed_constituent_is_an_exact_hit(algorithm: str, text: str) -> None:
    digest = hashlib.new(algorithm, text.encode(), usedforsecurity=False).hexdigest()
    scanner = list_scanner(MEMBER)
    assert any(hit.is_exact for hit in scanner.hits(f"http://192.0.2.1/?u={digest}"))
    other_digest = hashlib.new(algorithm, b"teratai", usedforsecurity=False).hexdigest()
    assert not scanner.hits(f"http://192.0.2.1/?u={other_digest}")


def test_the_middle_of_an_md5_of_a_listed_constituent_is_found() -> None:
    digest = hashlib.md5(b"terataibank.example", usedforsecurity=False).hexdigest()
    assert list_scanner(MEMBER).hits(f"http://192.0.2.1/?u={digest[8:24]}")


def test_two_values_with_the_same_beginning_are_distinguished() -> None:
    digest = hashlib.sha256(b"teratai").hexdigest()
    digests = ListedDigests(lambda: ["teratai"], "a hash value")
    hashed_spelling = digests.find(digest)
    assert hashed_spelling is not None
    assert hashed_spelling.spelling == "teratai"
    assert digests.find(digest[:16] + "0" * 48) is None


def test_a_long_list_is_hashed_only_when_needed_and_once_for_each_algorithm() -> None:
    calls: list[str] = []

    def spellings() -> list[str]:
        calls.append("")
        return ["teratai"]

    digests = ListedDigests(spellings, "a hash value")
    assert digests.find("ab" * 10 + "c") is None
    assert not calls
    for value in ("ab" * 16, "cd" * 16, "ab" * 20):
        assert digests.find(value) is None
    assert len(calls) == 2


def test_words_in_small_letters_are_not_a_hash_value_in_base64(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product's word `hostile-infrastructure` has 22 characters, like an MD5. If it counted as one, every report would hash the list."""
    calls: list[str] = []
    monkeypatch.setattr(ListedDigests, "find", lambda _, value: calls.append(value))
    list_scanner(MEMBER).hits("hostile-infrastructure")
    assert not calls
    list_scanner(MEMBER).hits("KAa5E0vJ9LsmM0GzFGvQ3A==")
    assert calls
