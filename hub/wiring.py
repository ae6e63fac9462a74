"""Build a running hub from settings. Only this module chooses the store and reads the real clock."""

from __future__ import annotations

import logging
import os
import secrets
import threading
import time
import uuid
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

from hub.audit.checkpoints import read_key
from hub.audit.trail import AuditTrail
from hub.community.hub import Hub
from hub.community.reminder_loop import ReminderLoop
from hub.errors import ConfigurationError, HubError, StoreError, StoreUnavailableError
from hub.settings import Settings, masked_uri
from hub.sharing.catalogue import Catalogue
from hub.sharing.credentials import Credentials
from hub.sharing.declared import load_catalogue
from hub.sharing.indexing import ValueIndexer
from hub.store.base import Store
from hub.terminal import escape

if TYPE_CHECKING:
    import flask

SECRET_BYTES: Final = 32
SWEEP_SECONDS: Final = 60
REQUEST_LOGGER: Final = "hub.request"  # its messages are already JSON objects
# The variable names the folder in which prometheus-client keeps one file per worker; `hub serve` creates it.
METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_HOUR: Final = 3600 * 1000  # milliseconds
_MINUTE: Final = 60 * 1000


def now() -> int:
    """The hub's clock: milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def open_catalogue(settings: Settings) -> Catalogue:
    """The catalogue declared in the folders that the settings name. ConfigurationError names the file and key at fault."""
    return load_catalogue(_folder(settings.collections, "collections"), _folder(settings.profiles, "profiles"))


def open_store(settings: Settings, *, create: bool = False) -> Store:
    """The store that the settings name. With `create`, it is created, or upgraded if it is older."""
    scheme, _, path = settings.store.partition("://")
    status_milliseconds = settings.limits.status_hours * _HOUR
    if scheme == "sqlite" and path.startswith("/") and len(path) > 1:
        from hub.store.sqlite.store import SqliteStore  # noqa: PLC0415 - loads only the engine in use

        return SqliteStore(
            Path(path[1:]),
            clock=now,
            lock_seconds=settings.limits.lock_seconds,
            status_milliseconds=status_milliseconds,
            create=create,
        )
    if scheme in ("mongodb", "mongodb+srv"):
        from hub.store.mongo.store import MongoStore  # noqa: PLC0415 - as above

        return MongoStore(
            settings.store,
            clock=now,
            lock_seconds=settings.limits.lock_seconds,
            status_milliseconds=status_milliseconds,
            create=create,
        )
    raise ConfigurationError(
        f"HUB_STORE is {masked_uri(settings.store)!r}: it should be sqlite:///relative/path, sqlite:////absolute/path or mongodb://…"
    )


def open_hub(settings: Settings) -> Hub:
    """A hub over an existing store. StoreUnavailableError if `hub init` has not been run to its end."""
    catalogue = open_catalogue(settings)
    store = open_store(settings)
    if any(store.has_unknown_levels(collection.id) for collection in catalogue):
        store.close()
        raise StoreUnavailableError(
            f"the store {masked_uri(settings.store)} holds records of an older hub whose levels were not judged by today's "
            "rules: run `hub init`, and let it end"
        )
    return Hub(
        catalogue=catalogue,
        store=store,
        credentials=Credentials(
            store,
            clock=now,
            random=secrets.token_bytes,
            remember_milliseconds=settings.limits.password_minutes * _MINUTE,
        ),
        limits=settings.limits,
        secret=store.secret(secrets.token_bytes(SECRET_BYTES)),
        clock=now,
        new_id=lambda: str(uuid.uuid4()),
    )


def open_trail(hub: Hub, settings: Settings) -> AuditTrail:
    """The audit trail of the hub's store."""
    key = read_key(Path(settings.checkpoint_key)) if settings.checkpoint_key else None
    return AuditTrail(hub.store, hub.secret, hub.clock, key)


def application(settings: Settings) -> flask.Flask:
    """The WSGI application of one server process."""
    from hub.server.app import create_app  # noqa: PLC0415 - commands that open a hub need no Flask
    from hub.server.certificates import open_certificates  # noqa: PLC0415 - as above
    from hub.server.provider import open_provider  # noqa: PLC0415 - as above
    from hub.stix.schema import prepare  # noqa: PLC0415 - as above

    # compiling the schemas takes half a second; objects that arrive earlier compile what they need themselves
    threading.Thread(target=prepare, name="schemas", daemon=True).start()
    hub = open_hub(settings)
    trail = open_trail(hub, settings)
    threading.Thread(target=_sweep_regularly, args=(hub.store, trail, settings), name="sweep", daemon=True).start()
    threading.Thread(target=_prepare_boards, args=(hub,), name="boards", daemon=True).start()
    threading.Thread(target=ValueIndexer(hub.store, hub.catalogue).run, name="values", daemon=True).start()
    if settings.remind:
        threading.Thread(target=ReminderLoop(hub, settings).run, name="remind", daemon=True).start()
    app = create_app(
        hub,
        public_url=settings.public_url,
        behind_proxy=settings.behind_proxy,
        shared_metrics=METRICS_FOLDER in os.environ,
        events=events_place(settings),
        trail=trail,
        certificates=open_certificates(hub.credentials, settings),
        provider=open_provider(settings, hub.clock),
    )
    app.config["TLS_CERT"] = settings.tls_cert  # the metrics report its expiry
    return app


def events_place(settings: Settings) -> str | int | None:
    """Where clients find the events: an address, or a port on the hub's own host. None if there are no events for them."""
    if not settings.events or (settings.behind_proxy and not settings.events_url):
        return None  # only a setting can say which port a proxy in front uses
    return settings.events_url or events_port(settings)


def events_port(settings: Settings) -> int:
    """The port on which the process of the events listens."""
    return settings.events_port or settings.port + 1


def _sweep_regularly(store: Store, trail: AuditTrail, settings: Settings) -> None:
    """Regularly write the audit trail's notes, delete old statuses, and let the store finish the work of processes that died."""
    while True:
        # a random time, so that the processes do not all sweep at the same moment
        time.sleep(SWEEP_SECONDS * (0.5 + secrets.randbelow(1000) / 1000))
        try:
            trail.recorder.flush()
            store.sweep(now() - settings.limits.status_hours * _HOUR)
        except StoreError as error:
            logging.getLogger("hub.sweep").warning("put off: %s", error)


class _JsonLines(logging.Formatter):
    """Each line is one JSON object with a time. It contains the fields of a request, or any other text as `message`."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line of JSON."""
        text = record.getMessage()
        head = {"time": self.formatTime(record), "level": record.levelname.lower(), "logger": record.name}
        if record.exc_info:
            head["exception"] = self.formatException(record.exc_info)
        if record.name == REQUEST_LOGGER:
            line = f"{orjson.dumps(head).decode()[:-1]},{text[1:]}"
        else:
            line = orjson.dumps(head | {"message": text}, option=orjson.OPT_NON_STR_KEYS).decode()
        return escape(line)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 - overrides a method of logging
        """The time in UTC, to the millisecond."""
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        return f"{seconds}.{int(record.msecs):03d}Z"


def log_to(descriptor: int) -> None:
    """Log to this file descriptor, one JSON object a line."""
    # do not look up, for each record, values that the lines do not show (HOWTO of logging, "Optimization")
    logging._srcfile = None  # noqa: SLF001 - the HOWTO recommends it
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(os.fdopen(os.dup(descriptor), "w", buffering=1, encoding="utf-8"))
    handler.setFormatter(_JsonLines())
    root = logging.getLogger("hub")
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    root.propagate = False


def _prepare_boards(hub: Hub) -> None:
    try:
        hub.community.prepare()
    except HubError as error:  # the first request for a board reports the error
        logging.getLogger("hub.boards").warning("not prepared: %s", error)


def _folder(path: str, default: str) -> Traversable:
    if path:
        return Path(path)
    packaged = files("hub") / "defaults" / default
    if packaged.is_dir():
        return packaged
    return Path(__file__).parent.parent / default  # in a checkout of the repository
