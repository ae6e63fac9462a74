"""What a run has prepared and neither kept nor sent yet, on disk instead of in memory: a feed of a day is a long one.

The file has no name: it is gone with the process, however that ends. It lies in the producer's home, not where everybody's
temporary files do, since it says what reports say.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from hub.errors import ProducerError
from hub.producer.bundles import StixDict, encoded


@dataclass(frozen=True, slots=True)
class Prepared:
    """What may leave of one file or report: where it came from, its bundles, a preview, whether to ask before it leaves,
    and the files (path, content) that have to be kept before it does.
    """

    source: str
    bundles: Sequence[Sequence[StixDict]]
    preview: str
    ask: bool = False
    files: Sequence[tuple[Path, bytes]] = ()


class Spool:
    """Takes what was prepared one after the other, and gives it back in the same order, as often as need be.

    The file holds for each a line of JSON that says how long what follows is: the preview, the files, the bundles.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed with the spool
        except OSError as error:
            raise ProducerError(f"{folder}: nothing can be written here: {error.strerror}") from None
        self._places: dict[str, tuple[int, int]] = {}  # of the newest content of each file: where, how many bytes
        self.count = 0
        self.asking = 0  # how many of them want to be asked about

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, prepared: Prepared) -> None:
        """Take one in. ProducerError where the disk is full."""
        preview = prepared.preview.encode("utf-8", "replace")
        bundles = [b"[" + b",".join(encoded(item) for item in bundle) + b"]" for bundle in prepared.bundles]
        head = {
            "source": prepared.source,
            "ask": prepared.ask,
            "preview": len(preview),
            "files": [[str(path), len(body)] for path, body in prepared.files],
            "bundles": [len(body) for body in bundles],
        }
        line = json.dumps(head).encode() + b"\n"
        place = self._file.seek(0, os.SEEK_END)
        try:
            self._file.writelines([line, preview, *(body for _, body in prepared.files), *bundles])
        except OSError as error:
            raise ProducerError(f"what was prepared cannot be kept until it is sent: {error.strerror}") from None
        place += len(line) + len(preview)
        for path, body in prepared.files:
            self._places[str(path)] = (place, len(body))
            place += len(body)
        self.count += 1
        self.asking += prepared.ask

    def __iter__(self) -> Iterator[Prepared]:
        """All of them, in their order."""
        place = 0
        while True:
            self._file.seek(place)
            line = self._file.readline()
            if not line:
                return
            head = json.loads(line)
            preview = self._file.read(head["preview"]).decode()
            files = [(Path(path), self._file.read(size)) for path, size in head["files"]]
            bundles = [json.loads(self._file.read(size)) for size in head["bundles"]]
            place = self._file.tell()
            yield Prepared(head["source"], bundles, preview, head["ask"], files)

    def unkept(self, path: Path) -> bytes | None:
        """What is to stand in a file that was not kept yet; None where nothing of that file was prepared."""
        if str(path) not in self._places:
            return None
        place, size = self._places[str(path)]
        self._file.seek(place)
        return self._file.read(size)
