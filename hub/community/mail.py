"""Sends reminders by mail, through a mail server that the operator configures (RFC 5321), over one connection."""

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
UNAVAILABLE: Final = (OSError, smtplib.SMTPException)
"""The errors that `Mailer.send` raises if the server cannot be used: then no mail can be sent at the moment."""
_PERMANENT: Final = 500  # reply codes from here on mean that a retry is useless (RFC 5321, 4.2.1)


class MailResult(Enum):
    """The result of sending one mail."""

    TAKEN = "taken"
    REFUSED = "refused"  # permanently: mail does not reach this member
    LATER = "later"  # try again; a server that does not know the sender often refuses the first try


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server and the login for it. `security` is starttls, tls (from the first byte) or none."""

    host: str
    port: int
    security: str
    sender: str
    user: str = ""
    password_file: str = ""


class Mailer:
    """Sends mail through one server, to which it connects for the first mail. Use it in a `with` statement."""

    def __init__(self, server: MailServer) -> None:
        """ConfigurationError if the server's settings are wrong."""
        if not server.host or not server.sender:
            raise ConfigurationError("mail needs the settings smtp_host and smtp_from (HUB_SMTP_HOST, HUB_SMTP_FROM)")
        if server.security not in SECURITIES:
            raise ConfigurationError(f"smtp_security is {server.security!r}: one of {', '.join(SECURITIES)}")
        self._server = server
        self._password = _password(server.password_file) if server.user else ""
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            with suppress(*UNAVAILABLE):
                self._connection.quit()
            self._connection.close()

    def send(self, digest: Digest) -> MailResult:
        """Send the message to the member's contact. Raises one of `UNAVAILABLE` if the server cannot be used."""
        return self.deliver(digest.member.contact, digest.subject, digest.body)

    def deliver(self, recipient: str, subject: str, body: str) -> MailResult:
        """Send any message; results and errors as for `send`."""
        if self._connection is None:
            self._connection = self._connect()
        try:
            self._connection.send_message(_message(self._server.sender, recipient, subject, body))
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _ in error.recipients.values())
            return MailResult.REFUSED if code >= _PERMANENT else MailResult.LATER
        except smtplib.SMTPDataError as error:
            return MailResult.REFUSED if error.smtp_code >= _PERMANENT else MailResult.LATER
        except smtplib.SMTPNotSupportedError:
            return MailResult.REFUSED  # an address that this server does not support
        except UNAVAILABLE:
            # the error may have ended the connection: the next message opens a new one
            self._connection.close()
            self._connection = None
            raise
        return MailResult.TAKEN

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        context = ssl.create_default_context()  # without it, smtplib accepts any certificate
        connection: smtplib.SMTP
        if server.security == "tls":
            connection = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        try:
            if server.security == "starttls":
                connection.starttls(context=context)
            if server.user:
                connection.login(server.user, self._password)
        except BaseException:
            connection.close()
            raise
        return connection


def short_reason(error: BaseException) -> str:
    """The error in a few words, without credentials."""
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
