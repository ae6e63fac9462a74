"""What the commands that make files have in common: a file is written whole or not at all, and never into a new folder."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from hub.errors import UnprocessableError
from hub.home.files import write_chunks_atomically


def write_whole(path: Path, chunks: Iterable[bytes]) -> None:
    """Put a file at `path`, for its owner's eyes. UnprocessableError where that cannot be done: what was there stays."""
    try:
        path.parent.stat()  # a folder that is not there is a slip of the keyboard: it is not made
        if path.exists() and not path.is_file():  # a device or a pipe, which a file must not replace
            with path.open("wb") as opened:
                opened.writelines(chunks)
        else:
            write_chunks_atomically(path, chunks)
    except OSError as error:
        raise UnprocessableError(f"{path}: cannot be written: {error.strerror}") from None


def write_stdout(chunks: Iterable[bytes]) -> None:
    """Write bytes to standard output. UnprocessableError where that cannot be done.

    Where the shell made a file of it, a part of the output does not stay there: whatever breaks off, the file ends where it
    began.
    """
    start = _offset()
    try:
        sys.stdout.buffer.writelines(chunks)
        sys.stdout.buffer.flush()
    except BaseException as error:
        _drop_output(start)
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            raise UnprocessableError(f"The output cannot be written: {error.strerror}.") from None
        raise


def _offset() -> int | None:
    """Where the next byte of standard output goes in its file; None where that is no file."""
    try:
        descriptor = sys.stdout.fileno()
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return os.lseek(descriptor, 0, os.SEEK_CUR)
    except (OSError, ValueError):  # a stream without a file below
        return None


def _drop_output(start: int | None) -> None:
    """Take back what was written since `start`, and what waits to be written."""
    with suppress(OSError, ValueError):
        descriptor = sys.stdout.fileno()
        if start is not None:
            os.ftruncate(descriptor, start)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)  # else the buffered text is written at exit, and fails again
        os.close(nowhere)


def write_file(lines: Iterable[bytes], out: str | None) -> None:
    """Write what only the operator may read to a new file, or to stdout where none is named.

    UnprocessableError where the file exists or cannot be written.
    """
    if out is None:
        with suppress(OSError, ValueError):  # a stream without a file below
            _narrow(sys.stdout.fileno())
        sys.stdout.buffer.writelines(lines)
        sys.stdout.buffer.flush()
        return
    try:
        # an archive holds the signing secret and the hashes of keys: nobody else reads it
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise UnprocessableError(f"{out}: this file exists already; nothing is ever written over it.") from None
    except OSError as error:
        raise UnprocessableError(f"{out}: this file cannot be written: {error.strerror}.") from None


def _narrow(descriptor: int) -> None:
    """Where the shell made a file of stdout that others can read, take that from them, and say so."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or not status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return
    try:
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode) & ~(stat.S_IRWXG | stat.S_IRWXO))
    except OSError:  # another's file
        print("others can read this file, and secrets are in it: write to a file of your own", file=sys.stderr)
        return
    print("others could read this file, and now its owner alone can: secrets are in it", file=sys.stderr)
