"""What can go wrong, as one tree. No HTTP here: `hub/server/errors.py` holds the only table from these to answers.

    HubError
    ├── ConfigurationError         settings or declarations cannot be used; the operator mends them
    ├── RefusedError               the sender must change something
    │   ├── MalformedError         the request or file cannot be understood
    │   ├── UnprocessableError     understood, but against the rules
    │   ├── TooLargeError          a limit is passed
    │   ├── UnauthenticatedError   who is asking is not known
    │   ├── TooManyRequestsError   the client asked for more than its share; the same request may succeed later
    │   ├── ForbiddenError         known, and not allowed
    │   ├── NotFoundError          there is no such thing, or not for this account
    │   ├── NotAcceptableError     the answer has no form that the client accepts
    │   └── UnsupportedMediaError  the body has a form that the hub does not read
    ├── ProviderError              the OpenID Connect provider is away, or answers what cannot be used
    ├── StoreError                 the store failed; nothing was acknowledged
    │   ├── StoreUnavailableError  it is away or busy; the same request may succeed later
    │   └── StoreFullError         there is no room
    └── ProducerError              the producer's side
        ├── ReadingError           a report cannot be read
        ├── ReleaseError           a report may not leave as it stands
        ├── BusyError              another process of this CERT is at the same work
        └── ConnectionFailedError  the hub cannot be reached, or answers what cannot be used

Verdicts on single objects are values (`Fault`, `Finding`, `Withheld`), not errors.
A message is for a person, and says what to do next; it never holds a credential.
"""

from __future__ import annotations


def seconds_in_words(seconds: float) -> str:
    """`1 second` or `5 seconds`, for messages."""
    return "1 second" if f"{seconds:.0f}" == "1" else f"{seconds:.0f} seconds"


class HubError(Exception):
    """The root: `except HubError` catches whatever this project raises on purpose."""


class ConfigurationError(HubError):
    """Settings or declarations cannot be used."""


class RefusedError(HubError):
    """The sender must change something before trying again."""


class MalformedError(RefusedError):
    """The request or file cannot be understood."""


class UnprocessableError(RefusedError):
    """The request is understood, but asks for what the rules do not allow."""


class TooLargeError(RefusedError):
    """A named limit is passed."""


class UnauthenticatedError(RefusedError):
    """The credentials are missing, malformed or wrong."""


class TooManyRequestsError(RefusedError):
    """The client is over its share. `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ForbiddenError(RefusedError):
    """The account is known, and may not do this."""


class NotFoundError(RefusedError):
    """There is no such thing, or this account may not learn of it."""


class NotAcceptableError(RefusedError):
    """The client accepts no form in which the hub answers."""


class UnsupportedMediaError(RefusedError):
    """The body has a media type or encoding that the hub does not read."""


class ProviderError(HubError):
    """The OpenID Connect provider is away, or answers what cannot be used; who has a password or key needs none."""


class StoreError(HubError):
    """The store failed; nothing was acknowledged, and nothing is half done."""


class StoreUnavailableError(StoreError):
    """The store is away or busy: the same request may succeed later."""


class StoreFullError(StoreError):
    """The store has no room for more."""


class ProducerError(HubError):
    """The producer's side of things."""


class ReadingError(ProducerError):
    """A report cannot be read."""


class ReleaseError(ProducerError):
    """A report may not leave the country as it stands."""


class BusyError(ProducerError):
    """Another process of this CERT is at the same work: the same command may succeed later."""


class ConnectionFailedError(ProducerError):
    """The hub cannot be reached, or answers what cannot be used."""
