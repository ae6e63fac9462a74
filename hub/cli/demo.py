"""`hub demo`: run a hub for trying things out, send one incident through it, and explain each step.

1. A store and an account for each member, with each key in a file of its own.
2. The hub itself, as `hub serve` runs it.
3. Indonesia's duty officer has a report; the producer protects the victim and publishes the rest.
4. Singapore follows Indonesia's collection and receives the incident.
5. Singapore acknowledges the incident, and the board shows who has received it.
6. Hints on where to look next; then the hub keeps serving.

Each step runs the command that a user would type, and shows it.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from hub.cli import DONE
from hub.community.hub import Hub
from hub.errors import ConfigurationError, UnprocessableError, seconds_in_words
from hub.settings import load_settings
from hub.sharing.members import Account, AccountKind, Member
from hub.wiring import open_hub

EXAMPLE = "  hub demo --home var\n"
REPORT: Final = "demo_report.yaml"
_READY_SECONDS: Final = 60
_SHOWN_LINES: Final = 45  # of the output of a command


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument(
        "--home", type=Path, default=Path("var"), help="folder for the store and the keys (default: var)"
    )
    parser.add_argument("--port", type=int, default=8021, help="port on 127.0.0.1 (default: 8021)")
    parser.add_argument("--once", action="store_true", help="end after the demonstration, instead of serving")


def run(args: argparse.Namespace) -> int:
    """Run the demonstration, then serve until SIGTERM or SIGINT."""
    home = args.home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    _check_port(args.port)
    environment = {**os.environ, "HUB_STORE": f"sqlite:///{home / 'hub.sqlite'}", "HUB_PORT": str(args.port)}
    settings = load_settings(environment)
    # (1)
    _print_step("1. A store, and an account for each member.")
    print("   | " + _run(["init"], environment, show_output=False).splitlines()[-1])
    hub = open_hub(settings)
    members = list(hub.catalogue.members.values())
    additions = [_account(hub, home, member) for member in members]
    hub.store.close()
    print(f"   {sum(additions)} accounts made, {len(members)} in all; their keys are in {_short_path(home / 'keys')}.")
    # (2)
    _print_step("2. The hub.")
    with _serving(environment, home / "hub.log", args.port) as server:
        print(f"   It serves on http://127.0.0.1:{args.port}/taxii2/ and logs to {_short_path(home / 'hub.log')}.")
        # (3) to (5)
        _send_incident(home, args.port, hub.catalogue.members["ID"], hub.catalogue.members["SG"])
        # (6)
        _next_steps(home, args.port)
        return DONE if args.once else _wait(server)


def _send_incident(home: Path, port: int, publisher: Member, reader: Member) -> None:
    report = home / REPORT
    if not report.exists():
        report.write_bytes((files("hub") / "cli" / REPORT).read_bytes())
    url = f"http://127.0.0.1:{port}/asean/"
    _print_step(f"3. {publisher.country} ({publisher.cert}) has a report: {_short_path(report)}.")
    publisher_environment = _member_environment(home, publisher, url)
    print("   What leaves the country, what stays, and what the officer decides, with the command for each:")
    _run(["publish", str(report), "--to", "id", "--preview"], publisher_environment)
    print("   The officer agrees, and it is sent.")
    _run(["publish", str(report), "--to", "id", "--yes"], publisher_environment)
    print("   Its indicators alone, for SOCs everywhere:")
    _run(["publish", str(report), "--to", "indicators", "--yes"], publisher_environment)
    _print_step(f"4. {reader.country} ({reader.cert}) follows Indonesia's collection.")
    checkpoint = home / "sg.checkpoint"
    checkpoint.unlink(missing_ok=True)
    lines = _run(
        ["follow", "id", "--once", "--checkpoint", str(checkpoint)],
        _member_environment(home, reader, url),
        show_output=False,
    )
    objects = [json.loads(line) for line in lines.splitlines()]
    _describe_objects(objects, publisher, report)
    _acknowledge(objects, reader, _member_environment(home, reader, url))


def _acknowledge(objects: Sequence[Mapping[str, Any]], reader: Member, reader_environment: Mapping[str, str]) -> None:
    _print_step(f"5. {reader.country} acknowledges it, and everybody sees who has it.")
    incident = next(str(item["id"]) for item in objects if item["type"] == "incident")
    board = json.loads(_run(["board", "--json"], reader_environment, show_output=False))
    acknowledgements = {entry["incident"]: entry["acknowledged"] for entry in board["incidents"]}
    if (
        incident in acknowledgements and reader.code not in acknowledgements[incident]
    ):  # the demo may run again on the same store
        _run(["acknowledge", incident], reader_environment)
    _run(["board"], reader_environment)
    board = json.loads(_run(["board", "--json"], reader_environment, show_output=False))
    entry = next((row for row in board["incidents"] if row["incident"] == incident), None)
    if entry is not None:
        print(f"\n   In short: {_in_short(entry, reader)}")


def _in_short(entry: Mapping[str, Any], reader: Member) -> str:
    """A summary of what happened."""
    seconds = (_parse_time(entry["fetched"][reader.code]) - _parse_time(entry["first_added"])).total_seconds()
    other_count = len(entry["fetched"]) + len(entry["not_fetched"])
    return (
        f"{other_count} other countries can protect themselves, and none of them has learnt who was attacked.\n"
        f"   {reader.country} had it {seconds_in_words(seconds)} after the hub, and has acknowledged it. "
        f"Not fetched yet by {' '.join(entry['not_fetched']) or 'nobody'}."
    )


def _parse_time(timestamp: str) -> datetime:
    return datetime.fromisoformat(timestamp)


def _describe_objects(objects: Sequence[Mapping[str, Any]], publisher: Member, report: Path) -> None:
    own_objects = [item for item in objects if item.get("created_by_ref") in publisher.identities]
    kinds = Counter(str(item["type"]) for item in own_objects)
    print(
        f"   {len(objects)} objects came; {len(objects) - len(own_objects)} are definitions, identities and observables."
    )
    print("   Indonesia's own: " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) + ".")
    for item in own_objects:
        if item["type"] in ("incident", "indicator"):
            print(f"   {item['type']}: {item['name']}")
    victim = _victim_name(report)
    names_victim = any(victim.casefold() in json.dumps(item, ensure_ascii=False).casefold() for item in objects)
    if names_victim:
        raise UnprocessableError(f"The victim's name, {victim!r}, was in what Singapore received.")
    print(f"   The victim's name, {victim!r}, is in the report, and in nothing that Singapore received.")


def _victim_name(report: Path) -> str:
    from hub.reports.read import read_reports  # noqa: PLC0415 - loaded only when a report is read
    from hub.reports.report import Report  # noqa: PLC0415

    for reading in read_reports(report):
        if isinstance(reading, Report):
            for victim in reading.victims:
                if victim.name:
                    return victim.name
    raise UnprocessableError(f"{report}: the report names no victim; remove the file, and the demo makes it again.")


def _next_steps(home: Path, port: int) -> None:
    key = shlex.quote(str(home / "keys" / "sg-cert.key"))
    address = f"HUB_URL=http://127.0.0.1:{port}/asean/"
    desk = f"HUB_HOME={shlex.quote(str(home / 'id-cert'))} HUB_KEY=$(cat {shlex.quote(str(home / 'keys' / 'id-cert.key'))})"
    _print_step("6. Where to look next.")
    print(
        f"   In a browser: http://127.0.0.1:{port}/console/login shows the board, the incident and its forms\n"
        f"     as Singapore: account sg-cert, the key that `cat {_short_path(home / 'keys' / 'sg-cert.key')}` prints\n"
        f"     as Indonesia: account id-cert, the key that `cat {_short_path(home / 'keys' / 'id-cert.key')}` prints\n"
        "   At Indonesia's desk, a report from the file to the hub in a browser of one's own:\n"
        f"     {address} {desk} .venv/bin/hub desk\n"
        f"   In a shell:   {address} HUB_KEY=$(cat {key}) .venv/bin/hub follow id\n"
        f"   As a SIEM:    API root http://127.0.0.1:{port}/asean/, collection id from `hub collections`\n"
        "   The README has the five-minute paths for a CERT, a SOC and an analyst."
    )


# --------------------------------------------------------------------------------- accounts, processes and output


def _account(hub: Hub, home: Path, member: Member) -> bool:
    """Make the member's account, with its key in a file that only the owner can read. Returns False if both exist already."""
    name = f"{member.code.lower()}-cert"
    file = home / "keys" / f"{name}.key"
    if file.exists() and hub.store.get_account(name) is not None:
        return False
    file.parent.mkdir(mode=0o700, exist_ok=True)
    if hub.store.get_account(name) is None:
        key = hub.credentials.add(Account(name, AccountKind.CERT, member.code), None)
    else:
        key = hub.credentials.rotate(name, None)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
        stream.write(f"{key}\n")
    return True


def _member_environment(home: Path, member: Member, url: str) -> dict[str, str]:
    """The environment variables of that member's machine, with its own home and key."""
    folder = home / f"{member.code.lower()}-cert"
    folder.mkdir(exist_ok=True)
    member_file = folder / "member.toml"
    if not member_file.exists():
        member_file.write_text(
            f'[identity]\nid = "{member.identity}"\nname = "{member.cert}"\ncountry = "{member.code}"\n',
            encoding="utf-8",
        )
    key = (home / "keys" / f"{member.code.lower()}-cert.key").read_text(encoding="ascii").strip()
    return {**os.environ, "HUB_URL": url, "HUB_KEY": key, "HUB_HOME": str(folder)}


def _run(arguments: list[str], environment: Mapping[str, str], *, show_output: bool = True) -> str:
    """Run a command of the hub as a user would, show it, and return its output."""
    print(
        f"   $ hub {shlex.join(_short_path(Path(argument)) if '/' in argument else argument for argument in arguments)}",
        flush=True,
    )
    result = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "hub", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise UnprocessableError(f"`hub {arguments[0]}` ended with {result.returncode}: {result.stderr.strip()}")
    if show_output:
        lines = result.stdout.splitlines()
        for line in lines[:_SHOWN_LINES]:
            print(f"   | {line}")
        if len(lines) > _SHOWN_LINES:
            print(f"   | … {len(lines) - _SHOWN_LINES - 1} lines more …\n   | {lines[-1]}")
    return result.stdout


@contextmanager
def _serving(environment: Mapping[str, str], log: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as log_stream:
        server = subprocess.Popen(
            [sys.executable, "-m", "hub", "serve"], env=environment, stdout=log_stream, stderr=log_stream
        )
    try:
        deadline = time.monotonic() + _READY_SECONDS
        while not _is_ready(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise ConfigurationError(f"The hub did not start; {_short_path(log)} says why.")
            time.sleep(0.05)
        yield server
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def _wait(server: subprocess.Popen[bytes]) -> int:
    def stop(_number: int, _frame: object) -> None:
        server.send_signal(signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print("\nServing; Ctrl-C ends it.", flush=True)
    server.wait()
    return DONE


def _is_ready(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
            probe.sendall(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return b" 200 " in probe.recv(64)
    except OSError:
        return False


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise ConfigurationError(
                f"Port {port} is in use; is a hub running already? `make run PORT=8022` takes another."
            ) from None


def _short_path(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _print_step(text: str) -> None:
    print(f"\n{text}", flush=True)
