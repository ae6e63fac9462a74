"""A TAXII 2.1 hub where national CERTs share incidents, and the library that gets their reports there.

>>> import hub
>>> asean = hub.connect("https://hub.example/asean/", key="…")        # doctest: +SKIP
>>> asean.publish("bundle.json", to="id")                             # doctest: +SKIP

The names below are what analysts use; each is loaded when it is first used, so that `import hub` takes no time.
"""

from __future__ import annotations

from importlib import import_module

from hub.version import __version__

TYPE_CHECKING = False  # as checkers read it; `typing` alone would double the time that `import hub` takes
if TYPE_CHECKING:
    from typing import Any, Final

    from hub.errors import (
        BusyError,
        ConfigurationError,
        ConnectionFailedError,
        HubError,
        ProducerError,
        ReadingError,
        RefusedError,
        ReleaseError,
    )
    from hub.producer.api import HubClient, connect
    from hub.producer.publish import Receipt
    from hub.reports.read import read_reports

__all__ = [
    "BusyError",
    "ConfigurationError",
    "ConnectionFailedError",
    "HubClient",
    "HubError",
    "ProducerError",
    "ReadingError",
    "Receipt",
    "RefusedError",
    "ReleaseError",
    "__version__",
    "connect",
    "read_reports",
]

_HOMES: Final = {
    "HubClient": "hub.producer.api",
    "Receipt": "hub.producer.publish",
    "connect": "hub.producer.api",
    "read_reports": "hub.reports.read",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'hub' has no attribute {name!r}")
    value = getattr(import_module(_HOMES.get(name, "hub.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
