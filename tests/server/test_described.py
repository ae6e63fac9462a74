"""Requests drawn from the description in `openapi.py`: each answer is one that TAXII 2.1 has for it, and in its form.

`test_generated.py` draws without any form; here what is sent is mostly what the standard allows, or just beside it.
HUB_CASES asks for more of each operation.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import DataObject, data

from hub.community.hub import Hub
from hub.server.app import create_app
from tests.conftest import ClientOf
from tests.server.openapi import described

CASES = int(os.environ.get("HUB_CASES", "20"))
OPERATIONS = [
    (method.upper(), path)
    for path, methods in described()["paths"].items()
    for method in methods
    if method != "parameters"
]


@pytest.fixture(scope="module")
def schema() -> Any:
    import schemathesis  # half a second, and only these tests need it

    return schemathesis.openapi.from_dict(described())


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_one_that_the_standard_has(
    hub: Hub, as_account: ClientOf, schema: Any, method: str, path: str
) -> None:
    """Status, content type, headers and body as described; no 5xx, whatever was drawn."""
    from schemathesis.specs.openapi import checks

    held_objects = [
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    ]
    schema.app = create_app(hub)
    authorization = as_account("id-cert").authorization
    seen: set[int] = set()

    @settings(max_examples=CASES, derandomize=True, database=None, deadline=None, suppress_health_check=[*HealthCheck])
    @given(data())
    def draw(drawn: DataObject) -> None:
        case = drawn.draw(schema[path][method].as_strategy())
        case.headers["Authorization"] = authorization
        response = case.call_and_validate(checks=held_objects)
        seen.add(response.status_code)

    draw()
    assert seen
