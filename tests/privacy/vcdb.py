"""The incidents of the VERIS Community Database, where HUB_VCDB names a folder with them: real ones, with real names.

They are taken as one CERT's, and the victims named in them as its constituents: the attacker may choose among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hub.reports.read import Report, read_reports
from hub.reports.victims import Victim
from tests.privacy.incidents import Incident
from tests.privacy.measure import World
from tests.privacy.register import Constituent
from tests.privacy.releasing import make_members
from tests.privacy.tongues import Word

COUNTRY: Final = "US"
_RELEASED: Final = datetime(2026, 5, 4, tzinfo=UTC)
_MIN_WORD: Final = 4  # letters of a word that tells a name apart


def make_world(folder: Path, homes: Path) -> World:
    """The incidents in the folder's JSON files; those that name nobody are left out, since there is nobody to guess."""
    reports = list(_read(folder))
    names = dict.fromkeys(victim.name or "" for _, victim in reports)
    of_name = {name: number for number, name in enumerate(names)}
    everybody = [_constituent(of_name[victim.name or ""], victim) for _, victim in reports]
    register = {COUNTRY: tuple({constituent.key: constituent for constituent in everybody}.values())}
    incidents = tuple(
        Incident(
            number=number,
            victim=constituent,
            kind="",
            format="veris",
            started=_RELEASED,
            released=_RELEASED,
            people=0,
            consent="",
            has_register=False,
            report=body,
        )
        for number, ((body, _), constituent) in enumerate(zip(reports, everybody, strict=True))
    )
    return World(register, incidents, {}, make_members(homes, register))


def _read(folder: Path) -> Iterator[tuple[bytes, Victim]]:
    for path in sorted(folder.rglob("*.json")):
        body = path.read_bytes()
        for report in read_reports(body, name=path.name, format="veris"):
            if isinstance(report, Report) and report.victims and report.victims[0].name:
                yield body, report.victims[0]


def _constituent(key: int, victim: Victim) -> Constituent:
    name = victim.name or ""
    words = [word for word in re.findall(r"[^\W\d_]+", name) if len(word) >= _MIN_WORD]
    return Constituent(
        key=key,
        country=COUNTRY,
        sector=next(iter(victim.sectors), ""),
        size=victim.size or "",
        name=name,
        latin=name,
        words=tuple(Word(word, word.lower()) for word in words),
        short="".join(word[0] for word in name.split()),
    )
