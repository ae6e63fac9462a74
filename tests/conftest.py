"""What most tests of the server share: a hub over a real store in a folder of its own, and clients for its accounts.

The hub of a test starts without the definitions that `hub init` puts into each collection, so that counts are the
test's own; `seeded` puts them in. Accounts and an empty store are made once and copied for each test.
"""

from __future__ import annotations

import gc
import os
import secrets
import shutil
import signal
import uuid
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

import hypothesis
import pytest

from hub.community.hub import Hub
from hub.declarations import read_profiles
from hub.profile.rules import Profile, parse_profile
from hub.server.app import create_app
from hub.settings import Limits
from hub.sharing.catalogue import Catalogue
from hub.sharing.credentials import Credentials
from hub.sharing.declared import load_catalogue
from hub.sharing.members import Account, AccountKind
from hub.sharing.seed import seed
from hub.store.base import Store
from hub.store.sqlite.store import SqliteStore
from tests import keeping
from tests.durations import HOUR, MINUTE
from tests.hanging import (  # noqa: F401 - pytest looks for them here
    pytest_handlecrashitem,
    pytest_runtest_logfinish,
    pytest_runtest_logstart,
    pytest_sessionstart,
)
from tests.mongo import server
from tests.mongo.skipping import leave_out_mongo
from tests.ordering import order
from tests.places import TOP
from tests.server.making import ACCOUNTS, DECLARATIONS, PASSWORD, PASSWORD_ACCOUNT, Client, Clock, cheap_credentials
from tests.server.process import HubProcess
from tests.summary import (  # noqa: F401 - pytest looks for them here
    figures,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
)

# The same examples in every run, no deadline on shared machines; HYPOTHESIS_PROFILE=wide looks further.
hypothesis.settings.register_profile(
    "steady", derandomize=True, deadline=None, database=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("wide", deadline=None, max_examples=2000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

OpenHub = Callable[..., Hub]
ClientOf = Callable[[str | None], Client]


@dataclass(frozen=True)
class Template:
    """A store with accounts and nothing else, and the keys of its accounts."""

    folder: Path
    keys: dict[str, str]


def pytest_configure() -> None:
    """A run in the background of a shell script ignores Ctrl-C, and so would all commands that tests start and end by it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Tests stay in memory to the end of the run: Python need not look at them for garbage while they come, nor ever after."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)  # after the hooks that leave tests out
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot run, and order the others."""
    leave_out_mongo(config, items)
    order(config, items)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Functions by their names: otherwise ids contain addresses, and differ from one process of a parallel run to the other."""
    return val.__name__ if isinstance(val, FunctionType) else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The tests of `keeping.TWICE` are run over both stores."""
    name = metafunc.definition.nodeid
    if (
        keeping.kind() == keeping.SQLITE
        and name.startswith(keeping.TWICE + keeping.TWICE_FOR_LONG)
        and not name.startswith(keeping.ONCE)
    ):
        # None: as it is without a choice, so that what is shared with other tests is made once
        marks = [pytest.mark.soak] if name.startswith(keeping.TWICE_FOR_LONG) else []
        stores = [pytest.param(None, id=keeping.SQLITE), pytest.param(keeping.MONGO, id=keeping.MONGO, marks=marks)]
        metafunc.parametrize("store_kind", stores, indirect=True)


@pytest.fixture(scope="session", autouse=True)
def store_kind(request: pytest.FixtureRequest) -> Iterator[str]:
    """The store of the hubs that are opened from here on."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv(keeping.NAMED, getattr(request, "param", None) or keeping.kind())
        yield keeping.kind()


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """What a test changes in the environment, as `hub serve` does in this process, ends with it: hubs would inherit it."""
    before = dict(os.environ)
    yield
    shared = {name: os.environ[name] for name in (server.NAMED,) if name in os.environ}  # a server for all tests
    if os.environ != before | shared:
        os.environ.clear()
        os.environ.update(before | shared)


@pytest.fixture(autouse=True)
def sqlite_where_it_must_be(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests marked `sqlite`."""
    if request.node.get_closest_marker("sqlite"):
        monkeypatch.setenv(keeping.NAMED, keeping.SQLITE)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """What tests/declarations declare."""
    return load_catalogue(DECLARATIONS / "collections", DECLARATIONS / "profiles")


@pytest.fixture(scope="session")
def shipped_profiles() -> dict[str, Profile]:
    """The profiles as they are shipped."""
    return {name: parse_profile(name, table) for name, table in read_profiles(TOP / "profiles").items()}


def assemble(store: Store, catalogue: Catalogue, clock: Clock, limits: Limits) -> Hub:
    """A hub over this store, as `hub.wiring.open_hub` makes one, with the clock of the test."""
    return Hub(
        catalogue=catalogue,
        store=store,
        credentials=cheap_credentials(store, clock, 10 * MINUTE),
        limits=limits,
        secret=store.secret(secrets.token_bytes(32)),
        clock=clock,
        new_id=lambda: str(uuid.uuid4()),
    )


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    folder = tmp_path_factory.mktemp("template")
    clock = Clock()
    store = SqliteStore(folder / "hub.sqlite", clock=clock, lock_seconds=5, status_milliseconds=72 * HOUR, create=True)
    credentials = cheap_credentials(store, clock, 10 * MINUTE)
    keys: dict[str, str] = {}
    for name, (kind, member) in ACCOUNTS.items():
        key = credentials.add(Account(name, AccountKind(kind), member), None)
        assert key is not None
        keys[name] = key
    credentials.add(Account(PASSWORD_ACCOUNT, AccountKind.CONSTITUENT, "SG"), PASSWORD)
    store.close()
    return Template(folder, keys)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def account_store(tmp_path: Path, template: Template, clock: Clock) -> Iterator[Store]:
    """A store with the accounts of `template`, without a hub."""
    folder = shutil.copytree(template.folder, tmp_path / "accounts")
    store = keeping.open_store(folder, clock=clock, lock_seconds=5, status_milliseconds=HOUR)
    yield store
    store.close()
    keeping.DATABASES.take_back(folder)


@pytest.fixture
def credentials(account_store: Store, clock: Clock) -> Credentials:
    return cheap_credentials(account_store, clock, 10 * MINUTE)


@pytest.fixture
def open_hub(tmp_path: Path, template: Template, catalogue: Catalogue, clock: Clock) -> Iterator[OpenHub]:
    """Opens the test's hub; called again, as another process would open it. All are closed at the end."""
    folder = tmp_path / "store"
    shutil.copytree(template.folder, folder)
    opened: list[Store] = []

    def opener(
        *,
        limits: Limits | None = None,
        lock_seconds: float = 5,
        max_pages: int = 0,
        status_hours: int = 72,
        folder: Path = folder,
        create: bool = False,
    ) -> Hub:
        store = keeping.open_store(
            folder,
            clock=clock,
            lock_seconds=lock_seconds,
            status_milliseconds=status_hours * HOUR,
            max_pages=max_pages,
            create=create,
        )
        opened.append(store)
        return assemble(store, catalogue, clock, limits or Limits())

    yield opener
    for store in opened:
        store.close()
    keeping.DATABASES.take_back(tmp_path)


@pytest.fixture
def hub(open_hub: OpenHub) -> Hub:
    return open_hub()


@pytest.fixture
def seeded(hub: Hub) -> Hub:
    """The test's hub with the definitions and identities that `hub init` puts into each collection."""
    for collection in hub.catalogue:
        seed(hub.store, hub.catalogue, collection)
    return hub


@pytest.fixture
def as_account(hub: Hub, template: Template) -> ClientOf:
    """A client for an account of `making.ACCOUNTS`; for None, one without credentials."""
    app = create_app(hub)
    clients: dict[str | None, Client] = {}

    def client_of(name: str | None) -> Client:
        if name not in clients:
            clients[name] = Client(app, None if name is None else f"Bearer {template.keys[name]}")
        return clients[name]

    return client_of


@pytest.fixture
def indonesia(as_account: ClientOf) -> Client:
    return as_account("id-cert")


@pytest.fixture
def singapore(as_account: ClientOf) -> Client:
    return as_account("sg-cert")


@pytest.fixture
def anonymous(as_account: ClientOf) -> Client:
    return as_account(None)


def clients_of(hub: Hub, template: Template, **app_settings: Any) -> ClientOf:
    """As `as_account`, for a hub that the test opened itself."""
    app = create_app(hub, **app_settings)
    return lambda name: Client(app, None if name is None else f"Bearer {template.keys[name]}")


@pytest.fixture(scope="session")
def hub_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub of several processes, with two workers, over what `hub init` made; how it starts is for `hub_process`."""
    process = HubProcess(tmp_path_factory.mktemp("server"), forked=True)
    try:
        process.init(*((name, kind, member) for name, (kind, member) in ACCOUNTS.items()))
        process.start()
        yield process
    finally:
        process.end()


@pytest.fixture
def hub_process(tmp_path: Path) -> Iterator[Callable[..., HubProcess]]:
    """Makes a hub process of the test's own, not yet started; ended with the test."""
    processes: list[HubProcess] = []

    def maker(**settings: str) -> HubProcess:
        folder = tmp_path / f"process{len(processes)}"
        folder.mkdir()
        processes.append(HubProcess(folder, dict(settings)))
        return processes[-1]

    yield maker
    for process in processes:
        process.end()
