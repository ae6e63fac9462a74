"""MISP events, attributes, objects and galaxies, as the incidents in `events.py` are built from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5


def stable_uuid(*parts: object) -> str:
    return str(uuid5(NAMESPACE_URL, " ".join(map(str, parts))))


def galaxy(kind: str, value: str, **meta: Any) -> dict[str, Any]:
    cluster = {
        "uuid": stable_uuid("cluster", kind, value),
        "type": kind,
        "value": value,
        "tag_name": f'misp-galaxy:{kind}="{value}"',
        "description": value,
        "meta": meta,
    }
    return {
        "uuid": stable_uuid("galaxy", kind),
        "name": kind,
        "type": kind,
        "description": kind,
        "GalaxyCluster": [cluster],
    }


def attribute(
    kind: str,
    category: str,
    value: str,
    *,
    galaxies: Sequence[tuple[str, str]] = (),
    tags: Sequence[str] = (),
    ids: bool = True,
    **more: Any,
) -> dict[str, Any]:
    item: dict[str, Any] = {
        "uuid": stable_uuid("attribute", kind, value),
        "type": kind,
        "category": category,
        "value": value,
        "to_ids": ids,
        "timestamp": "1772582400",
        **more,
    }
    if galaxies:
        item["Galaxy"] = [galaxy(*pair) for pair in galaxies]
    names = [*tags, *(f'misp-galaxy:{galaxy}="{value}"' for galaxy, value in galaxies)]
    return item | ({"Tag": [{"name": name} for name in names]} if names else {})


def misp_object(
    name: str, *parts: tuple[str, str, str], category: str = "Network activity", refers: Sequence[tuple[str, str]] = ()
) -> dict[str, Any]:
    identifier = stable_uuid("object", name, *parts)
    return {
        "uuid": identifier,
        "name": name,
        "meta-category": "network",
        "description": name,
        "template_uuid": stable_uuid("template", name),
        "template_version": "1",
        "timestamp": "1772582400",
        "Attribute": [
            {**attribute(kind, category, value), "object_relation": relation} for relation, kind, value in parts
        ],
        "ObjectReference": [
            {
                "uuid": stable_uuid("reference", identifier, kind, target),
                "object_uuid": identifier,
                "referenced_uuid": target,
                "relationship_type": kind,
            }
            for kind, target in refers
        ],
    }


def misp_event(
    title: str,
    rsit: str,
    attributes: Sequence[Mapping[str, Any]],
    *,
    objects: Sequence[Mapping[str, Any]] = (),
    galaxies: Sequence[Mapping[str, Any]] = (),
    sector: str = "",
    tags: Sequence[str] = (),
) -> dict[str, Any]:
    context_galaxies = [galaxy("sector", sector), galaxy("country", "malaysia", ISO="MY")] if sector else []
    all_galaxies = [*galaxies, *context_galaxies]
    names = [*tags, "tlp:amber", f"rsit:{rsit}", *(item["GalaxyCluster"][0]["tag_name"] for item in all_galaxies)]
    return {
        "uuid": stable_uuid("event", title),
        "info": title,
        "date": "2026-03-04",
        "timestamp": "1772582400",
        "threat_level_id": "2",
        "analysis": "2",
        "distribution": "1",
        "published": True,
        "Orgc": {"uuid": stable_uuid("org"), "name": "CERT Utama"},
        "Tag": [{"name": name} for name in names],
        "Galaxy": all_galaxies,
        "Attribute": list(attributes),
        "Object": list(objects),
    }
