"""What a member owes, in words that a command and a mail say in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.pages.texts import marked

OWED: Final[Mapping[str, str]] = {
    "acknowledge": marked("acknowledgement"),
    "answer": marked("answer to a request for help"),
}
