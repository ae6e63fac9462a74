"""One tree of elements for IODEF in XML (RFC 5070 version 1, RFC 7970 version 2) and in JSON (RFC 8727).

XML is read incident by incident, without entities of a DTD. In JSON, keys that begin with a capital letter become elements,
`value`, `id` and `text` become text, and the others become attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final
from xml.etree.ElementTree import Element, ParseError

import orjson
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from hub.errors import ReadingError
from hub.reports.formats.iodef import words
from hub.reports.losses import excerpt
from hub.reports.reading.draft import NO_PLACE, UNKNOWN_WORD, Draft
from hub.reports.reading.options import MAX_DEPTH, MAX_DOCUMENT_BYTES, MIB
from hub.reports.reading.reader import Record
from hub.reports.reading.source import BadValue, Source, json_values

LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_RECORDS: Final = frozenset({"Record", "RecordData", "AdditionalData"})
_STAYS_AT_CERT: Final = "stays at the CERT"
_ATTRIBUTES: Final = frozenset({
    "Algorithm", "action", "category", "completion", "currency", "duration", "ip-protocol",
    "ip_protocol", "lang", "metric", "name", "occurrence", "operator", "purpose", "rating", "restriction", "role",
    "schemaLocation", "scope", "severity", "source", "spoofed", "status", "system-status", "type", "version",
})  # fmt: skip
"""Attributes that are read, or that hub/docs/roles.md lists as passed over."""
_EXTENSION_ATTRIBUTES: Final = {"BulkObservable": "ext-type", "Address": "ext-category"}
"""Element -> its attribute that extends a closed list."""
_TEXT_KEYS: Final = frozenset({"value", "id", "text"})


class _MeteredStream:
    """A stream that counts the bytes since the last incident, so that no incident can fill the memory."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream, self._name, self.count = stream, name, 0

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self.count += len(chunk)
        if self.count > MAX_DOCUMENT_BYTES:
            raise ReadingError(
                f"{self._name}: has an incident of more than {MAX_DOCUMENT_BYTES // MIB} MiB; split the file"
            )
        return chunk


def xml_incidents(source: Source) -> Iterator[Record]:
    """Yield each Incident element, without namespaces. Raises ReadingError for XML that is refused or broken.

    A document type is ignored: nothing is fetched. A file that declares entities is refused.
    """
    meter = _MeteredStream(source.stream, source.name)
    depth, count, root, language = 0, 0, None, None
    try:
        for event, element in iterparse(meter, events=("start", "end"), forbid_dtd=False):
            if event == "start":
                depth += 1
                if depth > MAX_DEPTH:
                    raise ReadingError(f"{source.name}: is nested deeper than {MAX_DEPTH} levels")
                if root is None:
                    root, language = element, element.get(LANG) or element.get("lang")
                continue
            depth -= 1
            element.tag = _local_name(element.tag)
            if element.tag == "Incident" and depth == 1:
                if language:
                    element.attrib.setdefault("lang", language)
                count += 1
                yield f"Incident[{count}]", element
                meter.count = 0
                if root is not None:
                    root.clear()
    except DefusedXmlException:
        raise ReadingError(
            f"{source.name}: declares entities in its DTD, which IODEF does not need; it is refused"
        ) from None
    except (ParseError, LookupError, ValueError) as error:
        raise ReadingError(f"{source.name}: is not valid XML ({excerpt(error)})") from None


def _local_name(tag: Any) -> str:
    return str(tag).rpartition("}")[2]


def json_incidents(source: Source) -> Iterator[Record]:
    """Yield each incident of a JSON document as an element."""
    count = 0
    for place, value in json_values(source):
        if isinstance(value, BadValue):
            yield place, value
            continue
        incidents = value.get("Incident") if isinstance(value, Mapping) else None
        if incidents is None:
            yield place, BadValue(place, excerpt(value), "an IODEF document with a list Incident", "Incident")
            continue
        language = value.get("lang")
        document_fields = {
            key: item for key, item in value.items() if key not in {"Incident", "version", "lang", "format-id"}
        }
        for item in incidents if isinstance(incidents, list) else [incidents]:
            element = _element("Incident", item)
            if count == 0 and document_fields:
                element.append(_element("Document", document_fields))
            if isinstance(language, str):
                element.attrib.setdefault("lang", language)
            count += 1
            yield f"Incident[{count}]", element


def _element(tag: str, value: Any) -> Element:
    element = Element(tag)
    if not isinstance(value, Mapping):
        element.text = "" if value is None else str(value)
        return element
    for key, item in value.items():
        if key in _TEXT_KEYS and not isinstance(item, Mapping | list):
            element.text = str(item)
        elif key[:1].isupper():
            for part in item if isinstance(item, list) else [item]:
                element.append(_element(_local_name(key), part))
        else:
            element.set(key, orjson.dumps(item).decode() if isinstance(item, Mapping | list) else str(item))
    return element


def _is_read(element: Element, key: str) -> bool:
    return key in _ATTRIBUTES or _EXTENSION_ATTRIBUTES.get(str(element.tag)) == key


class Tree:
    """Remembers which elements were read, so that the others can be noted as unused."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._read_ids: set[int] = set()

    def children(self, parent: Element, *names: str) -> list[Element]:
        """Return the children with these names; mark them as read."""
        children = [child for child in parent if child.tag in names]
        self._read_ids.update(map(id, children))
        return children

    def first_child(self, parent: Element, *names: str) -> Element | None:
        """Return the first child with one of these names; mark only that one as read."""
        child = next((child for child in parent if child.tag in names), None)
        self._read_ids.update(() if child is None else (id(child),))
        return child

    def text(self, parent: Element, *names: str) -> str | None:
        """Return the full text of the first child with one of these names."""
        child = self.first_child(parent, *names)
        return self.full_text(child) if child is not None else None

    def full_text(self, element: Element) -> str | None:
        """Return all text in an element as one line; mark everything in it as read."""
        self._read_ids.update(map(id, element.iter()))
        return " ".join("".join(element.itertext()).split()) or None

    def mark_read(self, element: Element) -> None:
        """Mark an element and everything in it as read."""
        self._read_ids.update(map(id, element.iter()))

    def note_remaining(self, parent: Element, path: str = "") -> None:
        """Note every element and attribute that was not read, and every word that IODEF does not have."""
        if not path:
            self._note_unknown_words(parent, str(parent.tag))
            for key in (key for key in parent.attrib if not _is_read(parent, _local_name(key))):
                self._draft.note_unused(_local_name(key), parent.attrib[key], NO_PLACE)
        for child in parent:
            place = f"{path}/{child.tag}" if path else str(child.tag)
            if id(child) in self._read_ids:
                for key in (key for key in child.attrib if not _is_read(child, _local_name(key))):
                    self._draft.note_unused(f"{place}@{_local_name(key)}", child.attrib[key], NO_PLACE)
                self._note_unknown_words(child, place)
                self.note_remaining(child, place)
            else:
                self.note_unused(child, place, _STAYS_AT_CERT if child.tag in _RECORDS else NO_PLACE)

    def _note_unknown_words(self, element: Element, place: str) -> None:
        """Note each attribute value that is not in its closed list. Values that extend a list are in ``ext-…`` attributes."""
        for key, text in element.attrib.items():
            vocabulary = words.ATTRIBUTES.get((str(element.tag), key)) or words.ATTRIBUTES.get(("", key))
            if vocabulary and text.strip() and text.casefold() not in vocabulary and text.casefold() != "ext-value":
                self._draft.note_unused(f"{place}@{key}", text, UNKNOWN_WORD)

    def note_unused(self, element: Element, place: str, reason: str) -> None:
        """Note each text and attribute of an element, and of the elements in it, as unused."""
        for key, value in element.attrib.items():
            self._draft.note_unused(f"{place}@{_local_name(key)}", value, reason)
        for text in (element.text, *(child.tail for child in element)):
            self._draft.note_unused(place, " ".join((text or "").split()), reason)
        for child in element:
            self.note_unused(child, f"{place}/{child.tag}", reason)
        if not len(element) and not element.attrib and not (element.text or "").strip():
            self._draft.note_unused(place, "empty", reason)
