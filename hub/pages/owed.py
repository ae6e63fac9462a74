"""Words for the steps that a member owes, and for the stages of a report, to be translated where they are shown."""

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
