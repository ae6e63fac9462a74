"""`make corpus CORPUS=folder`: run the converters over every file of a folder, and look for leaks in what would leave.

1. Every file is read as `hub convert` reads it, its reports are rendered, and released for the members of the region.
2. A leak is a report's victim in what would leave of it: a name, domain, address range, mail address, registration
   number or person, in any spelling. It is searched for in the bytes, twice: by the release step's own scanner, which
   decodes what it reads, and by a naive search that encodes what it looks for and shares no code with the scanner.
3. With --check, each bundle goes through stix2-validator, strict stix2, the hub's schemas and the door of protected
   collections as well.

The table counts by folder; below it is why each file was refused, or a report withheld, in the words of the command.
The exit code is 1 where something leaked or --check found a fault, else 0.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from hub.declarations import read_profiles
from hub.errors import HubError
from hub.home.member import OwnMember, load_member
from hub.profile.check import Context, check
from hub.profile.rules import parse_profile
from hub.release.check import checked_texts
from hub.release.needle import Needle
from hub.release.needle_index import NeedleIndex
from hub.release.needles import PLACEHOLDERS, domain_needles, mailbox_needles, name_needles
from hub.release.policy import Audience, AudienceProfile
from hub.release.pseudonym import PSEUDONYM_PATTERN
from hub.release.scan import Scanner
from hub.release.spelling import squeeze
from hub.release.step import Released, release
from hub.rendering.render import render
from hub.reports.read import ReadOptions, Report, RowError, read_reports
from hub.reports.victims import Victim
from hub.stix.schema import faults
from tests.oasis import complaints
from tests.places import TOP

IDENTITY: Final = "identity--e90b2828-e780-4f62-8d82-ab3159762785"
MEMBER: Final = f'[identity]\nid = "{IDENTITY}"\nname = "CERT of the corpus"\ncountry = "ID"\n'
AUDIENCE: Final = Audience("corpus", AudienceProfile.REGIONAL)
MIN_LETTERS: Final = 5  # of a name that is searched for everywhere; shorter ones are in other words by chance
_UNKNOWN_LANGUAGE: Final = re.compile(r"'(my|fil|km|lo|tet)(-[A-Z]{2})?'.* RFC 5646")
_SHOWN: Final = 300  # characters of a reason


@dataclass
class Row:
    """What became of the files of one folder."""

    files: int = 0
    converted: int = 0
    refused: int = 0
    objects: int = 0
    seconds: float = 0.0
    leaks: int = 0

    def add(self, other: Row) -> None:
        """Count another row in."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def __str__(self) -> str:
        return (
            f"{self.files:>7,} {self.converted:>10,} {self.refused:>8,} {self.objects:>9,} "
            f"{self.seconds:>9.1f} {self.leaks:>6,}"
        )


@dataclass
class Corpus:
    """A folder on its way through the converters; `reasons` say what was not converted, `faults` what --check found."""

    member: OwnMember
    options: ReadOptions
    checked: bool = False
    reasons: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def file(self, path: Path, shown: str) -> Row:
        """Convert one file. It counts as converted where at least one report could be read and rendered."""
        row, began = Row(files=1), time.perf_counter()
        try:
            for reading in read_reports(path, options=self.options):
                if isinstance(reading, RowError):
                    self.reasons.append(str(reading))
                    continue
                self._report(reading, row)
        except HubError as error:
            self.reasons.append(f"{Path(shown).parent}: {error}")
        row.refused = 1 - row.converted
        row.seconds = time.perf_counter() - began
        return row

    def _report(self, report: Report, row: Row) -> None:
        now = datetime.now(UTC)
        rendered = render(report, self.member, now=now)
        row.converted = 1
        row.objects += len(rendered.contents)
        released = release(rendered, report, self.member, AUDIENCE, now=now)
        where = f"{report.source}: {report.report_id}"
        if not isinstance(released, Released):
            self.reasons.append(f"{where}: nothing leaves. {released.reason}")
        else:
            contents = [*released.contents, *released.lone_contents]
            hits = leaks(report.victims, contents)
            row.leaks += len(hits)
            self.reasons += [f"{where}: LEAK: {hit}" for hit in hits]
        if self.checked:
            bundles = [rendered.bundle()]
            if isinstance(released, Released):
                bundles += [
                    stix_bundle
                    for stix_bundle in (released.bundle(), released.lone_bundle())
                    if stix_bundle is not None
                ]
                self.faults += [
                    f"{where}: {fault}" for fault in _at_the_door([*released.contents, *released.lone_contents])
                ]
            self.faults += [
                f"{where}: {fault}" for stix_bundle in bundles for fault in invalid(json.loads(stix_bundle.serialize()))
            ]


# --------------------------------------------------------------------------------------------------------------- leaks


def leaks(victims: Iterable[Victim], contents: Sequence[Any]) -> list[str]:
    """What of the victims is in the objects, by either search."""
    secrets = list(dict.fromkeys(secret for victim in victims for _, secret in victim.identifiers() if telling(secret)))
    needles = [needle for victim in victims for needle in _needles(victim)]
    scanner = Scanner([NeedleIndex(needles)], [span for victim in victims for span in victim.ip_ranges])
    hits = [str(hit) for content in contents for text in checked_texts(content) for hit in scanner.hits(text)]
    return list(dict.fromkeys([*hits, *naive_leaks(secrets, json.dumps(contents, ensure_ascii=False))]))


def naive_leaks(secrets: Iterable[str], body: str) -> list[str]:
    """The secrets that are in the text as they are or encoded; pseudonyms and ids are made of hash values, and kept."""
    lower = PSEUDONYM_PATTERN.sub("", body).casefold()
    letters = re.sub(r"[\W_]+", "", lower)
    hits = []
    for secret in secrets:
        plain, encoded = spellings(secret)
        if any(form in lower or form in letters for form in plain) or any(form in body for form in encoded):
            hits.append(secret)
    return hits


def spellings(secret: str) -> tuple[set[str], set[str]]:
    """(casefolded forms, forms whose case matters) in which a text can be written down."""
    squeezed = "".join(character for character in secret if character.isalnum())
    forms = {secret, unicodedata.normalize("NFKC", secret), unicodedata.normalize("NFD", secret)}
    forms |= {form.casefold() for form in forms} | ({squeezed} if len(squeezed) > MIN_LETTERS else set())
    plain = {form.casefold() for form in forms}
    plain |= {quote(form).casefold() for form in forms} | {form.encode().hex() for form in forms}
    plain |= {json.dumps(form)[1:-1].casefold() for form in forms}
    plain |= {f"xn--{form.casefold().encode('punycode').decode()}" for form in forms if not form.isascii()}
    encoded = set()
    for form in forms:
        for pad in range(3):  # base64 looks different at each of three places
            whole = base64.b64encode(b"x" * pad + form.encode()).decode().rstrip("=")
            encoded.add(whole[4 if pad else 0 : -2])
    return {form for form in plain if len(form) >= MIN_LETTERS}, {form for form in encoded if len(form) > MIN_LETTERS}


def telling(secret: str) -> bool:
    """Whether a text names anybody: not "Unknown", not two letters that are in any word."""
    return squeeze(secret) not in PLACEHOLDERS and len(squeeze(secret)) >= MIN_LETTERS


def _needles(victim: Victim) -> Iterator[Needle]:
    for name in (victim.name, *victim.registration_numbers, *victim.other_names, *victim.people):
        yield from name_needles(name, "victim") if name else ()
    for domain in victim.domains:
        yield from domain_needles(domain, "domain")
    for mail in victim.emails:
        yield from mailbox_needles(mail, "mail address")


# --------------------------------------------------------------------------------------------------------------- check


def invalid(bundle: dict[str, Any]) -> Iterator[str]:
    """What stix2-validator, strict stix2 or the hub's schemas say against a bundle.

    One complaint is passed over: stix2-validator's list of languages (it says RFC 5646) knows no Burmese, Filipino,
    Khmer, Lao or Tetum. Members write in them, and `my`, `fil`, `km`, `lo` and `tet` are their tags.
    """
    import stix2

    yield from (f"stix2-validator: {text}" for text in complaints(bundle) if _UNKNOWN_LANGUAGE.search(text) is None)
    try:
        stix2.parse(bundle, allow_custom=False)
    except Exception as error:  # noqa: BLE001 - stix2 raises all kinds; each is a fault
        yield f"stix2: {error}"
    for content in bundle["objects"]:
        yield from (f"{content['id']}: {fault.path}: {fault.message}" for fault in faults(content))


def _at_the_door(contents: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What the profiles of a national collection, as shipped, say against the objects."""
    tables = read_profiles(TOP / "profiles")
    profiles = [parse_profile(name, tables[name]) for name in ("incident", "protected", "live")]
    for content in contents:
        yield from (str(finding) for finding in check(content, profiles, Context({IDENTITY: "ID"})))


# --------------------------------------------------------------------------------------------------------------- table


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make corpus", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true", help="validate each bundle, too")
    parser.add_argument("--zone", type=ZoneInfo, help="of times that name none")
    args = parser.parse_args(argv)
    rows: dict[str, Row] = {}
    with tempfile.TemporaryDirectory(prefix="hub-corpus-") as home:
        (Path(home) / "member.toml").write_text(MEMBER, encoding="utf-8")
        corpus = Corpus(load_member(Path(home)), ReadOptions(zone=args.zone, default_country="ID"), args.check)
        for path in sorted(entry for entry in args.folder.rglob("*") if entry.is_file()):
            shown = path.relative_to(args.folder)
            rows.setdefault(str(shown.parent), Row()).add(corpus.file(path, str(shown)))
    total = Row()
    for row in rows.values():
        total.add(row)
    width = max([len(name) for name in rows] + [8])
    out = [text[:_SHOWN] for text in (*corpus.reasons, *corpus.faults)]
    out += ["", f"{'folder':<{width}}   files  converted  refused   objects   seconds  leaks"]
    out += [f"{name:<{width}} {row}" for name, row in (*rows.items(), ("in all", total))]
    if args.check:
        out.append(f"{len(corpus.faults)} faults by stix2-validator, stix2, the hub's schemas and its door")
    sys.stdout.write("\n".join(out) + "\n")
    return 1 if total.leaks or corpus.faults else 0


if __name__ == "__main__":
    sys.exit(main())
