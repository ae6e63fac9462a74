"""Reminders of deadlines that have passed: whom, of what, in which words. Each deadline is reminded of once.

`digests` puts those of one member into one message.

What is written holds no content of an incident: it travels by mail, and mail is read on the way. Words come from the
catalogues in hub/community/messages, one file for each language.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, Final
from zoneinfo import ZoneInfo

from hub.community.entry import Overdue
from hub.community.hub import Hub
from hub.errors import ConfigurationError
from hub.sharing.catalogue import ApiRoot
from hub.sharing.members import Member
from hub.stix.timestamps import format_place

_log = logging.getLogger("hub.remind")
KIND: Final = "reminded"
FALLBACK: Final = "en"
KEYS: Final = frozenset(
    "exercise subject acknowledge answer body request_line line digest_subject digest_body more phone".split()
)


@dataclass(frozen=True, slots=True)
class Reminder:
    """One deadline that a member let pass, and the words for it in the member's language and time."""

    key: str  # of this deadline: once it is noted, nobody is reminded of it again
    root: str
    root_title: str
    exercise: bool
    member: Member
    overdue: Overdue
    subject: str
    body: str
    line: str
    phone: str

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        return {
            "api_root": self.root,
            "exercise": self.exercise,
            "member": self.member.code,
            "what": self.overdue.what,
            "incident": self.overdue.incident,
            "request": self.overdue.request or None,
            "criticality": self.overdue.criticality,
            "due": format_place(self.overdue.due),
            "contact": self.member.contact,
            "duty_line": self.member.duty_line,
            "text": self.line,
        }


def due_reminders(hub: Hub) -> list[Reminder]:
    """What is overdue in any API root and was not reminded of yet, the most urgent first."""
    noted = {fact.key for fact in hub.store.facts(KIND)}
    reminders: list[Reminder] = []
    for root in hub.catalogue.roots.values():
        for overdue in hub.community.overdue(root):
            if _key(root, overdue) in noted:
                continue
            try:
                reminders.append(reminder(root, hub.catalogue.members[overdue.member], overdue))
            except (ArithmeticError, LookupError, ValueError):
                # one deadline that cannot be written keeps nobody else from being reminded
                _log.exception("no reminder can be written for %s, %s", overdue.member, overdue.incident)
    return reminders


def _key(root: ApiRoot, overdue: Overdue) -> str:
    return f"{root.name}/{overdue.member}/{overdue.what}/{overdue.request or overdue.incident}/{overdue.due}"


def reminder(root: ApiRoot, member: Member, overdue: Overdue) -> Reminder:
    """The words for one deadline."""
    words = catalogue_for(member.languages)
    zone = ZoneInfo(member.time_zone)
    due = datetime.fromtimestamp(overdue.due / 1000, UTC)
    values = {
        "incident": overdue.incident,
        "criticality": overdue.criticality,
        "due_local": f"{due.astimezone(zone):%Y-%m-%d %H:%M}",
        "zone": member.time_zone,
        "due_utc": f"{due:%Y-%m-%d %H:%M}",
        "root": root.title,
        "cert": member.cert,
        "member": member.code,
        "phone": member.duty_line,
        "what": words[overdue.what],
        "request": f"{words['request_line'].format(request=overdue.request)}\n" if overdue.request else "",
    }
    drill = f"[{words['exercise']}] " if root.exercise else ""
    return Reminder(
        key=_key(root, overdue),
        root=root.name,
        root_title=root.title,
        exercise=root.exercise,
        member=member,
        overdue=overdue,
        subject=drill + words["subject"].format(**values),
        body=(drill + words["body"].strip().format(**values)).strip() + "\n",
        line=drill + words["line"].format(**values),
        phone=drill + words["phone"].format(**values),
    )


def catalogue_for(languages: tuple[str, ...]) -> Mapping[str, str]:
    """The words of the first of these languages (BCP 47; a regional one counts as its language) that has a catalogue."""
    messages = catalogues()
    for language in languages:
        for tag in (language, language.partition("-")[0]):
            if tag in messages:
                return messages[tag]
    return messages[FALLBACK]


@cache
def catalogues() -> Mapping[str, Mapping[str, str]]:
    """Language tag -> words, of every catalogue there is; ConfigurationError for one that lacks words or places in them."""
    catalogues_by_language: dict[str, Mapping[str, str]] = {}
    for file in (files("hub") / "community" / "messages").iterdir():
        if file.name.endswith(".toml"):
            words = tomllib.loads(file.read_text(encoding="utf-8"))
            if words.keys() != KEYS:
                wrong = ", ".join(sorted(words.keys() ^ KEYS))
                raise ConfigurationError(f"hub/community/messages/{file.name}: missing, or not known: {wrong}")
            catalogues_by_language[file.name.removesuffix(".toml")] = words
    for tag, catalogue in catalogues_by_language.items():
        for key, text in catalogue.items():
            if _places(text) != _places(catalogues_by_language[FALLBACK][key]):
                raise ConfigurationError(
                    f"hub/community/messages/{tag}.toml: {key}: its places in braces are not those of {FALLBACK}.toml"
                )
    return catalogues_by_language


def _places(text: str) -> set[str | None]:
    """What stands in braces: a translator's slip would otherwise show when the first reminder is due."""
    try:
        return {place for _, place, _, _ in Formatter().parse(text)} - {None}
    except ValueError:
        return {text}
