"""`hub settings`: print the settings in force, and where each value came from."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Final

from hub.cli import DONE
from hub.settings import ENVIRONMENT_PREFIX, Settings, load_settings, setting_texts, setting_values

# Variables that the commands of members read; they are no settings of the hub.
MEMBER_VARIABLES: Final = frozenset(
    {"HUB_URL", "HUB_KEY", "HUB_USER", "HUB_PASSWORD", "HUB_CA", "HUB_HOME", "HUB_LANG"}
)
EXAMPLE = "  HUB_PORT=8443 hub settings\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print every setting: value, origin and meaning. A password in the store's URI is masked."""
    settings = load_settings(os.environ)
    values = setting_values(settings)
    for variable in unknown_variables(settings):
        print(f"hub settings: {variable} is in the environment, and there is no such setting.", file=sys.stderr)
    origins = {name: settings.origins.get(name, "default") for name in values}
    if args.json:
        print(json.dumps({name: {"value": values[name], "from": origins[name]} for name in values}, indent=1))
        return DONE
    texts = setting_texts()
    for name, value in values.items():
        value_text = json.dumps(value) if isinstance(value, bool | str) else str(value)
        if name.startswith("certificates."):
            text = "subject of the client certificate that logs this account in"
        elif name.startswith("oidc."):
            text = "who signs in as this account through the OpenID Connect provider, by the value of oidc_claim"
        else:  # an account's limit has the explanation of the general limit
            text = texts[f"limits.{name.rpartition('.')[2]}" if name.startswith("accounts.") else name][1]
        print(f"{name:<28} {value_text:<32} {origins[name]}\n{'':<28} {text}")
    return DONE


def unknown_variables(settings: Settings) -> list[str]:
    """The environment variables that begin like a setting but name none."""
    known_names = MEMBER_VARIABLES | {
        ENVIRONMENT_PREFIX + name.upper().replace(".", "_") for name in setting_values(settings)
    }
    return sorted(name for name in os.environ if name.startswith(ENVIRONMENT_PREFIX) and name not in known_names)
