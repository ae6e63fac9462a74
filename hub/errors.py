"""All errors, in one tree. They know nothing of HTTP: `hub/server/errors.py` has the only table of the answers to them.

    HubError
    ├── ConfigurationError         settings or declarations cannot be used; the operator has to correct them
    ├── RefusedError               the sender must change something
    │   ├── MalformedError         the request or file cannot be understood
    │   ├── UnprocessableError     it is understood, but breaks a rule
    │   ├── TooLargeError          a limit is exceeded
    │   ├── UnauthenticatedError   the credentials are missing, malformed or wrong
    │   ├── TooManyRequestsError   the client asked for more than its share; the same request may succeed later
    │   ├── ForbiddenError         the account is known, but may not do this
    │   ├── NotFoundError          it does not exist, or this account may not know of it
    │   ├── NotAcceptableError     the answer has no form that the client accepts
    │   └── UnsupportedMediaError  the body has a form that the hub does not read
    ├── ProviderError              the OpenID Connect provider cannot be reached, or its answer cannot be used
    ├── StoreError                 the store failed; nothing was acknowledged
    │   ├── StoreUnavailableError  it cannot be reached or is busy; the same request may succeed later
    │   └── StoreFullError         it has no room for more
    └── ProducerError              errors on the producer's side
        ├── ReadingError           a report cannot be read
        ├── ReleaseError           a report may not leave the country in this form
        ├── BusyError              another process of this CERT does the same work now
        └── ConnectionFailedError  the hub cannot be reached, or its answer cannot be used

Verdicts on single objects are values (`Fault`, `Finding`, `Withheld`), not errors.
A message is written for a person, and says what to do next. It never contains a credential.
"""

from __future__ import annotations


def seconds_in_words(seconds: float) -> str:
    """`1 second` or `5 seconds`, for messages."""
    return "1 second" if f"{seconds:.0f}" == "1" else f"{seconds:.0f} seconds"


class HubError(Exception):
    """The base class: `except HubError` catches every error that this project raises on purpose."""


class ConfigurationError(HubError):
    """Settings or declarations cannot be used."""


class RefusedError(HubError):
    """The sender must change something before trying again."""


class MalformedError(RefusedError):
    """The request or file cannot be understood."""


class UnprocessableError(RefusedError):
    """The request is understood, but asks for what the rules do not allow."""


class TooLargeError(RefusedError):
    """A limit is exceeded, which the message names."""


class UnauthenticatedError(RefusedError):
    """The credentials are missing, malformed or wrong."""


class TooManyRequestsError(RefusedError):
    """The client asked for more than its share. `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ForbiddenError(RefusedError):
    """The account is known, but may not do this."""


class NotFoundError(RefusedError):
    """It does not exist, or this account may not know of it."""


class NotAcceptableError(RefusedError):
    """The client accepts no media type in which the hub answers."""


class UnsupportedMediaError(RefusedError):
    """The body has a media type or encoding that the hub does not read."""


class ProviderError(HubError):
    """The OpenID Connect provider cannot be reached, or its answer cannot be used. A password or key still works."""


class StoreError(HubError):
    """The store failed. Nothing was acknowledged, and nothing was stored in part."""


class StoreUnavailableError(StoreError):
    """The store cannot be reached or is busy: the same request may succeed later."""


class StoreFullError(StoreError):
    """The store has no room for more."""


class ProducerError(HubError):
    """An error on the producer's side."""


class ReadingError(ProducerError):
    """A report cannot be read."""


class ReleaseError(ProducerError):
    """A report may not leave the country in this form."""


class BusyError(ProducerError):
    """Another process of this CERT does the same work now: the same command may succeed later."""


class ConnectionFailedError(ProducerError):
    """The hub cannot be reached, or its answer cannot be used."""
