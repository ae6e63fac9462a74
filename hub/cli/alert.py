"""`hub alert`: publish a staged report of an incident to all members. It is `hub publish --to alerts`."""

from __future__ import annotations

import argparse

from hub.cli import publish
from hub.producer.respond import COLLECTION

EXAMPLE = "  hub alert report.yaml --preview\n  hub alert report.yaml\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command, which are those of `publish`."""
    publish.arguments(parser, to=COLLECTION)


def run(args: argparse.Namespace) -> int:
    """Publish the report."""
    return publish.run(args)
