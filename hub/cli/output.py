"""Writing files and output for all commands: a file is written completely or not at all, and never into a new folder."""

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
    """Write a file that only its owner can read. On UnprocessableError an existing file is unchanged."""
    try:
        path.parent.stat()  # raises if the folder does not exist: a typing error, so it is not created
        if path.exists() and not path.is_file():  # a device or a pipe: write to it, do not replace it
            with path.open("wb") as stream:
                stream.writelines(chunks)
        else:
            write_chunks_atomically(path, chunks)
    except OSError as error:
        raise UnprocessableError(f"{path}: cannot be written: {error.strerror}") from None


def write_stdout(chunks: Iterable[bytes]) -> None:
    """Write bytes to standard output. UnprocessableError if that fails.

    If the shell redirects standard output to a file, an incomplete output is removed from the file again.
    """
    start = _offset()
    try:
        sys.stdout.buffer.writelines(chunks)
        sys.stdout.buffer.flush()
    except BaseException as error:
        _discard_output(start)
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            raise UnprocessableError(f"The output cannot be written: {error.strerror}.") from None
        raise


def _offset() -> int | None:
    """The current position in the file that standard output is redirected to; None if it is not a file."""
    try:
        descriptor = sys.stdout.fileno()
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return os.lseek(descriptor, 0, os.SEEK_CUR)
    except (OSError, ValueError):  # a stream that has no file descriptor
        return None


def _discard_output(start: int | None) -> None:
    """Remove what was written since `start`, and discard what is still buffered."""
    with suppress(OSError, ValueError):
        descriptor = sys.stdout.fileno()
        if start is not None:
            os.ftruncate(descriptor, start)
        null_device = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null_device, descriptor)  # otherwise Python would write the buffered text at exit, and fail again
        os.close(null_device)


def write_file(lines: Iterable[bytes], out: str | None) -> None:
    """Write lines that only the operator may read to the new file `out`, or to stdout if it is None.

    UnprocessableError if the file exists or cannot be written.
    """
    if out is None:
        with suppress(OSError, ValueError):  # a stream that has no file descriptor
            _restrict_permissions(sys.stdout.fileno())
        sys.stdout.buffer.writelines(lines)
        sys.stdout.buffer.flush()
        return
    try:
        # only for the owner: an archive contains the signing secret and the hashes of keys
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise UnprocessableError(
            f"{out}: this file exists already, and is not overwritten: give another name."
        ) from None
    except OSError as error:
        raise UnprocessableError(f"{out}: this file cannot be written: {error.strerror}.") from None


def _restrict_permissions(descriptor: int) -> None:
    """If stdout is redirected to a file that others can read, make it readable only by its owner, and say so."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or not status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return
    try:
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode) & ~(stat.S_IRWXG | stat.S_IRWXO))
    except OSError:  # the file belongs to another user
        print("other users can read this file, which contains secrets: write to a file of your own", file=sys.stderr)
        return
    print("other users could read this file, which contains secrets: now only its owner can", file=sys.stderr)
