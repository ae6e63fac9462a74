"""Files of the producer's home, written so that a crash leaves the old one or the new one, never half of one."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path


def write_atomically(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put `content` at `path`: written beside it, synced, then renamed over it. OSError where that cannot be done."""
    write_chunks_atomically(path, [content], mode=mode)


def write_chunks_atomically(path: Path, chunks: Iterable[bytes], *, mode: int = 0o600) -> None:
    """Like `write_atomically`, for content that does not fit into memory."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(mode)
        beside.replace(path)
        sync_folder(path.parent)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_once(path: Path, content: bytes, *, mode: int = 0o600) -> bool:
    """Put `content` at `path` unless something is there; whether it was put. Two processes at once: one of them wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(mode)
        try:
            os.link(beside, path)
        except FileExistsError:
            return False
        sync_folder(path.parent)
        return True
    finally:
        beside.unlink(missing_ok=True)


def others_may_use(path: Path) -> bool:
    """Whether anybody but its owner may read, write or enter the file or folder. FileNotFoundError where there is none.

    Windows keeps lists of who may, and shows every file as open in its mode: there the folder of the user's own protects it.
    """
    mode = path.stat().st_mode
    return sys.platform != "win32" and bool(mode & 0o077)


def sync_folder(folder: Path) -> None:
    """Make what was renamed in this folder outlast a power cut."""
    with contextlib.suppress(OSError):  # some file systems let nobody sync a folder; the rename is still atomic
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
