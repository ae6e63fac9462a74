"""Hosts for the hubs of a test: network namespaces on links of their own, which can be cut.

Where namespaces cannot be made (not root, no `ip`, not Linux), every host is this machine and its ports tell them apart.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True)
class Host:
    """One host: the address at which this machine reaches it, and where it finds the database."""

    address: str = LOOPBACK
    database: str = LOOPBACK
    namespace: str = ""
    link: str = ""

    @property
    def prefix(self) -> tuple[str, ...]:
        """What is before a command that runs on this host."""
        return ("ip", "netns", "exec", self.namespace) if self.namespace else ()

    def cut(self) -> None:
        """Nothing comes in or out any more; who waits for an answer from there gets none."""
        _ip("link", "set", self.link, "down")

    def join(self) -> None:
        """As before."""
        _ip("link", "set", self.link, "up")


@contextmanager
def hosts(count: int) -> Iterator[list[Host]]:
    """That many hosts, and an address for the database beside them; all is gone afterwards."""
    with ExitStack() as undo:
        try:
            all_hosts = _new_hosts(count, undo)
        except _NotHereError:
            undo.close()
            all_hosts = [Host()] * count
        yield all_hosts


class _NotHereError(Exception):
    """This machine, or this user, makes no network namespaces."""


def _new_hosts(count: int, undo: ExitStack) -> list[Host]:
    if shutil.which("ip") is None or os.geteuid() != 0:
        raise _NotHereError
    own = os.getpid() % 65_536
    net, name = f"10.{200 + own % 50}.{own // 256}", f"hub{own}"  # unlikely to be anybody else's
    database = f"{net}.254"
    lines = []
    try:
        _ip("address", "add", f"{database}/32", "dev", "lo")
        undo.callback(_ip, "address", "del", f"{database}/32", "dev", "lo")
        # or what is meant for a host that is cut off would leave this machine
        _ip("route", "add", "unreachable", f"{net}.0/24")
        undo.callback(_ip, "route", "del", "unreachable", f"{net}.0/24")
        for number in range(count):
            near, far, space, link = (
                f"{net}.{4 * number + 1}",
                f"{net}.{4 * number + 2}",
                f"{name}-{number}",
                f"{name}h{number}",
            )
            _ip("netns", "add", space)
            undo.callback(_ip, "netns", "del", space)  # and the link with it
            _ip("link", "add", link, "type", "veth", "peer", "name", "up0", "netns", space)
            _ip("address", "add", f"{near}/30", "dev", link)
            _ip("link", "set", link, "up")
            for words in (
                ("address", "add", f"{far}/30", "dev", "up0"),
                ("link", "set", "up0", "up"),
                ("link", "set", "lo", "up"),
                ("route", "add", database, "via", near),
            ):
                _ip("-n", space, *words)
            lines.append(Host(far, database, space, link))
    except subprocess.CalledProcessError as error:
        raise _NotHereError from error
    return lines


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
