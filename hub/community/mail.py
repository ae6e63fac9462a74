"""Reminders by mail: over a mail server that the operator names (RFC 5321), one connection for as many as there are."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from enum import Enum
from pathlib import Path
from typing import Final, Self

from hub.community.digests import Digest
from hub.errors import ConfigurationError

TIMEOUT_SECONDS: Final = 30
SECURITIES: Final = ("starttls", "tls", "none")
AWAY: Final = (OSError, smtplib.SMTPException)
"""What `Post.send` raises where the server cannot be used: nobody's mail gets through at the moment."""
_LASTING: Final = 500  # from this reply code on, another try will fare no better (RFC 5321, 4.2.1)


class Mailed(Enum):
    """What became of one mail."""

    TAKEN = "taken"
    REFUSED = "refused"  # permanently: mail does not reach this member
    LATER = "later"  # not now; a server that does not know the sender often says so the first time


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server and the login for it. `security` is starttls, tls (from the first byte) or none."""

    host: str
    port: int
    security: str
    sender: str
    user: str = ""
    password_file: str = ""


class Post:
    """Sends mail through one server. It is connected to with the first mail; use it in a `with`."""

    def __init__(self, server: MailServer) -> None:
        """ConfigurationError where the server's settings cannot be used."""
        if not server.host or not server.sender:
            raise ConfigurationError("mail needs the settings smtp_host and smtp_from (HUB_SMTP_HOST, HUB_SMTP_FROM)")
        if server.security not in SECURITIES:
            raise ConfigurationError(f"smtp_security is {server.security!r}: one of {', '.join(SECURITIES)}")
        self._server = server
        self._password = _password(server.password_file) if server.user else ""
        self._line: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._line is not None:
            with suppress(*AWAY):
                self._line.quit()
            self._line.close()

    def send(self, digest: Digest) -> Mailed:
        """Send it to its member's contact; raises what `AWAY` lists where the server cannot be used."""
        return self.deliver(digest.member.contact, digest.subject, digest.body)

    def deliver(self, recipient: str, subject: str, body: str) -> Mailed:
        """Send any message."""
        if self._line is None:
            self._line = self._connected()
        try:
            self._line.send_message(_message(self._server.sender, recipient, subject, body))
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _ in error.recipients.values())
            return Mailed.REFUSED if code >= _LASTING else Mailed.LATER
        except smtplib.SMTPDataError as error:
            return Mailed.REFUSED if error.smtp_code >= _LASTING else Mailed.LATER
        except smtplib.SMTPNotSupportedError:
            return Mailed.REFUSED  # an address that this server cannot spell
        except AWAY:
            # the next message has a connection of its own: this one may have ended it
            self._line.close()
            self._line = None
            raise
        return Mailed.TAKEN

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        trusted = ssl.create_default_context()  # without it, smtplib believes any certificate
        line: smtplib.SMTP
        if server.security == "tls":
            line = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=trusted)
        else:
            line = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        try:
            if server.security == "starttls":
                line.starttls(context=trusted)
            if server.user:
                line.login(server.user, self._password)
        except BaseException:
            line.close()
            raise
        return line


def why_away(error: BaseException) -> str:
    """The error in a few words that hold no credential."""
    return getattr(error, "strerror", None) or type(error).__name__


def _message(sender: str, recipient: str, subject: str, body: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = subject
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in answer to it
    message.set_content(body)
    return message


def _password(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"smtp_password_file: {file!r} cannot be read") from None
