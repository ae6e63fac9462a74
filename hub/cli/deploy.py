"""`hub deploy`: write the files that an operator needs to run the hub. Each says at its top where it belongs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from hub.cli import DONE
from hub.errors import UnprocessableError

EXAMPLE = "  hub deploy /etc/hub-deploy\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("folder", type=Path, help="a new folder, or an empty one")
    parser.add_argument("--json", action="store_true", help="print what was written as a JSON list")


def run(args: argparse.Namespace) -> int:
    """Write the files, and print their names. Nothing is overwritten."""
    folder: Path = args.folder
    paths: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UnprocessableError(f"{folder} is not empty: name a new folder, and compare the files with yours.")
        for name, file in sorted(deployment_files(files("hub") / "deploy")):
            target = folder / name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(file.read_bytes())
            paths.append(str(target))
            if not args.json:
                print(target)
    except OSError as error:
        raise UnprocessableError(f"{folder}: the files cannot be written there: {error.strerror}.") from None
    if args.json:
        print(json.dumps(paths, indent=1))
    return DONE


def deployment_files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    """Each file in the folder and its subfolders, with its path."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from deployment_files(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry
