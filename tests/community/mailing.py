"""A mail server for tests, and the settings of a hub that sends its reminders there."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from pathlib import Path

from tests import keeping
from tests.community.making import CATALOGUE
from tests.server.process import AS_SHIPPED


class Mailbox(socketserver.StreamRequestHandler):
    """A mail server that takes mail for all but one address, and for another one only the second time."""

    def handle(self) -> None:
        server = self.server
        assert isinstance(server, MailServer)
        self.say("220 ready")
        while line := self.rfile.readline().decode().strip():
            word = line[:4].upper()
            if word == "RCPT" and server.refused in line:
                self.say("550 no such user")
            elif word == "RCPT" and server.greeted_first in line and line not in server.greeted:
                server.greeted.add(line)
                self.say("450 come again")
            elif word == "DATA":
                self.say("354 go on")
                lines = []
                while (text := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                    lines.append(text)
                bad = f"To: {server.judged}" in lines
                if not bad:
                    server.mails.append("\n".join(lines))
                    server.came.release()
                self.say("554 it looks like spam" if bad else "250 taken")
            else:
                self.say("221 bye" if word == "QUIT" else "250 ok")

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """On loopback; `mails` are those that it took, and each releases `came`."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Mailbox)
        self.refused = CATALOGUE.members["VN"].contact
        self.judged = CATALOGUE.members["TH"].contact
        self.greeted_first = "nobody@nowhere.example"
        self.greeted: set[str] = set()
        self.secure: ssl.SSLContext | None = None
        self.mails: list[str] = []
        self.came = threading.Semaphore(0)

    def get_request(self) -> tuple[socket.socket, object]:
        """With TLS, where it is to be secure: a client that refuses ends that connection only."""
        line, address = super().get_request()
        return (line if self.secure is None else self.secure.wrap_socket(line, server_side=True)), address


def mailing(folder: Path) -> dict[str, str]:
    """The settings of the hub in that folder, which sends its mail to this machine."""
    return {
        "HUB_STORE": keeping.address(folder),
        **AS_SHIPPED,
        "HUB_SMTP_HOST": "127.0.0.1",
        "HUB_SMTP_FROM": "hub@hub.example",
        "HUB_SMTP_SECURITY": "none",
    }
