"""Draws the objects of an incident and their relations: columns by type, lines for relationships and references."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.stix.incident import INCIDENT_CORE

# The columns from left to right, and the types in each; all other types are in a last column.
COLUMNS: Final = (
    ("identity", "location"),
    ("incident", "event", "impact", "task"),
    (
        "attack-pattern",
        "malware",
        "tool",
        "threat-actor",
        "intrusion-set",
        "campaign",
        "vulnerability",
        "infrastructure",
    ),
    ("indicator", "course-of-action"),
    ("observed-data",),
)
LAST: Final = len(COLUMNS)
NOT_DRAWN: Final = frozenset(
    {
        "relationship",
        "marking-definition",
        "extension-definition",
        "language-content",
        "note",
        "report",
        "grouping",
        "sighting",
        "opinion",
    }
)
MAX_ROWS: Final = 9  # in a column; the last box has the number of further objects
BOX_WIDTH: Final = 176
BOX_HEIGHT: Final = 46
GAP_X: Final = 62
GAP_Y: Final = 14
_MARGIN: Final = 8
_CHARACTERS: Final = 24  # of a name


@dataclass(frozen=True, slots=True)
class Box:
    """A box in the picture: one object, or several of one type."""

    x: int
    y: int
    type: str
    name: str
    full_name: str

    @property
    def middle(self) -> int:
        """The vertical position of its middle."""
        return self.y + BOX_HEIGHT // 2


@dataclass(frozen=True, slots=True)
class Line:
    """A relation between two boxes: an SVG path, and a label."""

    path: str
    label: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing with its size."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def draw(objects: Sequence[Mapping[str, Any]]) -> Picture:
    """Draw these objects, which include the incident."""
    columns: dict[int, list[Mapping[str, Any]]] = {}
    for content in objects:
        if content["type"] not in NOT_DRAWN:
            columns.setdefault(_column(content["type"]), []).append(content)
    boxes: dict[str, Box] = {}
    all_boxes: list[Box] = []
    for x_index, number in enumerate(sorted(columns)):
        column_contents = sorted(
            columns[number], key=lambda item: (item["type"] != "incident", item["type"], _name(item))
        )
        drawn_contents = column_contents if len(column_contents) <= MAX_ROWS else column_contents[: MAX_ROWS - 1]
        x = _MARGIN + x_index * (BOX_WIDTH + GAP_X)
        for y_index, content in enumerate(drawn_contents):
            name = _name(content)
            box = Box(x, _MARGIN + y_index * (BOX_HEIGHT + GAP_Y), content["type"], _shorten(name), name)
            boxes[content["id"]] = box
            all_boxes.append(box)
        if len(column_contents) > len(drawn_contents):
            more_box = Box(
                x,
                _MARGIN + len(drawn_contents) * (BOX_HEIGHT + GAP_Y),
                "more",
                f"+ {len(column_contents) - len(drawn_contents)}",
                "",
            )
            boxes |= {content["id"]: more_box for content in column_contents[len(drawn_contents) :]}
            all_boxes.append(more_box)
    lines = {
        (boxes[source], boxes[target]): Line(_path(boxes[source], boxes[target]), label)
        for source, label, target in _relations(objects)
        if source in boxes and target in boxes and boxes[source] != boxes[target]
    }
    width = max((box.x + BOX_WIDTH for box in all_boxes), default=0) + _MARGIN
    height = max((box.y + BOX_HEIGHT for box in all_boxes), default=0) + _MARGIN
    return Picture(width, height, tuple(all_boxes), tuple(lines.values()))


def _relations(objects: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, str, str]]:
    """(source, label, target) of each relationship, and of each reference inside an object."""
    for content in objects:
        if content["type"] == "relationship":
            yield content["source_ref"], content["relationship_type"], content["target_ref"]
            continue
        core = content.get("extensions", {}).get(INCIDENT_CORE, {})
        for key in ("event_refs", "impact_refs", "task_refs"):
            refs = core.get(key) if isinstance(core, dict) else None
            for ref in refs if isinstance(refs, list) else ():
                if isinstance(ref, str):
                    yield content["id"], key.removesuffix("_refs"), ref
        if content["type"] == "observed-data":
            yield from ((content["id"], "observed", ref) for ref in content.get("object_refs", ()))


def _column(object_type: str) -> int:
    return next((number for number, types in enumerate(COLUMNS) if object_type in types), LAST)


def _name(content: Mapping[str, Any]) -> str:
    for key in ("name", "value", "region", "country", "display_name", "path", "url"):
        if isinstance(content.get(key), str):
            text: str = content[key]
            return text
    hashes = content.get("hashes")
    if isinstance(hashes, dict) and hashes:
        return str(next(iter(hashes.values())))
    return str(content["type"])


def _shorten(text: str) -> str:
    return text if len(text) <= _CHARACTERS else f"{text[: _CHARACTERS - 1]}…"


def _path(source: Box, target: Box) -> str:
    """A curve from one column to another; within a column, an arc at its right side."""
    if source.x == target.x:
        right_edge = source.x + BOX_WIDTH
        return f"M{right_edge} {source.middle} C{right_edge + 40} {source.middle} {right_edge + 40} {target.middle} {right_edge} {target.middle}"
    first, second = (source, target) if source.x < target.x else (target, source)
    begin, end = first.x + BOX_WIDTH, second.x
    bend = (begin + end) // 2
    return f"M{begin} {first.middle} C{bend} {first.middle} {bend} {second.middle} {end} {second.middle}"
