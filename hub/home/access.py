"""How this machine reaches the hub: `hub.toml` in the home, with the address and the key, readable by its owner only."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.errors import ConfigurationError
from hub.home.files import others_may_use, write_atomically
from hub.settings import Secret

FILE: Final = "hub.toml"
_KEYS: Final = frozenset({"url", "key", "ca"})


@dataclass(frozen=True, slots=True)
class HubAccess:
    """The hub's address, the account's key, and the CA certificates to trust ("": the usual ones)."""

    url: str
    key: Secret
    ca: str = ""


def write_access(home: Path, access: HubAccess) -> Path:
    """Keep it in the home (mode 0700, made if it is missing); the file (mode 0600)."""
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    lines = ["# Written by `hub setup`. HUB_URL, HUB_KEY and HUB_CA count over it."]
    values = {"url": access.url, "key": access.key.reveal(), "ca": access.ca}
    lines += [f"{name} = {quoted(value)}" for name, value in values.items() if value]
    path = home / FILE
    write_atomically(path, ("\n".join(lines) + "\n").encode())
    return path


def read_access(home: Path) -> HubAccess | None:
    """What `write_access` kept, None where nothing is. ConfigurationError where others may read it, or it is damaged."""
    path = home / FILE
    try:
        if others_may_use(path):
            raise ConfigurationError(f"{path}: others on this machine may read the key in it; run: chmod 600 {path}")
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}; run `hub setup` again") from None
    if not {"url", "key"} <= table.keys() <= _KEYS or not all(isinstance(value, str) for value in table.values()):
        raise ConfigurationError(f"{path}: url, key and ca should stand in it; run `hub setup` again")
    return HubAccess(table["url"], Secret(table["key"]), table.get("ca", ""))


def quoted(text: str) -> str:
    """The text as a TOML string (TOML 1.0, "String")."""
    escaped = "".join(
        f"\\U{ord(character):08x}" if character in '"\\' or not character.isprintable() else character
        for character in text
    )
    return f'"{escaped}"'
