"""The results of `follow`, `get` and `board`: an object of a collection, and an incident of the board."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from hub.notebook import table
from hub.producer.bundles import StixDict
from hub.stix.timestamps import parse_lenient_timestamp


class Item(Mapping[str, Any]):
    """A STIX object. `content` is JSON-equal to what was published; all other properties come from stix2's object.

    `item["type"]`, `item.get("name")` and `item.pattern` are those of `item.stix`, which is stix2's object, or `content` if
    stix2 cannot parse it. It is made at first use.
    """

    def __init__(self, content: StixDict, collection: str) -> None:
        self.content = content
        self.collection = collection  # its alias, or its id if it has none

    @property
    def id(self) -> str:
        """Its STIX id."""
        return str(self.content.get("id", ""))

    @property
    def type(self) -> str:
        """Its STIX type."""
        return str(self.content.get("type", ""))

    @property
    def revoked(self) -> bool:
        """Whether its author withdrew it: remove everything that you made from earlier versions."""
        return self.content.get("revoked") is True

    def expired(self, now: datetime | None = None) -> bool:
        """Whether its `valid_until` has passed; `now` is the current time by default."""
        end = self.content.get("valid_until")
        if not isinstance(end, str):
            return False
        moment = (now or datetime.now(UTC)).timestamp() * 1_000_000
        try:
            return parse_lenient_timestamp(end) <= moment
        except (ValueError, OverflowError):
            return False

    def active(self, now: datetime | None = None) -> bool:
        """Whether it is still valid: neither revoked nor expired."""
        return not self.revoked and not self.expired(now)

    @cached_property
    def stix(self) -> Any:
        """stix2's object, or `content` if stix2 cannot parse it. Made at first use, since stix2 takes a third of a second to load."""
        import stix2  # noqa: PLC0415

        from hub.rendering import stix_classes  # noqa: F401, PLC0415 - teaches stix2 the incident extension

        try:
            return stix2.parse(self.content, allow_custom=True)
        except Exception:  # noqa: BLE001 - stix2 raises many kinds of error; the caller then gets the plain content
            return self.content

    def serialize(self) -> str:
        """The object's JSON, as it was published."""
        import json  # noqa: PLC0415 - rarely needed

        return json.dumps(self.content, ensure_ascii=False)

    def __getitem__(self, key: str) -> Any:
        return self.stix[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.stix)

    def __len__(self) -> int:
        return len(self.stix)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in ("content", "stix"):
            raise AttributeError(name)
        try:
            return self.stix[name]
        except KeyError:
            raise AttributeError(f"this {self.type} has no property {name!r}") from None

    def __repr__(self) -> str:
        state = " revoked" if self.revoked else ""
        return f"Item({self.id!r}, {self.collection!r}{state})"

    def _repr_html_(self) -> str:
        """The HTML that a notebook shows."""
        return table(f"{self.id} in {self.collection}", ("property", "value"), self.content.items())


class Board(dict[str, Any]):
    """The hub's board: a dict, which a notebook shows as a table. `incidents` are `Incident`s."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        if "incidents" in self:
            self["incidents"] = [Incident(entry) for entry in self["incidents"]]

    def _repr_html_(self) -> str:
        """The HTML that a notebook shows."""
        caption = (
            f"{self.get('api_root', 'Board')}: {self.get('open', 0)} open, {self.get('overdue', 0)} deadlines passed"
        )
        header = ("incident", "from", "criticality", "stage", "acknowledged", "owed by")
        return table(caption, header, (entry.row() for entry in self.get("incidents", ())))


class Incident(dict[str, Any]):
    """An incident of the board: a dict, which a notebook shows as a table."""

    @property
    def id(self) -> str:
        """The id of the incident, which `acknowledge`, `ask` and `answer` take."""
        return str(self["incident"])

    def row(self) -> tuple[Any, ...]:
        """The incident's row for a table of the board."""
        owing = {deadline["member"] for deadline in self.get("overdue", ())}
        owing |= {member for request in self.get("requests", ()) for member in request.get("owing", ())}
        return (
            self.get("name"),
            self.get("reported_by") or self.get("relayed_by"),
            self.get("criticality"),
            self.get("stage"),
            " ".join(self.get("acknowledged", ())),
            " ".join(sorted(owing)),
        )

    def _repr_html_(self) -> str:
        """The HTML that a notebook shows."""
        names = ("name", "reported_by", "criticality", "stage", "acknowledged", "fetched", "not_fetched", "overdue")
        rows = [("incident", self.id), *((name, self.get(name)) for name in names)]
        rows += [(f"request of {request.get('by')}", request.get("what")) for request in self.get("requests", ())]
        return table(str(self.get("name", self.id)), ("", ""), rows)
