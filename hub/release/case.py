"""One object on its way through the rules: what a rule may ask about the object and the release that it is part of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from hub.release import preview, rules, texts, words
from hub.release.patterns import spans
from hub.release.policy import Audience, Terms, text_key
from hub.release.rounding import ceiling, coarser
from hub.rendering import wording
from hub.rendering.patterns import quote
from hub.rendering.versions import Content
from hub.reports.moments import Fidelity
from hub.stix import identifiers, tlp

if TYPE_CHECKING:
    from hub.release.rewrite import Rewriter

# Set for every object alike, by the rewriter.
_HANDLED: Final = frozenset("id created modified created_by_ref object_marking_refs granular_markings revoked".split())


class Blocked(Exception):  # noqa: N818  a verdict on its way out, no failure
    """An approved text says whom the CERT protects: nothing leaves until it is written anew."""


class Case:
    """One object on its way through the rules."""

    def __init__(self, rewriter: Rewriter, content: Content) -> None:
        self._rewriter = rewriter
        self._content = content
        self.own_words: bool = False  # whether an approved text of the report stays in it

    @property
    def audience(self) -> Audience:
        """For whom it is."""
        return self._rewriter.audience

    @property
    def terms(self) -> Terms:
        """The numbers of the profile."""
        return self._rewriter.audience.terms

    @property
    def texts(self) -> texts.Texts:
        """The sentences for this release."""
        return self._rewriter.texts

    @property
    def first_released(self) -> str:
        """When the report left for the first time."""
        return self._rewriter.first

    def rewritten(self, table: Mapping[str, rules.Rule]) -> Content:
        """The object by the allow-list; `lang` last, since it depends on which texts stay."""
        shown = {name: value for name, value in self._content.items() if name not in _HANDLED}
        shown = self._rewriter.gate.without_marked(shown, self._content)
        shown = {**{name: value for name, value in shown.items() if name != "lang"}, **_only(shown, "lang")}
        return self.apply(table, shown, "")

    def apply(self, table: Mapping[str, rules.Rule], content: Mapping[str, Any], path: str) -> Content:
        """Each property by its rule; a row of the preview for each."""
        made: Content = {}
        rows = self._rewriter.out.rows
        for name, value in content.items():
            rule = table.get(name)
            after = None if rule is None else rule.change(value, self)
            if after is not None:
                made[name] = after
            if name != "extensions" and (rule is None or rule.shown):
                why = "not on the list of what may leave" if rule is None else rule.why
                where = f"{path}.{name}" if path else name
                approvable = rule is not None and rule.approvable and after != value
                key = text_key(value) if approvable and isinstance(value, str) else ""
                leaves = None if after is None else preview.shown(after)
                here = preview.shown(value)
                rows.append(preview.Row(self._content["type"], self._content["id"], where, here, leaves, why, key))
        return made

    def approved(self, text: str) -> bool:
        """Whether the officer approved exactly this text; `Blocked` if it says whom the CERT protects."""
        rewriter = self._rewriter
        if not rewriter.approvals.allows(text):
            return False
        found = [str(hit) for hit in rewriter.scanner.hits(text)]
        found += [f"{span.kind} “{span.text}”" for span in spans(text) if span.text not in rewriter.gate.values]
        if found:
            where = f"{self._content['type']} ({text_key(text)})"
            raise Blocked(f"The approved text of the {where} holds {', '.join(found)}: write it without.")
        self.own_words = True
        return True

    def clean(self, text: str) -> bool:
        """Whether nothing in a public name points at anybody."""
        return not self._rewriter.scanner.hits(text) and not any(
            span.kind not in ("host name", "identity number (SG)") for span in spans(text)
        )

    def fidelity(self, end: str) -> Fidelity:
        """How exact `start_time` or `end_time` is once it is rounded."""
        said = Fidelity(self._content.get(f"{end}_time_fidelity", Fidelity.SECOND))
        return coarser(said, self.terms.incident_times)

    def mapped(self, ref: str) -> str | None:
        """The released id of something that leaves, or None."""
        content, rewriter = self._content, self._rewriter
        if ref.startswith("location--") and content["type"] == "relationship":
            level = rewriter.gate.level(content)
            return None if level is None else rewriter.victims.located(content, level)
        return rewriter.out.mapping.get(ref)

    def port(self, end: str, value: int) -> int | None:
        """A port, with its end of the connection."""
        ref = self._content.get(f"{end}_ref")
        return value if ref and self.mapped(ref) else None

    def places(self, refs: Iterable[str]) -> list[str]:
        """`where_sighted_refs`."""
        level = self._rewriter.gate.level(self._content)
        assert level is not None  # or the sighting would not be here
        return list(dict.fromkeys(self._rewriter.victims.sighted_at(ref, level) for ref in refs))

    def all_that_leaves(self) -> list[str]:
        """For the container, which comes last: everything but events, impacts and tasks, which the incident names.

        What is marked higher than the container is not named in it: an SCO's id gives its value away.
        """
        rewriter = self._rewriter
        level = rewriter.gate.level(self._content)
        assert level is not None  # or the container would not be here
        found = [*rewriter.out.common.values(), *rewriter.out.drafts, *rewriter.out.observed.values()]
        return [rewriter.member.identity] + [
            item["id"]
            for item in found
            if item["type"] not in identifiers.INCIDENT_CORE_TYPES and (tlp.level(item) or tlp.TLP.CLEAR) <= level
        ]

    def container_name(self) -> str:
        """The title as for the incident, with how things stand."""
        title = self._rewriter.report.title
        return f"{title if self.approved(title) else self.texts.title} [{self.texts.standing}]"

    def container_text(self) -> str:
        """The description from vocabulary words, and after it the report's own where that was approved."""
        own = self._rewriter.report.description
        return f"{self.texts.description} {own}" if own and self.approved(own) else self.texts.description

    def event_name(self) -> str:
        """An event's name from its types."""
        types = [word for word in self._content.get("event_types", ()) if word in words.EVENT_TYPES]
        return wording.plain(types[0]) if types else self.texts.kind

    def task_name(self) -> str:
        """A task's name from its types."""
        return wording.task_name([word for word in self._content.get("task_types", ()) if word in words.LESSONS])

    def indicator_name(self) -> str:
        """What it is, and the value where the pattern shows it anyway."""
        observable = self._rewriter.rendered.origins[self._content["id"]].observable
        if observable is None:
            return "Indicator"
        name = wording.observable_name(observable.type)
        shown = quote(observable.value) in self._content["pattern"]
        return f"{name} {observable.value}"[:200] if shown else name

    def indicator_text(self) -> str:
        """A text that stands alone."""
        observable = self._rewriter.rendered.origins[self._content["id"]].observable
        name = wording.observable_name(observable.type) if observable else "Indicator"
        malware = observable.malware if observable else None
        until = ceiling(self._content["valid_until"], self.terms.indicator_times)
        family = malware if malware and self.clean(malware) else None
        report = self._rewriter.report
        return wording.indicator_description(
            name, f"{self.texts.kind} ({report.determination})", self._rewriter.member.name, family, until
        )


def _only(content: Mapping[str, Any], name: str) -> Content:
    return {name: content[name]} if name in content else {}
