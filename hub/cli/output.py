"""What the commands that make files have in common: a file is written whole or not at all, and never into a new folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hub.errors import UnprocessableError
from hub.home.files import write_chunks_atomically


def write_whole(path: Path, chunks: Iterable[bytes]) -> None:
    """Put a file at `path`, for its owner's eyes. UnprocessableError where that cannot be done: what was there stays."""
    try:
        path.parent.stat()  # a folder that is not there is a slip of the keyboard: it is not made
        write_chunks_atomically(path, chunks)
    except OSError as error:
        raise UnprocessableError(f"{path}: cannot be written: {error.strerror}") from None
