"""How this machine reaches the hub: `hub.toml` in the home has the address and the key, readable by its owner only.

With the extra `keyring`, the key may be in the system's keyring instead. The file then says `keyring = true`, and the
name of the key in the keyring is the hub's address and the path of the home.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

from hub.errors import ConfigurationError
from hub.home.files import others_may_use, write_atomically
from hub.settings import Secret

FILE: Final = "hub.toml"
SERVICE: Final = "threat-sharing-hub"  # the name of this program in the keyring
_TEXTS: Final = frozenset({"url", "key", "ca"})


@dataclass(frozen=True, slots=True)
class HubAccess:
    """The hub's address, the account's key, and the file of CA certificates to trust ("": those of the system)."""

    url: str
    key: Secret
    ca: str = ""
    in_keyring: bool = False


def write_access(home: Path, access: HubAccess) -> Path:
    """Write `access` to the home and return the file's path; folder and file are for their owner only (0700, 0600).

    ConfigurationError if the key should be in the keyring, and the keyring does not accept it.
    """
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    lines = ["# Written by `hub setup`. HUB_URL, HUB_KEY and HUB_CA count over it."]
    values = {"url": access.url, "key": "" if access.in_keyring else access.key.reveal(), "ca": access.ca}
    lines += [f"{name} = {quoted(value)}" for name, value in values.items() if value]
    if access.in_keyring:
        keyring = _keyring()
        try:
            keyring.set_password(SERVICE, _entry(home, access.url), access.key.reveal())
        except keyring.errors.KeyringError as error:
            raise ConfigurationError(
                f"the keyring does not take the key ({error}): unlock it, or run `hub setup` without --keyring"
            ) from None
        lines.append("keyring = true  # the key is in the keyring of the system")
    path = home / FILE
    write_atomically(path, ("\n".join(lines) + "\n").encode())
    return path


def read_access(home: Path, *, with_key: bool = True) -> HubAccess | None:
    """Read what `write_access` wrote; None if there is no file. `with_key=False` does not ask the keyring, which may be locked.

    ConfigurationError if others may read the file, if it is damaged, or if the keyring does not give the key.
    """
    path = home / FILE
    try:
        if others_may_use(path):
            raise ConfigurationError(f"{path}: others on this machine may read the key in it; run: chmod 600 {path}")
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}; run `hub setup` again") from None
    in_keyring = table.pop("keyring", False) is True
    if in_keyring and isinstance(url := table.get("url"), str):
        table["key"] = _key_in_keyring(home, url) if with_key else ""
    if not {"url", "key"} <= table.keys() <= _TEXTS or not all(isinstance(value, str) for value in table.values()):
        raise ConfigurationError(f"{path}: it must contain url and key, and may contain ca; run `hub setup` again")
    return HubAccess(table["url"], Secret(table["key"]), table.get("ca", ""), in_keyring)


def _key_in_keyring(home: Path, url: str) -> str:
    keyring = _keyring()
    try:
        key: str | None = keyring.get_password(SERVICE, _entry(home, url))
    except keyring.errors.KeyringError as error:
        raise ConfigurationError(
            f"the keyring does not give the key for {url} ({error}): unlock it, or set HUB_KEY, or run `hub setup` again"
        ) from None
    if key is None:
        raise ConfigurationError(f"the keyring has no key for {url}: run `hub setup --keyring` again, or set HUB_KEY")
    return key


def _entry(home: Path, url: str) -> str:
    """The name of the key in the keyring: two homes of one user may have two accounts at one hub."""
    return f"{url} {home.absolute()}"


def _keyring() -> ModuleType:
    try:
        import keyring  # noqa: PLC0415 - an extra, and slow to load
        import keyring.errors  # noqa: PLC0415 - as above
    except ImportError:
        raise ConfigurationError(
            "the key is in the system's keyring; to use it, run: pip install 'threat-sharing-hub[keyring]'"
        ) from None
    return keyring


def quoted(text: str) -> str:
    """The text as a TOML string (TOML 1.0, "String")."""
    escaped_text = "".join(
        f"\\U{ord(character):08x}" if character in '"\\' or not character.isprintable() else character
        for character in text
    )
    return f'"{escaped_text}"'
