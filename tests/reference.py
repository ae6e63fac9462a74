"""The pages of hub/docs that are made from the code: `make docs` writes them, `test_docs.py` compares them.

python -m tests.reference
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import Final

from hub.cli import COMMANDS, EXIT_CODES, MODULES
from hub.reports.reading import roles as reading_roles
from hub.reports.rsit import RSIT
from hub.settings import ACCOUNT_LIMITS, ENVIRONMENT_PREFIX, setting_texts
from tests.reports.passed_over import PASSED_OVER
from tests.reports.specimens import SPECIMENS

DOCS: Final = Path(__file__).parent.parent / "hub" / "docs"


ABOUT: Final = {
    "The form": "A person fills it in and marks whom each value belongs to; without a mark it is the adversary's.",
    "MISP": "Category, object template, relation and classification decide. A value is an indicator only with `to_ids`.",
    "IntelMQ": "`classification.type` decides which side is the adversary's.",
    "n6": "`category` decides which side is the adversary's.",
    "IODEF": "Assessment (or the effects in it) and the place of a system in the flow decide.",
    "X-ARF": "`category` and `type` decide; version 3 is read by the same rules.",
    "VERIS": "It names no values except in its list of indicators; the victims are searched for by name.",
}
_ABOUT_COMMANDS: Final = """# Commands

`make docs` generates this page from the commands. `hub COMMAND --help` shows the same.

Each takes `--lang` (default: HUB_LANG, else the system's language): the language of results, previews, boards and questions,
one of en, id, ms, th, vi, fil. Help, errors, reasons of refusals and JSON are in English. Colour and progress are for
terminals; NO_COLOR, CLICOLOR=0 and TERM=dumb turn colour off.
"""
_ROLES: Final = """# Whom a value belongs to

`make docs` generates this page with the readers themselves: each row is a small report that was read.

A role needs evidence: a classification, a category, a relation, a place in an attack. The word "source" and a flag such
as MISP's `to_ids` prove nothing by themselves. By default only the **adversary**'s values leave. A **victim**'s values
never do, and are searched for in everything else; a **third party**'s (a hacked innocent host) leave when an officer
approves them; what is **unknown** stays. The preview shows the evidence of each value.

Six rules apply to every format (`hub/reports/reading/roles.py`):

1. What was infected, vulnerable, compromised, exposed or attacked is a victim's.
2. Recipients, targets, and organisations that were imitated are victims. A sender can be forged: it is a victim's if it belongs to the
   recipients' own organisation, and unknown under the country domain of a member.
3. A value in the domains, hosts and ranges that a report declares as a victim's own belongs to that victim, whatever else the
   report says about it.
4. If one value has two roles, the more protective one counts: victim, third party, adversary, unknown.
5. A comment on a host, mailbox or account with a word for a victim or a compromise makes the value the victim's, or a hacked
   third party's (`hub/reports/reading/role_words.py` lists the words, in the languages of the region). Comments are MISP's,
   the description of a system in IODEF, and `comment` and `event_description.text` of IntelMQ. X-ARF's `description` is about
   the whole report: there a word for infection or compromise makes the source of an attack unknown.
6. A site under a member's country domain with a path of a content management system counts as hacked, and so does its host. A host
   that spams, scans, floods or guesses passwords from the CERT's own country is a third party's."""
_TYPES: Final = """Feeds (IntelMQ, n6, X-ARF) name one host that the observation is about. In IODEF and MISP the types decide
together with the place of a host in the attack. `blacklist`, `dga-domain`, `proxy` and `tor` are IntelMQ's own."""
_PASSED_OVER: Final = """Everything in a report is used, or named with its value and the reason (on stderr, by `hub convert` and `hub publish`).
Only these paths are skipped without notice; a change of any other leaf changes what is read, as a test shows. `*` is a
place in a list, or any path above."""


def commands() -> str:
    """The page of commands: each with its options and an example, and the exit codes."""
    parts = [
        _ABOUT_COMMANDS,
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
    for name, (default, text) in setting_texts().items():
        variable = ENVIRONMENT_PREFIX + name.upper().replace(".", "_")
        rows.append(f"| `{name}` | `{variable}` | {_shown(default)} | {text} |")
    return "\n".join(
        [
            "# Settings\n\nMade from the settings themselves by `make docs`. The environment counts over `hub.toml` in the",
            "working folder, and that over the default. `hub settings` shows what is in force, and where it came from.\n",
            "Limits are under `[limits]` in the file. For one account, "
            + ", ".join(f"`{name}`" for name in ACCOUNT_LIMITS[:-1]),
            f"and `{ACCOUNT_LIMITS[-1]}` may be others: under `[accounts.NAME]`. Where a proxy verifies client certificates,",
            '`[certificates]` gives an account the subject of its own: `sg-soc = "CN=soc.sg.example,O=SG CERT,C=SG"`. Where people sign in',
            "through an OpenID Connect provider (`oidc_issuer`), `[oidc]` gives an account the people who sign in as it: see",
            "[oidc.md](oidc.md).\n",
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


def roles() -> str:
    """The page of roles: what makes a value the adversary's, the victim's, a third party's or nobody's that is known."""
    parts = [_ROLES]
    for name in dict.fromkeys(specimen.format for specimen in SPECIMENS):
        parts.append(f"\n## {name}\n\n{ABOUT[name]}\n\n| What the report says | Whose | Evidence |\n|---|---|---|")
        for specimen in SPECIMENS:
            if specimen.format == name:
                item = specimen.observable()
                whose = item.role.value.replace("_", " ") + (", held" if item.hold_reason else "")
                parts.append(f"| {specimen.says} | {whose} | {item.evidence} |")
    types = {
        "The host is a victim's": reading_roles.VICTIM_TYPES,
        "The host attacks: the adversary's": reading_roles.ATTACKER_TYPES,
        "It does not say who attacked: unknown": {line.type for line in RSIT.values()}
        - reading_roles.VICTIM_TYPES
        - reading_roles.ATTACKER_TYPES,
    }
    parts.append(f"\n## RSIT types\n\n{_TYPES}\n\n| What it says of the host it is about | Types |\n|---|---|")
    parts += [f"| {text} | {', '.join(sorted(names))} |" for text, names in types.items()]
    parts.append(f"\n## Skipped paths\n\n{_PASSED_OVER}\n\n| Format | Paths | Why |\n|---|---|---|")
    for name, keys in PASSED_OVER.items():
        for reason in dict.fromkeys(keys.values()):
            shown = ", ".join(f"`{key}`" for key, because in keys.items() if because == reason)
            parts.append(f"| {name} | {shown} | {reason} |")
    return "\n".join(parts) + "\n"


PAGES: Final = {"commands.md": commands, "settings.md": settings, "roles.md": roles}

if __name__ == "__main__":
    for file, page in PAGES.items():
        (DOCS / file).write_text(page(), encoding="utf-8")
