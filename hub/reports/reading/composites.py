"""Observables that are made of several fields, in the same way for every format: connections, and files by their hashes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from hub.reports.observables import Observable, ObservableType, Role, TrafficDetails
from hub.reports.reading import values
from hub.reports.reading.draft import Fields


def connection(  # noqa: PLR0913  both ends of a connection, each by name
    *,
    protocols: tuple[str, ...] = ("tcp",),
    src: str | None = None,
    src_port: int | None = None,
    dst: str | None = None,
    dst_port: int | None = None,
    src_role: Role = Role.UNKNOWN,
    dst_role: Role = Role.ADVERSARY,
) -> Observable:
    """Network traffic, with the family of its addresses as the lowest protocol."""
    family = "ipv6" if ":" in f"{src}{dst}" else "ipv4"
    left = f" {src or '*'}:{src_port or '*'}" if src or src_port else ""
    return Observable(
        ObservableType.TRAFFIC,
        f"{'/'.join(protocols)}{left} > {dst or '*'}:{dst_port or '*'}",
        traffic=TrafficDetails((family, *protocols), src, src_port, src_role, dst, dst_port, dst_role),
    )


def file_by_hashes(fields: Fields, keys: Mapping[str, str]) -> Observable | None:
    """The file that the hashes under these keys are of; ``keys`` maps them to STIX's names of algorithms."""
    pairs = [fields.read(key, partial(values.file_hash, name=algorithm)) for key, algorithm in keys.items()]
    hashes = dict(pair for pair in pairs if pair)
    return values.file_observable(hashes) if hashes else None
