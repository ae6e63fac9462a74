"""`python -m tests.false_alarms FOLDER…`: how many of an adversary's values are held although they name nobody.

1. Every file is read as `hub convert` reads it, and the texts of the adversary's values are collected.
2. Each text is searched for each of some invented victims, with all that a report may declare of one. No report of the
   corpus is about any of them, so every hit is a false alarm.
3. The same for a register of all invented constituents of one country, and for what looks like a machine, an account or
   a wallet, which an officer is asked about, for any victim. The old kinds (mail addresses, user paths) are apart.
4. Each is searched for the organisations, persons and places that the texts and fields of its own report name.

With --shown each hit is printed with its reason. The exit code is 1 where more than MOST of the values are held.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Final

from hub.errors import HubError
from hub.home import register as home_register
from hub.home.keys import Key
from hub.home.member import OwnMember
from hub.release.deny import list_scanner, scanner_for
from hub.release.gate import searched_texts
from hub.release.named_things import named_things, thing_needles
from hub.release.names_in_texts import names_in_texts
from hub.release.needle_index import NeedleIndex
from hub.release.needles import our_words
from hub.release.patterns import identifying_spans_in_value
from hub.release.scan import Scanner
from hub.release.similar_needles import text_name_variants
from hub.rendering.render import render
from hub.reports.read import ReadOptions, read_reports
from hub.reports.report import Report
from hub.reports.victims import Victim
from tests.privacy.register import Constituent, make_register

MOST: Final = 0.02
VICTIMS: Final = 66
_OLD_KINDS: Final = frozenset({"e-mail address", "path with a user's name"})
_MEMBER: Final = OwnMember(
    Path("nowhere"), "identity--e90b2828-e780-4f62-8d82-ab3159762785", "CERT of the corpus", "MY", Key(b"x" * 32)
)


@dataclass
class Alarms:
    """The figures of one folder: values, and how many of them each part of the search holds."""

    values: int = 0
    for_victims: float = 0  # values held, as a mean over the victims
    for_register: int = 0
    for_kinds: int = 0
    for_texts: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """The share of values that are held, whichever part of the search holds them."""
        return (
            (self.for_victims + self.for_register + self.for_kinds + self.for_texts) / self.values
            if self.values
            else 0.0
        )

    def __str__(self) -> str:
        return (
            f"{self.values:>8,} {self.for_victims:>12.2f} {self.for_register:>10,} {self.for_kinds:>8,} "
            f"{self.for_texts:>6,} {self.rate:>8.2%}"
        )


def victims() -> Iterator[Victim]:
    """Invented victims of each country, with all that a report may declare of them."""
    register = make_register("false alarms")
    for constituents in register.values():
        yield from map(as_victim, constituents[: VICTIMS // len(register)])


def as_victim(constituent: Constituent) -> Victim:
    """What a report declares of a constituent; no addresses, since those of the documentation ranges are in every sample."""
    return Victim(
        name=constituent.name,
        other_names=(constituent.latin,),
        short_names=(constituent.short,),
        brands=constituent.brands,
        people=constituent.people,
        emails=constituent.mailboxes,
        domains=(constituent.domain,),
        hosts=constituent.hosts,
        registration_numbers=(constituent.registration,),
        countries=(constituent.country,),
    )


def as_listed(constituent: Constituent) -> home_register.Constituent:
    """The constituent as a CERT's register has it."""
    return home_register.Constituent(
        constituent.name, constituent.country, (constituent.short, *constituent.brands), (constituent.domain,)
    )


def texts(folder: Path) -> Iterator[str]:
    """Each text of an adversary's value in the folder, once for each report."""
    for report in reports(folder):
        yield from _of_report(report)


def reports(folder: Path) -> Iterator[Report]:
    """The reports of all files of the folder that can be read."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            for reading in read_reports(path, options=ReadOptions(default_country="MY", default_tlp="green")):
                if isinstance(reading, Report):
                    yield reading
        except HubError:
            continue


def _of_report(report: Report) -> Iterator[str]:
    rendered = render(report, _MEMBER, now=datetime.now(UTC))
    contents = (content for content in rendered.contents if content["id"] in rendered.origins)
    adversary = (content for content in contents if rendered.origins[content["id"]].is_adversary)
    yield from dict.fromkeys(
        text for content in adversary for text in searched_texts(content, rendered.origins[content["id"]].observable)
    )


def measure(values: Sequence[str]) -> Alarms:
    """The figures for these texts."""
    alarms = Alarms(values=len(values))
    empty_report = next(iter(read_empty()))
    victim_list = list(victims())
    for victim in victim_list:
        scanner = scanner_for(_MEMBER, replace(empty_report, victims=(victim,)))
        for text in values:
            hits = scanner.hits(text)
            alarms.for_victims += bool(hits) / len(victim_list)
            alarms.reasons.update(f"{text[:60]} | {hit}" for hit in hits[:1])
    register = tuple(map(as_listed, make_register("false alarms")["MY"]))
    of_register = list_scanner(replace(_MEMBER, register=register))
    for text in values:
        hits = of_register.hits(text)
        alarms.for_register += bool(hits)
        alarms.reasons.update(f"{text[:60]} | register: {hit}" for hit in hits[:1])
        kinds = [span for span in identifying_spans_in_value(text) if span.kind not in _OLD_KINDS]
        alarms.for_kinds += bool(kinds)
        alarms.reasons.update(f"{text[:60]} | {span}" for span in kinds[:1])
    return alarms


def of_own_texts(folder: Path, reasons: Counter[str]) -> int:
    """How many of the values contain a name that is only in a text or a field of their own report."""
    held_count = 0
    for report in reports(folder):
        of_names = (text_name_variants(name) for name in names_in_texts(report))
        needles = list(chain.from_iterable(chain(of_names, map(thing_needles, named_things(report)))))
        scanner = Scanner([NeedleIndex(needles)], [], harmless_words=our_words())
        for text in _of_report(report) if needles else ():
            hits = scanner.hits(text)
            held_count += bool(hits)
            reasons.update(f"{text[:60]} | {hit}" for hit in hits[:1])
    return held_count


def read_empty() -> Iterator[Report]:
    """A report that declares nothing."""
    yield Report(report_id="none", source_format="form", title="none")


def main(argv: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="false_alarms", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--shown", action="store_true", help="print each hit with its reason")
    args = parser.parse_args(None if argv is None else list(argv))
    lines = [
        f"{'folder':<24} {'values':>8} {'for a victim':>12} {'register':>10} {'kinds':>8} {'texts':>6} {'held':>8}"
    ]
    total = Alarms()
    for folder in args.folders:
        alarms = measure(list(texts(folder)))
        alarms.for_texts = of_own_texts(folder, alarms.reasons)
        lines.append(f"{folder.name[:24]:<24} {alarms}")
        for name in ("values", "for_victims", "for_register", "for_kinds", "for_texts"):
            setattr(total, name, getattr(total, name) + getattr(alarms, name))
        if args.shown:
            lines += [f"    {count:>4} {reason}" for reason, count in alarms.reasons.most_common()]
    lines.append(f"{'in all':<24} {total}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if total.rate > MOST else 0


if __name__ == "__main__":
    sys.exit(main())
