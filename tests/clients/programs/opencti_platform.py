"""pycti's client of a platform, with the platform's answers made up: what it would store is noted instead."""

import re
from typing import Any

from pycti import OpenCTIApiClient


class Answer(dict[str, Any]):
    """Has an answer for whatever field is asked for."""

    def __missing__(self, key: str) -> Any:
        return None


class Platform(OpenCTIApiClient):
    """`mutations` is what a platform would have stored: (operation, input)."""

    def __init__(self) -> None:
        self.mutations: list[tuple[str, dict[str, Any]]] = []
        super().__init__("http://opencti.example", "no-token", log_level="critical", perform_health_check=False)

    def query(self, query: str, variables: Any = None, disable_impersonate: bool = False) -> Any:
        """As the platform answers: a mutation with the object that it made, a question with nothing found."""
        operation = re.search(r"[{]\s*(\w+)", query)[1]
        if operation == "vocabularyCategories":
            return {"data": {operation: []}}
        if not re.match(r"\s*mutation\b", query):
            return {"data": {operation: {"edges": [], "pageInfo": {"hasNextPage": False, "globalCount": 0}}}}
        arguments = (variables or {}).get("input") or variables
        self.mutations.append((operation, arguments))
        identifier = arguments.get("stix_id") or arguments.get("value") or arguments.get("id")
        answer = Answer(id=identifier, standard_id=identifier, entity_type=operation, parent_types=[], observables=[])
        return {"data": {operation: answer}}
