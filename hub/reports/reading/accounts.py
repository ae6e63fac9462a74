"""Values that STIX has no type for: accounts, telephone numbers, fingerprints of TLS, pipes, debug paths, paths of requests.

Every function takes text and returns the observable, or raises ValueError whose message continues the words "expected …".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from hub.reports.observables import FileDetails, Observable, ObservableType
from hub.reports.reading import methods, values
from hub.reports.reading.composites import connection

_PIPE: Final = re.compile(r"^(?:\\{1,2}[.\w-]+\\pipe\\|/pipe/)", re.IGNORECASE)


def iban(text: str) -> Observable:
    """A bank account by its IBAN."""
    number = values.bank_account(text)
    if not re.match(r"[A-Z]{2}\d{2}", number):
        raise ValueError("an IBAN with its check digits, such as GB33BUKB20201555555555")
    return Observable(ObservableType.BANK_ACCOUNT, number)


def tls_fingerprint(algorithm: str) -> Callable[[str], Observable]:
    """A reader for fingerprints of handshakes by this algorithm: ja3, ja3s, ja4."""
    return lambda text: Observable(ObservableType.TLS_FINGERPRINT, values.fingerprint(text, algorithm), data=algorithm)


def named_pipe(text: str) -> Observable:
    r"""A named pipe of Windows, with or without what stands before its name: \\.\pipe\."""
    name = _PIPE.sub("", values.plain_text(text))
    if not name:
        raise ValueError("the name of a pipe")
    return Observable(ObservableType.NAMED_PIPE, name)


def pdb_path(text: str) -> Observable:
    """The path of debug symbols that a compiler left in a program."""
    path = values.plain_text(text)
    if not path.casefold().endswith(".pdb"):
        raise ValueError("a path that ends in .pdb")
    return Observable(ObservableType.PDB_PATH, path)


def uri_path(text: str) -> Observable:
    """Path and query of a request, without the host."""
    path = values.plain_text(text)
    if not re.fullmatch(r"/\S{3,}", path):
        raise ValueError("a path such as /gate.php?id=, of four characters or more")
    return Observable(ObservableType.URI_PATH, path)


def imphash(text: str) -> Observable:
    """A program of Windows by the hash of its imports."""
    digest = values.file_hash(text, "MD5")[1]
    return Observable(ObservableType.FILE, digest, file=FileDetails(imphash=digest))


def package(text: str) -> Observable:
    """A package by its URL (purl), with the version that is meant."""
    program = methods.software(text)
    if program.purl is None or program.version is None:
        raise ValueError("a package URL with its version, such as pkg:npm/left-pad@1.3.0")
    return Observable(ObservableType.SOFTWARE, program.name, data=program.purl)


def host_port(text: str) -> Observable:
    """A host and the port at which it is contacted: 203.0.113.7:4444, c2.example:443, [2001:db8::1]:80."""
    host, _, port = values.refang(text).rpartition(":")
    expectation = "a host and a port, such as 203.0.113.7:4444"
    if not host or not port.isdecimal():
        raise ValueError(expectation)
    try:
        place = values.address(host)[1]
    except ValueError:
        place = values.domain(host)
    return connection(dst=place, dst_port=values.whole_number(port, least=1, most=65_535))
