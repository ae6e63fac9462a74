"""Faults of an object. They are values and no exceptions, since a verdict on one object is a normal result."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one object.

    `path` says where, in the syntax of STIX selectors (STIX 2.1, 7.2.3.1): `external_references.[0].url`; empty for
    the object as a whole. `message` tells the sender what to change.
    """

    path: str
    message: str
