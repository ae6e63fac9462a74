"""Sends reminders from the server (`hub serve --remind`); some functions are shared with `hub remind`."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Final

from hub.community import mail
from hub.community.alarms import Alarm, message, raise_alarms
from hub.community.digests import Digest, remind
from hub.community.hub import Hub
from hub.community.mail import Mailer, MailResult, MailServer
from hub.errors import HubError
from hub.settings import Settings

LOOK_SECONDS: Final = 60.0  # between two looks of a server
YIELD_SECONDS: Final = 5.0  # until the next look if another process is sending reminders
FOLD_SECONDS: Final = 24 * 3600.0  # between two times that the ledger's oldest intervals are joined
_jitter: Final = random.Random()  # noqa: S311 - spreads load, protects nothing; the module's own state stays as it is
_log = logging.getLogger("hub.remind")


def check_reminding(settings: Settings) -> None:
    """ConfigurationError if `hub serve --remind` cannot use the settings for mail."""
    if settings.smtp_host:
        Mailer(mail_server(settings))


class ReminderLoop:
    """Runs in a thread of each worker of `hub serve`: sends by mail if smtp_host is set, else writes to the log.

    Runs in a worker, not the parent: a lock held by a parent thread at fork would never be released in the child.
    """

    def __init__(self, hub: Hub, settings: Settings) -> None:
        self._hub = hub
        self._settings = settings
        self._folded_at = time.monotonic()
        self._complaint = ""

    def run(self) -> None:
        """Send reminders until the process ends. After a kill, at most one message is repeated."""
        while True:
            # jitter, so that not all workers look at the same time
            pause = LOOK_SECONDS if self._look() else YIELD_SECONDS
            time.sleep(pause * _jitter.uniform(0.5, 1))

    def _look(self) -> bool:
        """Send the due reminders once; False if another process has the turn."""
        hub, settings = self._hub, self._settings
        try:
            with Mailer(mail_server(settings)) if settings.smtp_host else nullcontext() as mailer:

                def send(digest: Digest) -> bool:
                    result = mailer.send(digest) if mailer is not None else None
                    if result is not MailResult.LATER:
                        _log.info("reminded: %s", describe(digest, result))
                    return result is not MailResult.LATER

                def alarm(alarms: Sequence[Alarm]) -> bool:
                    return send_alarms(alarms, mailer, settings.operator_mail, _log.warning)

                had_turn = remind(hub, send)
                raise_alarms(hub, settings.tls_cert, alarm)
            if had_turn and time.monotonic() - self._folded_at > FOLD_SECONDS:
                hub.community.ledger.fold()
                self._folded_at = time.monotonic()
        except mail.UNAVAILABLE as error:
            self._complain(f"reminders wait: the mail server {unavailable(settings, error)}")
        except HubError as error:
            self._complain(f"reminders wait: {error}")
        except Exception:  # noqa: BLE001 - a thread that ends here would end the reminders of all members
            _log.exception("reminders wait: the hub made a mistake")
        else:
            self._complaint = ""
            return had_turn
        return True

    def _complain(self, text: str) -> None:
        """Log the text, but not again at every look."""
        if text != self._complaint:
            _log.warning("%s", text)
        self._complaint = text


def send_alarms(
    alarms: Sequence[Alarm], mailer: Mailer | None, operator_mail: str, write: Callable[[str], object]
) -> bool:
    """Mail the alarms to the operator if that is configured, else write a line for each; False if the mail has to wait."""
    if mailer is not None and operator_mail:
        result = mailer.deliver(operator_mail, *message(alarms))
        if result is not MailResult.REFUSED:
            return result is MailResult.TAKEN
    for alarm in alarms:
        write(alarm.line)
    return True


def mail_server(settings: Settings) -> MailServer:
    """The mail server in the settings."""
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        sender=settings.smtp_from,
        user=settings.smtp_user,
        password_file=settings.smtp_password_file,
    )


def describe(digest: Digest, result: MailResult | None) -> str:
    """The reminders of a member as lines, with the telephone number if mail does not reach the member."""
    return f"{digest.line}\n  {digest.phone}" if result is MailResult.REFUSED else digest.line


def unavailable(settings: Settings, error: BaseException) -> str:
    """A text that says that the mail server cannot be used, and why."""
    return f"{settings.smtp_host} cannot be used: {mail.short_reason(error)}"
