"""Rules that replace the report's own name or text by one made of vocabulary words."""

from __future__ import annotations

from typing import Any, Final

from hub.release import allowed_words
from hub.release.context import ObjectContext
from hub.release.rules import Change, PropertyRule, approved_text
from hub.rendering import wording
from hub.rendering.patterns import quote
from hub.rendering.versions import Content, shorten
from hub.reports.observables import Observable, ObservableType, Role

NAME_CHARS: Final = 200  # characters of an indicator's name


def _container_name(_value: Any, context: ObjectContext) -> Change:
    """The title of the incident, followed by its status."""
    texts = context.release.texts
    own_text = approved_text(context.release.report.title, context) or Change(texts.title)
    return Change(own_text.value and f"{own_text.value} [{texts.status}]", refusals=own_text.refusals)


def _container_text(_value: Any, context: ObjectContext) -> Change:
    """The description in vocabulary words, followed by the report's own if it was approved."""
    sentences, description = context.release.texts.description, context.release.report.description
    own_text = approved_text(description, context) if description else None
    if own_text is None:
        return Change(sentences)
    return Change(own_text.value and f"{sentences} {own_text.value}", refusals=own_text.refusals)


def _event_name(_value: Any, context: ObjectContext) -> str:
    release = context.release
    types = [
        word
        for word in context.content.get("event_types", ())
        if word in allowed_words.EVENT_TYPES and release.may_say(word)
    ]
    return wording.spell_out(types[0]) if types else release.texts.kind


def _task_name(_value: Any, context: ObjectContext) -> str:
    return wording.task_name(
        [word for word in context.content.get("task_types", ()) if word in allowed_words.LESSON_TASK_TYPES]
    )


def _indicator_name(_value: Any, context: ObjectContext) -> str:
    """The kind of value, and the value itself if the pattern contains it."""
    observable = context.release.origins[context.content["id"]].observable
    if observable is None:
        return "Indicator"
    name = wording.observable_name(observable.type)
    value = _shown_value(observable, context.content)
    return f"{name} {value}"[:NAME_CHARS] if value else name


def _shown_value(observable: Observable, content: Content) -> str:
    """The value in readable form, if the indicator contains it anyway. For a connection, only the adversary's ends."""
    if observable.traffic is not None:
        traffic = observable.traffic
        ends = ((traffic.src, traffic.src_port, traffic.src_role), (traffic.dst, traffic.dst_port, traffic.dst_role))
        hosts = [(host, port) for host, port, role in ends if host and role is Role.ADVERSARY]
        return ", ".join(f"{host}:{port}" if port is not None else host for host, port in hosts)
    value, pattern = observable.value, content["pattern"]
    is_in_rule = content["pattern_type"] in ("suricata", "yara") and observable.type is not ObservableType.PATTERN
    if is_in_rule or observable.type is ObservableType.NAMED_PIPE:
        return value
    purl = {item.get("external_id") for item in content.get("external_references", ())} & {observable.data}
    return next((str(text) for text in purl if text), "") or (value if quote(value) in pattern else "")


def _indicator_text(_value: Any, context: ObjectContext) -> str:
    """The description of an indicator, which can be understood without the incident."""
    release = context.release
    observable = release.origins[context.content["id"]].observable
    name = wording.observable_name(observable.type) if observable else "Indicator"
    malware = observable.malware if observable else None
    family = release.families.get(malware or "")
    valid_until = context.validity()[1]
    circumstances = f"{release.texts.kind} ({release.report.determination})"
    return wording.indicator_description(
        name, circumstances, release.member.name, family, valid_until, wording=release.wording
    )


CONTAINER_NAME: Final = PropertyRule(_container_name, "rewritten; the title where that was approved")
CONTAINER_TEXT: Final = PropertyRule(_container_text, "rewritten; with the description where approved")
FEED_NAME: Final = PropertyRule(lambda _value, context: f"Indicator report: {context.release.texts.kind}", "rewritten")
EVENT_NAME: Final = PropertyRule(_event_name, "rewritten in vocabulary words")
TASK_NAME: Final = PropertyRule(_task_name, "rewritten in vocabulary words")
INDICATOR_NAME: Final = PropertyRule(_indicator_name, "rewritten")
INDICATOR_TEXT: Final = PropertyRule(_indicator_text, "rewritten in vocabulary words")
FIRST_RELEASE: Final = PropertyRule(
    lambda _value, context: shorten(context.release.first_release), "the time of the first release"
)
ALL_THAT_LEAVES: Final = PropertyRule(
    lambda _value, context: list(context.leaving_ids), "all that leaves", has_row=False
)
LANGUAGE: Final = PropertyRule(
    lambda value, context: value if context.keeps_own_text() else None, "stays with the text that it is of"
)
