"""Read observables that have no SCO type in STIX: bank accounts, TLS fingerprints, pipes, debug paths, paths of requests.

Each function takes text and returns the observable. It raises ValueError with a message that completes "expected …".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from hub.reports.observables import FileDetails, Observable, ObservableType
from hub.reports.reading import methods, values
from hub.reports.reading.composites import connection

_PIPE: Final = re.compile(r"^(?:(?:\\{1,2}[.?\w-]+)?\\?pipe\\|/pipe/)", re.IGNORECASE)


def iban(text: str) -> Observable:
    """Read an IBAN as a bank account."""
    number = values.bank_account(text)
    if not re.match(r"[A-Z]{2}\d{2}", number):
        raise ValueError("an IBAN with its check digits, such as GB33BUKB20201555555555")
    return Observable(ObservableType.BANK_ACCOUNT, number)


def tls_fingerprint(algorithm: str) -> Callable[[str], Observable]:
    """Return a reader for fingerprints by this algorithm, one of `values.FINGERPRINT_PATTERNS`."""
    return lambda text: Observable(ObservableType.TLS_FINGERPRINT, values.fingerprint(text, algorithm), data=algorithm)


def named_pipe(text: str) -> Observable:
    r"""Read the name of a Windows named pipe, with or without the prefix \\.\pipe\."""
    name = _PIPE.sub("", values.plain_text(text)).lstrip("\\")
    if not name:
        raise ValueError("the name of a pipe")
    return Observable(ObservableType.NAMED_PIPE, name)


def pdb_path(text: str) -> Observable:
    """Read the path of debug symbols that a compiler left in a program."""
    path = values.plain_text(text)
    if not path.casefold().endswith(".pdb"):
        raise ValueError("a path that ends in .pdb")
    return Observable(ObservableType.PDB_PATH, path)


def uri_path(text: str) -> Observable:
    """Read the path and query of a request, without the host."""
    path = values.plain_text(text)
    if not re.fullmatch(r"/\S{3,}", path):
        raise ValueError("a path such as /gate.php?id=, of four characters or more")
    return Observable(ObservableType.URI_PATH, path)


def imphash(text: str) -> Observable:
    """Read the import hash of a Windows program."""
    digest = values.file_hash(text, "MD5")[1]
    return Observable(ObservableType.FILE, digest, file=FileDetails(imphash=digest))


def package(text: str) -> Observable:
    """Read a package URL (purl) with its version."""
    program = methods.software(text)
    if program.purl is None or program.version is None:
        raise ValueError("a package URL with its version, such as pkg:npm/left-pad@1.3.0")
    return Observable(ObservableType.SOFTWARE, program.name, data=program.purl)


def host_port(text: str) -> Observable:
    """Read a server and its port: 203.0.113.7:4444, c2.example:443, [2001:db8::1]:80."""
    host, _, port = values.refang(text).rpartition(":")
    expectation = "a host and a port, such as 203.0.113.7:4444"
    if not host or not port.isdecimal():
        raise ValueError(expectation)
    try:
        place = values.address(host)[1]
    except ValueError:
        place = values.domain(host)
    return connection(dst=place, dst_port=values.whole_number(port, least=1, most=65_535))
