"""Finished releases whose records are not written and that are not sent yet; on disk, since a day's feed can be long.

The file has no name, so it disappears when the process ends in any way. It is in the CERT's home, not in the system's
folder for temporary files, since it contains data of reports.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from hub.errors import ProducerError
from hub.producer.bundles import StixDict, encoded
from hub.release.preview import Preview, parse_preview
from hub.release.record import File

MEMORY_BYTES: Final = 1 << 20  # a smaller spool needs no file
EMPTY_PREVIEW: Final = Preview("", ())


@dataclass(frozen=True, slots=True)
class SpooledRelease:
    """One release that waits to be sent. `files` are the records (path, content) that must be written before."""

    source: str
    bundles: Sequence[Sequence[StixDict]]
    preview: Preview = EMPTY_PREVIEW
    needs_confirmation: bool = False  # whether an officer must confirm it
    files: Sequence[File] = ()


class Spool:
    """Stores releases one after another, and returns them in the same order, any number of times.

    For each release the file has a line of JSON with the lengths of the parts after it: the preview, the files, the bundles.
    The file is in `folder` if that exists; reports need a home, so their spool is always there.
    """

    def __init__(self, folder: Path | None) -> None:
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - closed with the spool
            MEMORY_BYTES, dir=str(folder) if folder is not None and folder.is_dir() else None
        )
        self._places: dict[str, tuple[int, int]] = {}  # of the newest content of each file: offset and length
        self.count = 0  # of releases with something to send
        self.confirmation_count = 0  # of releases that an officer must confirm

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, release: SpooledRelease) -> None:
        """Append a release. ProducerError if the disk is full."""
        preview = release.preview.encoded()
        bundles = [b"[" + b",".join(encoded(item) for item in bundle) + b"]" for bundle in release.bundles]
        head = {
            "source": release.source,
            "ask": release.needs_confirmation,
            "preview": len(preview),
            "files": [[str(path), len(body)] for path, body in release.files],
            "bundles": [len(body) for body in bundles],
        }
        line = json.dumps(head).encode() + b"\n"
        try:
            offset = self._file.seek(0, os.SEEK_END)
            for part in (line, preview, *(body for _, body in release.files), *bundles):
                self._file.write(part)
            self._file.flush()
        except OSError as error:
            raise ProducerError(f"The releases cannot be spooled until they are sent: {error.strerror}") from None
        offset += len(line) + len(preview)
        for path, body in release.files:
            self._places[str(path)] = (offset, len(body))
            offset += len(body)
        self.count += bool(release.bundles)
        self.confirmation_count += release.needs_confirmation

    def __iter__(self) -> Iterator[SpooledRelease]:
        """All releases, in their order."""
        offset = 0
        while True:
            self._file.seek(offset)
            line = self._file.readline()
            if not line:
                return
            head = json.loads(line)
            preview = parse_preview(self._file.read(head["preview"]))
            files = [(Path(path), self._file.read(size)) for path, size in head["files"]]
            bundles = [json.loads(self._file.read(size)) for size in head["bundles"]]
            offset = self._file.tell()
            yield SpooledRelease(head["source"], bundles, preview, head["ask"], files)

    def pending_file(self, path: Path) -> bytes | None:
        """The newest content of a spooled file that is not on disk yet; None if no file of that path is spooled."""
        if str(path) not in self._places:
            return None
        offset, size = self._places[str(path)]
        self._file.seek(offset)
        return self._file.read(size)
