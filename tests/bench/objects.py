"""What is measured with: indicators like those of a member's feed, one in a hundred GREEN, one in a hundred a report."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Any

from hub.stix.tlp import TLP, TLP2_IDS


def indicators(count: int, author: str, seed: int) -> Iterator[dict[str, Any]]:
    random = Random(seed)
    for number in range(count):
        level = TLP.GREEN if number % 100 == 50 else TLP.AMBER
        unique = uuid.UUID(int=random.getrandbits(128), version=4)
        common = {
            "spec_version": "2.1",
            "created_by_ref": author,
            "created": "2026-04-02T03:10:00.000Z",
            "modified": "2026-04-02T03:10:00.000Z",
            "object_marking_refs": [TLP2_IDS[level]],
            "labels": ['rsit:fraud="phishing"', "stage:early"],
            "confidence": 80,
            "name": f"Site that imitates a bank {number}",
            "description": "Seen in messages to customers of several banks. " * 5,
        }
        if number % 100 == 7:
            yield {
                "type": "note",
                "id": f"note--{unique}",
                **common,
                "abstract": f"Note {number}",
                "content": "Seen again.",
                "object_refs": [f"indicator--{unique}"],
            }  # fmt: skip - as the object is in an envelope
            continue
        yield {
            "type": "indicator",
            "id": f"indicator--{unique}",
            **common,
            "indicator_types": ["malicious-activity"],
            "pattern": f"[url:value = 'https://login{number}.bank.example/{unique.hex}']",
            "pattern_type": "stix",
            "valid_from": "2026-04-02T03:10:00Z",
            "valid_until": "2027-04-02T03:10:00Z",
        }


def envelopes(count: int, size: int, author: str, seed: int) -> list[bytes]:
    """Envelopes of that size, as a client would send them."""
    return list(each_envelope(count, size, author, seed))


def each_envelope(count: int, size: int, author: str, seed: int) -> Iterator[bytes]:
    """The same one by one: a million objects do not fit into memory together."""
    objects = indicators(count * size, author, seed)
    for _ in range(count):
        yield json.dumps({"objects": list(islice(objects, size))}).encode()
