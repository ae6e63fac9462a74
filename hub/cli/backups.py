"""A backup folder: a copy of the store, and a manifest with which the copy is verified."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from hub.errors import MalformedError

MANIFEST: Final = "manifest.json"
PART_SUFFIX: Final = ".part"  # of the folder of a backup that is being written
_FORM: Final = 1
_CHUNK_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Manifest:
    """When a backup was made (milliseconds since 1970), by which version, its files' digests, and the checkpoint."""

    made_at: int
    version: str
    files: Mapping[str, str]  # name -> SHA-256
    checkpoint: str


def digest_of(file: Path) -> str:
    """SHA-256 of a file."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, and sync it to disk. It comes last: a folder with a manifest counts as a backup."""
    text = json.dumps({"hub_backup": _FORM, **asdict(manifest)}, indent=1, ensure_ascii=False) + "\n"
    descriptor = os.open(folder / MANIFEST, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def backups_in(folder: Path) -> list[Path]:
    """The backups in a folder, oldest first. A folder without a manifest is no backup."""
    return sorted(entry for entry in folder.iterdir() if (entry / MANIFEST).is_file() and entry.suffix != PART_SUFFIX)


def newest_backup(folder: Path) -> Path:
    """The folder itself if it is a backup, else the newest backup in it."""
    if not folder.is_dir() or (folder / MANIFEST).is_file():
        return folder
    backups = backups_in(folder)
    return backups[-1] if backups else folder


def read_manifest(folder: Path) -> Manifest:
    """Check the digest of each file, and return the manifest. MalformedError names a file that has changed."""
    path = folder / MANIFEST
    try:
        values = json.loads(path.read_text("utf-8"))
        form = values.pop("hub_backup")
        manifest = Manifest(**values)
        digests = list(manifest.files.items())
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        raise MalformedError(
            f"{path}: this is no manifest of a backup: name the folder that `hub backup` printed"
        ) from None
    if form != _FORM or len(digests) != 1 or "/" in digests[0][0]:
        raise MalformedError(f"{path}: this manifest is of another version of the hub, or names not one file")
    for name, digest in digests:
        try:
            current_digest = digest_of(folder / name)
        except OSError as error:
            raise MalformedError(f"{folder / name}: this file of the backup cannot be read: {error.strerror}") from None
        if current_digest != digest:
            raise MalformedError(f"{folder / name}: not the bytes that were written: take another backup")
    return manifest
