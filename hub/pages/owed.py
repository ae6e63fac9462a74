"""What a member owes, and how far a report is, in words that are said in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.pages.texts import marked

OWED: Final[Mapping[str, str]] = {
    "acknowledge": marked("acknowledgement"),
    "answer": marked("answer to a request for help"),
}
# The stages of a report, as its label `stage:…` names them.
STAGES: Final = (marked("early"), marked("update"), marked("final"))
