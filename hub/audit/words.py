"""An entry of the trail as one line of text, for the operator's terminal and page."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from hub.sharing.catalogue import Catalogue


def describe(content: Mapping[str, Any], catalogue: Catalogue, *, omitted_names: Collection[str]) -> str:
    """The entry as `name=value …`, without `omitted_names`; a collection is written as root/alias."""
    words = []
    for name, value in content.items():
        if name in omitted_names:
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if name in ("collection", "of") and (collection := catalogue.by_id(text)) is not None:
            text = f"{collection.root}/{collection.alias}"
        words.append(f"{name}={text}")
    return " ".join(words)
