"""OASIS's own validator of STIX 2.1. It is imported where a test asks it: that takes a second, in each process of a parallel run."""

from __future__ import annotations

from typing import Any


def complaints(bundle: dict[str, Any]) -> list[str]:
    """What stix2-validator says against a bundle (a parsed JSON object); empty where it is valid."""
    from stix2validator import ValidationOptions, validate_parsed_json

    outcome = validate_parsed_json(bundle, ValidationOptions(version="2.1"))
    return [] if outcome.is_valid else [str(error["message"]) for error in outcome.as_dict()["errors"]]
