"""Drafts: files of reports on the desk, with the officer's corrections and decisions.

    home/desk/
    ├── desk.json           the officer's last choices: name, collection, time zone
    ├── seen.json           the incidents that the officer has seen
    └── drafts/<id>/
        ├── report          the bytes of the file
        └── draft.json      everything else

Folders and files are for their owner only (0700, 0600). They are never sent: what leaves is built from them each time.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hub.errors import NotFoundError, ProducerError, UnprocessableError
from hub.home.files import write_atomically

MAX_DRAFTS: Final = 500
NAME_CHARACTERS: Final = 120  # of a file's name
_ID: Final = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Answer:
    """The officer's decision about one key, the value that was shown, and the reason if it looks suspicious but may leave."""

    decision: str
    value: str
    despite: str = ""


@dataclass(frozen=True, slots=True)
class Seal:
    """What the officer saw before the confirmation: the time at which it was built, and a digest of everything that would leave."""

    at: str
    digest: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A file of reports. `changes` are corrected cells by the place of their row; `format` is "" to detect it."""

    id: str
    name: str
    made: str
    format: str = ""
    to: str = ""
    zone: str = ""
    tlp: str = "amber+strict"
    encoding: str = ""
    officer: str = ""
    leave: str = ""
    named_by: str = ""
    changes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    seal: Seal | None = None
    agreed: str = ""  # digest of what the officer confirmed last
    sent: str = ""  # when
    results: Sequence[str] = ()  # in words, one for each bundle
    refused: bool = False  # whether the hub refused an object of it
    failed: str = ""  # why the last attempt to send was not completed


class Drafts:
    """The drafts of one home. Safe for several threads of one process."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "desk"
        self._lock = threading.RLock()

    def all(self) -> list[Draft]:
        """All drafts, the newest first, without damaged ones."""
        drafts = []
        for path in self._drafts.glob("*/draft.json"):
            try:
                drafts.append(self.draft(path.parent.name))
            except (NotFoundError, ProducerError):
                continue
        return sorted(drafts, key=lambda draft: (draft.made, draft.id), reverse=True)

    def add(self, name: str, body: bytes, **values: Any) -> Draft:
        """Add a draft."""
        with self._lock:
            if sum(1 for _ in self._drafts.glob("*")) >= MAX_DRAFTS:
                raise UnprocessableError(f"There are {MAX_DRAFTS} reports on the desk: delete some that were sent.")
            draft = Draft(secrets.token_hex(8), plain_name(name), datetime.now(UTC).isoformat(), **values)
            folder = self._drafts / draft.id
            for directory in (self._folder, self._drafts, folder):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                directory.chmod(0o700)
            _write(folder / "report", body)
            self.keep(draft)
        return draft

    def draft(self, identifier: str) -> Draft:
        """Read a draft. NotFoundError if there is none, ProducerError if its file is damaged."""
        path = self._path(identifier) / "draft.json"
        try:
            values = json.loads(path.read_bytes())
            answers = {key: Answer(**answer) for key, answer in values.pop("answers").items()}
            seal = values.pop("seal")
            return Draft(**values, answers=answers, seal=Seal(**seal) if seal else None)
        except FileNotFoundError:
            raise NotFoundError("There is no such report on this desk; it may have been deleted.") from None
        except (ValueError, TypeError, KeyError, OSError) as error:
            raise ProducerError(f"{path}: the file is damaged ({type(error).__name__}); delete its folder") from None

    def body(self, draft: Draft) -> bytes:
        """The bytes of the draft's file."""
        try:
            return (self._path(draft.id) / "report").read_bytes()
        except OSError as error:
            raise ProducerError(f"{draft.name}: the report cannot be read: {error.strerror}") from None

    def keep(self, draft: Draft) -> None:
        """Write a draft."""
        _write(self._path(draft.id) / "draft.json", json.dumps(asdict(draft), ensure_ascii=False, indent=1))

    def change(self, identifier: str, **values: Any) -> Draft:
        """Change some fields. This removes the seal: the officer has to look again before sending."""
        with self._lock:
            draft = replace(self.draft(identifier), **{"seal": None, **values})
            self.keep(draft)
        return draft

    def put_body(self, identifier: str, body: bytes) -> None:
        """Replace the file's content, and drop the corrected cells, which belonged to the old content."""
        with self._lock:
            _write(self._path(identifier) / "report", body)
            self.change(identifier, changes={})

    def take_seal(self, identifier: str, digest: str) -> Seal | None:
        """Remove and return the seal if it has this digest. It works once: a second click gets None."""
        with self._lock:
            draft = self.draft(identifier)
            if draft.seal is None or draft.seal.digest != digest:
                return None
            self.change(identifier, agreed=digest)
            return draft.seal

    def delete(self, identifier: str) -> None:
        """Delete the draft with its file. The records of what left remain."""
        with self._lock:
            shutil.rmtree(self._path(identifier), ignore_errors=True)

    def saved_values(self, name: str) -> dict[str, Any]:
        """The values that were saved under this name; empty if there are none."""
        try:
            values: Any = json.loads((self._folder / f"{name}.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return values if isinstance(values, dict) else {}

    def save_values(self, name: str, values: Mapping[str, Any]) -> None:
        """Save values under this name for the next run."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        _write(self._folder / f"{name}.json", json.dumps(values, ensure_ascii=False, indent=1))

    @property
    def folder(self) -> Path:
        """The folder of the desk's files."""
        return self._folder

    @property
    def _drafts(self) -> Path:
        return self._folder / "drafts"

    def _path(self, identifier: str) -> Path:
        if _ID.fullmatch(identifier) is None:
            raise NotFoundError("There is no such report on this desk.")
        return self._drafts / identifier


def plain_name(name: str) -> str:
    """A file's name for people: without folders and invisible characters. It is never used as a path."""
    base_name = re.split(r"[\\/]", name)[-1]
    printable = "".join(character if character.isprintable() else "_" for character in base_name).strip()
    return printable[:NAME_CHARACTERS] or "report"


def _write(path: Path, content: bytes | str) -> None:
    try:
        write_atomically(path, content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
    except OSError as error:
        raise ProducerError(f"{path}: cannot be written: {error.strerror}") from None
