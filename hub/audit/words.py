"""An entry of the trail as a line of words, for the operator's terminal and page."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from hub.sharing.catalogue import Catalogue


def words_of(about: Mapping[str, Any], catalogue: Catalogue, *, without: Collection[str]) -> str:
    """What the entry says, `name=value` for each name but those `without`; collections by root and alias."""
    words = []
    for name, value in about.items():
        if name in without:
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if name in ("collection", "of") and (collection := catalogue.by_id(text)) is not None:
            text = f"{collection.root}/{collection.alias}"
        words.append(f"{name}={text}")
    return " ".join(words)
