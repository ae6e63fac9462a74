"""Every setting and every limit of the hub, with its unit. The environment overrides hub.toml, which overrides the defaults.

Only `hub/cli` and `hub/wiring.py` read settings; all other code gets the values it needs as arguments.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from hub.errors import ConfigurationError

ENVIRONMENT_PREFIX: Final = "HUB_"


class Secret:
    """A secret text: repr, str, format and logs show stars instead of it. `reveal()` returns it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the code that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__


def setting(default: Any, text: str) -> Any:
    """One setting: its default, and the explanation that `hub settings` and the documents show."""
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True, slots=True)
class Limits:
    """Law L9: nothing is unbounded. The name or the explanation of each limit contains its unit."""

    body_bytes: int = setting(10 * 1024 * 1024, "bytes in a request body as sent; a root.toml may lower it per root")
    unpacked_bytes: int = setting(10 * 1024 * 1024, "bytes of a compressed request body once it is unpacked")
    envelope_objects: int = setting(20_000, "objects in one envelope")
    object_bytes: int = setting(1024 * 1024, "bytes of one object as it is stored")
    object_depth: int = setting(40, "levels of nesting inside one object")
    string_characters: int = setting(512 * 1024, "characters in one string")
    pattern_characters: int = setting(50_000, "characters in one STIX pattern")
    pattern_comparisons: int = setting(500, "comparisons, observations and qualifiers in one STIX pattern")
    object_versions: int = setting(
        10_000, "versions of one object that a collection holds; a revocation is taken beyond them"
    )
    selectors: int = setting(200, "selectors in the granular markings of one object")
    page_objects: int = setting(10_000, "objects on one page, whatever `limit` asks for")
    page_default: int = setting(1_000, "objects on one page where the client asks for no limit")
    page_bytes: int = setting(32 * 1024 * 1024, "bytes of objects on one page, whatever `limit` asks for")
    ready_megabytes: int = setting(
        64, "megabytes of pages that one worker keeps ready to send, most of them compressed"
    )
    filter_values: int = setting(100, "values in one match filter")
    query_characters: int = setting(16_000, "characters in the query of one request")
    status_hours: int = setting(72, "hours for which a status answers after its request (TAXII 2.1, 4.3: at least 24)")
    status_failures: int = setting(1_000, "refused objects that a status lists; further ones are counted")
    future_minutes: int = setting(5, "minutes by which created and modified may lie ahead of the hub's clock")
    open_requests: int = setting(100, "requests for help of one member that wait for an answer, in one API root")
    password_minutes: int = setting(10, "minutes for which a verified password is remembered, in memory only")
    connections: int = setting(
        4_096, "connections to one worker, idle ones included; beyond, the oldest idle one without a login is closed"
    )
    account_connections: int = setting(
        64, "idle connections of one account to one worker; beyond, its oldest is closed"
    )
    head_bytes: int = setting(64 * 1024, "bytes of a request's line and headers")
    head_seconds: int = setting(10, "seconds from the start of a connection or request to the end of its headers")
    idle_seconds: int = setting(30, "seconds that a connection stays open after an answer, without a further request")
    body_seconds: int = setting(
        10, "seconds for a request body, and one more for each `body_rate` bytes that have come"
    )
    body_rate: int = setting(8 * 1024, "bytes a second that a request body must bring on average, after `body_seconds`")
    bodies_bytes: int = setting(
        256 * 1024 * 1024, "bytes of request bodies that one worker holds before it answers them"
    )
    send_seconds: int = setting(20, "seconds for a client to take 256 KiB of an answer")
    client_requests: int = setting(
        2, "requests of one account (without a login: of one address) that one worker answers at a time"
    )
    client_waiting: int = setting(64, "further requests of that account or address that wait; beyond, 429")
    client_answers: int = setting(4, "answers to that account or address that are being sent at a time; others wait")
    requests_per_minute: int = setting(600_000, "requests of one account or address to one worker; beyond, 429")
    megabytes_per_minute: int = setting(
        60_000, "megabytes sent to and taken from one account or address by one worker; beyond, 429"
    )
    objects_per_minute: int = setting(2_000_000, "objects that one account publishes through one worker; beyond, 429")
    session_idle_minutes: int = setting(
        120, "minutes without a request after which somebody who signed in to the pages has to sign in again"
    )
    session_hours: int = setting(12, "hours after which they have to sign in again in any case")
    password_queue: int = setting(8, "passwords that wait to be verified in one worker; beyond, 429")
    address_passwords: int = setting(2, "passwords from one address that wait to be verified; beyond, 429")
    failure_minutes: int = setting(10, "minutes over which wrong passwords are counted")
    address_failures: int = setting(20, "wrong passwords from one address within `failure_minutes`; beyond, 429")
    name_failures: int = setting(
        50,
        "wrong passwords for one name within `failure_minutes`; beyond, 429 for addresses that never logged in under it",
    )
    scenario_bytes: int = setting(64 * 1024, "bytes of the scenario of a drill on the operator's page")
    provider_seconds: int = setting(5, "seconds for the OpenID Connect provider to answer, for each step of a sign-in")
    provider_calls: int = setting(
        4, "sign-ins for which one worker asks that provider at a time, of one address half as many; beyond, 429"
    )
    listeners: int = setting(2_000, "connections that wait for events")
    account_listeners: int = setting(
        100, "connections of one account that wait for events; those without an account count as one"
    )
    free_megabytes: int = setting(
        256, "megabytes that the store's disk must have left; below, `/readyz` says that the hub is not ready"
    )
    lock_seconds: int = setting(20, "seconds that a writer waits for its turn before it answers 503")


# Limits of one client, which [accounts.NAME] in hub.toml may override for one account.
ACCOUNT_LIMITS: Final = (
    "requests_per_minute",
    "megabytes_per_minute",
    "objects_per_minute",
    "client_requests",
    "client_waiting",
    "client_answers",
)


_TABLES: Final = frozenset(
    {"limits", "accounts", "certificates", "oidc", "origins"}
)  # fields of Settings that are tables


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings in force. `origins` says where each value that is not a default came from."""

    store: str = setting("sqlite:///var/hub.sqlite", "where objects are kept: sqlite:///path or mongodb://…")
    collections: str = setting("", "folder of the collections' declarations; empty: those that came with the hub")
    profiles: str = setting("", "folder of the profiles; empty: those that came with the hub")
    public_url: str = setting(
        "", "address under which clients reach the hub, such as https://hub.example; empty: that of each request"
    )
    host: str = setting("127.0.0.1", "address to listen on")
    port: int = setting(8021, "port to listen on")
    workers: int = setting(2, "server processes")
    threads: int = setting(4, "requests that one process answers at a time")
    events: bool = setting(True, "announce changes to followers immediately, from one process beside the workers")
    events_port: int = setting(0, "port of that process; without this setting, the one after `port`")
    events_url: str = setting(
        "",
        "address under which clients reach that process, such as https://hub.example; empty: public_url, or that of each request",
    )
    tls_cert: str = setting("", "file of the TLS certificate chain (PEM)")
    tls_key: str = setting("", "file of the TLS private key (PEM)")
    checkpoint_key: str = setting(
        "",
        "file of the Ed25519 private key (PEM) that signs checkpoints of the audit trail; empty: derived from the store's "
        "secret",
    )
    behind_proxy: bool = setting(
        False, "a proxy in front terminates TLS: plain HTTP may be served on other addresses, X-Forwarded-* is trusted"
    )
    proxy_secret_file: str = setting(
        "",
        "file with the secret that the proxy sends with the header X-Client-Subject; needed if [certificates] of hub.toml gives "
        "accounts the subjects of their client certificates",
    )
    remind: bool = setting(
        False,
        "`hub serve` reminds members of deadlines that have passed, by mail where smtp_host is set, else as lines in its "
        "log; without this setting a timer runs `hub remind`",
    )
    smtp_host: str = setting("", "mail server that takes reminders (`hub remind --mail`, `hub serve --remind`)")
    smtp_port: int = setting(587, "port of the mail server")
    smtp_security: str = setting("starttls", "starttls, tls (from the first byte) or none (a server on this machine)")
    smtp_from: str = setting("", "address that reminders come from")
    smtp_user: str = setting("", "user at the mail server, where it asks for one")
    smtp_password_file: str = setting("", "file with that user's password")
    operator_mail: str = setting(
        "",
        "address for mails about members that are silent longer than they declare, and a certificate that expires soon; "
        "empty: lines in the log, or in the output of `hub remind`",
    )
    oidc_issuer: str = setting(
        "",
        "address of the OpenID Connect provider through which people may sign in to the pages, exactly as it names itself; "
        "empty: they sign in with a password or key alone",
    )
    oidc_client_id: str = setting("", "client id of the hub at that provider")
    oidc_secret_file: str = setting(
        "", "file with the client secret that the provider gave the hub; empty if it gave none"
    )
    oidc_claim: str = setting(
        "sub",
        "claim of the ID token whose values [oidc] of hub.toml gives to accounts: sub, or email (which counts only if it is "
        "verified), or another that people at the provider cannot choose themselves",
    )
    oidc_scope: str = setting("openid", "scope to ask for; for the claim email, the scope email is added")
    oidc_acr: str = setting(
        "", "acr that the ID token must have, such as the one by which the provider says that two factors were used"
    )
    oidc_name: str = setting("", "what the pages call the provider; empty: the host in its address")
    oidc_ca: str = setting(
        "", "file of the authority (PEM) that the provider's certificate is from; empty: the usual public authorities"
    )
    limits: Limits = field(default_factory=Limits)
    accounts: Mapping[str, Limits] = field(default_factory=dict)  # limits of single accounts, by the account's name
    certificates: Mapping[str, str] = field(
        default_factory=dict
    )  # subjects of client certificates, by the account's name
    oidc: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # values of `oidc_claim`, by the account's name
    origins: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in setting_values(self).items())
        return f"Settings({arguments})"


def setting_values(settings: Settings) -> dict[str, Any]:
    """Name -> value of every setting, in a form that may be shown: credentials in the store's URI are masked."""
    values: dict[str, Any] = {}
    for item in fields(settings):
        if item.name in _TABLES:
            continue
        value = getattr(settings, item.name)
        values[item.name] = masked_uri(value) if item.name == "store" else value
    values |= {f"certificates.{account}": subject for account, subject in settings.certificates.items()}
    values |= {f"oidc.{account}": ", ".join(people) for account, people in settings.oidc.items()}
    values |= {f"limits.{item.name}": getattr(settings.limits, item.name) for item in fields(settings.limits)}
    for account, limits in settings.accounts.items():
        account_limits = {name: getattr(limits, name) for name in ACCOUNT_LIMITS}
        values |= {
            f"accounts.{account}.{name}": n for name, n in account_limits.items() if n != getattr(settings.limits, name)
        }
    return values


def setting_texts() -> dict[str, tuple[Any, str]]:
    """Name -> (default, explanation) of every setting, for `hub settings` and the documents."""
    texts = {f.name: (f.default, f.metadata["help"]) for f in fields(Settings) if "help" in f.metadata}
    return texts | {f"limits.{f.name}": (f.default, f.metadata["help"]) for f in fields(Limits)}


def masked_uri(uri: str) -> str:
    """The URI with everything between `//` and the last `@` masked: user names may be secrets, too."""
    scheme, separator, location = uri.partition("://")
    if not separator or "@" not in location:
        return uri
    return f"{scheme}://***@{location.rpartition('@')[2]}"


def load_settings(environment: Mapping[str, str], file: Path | None = None) -> Settings:
    """The settings in force: `HUB_…` in the environment over `hub.toml` over the defaults.

    `file` names the TOML file, which must exist; None reads `hub.toml` in the working folder if there is one.
    Limits are under `[limits]` in the file and are named `HUB_LIMITS_…` in the environment; those in `ACCOUNT_LIMITS` for one account
    under `[accounts.NAME]` in the file, subjects of client certificates under `[certificates]`, people of an OpenID Connect
    provider under `[oidc]`. ConfigurationError names the key and the place of a value that cannot be used.
    """
    values: dict[str, Any] = {}
    limits_by_account: dict[str, dict[str, int]] = {}
    limits: dict[str, int] = {}
    certificates: dict[str, str] = {}
    oidc: dict[str, tuple[str, ...]] = {}
    origins: dict[str, str] = {}
    path = file if file is not None else Path("hub.toml")
    if file is not None or path.exists():
        table = _read_toml(path)
        limits = _limits(table.pop("limits", {}), path)
        limits_by_account = _exceptions(table.pop("accounts", {}), path)
        certificates = _certificates(table.pop("certificates", {}), path)
        oidc = _oidc(table.pop("oidc", {}), path)
        origins = {f"limits.{name}": str(path) for name in limits}
        origins |= {f"certificates.{account}": str(path) for account in certificates}
        origins |= {f"oidc.{account}": str(path) for account in oidc}
        for account, account_limits in limits_by_account.items():
            origins |= {f"accounts.{account}.{name}": str(path) for name in account_limits}
        for name, value in table.items():
            values[name] = _parse_value(Settings, name, value, f"{path}: {name}")
            origins[name] = str(path)
    names = {f.name for f in fields(Settings)} - _TABLES
    for variable, text in environment.items():
        name = variable.removeprefix(ENVIRONMENT_PREFIX).lower()
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        if name.startswith("limits_"):
            limit_name = name.removeprefix("limits_")
            limits[limit_name] = _parse_value(Limits, limit_name, text, variable)
            origins[f"limits.{limit_name}"] = variable
        elif name in names:
            values[name] = _parse_value(Settings, name, text, variable)
            origins[name] = variable
    for name in {"public_url", "events_url"} & values.keys():
        _check_address(values[name], origins[name], may_have_path=name == "events_url")
    in_force = Limits(**limits)
    accounts = {
        account: dataclasses.replace(in_force, **account_limits)
        for account, account_limits in limits_by_account.items()
    }
    return Settings(**values, limits=in_force, accounts=accounts, certificates=certificates, oidc=oidc, origins=origins)


def _limits(table: Any, path: Path) -> dict[str, int]:
    if not isinstance(table, dict):
        raise ConfigurationError(f"{path}: limits: should be a table: [limits]")
    return {name: _parse_value(Limits, name, value, f"{path}: limits.{name}") for name, value in table.items()}


def _exceptions(tables: Any, path: Path) -> dict[str, dict[str, int]]:
    """By the account's name: its own limits, which replace the general ones."""
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise ConfigurationError(f"{path}: accounts: each account should have a table: [accounts.NAME]")
    for account, table in tables.items():
        for name in table:
            if name not in ACCOUNT_LIMITS:
                raise ConfigurationError(
                    f"{path}: accounts.{account}.{name}: an account may have its own {', '.join(ACCOUNT_LIMITS)}"
                )
    return {
        account: {
            name: _parse_value(Limits, name, value, f"{path}: accounts.{account}.{name}")
            for name, value in table.items()
        }
        for account, table in tables.items()
    }


def _certificates(table: Any, path: Path) -> dict[str, str]:
    """By the account's name: the subject of its client certificate, as RFC 2253 writes it."""
    if not isinstance(table, dict):
        raise ConfigurationError(f"{path}: certificates: should be a table: [certificates]")
    for account, subject in table.items():
        if not isinstance(subject, str) or "=" not in subject:
            raise ConfigurationError(
                f"{path}: certificates.{account}: {subject!r} should be a subject such as 'CN=soc.example,O=Example,C=SG'"
            )
        if list(table.values()).count(subject) > 1:
            raise ConfigurationError(f"{path}: certificates.{account}: {subject!r} is another account's, too")
    return dict(table)


def _oidc(table: Any, path: Path) -> dict[str, tuple[str, ...]]:
    """By the account's name: the people who sign in as it through the OpenID Connect provider, as values of `oidc_claim`."""
    if not isinstance(table, dict):
        raise ConfigurationError(f"{path}: oidc: should be a table: [oidc]")
    people: dict[str, tuple[str, ...]] = {}
    accounts: dict[str, str] = {}
    for account, values in table.items():
        claim_values = values if isinstance(values, list) else [values]
        if not claim_values or not all(
            isinstance(value, str) and value.strip() == value != "" for value in claim_values
        ):
            raise ConfigurationError(
                f"{path}: oidc.{account}: {values!r} should be a value of the claim, or a list of them, each a text"
            )
        for value in claim_values:
            if value in accounts:
                raise ConfigurationError(
                    f"{path}: oidc.{account}: {value!r} is there already, for {accounts[value]}: a person has one account"
                )
            accounts[value] = account
        people[account] = tuple(claim_values)
    return people


def _check_address(address: str, place: str, *, may_have_path: bool) -> None:
    """Check a setting, which may be empty. The hub's address has no path, since discovery is at the root (TAXII 2.1, 4.1)."""
    if not address:
        return
    try:
        parts = urlsplit(address)
        is_valid = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)
    except ValueError:
        is_valid = False
    if not is_valid or (parts.path.strip("/") and not may_have_path):
        raise ConfigurationError(
            f"{place}: {address!r} should be an address such as https://hub.example"
            + ("" if may_have_path else ", without a path")
        )


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: there is no such settings file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: this settings file cannot be read: {error.strerror}") from None


def _parse_value(owner: type[Settings | Limits], name: str, value: Any, place: str) -> Any:
    defaults = {f.name: f.default for f in fields(owner) if f.default is not dataclasses.MISSING}
    if name not in defaults:
        raise ConfigurationError(f"{place}: there is no such setting; `hub settings` lists them all")
    default = defaults[name]
    if isinstance(default, bool):
        if isinstance(value, bool):
            return value
        if str(value).lower() in ("1", "true", "yes", "on", "0", "false", "no", "off"):
            return str(value).lower() in ("1", "true", "yes", "on")
        raise ConfigurationError(f"{place}: {value!r} is neither true nor false")
    if isinstance(default, int):
        try:
            # only texts, which come from the environment, are converted: int() would turn TOML's true and 2.7 into 1 and 2
            number = int(value) if isinstance(value, str) else value
        except ValueError:
            number = None
        if type(number) is not int:
            raise ConfigurationError(f"{place}: {value!r} is not a whole number")
        if number <= 0:
            raise ConfigurationError(f"{place}: {number} is not above zero")
        return number
    if not isinstance(value, str):
        raise ConfigurationError(f"{place}: {value!r} should be a text")
    return value
