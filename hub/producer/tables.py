"""Exports of objects: rows for a spreadsheet or a data frame, one STIX bundle, a MISP event."""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from hub.errors import ConfigurationError, UnprocessableError
from hub.producer.items import Item
from hub.stix import tlp

COLUMNS: Final = (
    "id",
    "type",
    "collection",
    "revoked",
    "created",
    "modified",
    "name",
    "value",
    "pattern",
    "valid_from",
    "valid_until",
    "confidence",
    "labels",
    "tlp",
)  # fmt: skip - a list
# Characters with which a spreadsheet begins a formula: at the start of a text, or after a separator of cells
_FORMULA: Final = re.compile(r"(?:^|(?<=[;,\t\r\n]))[ ]*[=+\-@\t\r]")


def rows(items: Iterable[Item]) -> Iterator[dict[str, Any]]:
    """A row per object, with the same columns for each type."""
    for item in items:
        level = _level(item.content)
        yield {
            **{name: item.content.get(name) for name in COLUMNS},
            "collection": item.collection,
            "revoked": item.revoked,
            "labels": " ".join(map(str, item.content.get("labels") or ())),
            "tlp": None if level is None else tlp.TLP(level).word,
        }


def _level(content: Mapping[str, Any]) -> int | None:
    try:
        return tlp.level(content)
    except (TypeError, AttributeError):  # an object of another server with an invalid marking
        return None


def to_frame(items: Iterable[Item]) -> Any:
    """The rows as a pandas data frame. ConfigurationError if pandas is not installed."""
    try:
        import pandas as pd  # noqa: PLC0415 - optional, and half a second to load
    except ModuleNotFoundError:
        raise ConfigurationError("to_frame needs pandas: pip install pandas") from None
    return pd.DataFrame(list(rows(items)), columns=list(COLUMNS))


def _csv(items: Sequence[Item]) -> str:
    """CSV (RFC 4180), escaped so that no spreadsheet runs a cell as a formula."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for row in rows(items):
        writer.writerow({name: _FORMULA.sub(r"'\g<0>", str(value)) for name, value in row.items() if value is not None})
    return text.getvalue()


def _bundle(items: Sequence[Item]) -> dict[str, Any]:
    """A bundle of the objects; the same objects always get the same bundle id."""
    contents = list({_version(item.content): item.content for item in items}.values())
    if not contents:
        raise UnprocessableError("There is no object to export, and STIX knows no empty bundle.")
    name = "\n".join(f"{identifier} {version}" for identifier, version in map(_version, contents))
    return {"type": "bundle", "id": f"bundle--{uuid.uuid5(uuid.NAMESPACE_OID, name)}", "objects": contents}


def _version(content: Mapping[str, Any]) -> tuple[str, str]:
    return str(content.get("id")), str(content.get("modified", ""))


def _stix(items: Sequence[Item]) -> str:
    return json.dumps(_bundle(items), ensure_ascii=False, indent=1) + "\n"


def _misp(items: Sequence[Item]) -> str:
    """A MISP event of the objects, without revoked ones: MISP cannot mark them as revoked, and would still detect them."""
    try:
        from misp_stix_converter import ExternalSTIX2toMISPParser  # noqa: PLC0415 - optional
    except ModuleNotFoundError:
        raise ConfigurationError("export to MISP needs misp-stix: pip install misp-stix") from None
    import stix2  # noqa: PLC0415 - a third of a second to load

    current_items = [item for item in items if not item.revoked]
    used_markings = {ref for item in current_items for ref in item.content.get("object_marking_refs", ())}
    # misp-stix tags the event with every definition in the bundle, used or not
    exported = [item for item in current_items if item.type != "marking-definition" or item.id in used_markings]
    parser = ExternalSTIX2toMISPParser()
    parser.load_stix_bundle(stix2.parse(_bundle(exported), allow_custom=True))
    parser.parse_stix_bundle(single_event=True)
    return str(parser.misp_event.to_json(indent=1)) + "\n"


FORMATS: Final[Mapping[str, Callable[[Sequence[Item]], str]]] = {"csv": _csv, "stix": _stix, "misp": _misp}


def export(items: Iterable[Item], form: str) -> str:
    """The objects as `csv`, `stix` or `misp`."""
    if form not in FORMATS:
        raise UnprocessableError(f"{form!r} is no format of an export: take one of {', '.join(FORMATS)}.")
    return FORMATS[form](list(items))
