"""Reports on their way: the file as it came, and what the officer did about it so far.

    home/desk/
    ├── desk.json           what the officer chose last: name, collection, time zone
    ├── seen.json           the incidents that were looked at
    └── drafts/<id>/
        ├── report          the bytes of the file
        └── draft.json      all else

Folders are for their owner alone (0700), files too (0600). Nothing here is ever sent: what leaves is made from it each time.
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

MOST_DRAFTS: Final = 500
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
    """What the officer saw before confirming: the time at which it was built, and a digest of all that would leave."""

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
    agreed: str = ""  # digest of what the last yes was about, from that yes on
    sent: str = ""  # when
    results: Sequence[str] = ()  # in words, one for each bundle
    refused: bool = False  # whether the hub refused something of it
    failed: str = ""  # why the last attempt to send did not reach its end


class Drafts:
    """The drafts of one home. Safe for several threads of one process."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "desk"
        self._lock = threading.RLock()

    def all(self) -> list[Draft]:
        """Every draft, the newest first; one that is damaged is left out."""
        drafts = []
        for path in self._drafts.glob("*/draft.json"):
            try:
                drafts.append(self.draft(path.parent.name))
            except (NotFoundError, ProducerError):
                continue
        return sorted(drafts, key=lambda draft: (draft.made, draft.id), reverse=True)

    def add(self, name: str, body: bytes, **about: Any) -> Draft:
        """Keep a new draft."""
        with self._lock:
            if sum(1 for _ in self._drafts.glob("*")) >= MOST_DRAFTS:
                raise UnprocessableError(f"There are {MOST_DRAFTS} reports on the desk: delete some that were sent.")
            draft = Draft(secrets.token_hex(8), plain_name(name), datetime.now(UTC).isoformat(), **about)
            folder = self._drafts / draft.id
            for directory in (self._folder, self._drafts, folder):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                directory.chmod(0o700)
            _write(folder / "report", body)
            self.keep(draft)
        return draft

    def draft(self, identifier: str) -> Draft:
        """The draft. NotFoundError where there is none, ProducerError where its file is damaged."""
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
        """The bytes of its file."""
        try:
            return (self._path(draft.id) / "report").read_bytes()
        except OSError as error:
            raise ProducerError(f"{draft.name}: the report cannot be read: {error.strerror}") from None

    def keep(self, draft: Draft) -> None:
        """Write a draft as it is now."""
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

    def remembered(self, name: str) -> dict[str, Any]:
        """The values that were saved under this name; empty if there are none."""
        try:
            values: Any = json.loads((self._folder / f"{name}.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return values if isinstance(values, dict) else {}

    def remember(self, name: str, values: Mapping[str, Any]) -> None:
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
    """A file's name for people: without folders, in characters that can be seen. It is never a path here."""
    last = re.split(r"[\\/]", name)[-1]
    printable = "".join(character if character.isprintable() else "_" for character in last).strip()
    return printable[:NAME_CHARACTERS] or "report"


def _write(path: Path, content: bytes | str) -> None:
    try:
        write_atomically(path, content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
    except OSError as error:
        raise ProducerError(f"{path}: cannot be written: {error.strerror}") from None
