"""Render references of a report as external references of STIX."""

from __future__ import annotations

from typing import Any

from hub.reports.references import Reference


def external_reference(item: Reference) -> dict[str, Any] | None:
    """Return a STIX external reference; None if it lacks required properties (STIX 2.1, 2.5)."""
    properties = {
        "source_name": item.source_name,
        "description": item.description,
        "url": item.url,
        "external_id": item.external_id,
    }
    non_empty = {name: value for name, value in properties.items() if value}
    return non_empty if len(non_empty) > 1 and item.source_name else None
