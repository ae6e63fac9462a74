"""Tables of hash values of spellings, to recognise hash values in a text.

No table is computed until a text contains a possible hash value. What a report declares is little, so usual and rare
algorithms are computed for it, and cut hash values are recognised. The CERT's own list may have many thousands of
spellings, so only the algorithm whose values have the length of the value in the text is computed for it.
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

MIN_DIGEST: Final = 8  # digits of a cut hash value, as in names of files or victims
_START_BYTES: Final = MIN_DIGEST // 2  # bytes stored of each digest of what a report declares
_CACHED_SPELLINGS: Final = 1 << 15  # spellings of about ten reports; about 200 bytes each
_USUAL_ALGORITHMS: Final = ("md5", "sha1", "sha256")
_RARE_ALGORITHMS: Final = ("sha224", "sha384", "sha512", "sha3_224", "sha3_256", "sha3_512", "blake2b", "blake2s")
_MIDDLE_OF_MD5: Final = slice(4, 12)  # bytes of "MD5 with 16 digits"
_STORED_BYTES: Final = 8  # bytes stored of each hash value of a list
# By number of digits: the algorithm for a list, and which of its bytes the digits are.
_BY_LENGTH: Final = {
    16: ("md5", _MIDDLE_OF_MD5),
    32: ("md5", slice(None)),
    40: ("sha1", slice(None)),
    64: ("sha256", slice(None)),
}


class Digests(Protocol):
    """A table of hash values of spellings."""

    def find(self, value: str) -> HashedSpelling | None:
        """The spelling with this hash value, given as hexadecimal digits in small letters; None if there is none."""


class NoDigests:
    """A table without digests."""

    def find(self, value: str) -> HashedSpelling | None:  # noqa: ARG002  the signature of the protocol
        """Always None."""
        return None


class DeclaredDigests:
    """Digests of what a report declares, by every algorithm, complete or cut.

    A report has some thousand spellings, so the table stores only the beginning of each digest and a number, which gives the
    spelling and the algorithm.
    """

    def __init__(self, spellings: Callable[[], Iterable[HashedSpelling]]) -> None:
        self._spellings = spellings
        self._spelling_list: list[HashedSpelling] | None = None
        self._by_start: dict[bytes, int] = {}
        # the numbers of digests with the same beginning as another digest
        self._further_numbers: dict[bytes, list[int]] = {}

    def find(self, value: str) -> HashedSpelling | None:
        """As the protocol says; also for digits that are only the beginning of a hash value."""
        if len(value) < MIN_DIGEST:
            return None
        if self._spelling_list is None:
            self._spelling_list = self._compute()
        start = bytes.fromhex(value[:MIN_DIGEST])
        number = self._by_start.get(start)
        if number is None:
            return None
        for index in (number, *self._further_numbers.get(start, ())):
            hashed: HashedSpelling = self._spelling_list[index // len(_ALGORITHMS)]
            if _ALGORITHMS[index % len(_ALGORITHMS)](hashed.spelling.encode()).hex().startswith(value):
                return hashed
        return None

    def _compute(self) -> list[HashedSpelling]:
        spellings = list(self._spellings())
        number = 0
        for hashed in spellings:
            starts = _starts(hashed.spelling)
            for index in range(0, len(starts), _START_BYTES):
                start = starts[index : index + _START_BYTES]
                if self._by_start.setdefault(start, number) != number:
                    self._further_numbers.setdefault(start, []).append(number)
                number += 1
        return spellings


class ListedDigests:
    """Digests of the CERT's own list, by the usual algorithms. The table stores eight bytes of each, sorted."""

    def __init__(self, spellings: Callable[[], Iterable[str]], description: str) -> None:
        self._spellings = spellings
        self._description = description
        self._tables: dict[int, array[int]] = {}

    def find(self, value: str) -> HashedSpelling | None:
        """As the protocol says; for complete hash values only."""
        if len(value) not in _BY_LENGTH:
            return None
        if len(value) not in self._tables:
            numbers = (_number(digest) for digest, _ in self._digests(len(value)))
            self._tables[len(value)] = array("Q", sorted(numbers))
        table, digest_bytes = self._tables[len(value)], bytes.fromhex(value)
        index = bisect_left(table, _number(digest_bytes))
        if index == len(table) or table[index] != _number(digest_bytes):
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


def _digest(algorithm: str, data: bytes) -> bytes:
    digest: bytes = getattr(hashlib, algorithm)(data, usedforsecurity=False).digest()
    return digest


def _middle_of_md5(data: bytes) -> bytes:
    return _digest("md5", data)[_MIDDLE_OF_MD5]


def _digest_with_newline(algorithm: str, data: bytes) -> bytes:
    return _digest(algorithm, data + b"\n")


def _crc32(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4)


def _uuid(make: Callable[[UUID, str], UUID], space: UUID, data: bytes) -> bytes:
    return make(space, data.decode()).bytes


# Every function whose value of a spelling is searched for.
_ALGORITHMS: Final[tuple[Callable[[bytes], bytes], ...]] = (
    *(partial(_digest, algorithm) for algorithm in (*_USUAL_ALGORITHMS, *_RARE_ALGORITHMS)),
    _middle_of_md5,
    *(partial(_digest_with_newline, algorithm) for algorithm in _USUAL_ALGORITHMS),
    _crc32,
    *(partial(_uuid, make, space) for make in (uuid3, uuid5) for space in (NAMESPACE_DNS, NAMESPACE_URL)),
)


@lru_cache(maxsize=_CACHED_SPELLINGS)
def _starts(spelling: str) -> bytes:
    """The beginnings of the digests of a spelling, by algorithm. Cached, because a report is released to several audiences."""
    data = spelling.encode()
    return b"".join(algorithm(data)[:_START_BYTES] for algorithm in _ALGORITHMS)
