"""`hub check`: look for mistakes in the hub's setup and operation, and say how to fix them.

It runs on the hub's machine, whether the hub is running or not, and changes nothing.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import re
import shutil
import stat
import time
from collections.abc import Collection, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hub.audit.result import last_verification
from hub.audit.state import COMMAND, content_of
from hub.cli.backups import backups_in, read_manifest
from hub.cli.findings import Finding, show_findings
from hub.cli.settings import unknown_variables
from hub.community.alarms import certificate_end
from hub.community.hub import Hub
from hub.errors import HubError
from hub.server.certificates import open_certificates
from hub.server.provider import open_provider
from hub.settings import Settings, load_settings
from hub.sharing.catalogue import Catalogue
from hub.sharing.credentials import deleted_accounts
from hub.sharing.hidden import hidden_objects
from hub.sharing.members import AccountKind
from hub.wiring import now, open_catalogue, open_hub

EXAMPLE = (
    "  hub check\n"
    "  hub check --backups /var/backups/hub --json\n"
    "  hub check || mail -s 'the hub needs you' ops@hub.example   # from a timer\n"
)
CERTIFICATE_DAYS: Final = 21  # a certificate should be renewed at least this long before it expires
BACKUP_HOURS: Final = 26  # a day between backups, and time to write one
VERIFIED_DAYS: Final = 8  # a week between verifications, and a day
FREE_SPACE_FACTOR: Final = 2  # of the store's size: an upgrade and a backup need that size each
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
# RFC 2606 and RFC 6761: names that belong to nobody
_PLACEHOLDER: Final = re.compile(
    r"placeholder|\.(?:example|test|invalid|localhost)$|@example\.(?:com|net|org)$", re.IGNORECASE
)
_HOUR: Final = 3600 * 1000  # milliseconds
_MEGABYTE: Final = 2**20
_RESERVED_MILLISECONDS: Final = 60_000  # timestamps may run this far ahead of the clock during a bulk load
_UNSYNCHRONIZED: Final = 5  # TIME_ERROR of adjtimex(2)
_TIMEX_BYTES: Final = 512  # more than the structure needs on any platform


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("--json", action="store_true", help="as a JSON list")
    parser.add_argument(
        "--backups", type=Path, metavar="FOLDER", help="folder of the backups: the newest is checked byte by byte"
    )


def run(args: argparse.Namespace) -> int:
    """Make all checks, even if one fails. Returns 3 if something has to be fixed."""
    return show_findings(list(_findings(args.backups)), as_json=args.json)


def _findings(backups: Path | None) -> Iterator[Finding]:
    try:
        settings = load_settings(os.environ)
    except HubError as error:
        yield Finding("settings", good=False, words=str(error))
        return
    unknown_names = unknown_variables(settings)
    yield Finding(
        "settings",
        not unknown_names,
        f"there is no setting {', '.join(unknown_names)}; `hub settings` lists all"
        if unknown_names
        else "all names exist",
    )
    yield from _exposure(settings)
    yield from _certificate(settings)
    yield _clock()
    try:
        yield from _contacts(open_catalogue(settings))
        hub = open_hub(settings)
    except HubError as error:
        yield Finding("store", good=False, words=str(error))
        return
    with closing(hub.store):
        yield from _files(settings)
        yield from _store_state(hub)
        yield from _accounts(hub)
        yield from _client_certificates(hub, settings)
        yield from _provider(hub, settings)
        yield _backup(hub, backups)


def _exposure(settings: Settings) -> Iterator[Finding]:
    if settings.host in _LOOPBACK and not settings.behind_proxy:
        words = f"the hub listens only on {settings.host}, so no other machine can reach it: set HUB_HOST, or let a "
        yield Finding("exposure", good=False, words=words + "proxy terminate TLS (HUB_BEHIND_PROXY=true)")
        return
    if settings.tls_cert:
        yield Finding("exposure", good=True, words=f"TLS on {settings.host}:{settings.port}")
    elif settings.behind_proxy:
        words = f"plain HTTP on {settings.host}:{settings.port} for the proxy"
        if settings.host not in _LOOPBACK:
            words += "; only the proxy may be able to reach it: another client could send any address as its own"
        yield Finding("exposure", good=True, words=words)
    else:
        words = "plain HTTP would be served to others: set HUB_TLS_CERT and HUB_TLS_KEY, or HUB_BEHIND_PROXY=true"
        yield Finding("exposure", good=False, words=words)
    public_url = settings.public_url
    yield Finding(
        "public_url",
        public_url.startswith("https://"),
        public_url
        if public_url.startswith("https://")
        else "set HUB_PUBLIC_URL=https://… to the address that clients use",
    )


def _certificate(settings: Settings) -> Iterator[Finding]:
    if not settings.tls_cert:
        return
    end_time = certificate_end(settings.tls_cert)
    if end_time is None:
        yield Finding("certificate", good=False, words=f"{settings.tls_cert} contains no certificate that can be read")
        return
    days = (end_time - time.time()) / 86400
    words = f"{settings.tls_cert} ends on {datetime.fromtimestamp(end_time, UTC):%Y-%m-%d}"
    advice = ": renew it, then send SIGHUP to the hub, which keeps all connections open"
    yield Finding("certificate", days > CERTIFICATE_DAYS, words if days > CERTIFICATE_DAYS else words + advice)


def _clock() -> Finding:
    """Whether a time service sets the machine's clock; asks the kernel (adjtimex(2))."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return Finding("clock", good=True, words="this system does not say whether a time service sets the clock")
    if state == _UNSYNCHRONIZED:
        words = (
            "no time service sets the clock: run chrony or systemd-timesyncd. If it falls five minutes behind, the hub "
        )
        return Finding("clock", good=False, words=f"{words}refuses objects of members whose clocks are right")
    return Finding("clock", good=True, words="set by a time service")


def _contacts(catalogue: Catalogue) -> Iterator[Finding]:
    placeholders = [
        member.code
        for member in catalogue.members.values()
        if _PLACEHOLDER.search(member.contact) or _PLACEHOLDER.search(member.duty_line)
    ]
    words = f"those of {', '.join(placeholders)} are placeholders: run `hub collections --copy-to FOLDER`, and edit members.toml"
    yield Finding("contacts", not placeholders, words if placeholders else "each member has its own")
    if _PLACEHOLDER.search(catalogue.contact):
        words = (
            f"{catalogue.contact!r} is a placeholder: it is shown to every client; see contact in collections/hub.toml"
        )
        yield Finding("operator's contact", good=False, words=words)
    public_collections = [f"{collection.root}/{collection.alias}" for collection in catalogue if collection.public]
    if public_collections:
        yield Finding(
            "public",
            good=True,
            words=f"anybody can read TLP:CLEAR in {', '.join(public_collections)} without credentials",
        )


def _files(settings: Settings) -> Iterator[Finding]:
    scheme, _, uri_path = settings.store.partition("://")
    store = Path(uri_path[1:]) if scheme == "sqlite" else None
    files = {
        "store": store,
        "TLS key": settings.tls_key,
        "checkpoint key": settings.checkpoint_key,
        "proxy's secret": settings.proxy_secret_file,
        "provider's secret": settings.oidc_secret_file,
    }
    open_files = [
        f"{path} ({name})" for name, path in files.items() if path and Path(path).exists() and _others_read(Path(path))
    ]
    warning = f"other users of this machine can read {', '.join(open_files)}; run: chmod o-rwx,g-w on each"
    yield Finding("permissions", not open_files, warning if open_files else "only the hub's user can read the secrets")
    if store is None:
        return
    size = sum(path.stat().st_size for path in store.parent.glob(f"{store.name}*"))
    free = shutil.disk_usage(store.parent).free
    needed = max(settings.limits.free_megabytes * _MEGABYTE, FREE_SPACE_FACTOR * size)
    summary = f"{free // _MEGABYTE} MB are free, and the store has {size // _MEGABYTE} MB"
    advice = f"{summary}: an upgrade and a backup need {needed // _MEGABYTE} MB"
    yield Finding("disk", free >= needed, summary if free >= needed else advice)


def _others_read(path: Path) -> bool:
    """Whether users other than the owner and group can read or change the file, or its group can change it."""
    return bool(path.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP))


def _store_state(hub: Hub) -> Iterator[Finding]:
    newest_time = max((hub.store.head(collection.id) for collection in hub.catalogue), default=0)
    lead = newest_time - now()
    words = "the clock is not behind the newest object in the store"
    if lead > _RESERVED_MILLISECONDS:
        words = (
            f"the clock is {lead // 1000} s behind the newest object in the store: it was set back, or was fast before. "
            "Until it has caught up, new objects get dates one millisecond apart"
        )
    yield Finding("clock and store", lead <= _RESERVED_MILLISECONDS, words)
    count = sum(1 for _ in hidden_objects(hub.store, hub.catalogue))
    yield Finding(
        "hidden objects",
        not count,
        f"{count} wait for your decision; run: hub levels list" if count else "none waits for a decision",
    )
    verification = last_verification(hub.store)
    if verification is None:
        yield Finding("verification", good=False, words="the store was never verified; run: hub audit verify")
        return
    is_recent = now() - verification.at < VERIFIED_DAYS * 24 * _HOUR
    words = f"last on {datetime.fromtimestamp(verification.at / 1000, UTC):%Y-%m-%d}, {verification.findings} findings"
    is_good = is_recent and not verification.findings
    yield Finding("verification", is_good, words if is_good else f"{words}; run: hub audit verify")


def _accounts(hub: Hub) -> Iterator[Finding]:
    deleted_names = deleted_accounts(hub.store)
    rows = [row for row in hub.store.list_accounts() if not row.disabled and row.name not in deleted_names]
    with_cert = {row.member for row in rows if row.kind == AccountKind.CERT}
    without_cert = [code for code in hub.catalogue.members if code not in with_cert]
    words = f"{', '.join(without_cert)} have no account of kind cert; hub account add NAME --member CC --kind cert"
    yield Finding("accounts", not without_cert, words if without_cert else "each member's CERT has one")
    if not any(row.kind == AccountKind.OPERATOR for row in rows):
        words = "nobody can read /metrics; hub account add monitor --kind operator"
        yield Finding("monitoring", good=False, words=words)


def _client_certificates(hub: Hub, settings: Settings) -> Iterator[Finding]:
    """Whether the client certificates in hub.toml belong to accounts."""
    try:
        if open_certificates(hub.credentials, settings) is None:
            return
    except HubError as error:
        yield Finding("client certificates", good=False, words=str(error))
        return
    missing_accounts = _unknown_accounts(hub, settings.certificates)
    words = f"there is no account {', '.join(missing_accounts)}: see [certificates] in hub.toml, and `hub account list`"
    yield Finding(
        "client certificates", not missing_accounts, words if missing_accounts else "each belongs to an account"
    )


def _provider(hub: Hub, settings: Settings) -> Iterator[Finding]:
    """Whether people can sign in through the OpenID Connect provider that the settings name."""
    try:
        provider = open_provider(settings, now)
        if provider is None:
            return
        provider.look_up()
    except HubError as error:
        yield Finding("sign-in provider", good=False, words=str(error))
        return
    missing_accounts = _unknown_accounts(hub, settings.oidc)
    words = f"there is no account {', '.join(missing_accounts)}: see [oidc] in hub.toml, and `hub account list`"
    if not settings.oidc:
        words = "it answers, but lets nobody in: name the people in [oidc] of hub.toml"
    is_good = bool(settings.oidc) and not missing_accounts
    yield Finding(
        "sign-in provider", is_good, "it answers, and each of its people has an account" if is_good else words
    )


def _unknown_accounts(hub: Hub, names: Collection[str]) -> list[str]:
    """The names that no account has."""
    return sorted(set(names) - ({row.name for row in hub.store.list_accounts()} - deleted_accounts(hub.store)))


def _backup(hub: Hub, folder: Path | None) -> Finding:
    advice = "run: hub backup FOLDER, daily (`hub deploy` writes a timer)"
    if folder is None:
        entry_time = max(
            (
                details["at"]
                for details in map(content_of, hub.store.trail())
                if details is not None and details["what"] == COMMAND and details.get("command") == "backup"
            ),
            default=None,
        )
        if entry_time is None:
            return Finding("backup", good=False, words=f"none was ever made; {advice}")
        backup_time = int(entry_time)
    else:
        try:
            backup_time = read_manifest(backups_in(folder)[-1]).made_at
        except IndexError:
            return Finding("backup", good=False, words=f"{folder} contains no backup; {advice}")
        except (HubError, OSError) as error:
            return Finding("backup", good=False, words=f"{error}; {advice}")
    hours = (now() - backup_time) // _HOUR
    words = f"the last one was made {hours} hours ago"
    return Finding("backup", hours < BACKUP_HOURS, words if hours < BACKUP_HOURS else f"{words}; {advice}")
