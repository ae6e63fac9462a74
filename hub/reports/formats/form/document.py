"""The form as YAML or JSON: one report, a list of them, or (YAML) several documents.

The code builds the documents from the events of the YAML parser, with every scalar as text. No object is constructed for
a tag, no alias is followed, `NO` stays the text NO, and a time keeps its zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import yaml

from hub.errors import ReadingError
from hub.reports.formats.form.reader import flatten, identity, read_row
from hub.reports.losses import excerpt
from hub.reports.reading.draft import Draft, Problem
from hub.reports.reading.options import MAX_DEPTH, MIB, ReadOptions
from hub.reports.reading.reader import Format, Record, read_records
from hub.reports.reading.source import Source, check_value, decode, json_values, read_whole
from hub.reports.report import Reading, Report

MAX_YAML_BYTES = 8 * MIB
"""Bytes of a YAML file: the parser is slow, and nobody writes more by hand."""


def read_json(source: Source, options: ReadOptions) -> Iterator[Reading]:
    """Read each JSON object of the file as one report."""
    return read_records(_FORMAT, json_values(source), source, options)


def read_yaml(source: Source, options: ReadOptions) -> Iterator[Reading]:
    """Read each mapping of the file as one report. Raises ReadingError where the YAML itself cannot be read."""
    return read_records(_FORMAT, yaml_records(source), source, options)


def yaml_records(source: Source) -> Iterator[Record]:
    """Yield each mapping of the file, unchanged, with its place. Raises ReadingError like `read_yaml`."""
    text = decode(read_whole(source, MAX_YAML_BYTES), source.name)
    documents = [item for item in _documents(text, source.name) if item is not None]
    reports = [item for document in documents for item in (document if isinstance(document, list) else [document])]
    if not reports:
        raise ReadingError(f"{source.name}: contains no report")
    return (check_value(f"report {index}", value) for index, value in enumerate(reports, start=1))


def _read(value: Any, draft: Draft) -> Report:
    if not isinstance(value, dict):
        raise Problem("", value, "a mapping of the form's columns to values")
    return read_row(flatten(value), draft)


_FORMAT: Final = Format("form", _read, lambda value: identity(flatten(value)))


def _documents(text: str, name: str) -> list[Any]:
    try:
        events = yaml.parse(text, Loader=yaml.SafeLoader)
        return list(_build(events, name))
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}" if error.problem_mark else "the file"
        raise ReadingError(
            f"{name}: {line} is not valid YAML ({error.problem}); check indents, quotes and colons"
        ) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise ReadingError(f"{name}: is not valid YAML ({excerpt(error)})") from None


def _build(events: Iterator[yaml.Event], name: str) -> Iterator[Any]:
    """Yield the documents as dicts, lists and text. ``stack`` has (container, key without a value yet) for open containers."""
    stack: list[tuple[Any, Any]] = []
    for event in events:
        place = f"{name}: line {event.start_mark.line + 1}" if event.start_mark else name
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ReadingError(f"{place} uses an anchor or alias (& or *), which are not read; write the value out")
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise ReadingError(f"{place} uses the tag {excerpt(tag)}; tags (!) are not read")
        if isinstance(event, yaml.ScalarEvent):
            value: Any = event.value
            if event.style is None and event.value in {"", "~", "null", "Null", "NULL"}:
                value = None
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            if len(stack) >= MAX_DEPTH:
                raise ReadingError(f"{place} is nested deeper than {MAX_DEPTH} levels")
            stack.append(({} if isinstance(event, yaml.MappingStartEvent) else [], _NO_KEY))
            continue
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            value = stack.pop()[0]
        else:
            continue
        if not stack:
            yield value
        else:
            stack[-1] = _add_value(*stack[-1], value, place)


_NO_KEY = object()


def _add_value(container: Any, key: Any, value: Any, place: str) -> tuple[Any, Any]:
    if isinstance(container, list):
        container.append(value)
        return container, _NO_KEY
    if key is _NO_KEY:
        if not isinstance(value, str):
            raise ReadingError(f"{place} has a key that is no text")
        if value in container:
            raise ReadingError(f"{place} has the key {excerpt(value)} twice; remove one of them")
        return container, value
    container[key] = value
    return container, _NO_KEY
