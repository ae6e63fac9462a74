"""Functions that write the files of the CERT's home so that a crash leaves the old file or the new one, never half of it."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path


def write_atomically(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write `content` to a temporary file beside `path`, sync it, then rename it to `path`. OSError if that fails."""
    write_chunks_atomically(path, [content], mode=mode)


def write_chunks_atomically(path: Path, chunks: Iterable[bytes], *, mode: int = 0o600) -> None:
    """Like `write_atomically`, for content that does not fit into memory."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary_path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        temporary_path.chmod(mode)
        temporary_path.replace(path)
        sync_folder(path.parent)
    except BaseException:
        temporary_path.unlink(missing_ok=True)
        raise


def write_once(path: Path, content: bytes, *, mode: int = 0o600) -> bool:
    """Write `content` to `path` if no file is there; return whether it was written. Of two processes at once, one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary_path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary_path.chmod(mode)
        try:
            os.link(temporary_path, path)
        except FileExistsError:
            return False
        sync_folder(path.parent)
        return True
    finally:
        temporary_path.unlink(missing_ok=True)


def others_may_use(path: Path) -> bool:
    """Whether anybody but its owner may read, write or enter the file or folder. FileNotFoundError if it does not exist.

    Always False on Windows: its modes do not show access lists, and the user's own directory protects the file.
    """
    mode = path.stat().st_mode
    return sys.platform != "win32" and bool(mode & 0o077)


def sync_folder(folder: Path) -> None:
    """Sync the folder, so that a rename in it survives a power cut."""
    with contextlib.suppress(OSError):  # some file systems cannot sync a folder; the rename is still atomic
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
