"""Observables that are built from several fields, in the same way for every format: connections and files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from hub.reports.observables import Observable, ObservableType, Role, TrafficDetails
from hub.reports.reading import values
from hub.reports.reading.draft import Fields

NO_CONNECTION: Final = "belongs to no connection of the adversary"
"""The reason for an unused port or protocol."""


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
    """Return network traffic, with the family of its addresses as the lowest protocol."""
    family = "ipv6" if ":" in f"{src}{dst}" else "ipv4"
    source_end = f" {src or '*'}:{src_port or '*'}" if src or src_port else ""
    return Observable(
        ObservableType.TRAFFIC,
        f"{'/'.join(protocols)}{source_end} > {dst or '*'}:{dst_port or '*'}",
        traffic=TrafficDetails((family, *protocols), src, src_port, src_role, dst, dst_port, dst_role),
    )


def attacker_connection(
    hosts: Iterable[Observable],
    *,
    is_client: bool,
    protocols: tuple[str, ...],
    own_port: int | None,
    other_port: int | None = None,
) -> Observable | None:
    """Return a connection of the adversary's first host in ``hosts``; None if its port is unknown.

    ``is_client``: the host opens the connection (a scanner, a flood) to ``other_port``; otherwise it is the server.
    """
    host = next((item for item in hosts if item.role is Role.ADVERSARY and item.type in ADDRESSES), None)
    if host is None or (own_port is None and not (is_client and other_port is not None)):
        return None
    item = (
        connection(
            protocols=protocols, src=host.value, src_port=own_port, src_role=host.role, dst_port=other_port,
            dst_role=Role.UNKNOWN,
        )
        if is_client
        else connection(protocols=protocols, dst=host.value, dst_port=own_port, dst_role=host.role)
    )  # fmt: skip
    return replace(item, role=host.role, evidence=host.evidence)


ADDRESSES: Final = frozenset({ObservableType.IPV4, ObservableType.IPV6})


def file_by_hashes(fields: Fields, keys: Mapping[str, str]) -> Observable | None:
    """Return the file with the hashes under these keys; ``keys`` maps each to STIX's name of the algorithm."""
    pairs = [fields.read(key, partial(values.file_hash, name=algorithm)) for key, algorithm in keys.items()]
    hashes = dict(pair for pair in pairs if pair)
    return values.file_observable(hashes) if hashes else None
