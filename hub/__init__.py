"""A TAXII 2.1 hub where national CERTs share incidents, and the library with which they publish and read.

>>> import hub
>>> asean = hub.connect("https://hub.example/asean/", key="…")        # doctest: +SKIP
>>> asean.publish("bundle.json", to="id")                             # doctest: +SKIP

The names below are the library's public names. Each is loaded when it is first used, so that `import hub` takes no time.
"""

from __future__ import annotations

from importlib import import_module

from hub.version import __version__

TYPE_CHECKING = False  # type checkers know this name; importing `typing` would double the time of `import hub`
if TYPE_CHECKING:
    from typing import Any, Final

    from hub import errors
    from hub.errors import (
        BusyError,
        ConfigurationError,
        ConnectionFailedError,
        ForbiddenError,
        HubError,
        MalformedError,
        NotAcceptableError,
        NotFoundError,
        ProducerError,
        ReadingError,
        RefusedError,
        ReleaseError,
        TooLargeError,
        TooManyRequestsError,
        UnauthenticatedError,
        UnprocessableError,
        UnsupportedMediaError,
    )
    from hub.producer.api import Asked, HubClient, Patience, Rhythm, connect
    from hub.producer.items import Board, Incident, Item
    from hub.producer.publish import Failure, Receipt, Remark
    from hub.release.policy import Approvals
    from hub.release.preview import Preview, PreviewRow
    from hub.reports.read import ReadOptions, Report, RowError, read_reports
    from hub.taxii.resources import CollectionResource

__all__ = [
    "Approvals",
    "Asked",
    "Board",
    "BusyError",
    "CollectionResource",
    "ConfigurationError",
    "ConnectionFailedError",
    "Failure",
    "ForbiddenError",
    "HubClient",
    "HubError",
    "Incident",
    "Item",
    "MalformedError",
    "NotAcceptableError",
    "NotFoundError",
    "Patience",
    "Preview",
    "PreviewRow",
    "ProducerError",
    "ReadOptions",
    "ReadingError",
    "Receipt",
    "RefusedError",
    "ReleaseError",
    "Remark",
    "Report",
    "Rhythm",
    "RowError",
    "TooLargeError",
    "TooManyRequestsError",
    "UnauthenticatedError",
    "UnprocessableError",
    "UnsupportedMediaError",
    "__version__",
    "connect",
    "errors",
    "read_reports",
]

_MODULES: Final = {
    "Asked": "hub.producer.api",
    "HubClient": "hub.producer.api",
    "Patience": "hub.producer.api",
    "Rhythm": "hub.producer.api",
    "connect": "hub.producer.api",
    "Board": "hub.producer.items",
    "Incident": "hub.producer.items",
    "Item": "hub.producer.items",
    "Failure": "hub.producer.publish",
    "Receipt": "hub.producer.publish",
    "Remark": "hub.producer.publish",
    "Approvals": "hub.release.policy",
    "Preview": "hub.release.preview",
    "PreviewRow": "hub.release.preview",
    "ReadOptions": "hub.reports.read",
    "Report": "hub.reports.read",
    "RowError": "hub.reports.read",
    "read_reports": "hub.reports.read",
    "CollectionResource": "hub.taxii.resources",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'hub' has no attribute {name!r}")
    module = import_module(_MODULES.get(name, "hub.errors"))
    value = module if name == "errors" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
