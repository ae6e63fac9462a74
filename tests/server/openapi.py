"""The hub's API as an OpenAPI 3.1 description: each operation of TAXII 2.1, what it takes and what it may answer.

It is there for a tool that draws requests from it and holds the answers to it (`test_described.py`); the standard itself
is in prose.
"""

from __future__ import annotations

from typing import Any, Final

from tests.server.making import COLLECTIONS, CONTENT_TYPE, an_id

Schema = dict[str, Any]

TIMESTAMP: Final = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$"  # TAXII 2.1, section 2
UUID: Final = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
STIX_ID: Final = "^[a-z][a-z0-9-]*--[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

TEXT: Final[Schema] = {"type": "string"}
FLAG: Final[Schema] = {"type": "boolean"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
MOMENT: Final[Schema] = {"type": "string", "pattern": TIMESTAMP}


def described() -> Schema:
    """The description, with a path for each address below an API root."""
    root, name = _in_path("root", ["region", "drills"]), _in_path("name", [*COLLECTIONS, *COLLECTIONS.values()])
    thing = _in_path("object_id", [an_id(1), an_id(2, "note")])
    filters = [_in_query(*each) for each in _FILTERS]
    versions = [each for each in filters if each["name"] not in ("match[id]", "match[type]")]
    paged = {"headers": {each: {"schema": MOMENT, "required": True} for each in _DATES}}
    page = _answer(_ENVELOPE) | paged
    deleted = _operation(_answer({"type": "object"}), versions)
    in_collection = "/{root}/collections/{name}"
    object_path = f"{in_collection}/objects/{{object_id}}"
    paths = {
        "/taxii2/": {"get": _operation(_answer(_DISCOVERY))},
        "/{root}/": {"parameters": [root], "get": _operation(_answer(_ROOT))},
        "/{root}/status/{status_id}/": {
            "parameters": [root, _in_path("status_id", [])],
            "get": _operation(_answer(_STATUS)),
        },
        "/{root}/collections/": {"parameters": [root], "get": _operation(_answer(_COLLECTIONS))},
        f"{in_collection}/": {"parameters": [root, name], "get": _operation(_answer(_COLLECTION))},
        f"{in_collection}/manifest/": {
            "parameters": [root, name],
            "get": _operation(_answer(_MANIFEST) | paged, filters),
        },
        f"{in_collection}/objects/": {
            "parameters": [root, name],
            "get": _operation(page, filters),
            "post": _operation(_answer(_STATUS), code="202") | {"requestBody": _BODY},
        },
        f"{object_path}/": {"parameters": [root, name, thing], "get": _operation(page, versions), "delete": deleted},
        f"{object_path}/versions/": {
            "parameters": [root, name, thing],
            "get": _operation(_answer(_VERSIONS) | paged, versions),
        },
    }
    return {"openapi": "3.1.0", "info": {"title": "TAXII 2.1", "version": "2.1"}, "paths": paths}


def _closed(required: Schema, **optional: Schema) -> Schema:
    """An object of these properties and no others."""
    return {
        "type": "object",
        "properties": required | optional,
        "required": [*required],
        "additionalProperties": False,
    }


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of, "minItems": 1}  # TAXII forbids empty lists


_DATES: Final = ("X-TAXII-Date-Added-First", "X-TAXII-Date-Added-Last")
_DETAIL: Final = _closed({"id": {"type": "string", "pattern": STIX_ID}, "version": TEXT}, message=TEXT)
_STATUS: Final = _closed(
    {
        "id": {"type": "string", "pattern": UUID},
        "status": {"enum": ["complete", "pending"]},
        "total_count": COUNT,
        "success_count": COUNT,
        "failure_count": COUNT,
        "pending_count": COUNT,
    },
    request_timestamp=MOMENT,
    successes=_list(_DETAIL),
    failures=_list(_DETAIL),
)
_DISCOVERY: Final = _closed({"title": TEXT}, description=TEXT, contact=TEXT, default=TEXT, api_roots=_list(TEXT))
_ROOT: Final = _closed(
    {"title": TEXT, "versions": _list({"const": CONTENT_TYPE}), "max_content_length": COUNT}, description=TEXT
)
_COLLECTION: Final = _closed(
    {"id": {"type": "string", "pattern": UUID}, "title": TEXT, "can_read": FLAG, "can_write": FLAG},
    description=TEXT,
    alias=TEXT,
    media_types=_list(TEXT),
    x_hub_highest_tlp=TEXT,
    x_hub_profiles=_list(TEXT),
)
_COLLECTIONS: Final = _closed({}, collections=_list(_COLLECTION))
_ENVELOPE: Final = _closed({"more": FLAG}, next=TEXT, objects=_list({"type": "object", "required": ["id", "type"]}))
_RECORD: Final = _closed({"id": TEXT, "date_added": MOMENT, "version": TEXT}, media_type=TEXT)
_MANIFEST: Final = _closed({"more": FLAG}, next=TEXT, objects=_list(_RECORD))
_VERSIONS: Final = _closed({"more": FLAG}, next=TEXT, versions=_list(TEXT))
_ERROR: Final = _closed(
    {"title": TEXT, "http_status": {"type": "string", "pattern": "^4[0-9][0-9]$"}}, description=TEXT, error_id=TEXT
)
_FILTERS: Final[tuple[tuple[str, Schema], ...]] = (
    ("added_after", {"type": "string", "format": "date-time"}),
    ("limit", {"type": "integer", "minimum": 1}),
    ("next", TEXT),
    ("match[id]", {"type": "string", "pattern": STIX_ID}),
    ("match[type]", {"type": "string", "minLength": 1}),
    ("match[version]", {"anyOf": [{"enum": ["last", "first", "all"]}, {"type": "string", "format": "date-time"}]}),
    ("match[spec_version]", {"enum": ["2.0", "2.1"]}),
)
_INDICATOR: Final = _closed(
    {
        "type": {"const": "indicator"},
        "spec_version": {"const": "2.1"},
        "id": {
            "type": "string",
            "pattern": "^indicator--[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$",
        },
        "created": {"type": "string", "format": "date-time"},
        "modified": {"type": "string", "format": "date-time"},
        "pattern": {"type": "string", "minLength": 1},
        "pattern_type": {"enum": ["stix", "sigma"]},
        "valid_from": {"type": "string", "format": "date-time"},
    },
    name=TEXT,
    labels=_list(TEXT),
    confidence={"type": "integer"},
    x_score={"type": "number"},
    object_marking_refs=_list(TEXT),
)  # fmt: skip - as the properties are in an indicator
_ADDRESS: Final = _closed(
    {"type": {"const": "ipv4-addr"}, "id": {"type": "string", "pattern": STIX_ID}, "value": TEXT},
    object_marking_refs=_list(TEXT),
)
_SENT: Final = _closed({"objects": _list({"anyOf": [_INDICATOR, _ADDRESS, {"type": "object"}]})})
_BODY: Final[Schema] = {"required": True, "content": {CONTENT_TYPE: {"schema": _SENT}}}
_REFUSED: Final = ("400", "401", "403", "404", "405", "406", "413", "415", "422")


def _answer(schema: Schema) -> Schema:
    return {"description": "as TAXII 2.1 has it", "content": {CONTENT_TYPE: {"schema": schema}}}


def _operation(answer: Schema, parameters: list[Schema] | None = None, code: str = "200") -> Schema:
    refused = dict.fromkeys(_REFUSED, _answer(_ERROR))
    return {"parameters": parameters or [], "responses": {code: answer, **refused}}


def _in_path(name: str, often: list[str]) -> Schema:
    schema: Schema = {"anyOf": [{"enum": often}, TEXT]} if often else TEXT
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "schema": schema}
