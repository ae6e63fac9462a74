"""The pages of hub/docs that are made from the code: `make docs` writes them, `test_docs.py` compares them.

python -m tests.reference
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import Final

from hub.cli import COMMANDS, EXIT_CODES, MODULES
from hub.settings import ENVIRONMENT_PREFIX, explained

DOCS: Final = Path(__file__).parent.parent / "hub" / "docs"


def commands() -> str:
    """The page of commands: each with its options and an example, and the exit codes."""
    parts = [
        "# Commands\n\nMade from the commands themselves by `make docs`. `hub COMMAND --help` shows the same.\n",
        "## Exit codes\n\n| Code | Means |\n|---|---|",
        *(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()),
    ]
    for name, summary in COMMANDS.items():
        module = importlib.import_module(f"hub.cli.{MODULES.get(name, name)}")
        parser = argparse.ArgumentParser(prog=f"hub {name}", add_help=False)
        module.arguments(parser)
        parts.append(f"\n## hub {name}\n\n{summary[0].upper()}{summary[1:]}.\n\n```\n{module.EXAMPLE.rstrip()}\n```\n")
        parts.extend(_options(parser))
    return "\n".join(parts) + "\n"


def _options(parser: argparse.ArgumentParser) -> list[str]:
    rows = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                rows.append(f"| **{name}** | |")
                rows.extend(_options(below)[2:])
        elif "-h" not in action.option_strings:
            names = ", ".join(action.option_strings) or str(action.metavar or action.dest)
            value = f" {action.metavar or action.dest.upper()}" if action.option_strings and action.nargs != 0 else ""
            text = (action.help or "").replace("|", "\\|") % {"default": action.default, "prog": parser.prog}
            rows.append(f"| `{names}{value}` | {text} |")
    return ["| Argument | Meaning |", "|---|---|", *rows] if rows else []


def settings() -> str:
    """The page of settings: each with its variable, default and meaning."""
    rows = []
    for name, (default, text) in explained().items():
        variable = ENVIRONMENT_PREFIX + name.upper().replace(".", "_")
        rows.append(f"| `{name}` | `{variable}` | {_shown(default)} | {text} |")
    return "\n".join(
        [
            "# Settings\n\nMade from the settings themselves by `make docs`. The environment counts over `hub.toml` in the",
            "working folder, and that over the default. `hub settings` shows what is in force, and where it came from.\n",
            "| Setting | Variable | Default | Meaning |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return str(default) if isinstance(default, int) else (f"`{default}`" if default else "")


PAGES: Final = {"commands.md": commands, "settings.md": settings}

if __name__ == "__main__":
    for file, page in PAGES.items():
        (DOCS / file).write_text(page(), encoding="utf-8")
