"""Hash values of what is searched for, to be compared with those in a text.

Nothing is computed before a value is met that could be one. Of what a report declares, which is little, every usual and
rare algorithm is looked for, and hash values that were cut. Of the CERT's own list, which may have many thousand
spellings, only the algorithm is computed whose values have the length of the one that was met.
"""

from __future__ import annotations

import hashlib
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import Final, Protocol
from uuid import NAMESPACE_DNS, NAMESPACE_URL, UUID, uuid3, uuid5

from hub.release.needle import HashedSpelling

MIN_DIGEST: Final = 8  # digits of a hash value that is cut, as names of files and victims often are
_START_BYTES: Final = MIN_DIGEST // 2  # bytes
_CACHED_SPELLINGS: Final = 1 << 15  # spellings, of some ten reports; about 200 bytes each
_USUAL_ALGORITHMS: Final = ("md5", "sha1", "sha256")
_RARE_ALGORITHMS: Final = ("sha224", "sha384", "sha512", "sha3_224", "sha3_256", "sha3_512", "blake2b", "blake2s")
_MIDDLE_OF_MD5: Final = slice(4, 12)  # known as MD5 of 16 digits
_STORED_BYTES: Final = 8  # bytes of each hash value of a list that are kept
# The algorithms of a list by the digits of their values, and which bytes those are.
_BY_LENGTH: Final = {
    16: ("md5", _MIDDLE_OF_MD5),
    32: ("md5", slice(None)),
    40: ("sha1", slice(None)),
    64: ("sha256", slice(None)),
}


class Digests(Protocol):
    """Hash values of spellings."""

    def find(self, value: str) -> HashedSpelling | None:
        """The spelling of which these hexadecimal digits, in small letters, are a hash value."""


class NoDigests:
    """A table without digests."""

    def find(self, value: str) -> HashedSpelling | None:  # noqa: ARG002  as the others
        """Always None."""
        return None


class DeclaredDigests:
    """Digests of what a report declares: by every algorithm, complete or cut.

    Of each only the beginning is kept, with the number of its spelling and algorithm: a report has some thousand spellings.
    """

    def __init__(self, spellings: Callable[[], Iterable[HashedSpelling]]) -> None:
        self._spellings = spellings
        self._hashed: list[HashedSpelling] | None = None
        self._by_start: dict[bytes, int] = {}
        self._further_numbers: dict[bytes, list[int]] = {}  # whose beginning another digest has, too

    def find(self, value: str) -> HashedSpelling | None:
        """Also matches digits that are the beginning of a hash value."""
        if len(value) < MIN_DIGEST:
            return None
        if self._hashed is None:
            self._hashed = self._compute()
        start = bytes.fromhex(value[:MIN_DIGEST])
        number = self._by_start.get(start)
        if number is None:
            return None
        for place in (number, *self._further_numbers.get(start, ())):
            hashed: HashedSpelling = self._hashed[place // len(_ALGORITHMS)]
            if _ALGORITHMS[place % len(_ALGORITHMS)](hashed.spelling.encode()).hex().startswith(value):
                return hashed
        return None

    def _compute(self) -> list[HashedSpelling]:
        all_hashed = list(self._spellings())
        number = 0
        for hashed in all_hashed:
            starts = _starts(hashed.spelling)
            for place in range(0, len(starts), _START_BYTES):
                start = starts[place : place + _START_BYTES]
                if self._by_start.setdefault(start, number) != number:
                    self._further_numbers.setdefault(start, []).append(number)
                number += 1
        return all_hashed


class ListedDigests:
    """Digests of the CERT's own list, by the usual algorithms. It keeps eight bytes of each, sorted."""

    def __init__(self, spellings: Callable[[], Iterable[str]], description: str) -> None:
        self._spellings = spellings
        self._description = description
        self._tables: dict[int, array[int]] = {}

    def find(self, value: str) -> HashedSpelling | None:
        """Matches only complete hash values."""
        if len(value) not in _BY_LENGTH:
            return None
        if len(value) not in self._tables:
            numbers = (_number(digest) for digest, _ in self._digests(len(value)))
            self._tables[len(value)] = array("Q", sorted(numbers))
        table, digest_bytes = self._tables[len(value)], bytes.fromhex(value)
        place = bisect_left(table, _number(digest_bytes))
        if place == len(table) or table[place] != _number(digest_bytes):
            return None
        spelling = next((spelling for digest, spelling in self._digests(len(value)) if digest == digest_bytes), None)
        return None if spelling is None else HashedSpelling(spelling, self._description)

    def _digests(self, length: int) -> Iterator[tuple[bytes, str]]:
        algorithm, part = _BY_LENGTH[length]
        digest = partial(getattr(hashlib, algorithm), usedforsecurity=False)
        for spelling in self._spellings():
            yield digest(spelling.encode()).digest()[part], spelling


def _number(digest: bytes) -> int:
    return int.from_bytes(digest[:_STORED_BYTES])


def _digest(algorithm: str, plain: bytes) -> bytes:
    digest: bytes = getattr(hashlib, algorithm)(plain, usedforsecurity=False).digest()
    return digest


def _middle_of_md5(plain: bytes) -> bytes:
    return _digest("md5", plain)[_MIDDLE_OF_MD5]


def _digest_of_line(algorithm: str, plain: bytes) -> bytes:
    return _digest(algorithm, plain + b"\n")


def _crc32(plain: bytes) -> bytes:
    return zlib.crc32(plain).to_bytes(4)


def _uuid(make: Callable[[UUID, str], UUID], space: UUID, plain: bytes) -> bytes:
    return make(space, plain.decode()).bytes


# Everything that is looked for of a spelling.
_ALGORITHMS: Final[tuple[Callable[[bytes], bytes], ...]] = (
    *(partial(_digest, algorithm) for algorithm in (*_USUAL_ALGORITHMS, *_RARE_ALGORITHMS)),
    _middle_of_md5,
    *(partial(_digest_of_line, algorithm) for algorithm in _USUAL_ALGORITHMS),
    _crc32,
    *(partial(_uuid, make, space) for make in (uuid3, uuid5) for space in (NAMESPACE_DNS, NAMESPACE_URL)),
)


@lru_cache(maxsize=_CACHED_SPELLINGS)
def _starts(spelling: str) -> bytes:
    """The beginnings of its digests, by algorithm; remembered, since a report is released to one audience after another."""
    plain = spelling.encode()
    return b"".join(algorithm(plain)[:_START_BYTES] for algorithm in _ALGORITHMS)
