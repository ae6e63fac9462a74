"""Reminders: each deadline once, in the member's language and time, without a word of the incident's content."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from hub.community import reminders
from hub.community.digests import LINES_SHOWN, MAX_FAILURES, Digest, digest_of, due_digests, note, remind
from hub.community.hub import Hub
from hub.community.reminders import KIND, due_reminders, reminder
from hub.community.turn import TURN_MILLISECONDS, Turn
from hub.pages.texts import LANGUAGES, first_known
from tests.community.conftest import Reopen
from tests.community.making import CATALOGUE, acknowledged, incident, publish_as, request
from tests.durations import HOUR
from tests.server.making import Clock


def test_what_is_overdue_is_reminded_of_once(hub: Hub, clock: Clock) -> None:
    """A member that acknowledged is not reminded; a later deadline of the same incident is another."""
    publish_as(hub, "ID", incident(criticality=90), request(20, "ID", ["SG"], due="2026-04-02T05:00:00Z"))
    assert due_reminders(hub) == []
    clock.now += HOUR
    publish_as(hub, "MY", acknowledged(10, "MY"))
    first = due_reminders(hub)
    assert {reminder.member.code for reminder in first} == set(CATALOGUE.members) - {"ID", "MY"}
    note(hub, first)
    assert due_reminders(hub) == []
    clock.now += HOUR
    (second,) = due_reminders(hub)
    assert (second.member.code, second.overdue.what) == ("SG", "answer")


def test_a_reminder_tells_the_members_own_time_and_utc(hub: Hub, clock: Clock) -> None:
    """Indonesia's desk reads Indonesian, and Jakarta's time; mail is not encrypted, so the name is not in it."""
    publish_as(hub, "SG", incident(member="SG", name="A secret bank was hit"))
    clock.now += HOUR
    reminders = {reminder.member.code: reminder for reminder in due_reminders(hub)}
    assert "2026-04-02 11:10 (Asia/Jakarta), 2026-04-02 04:10 UTC" in reminders["ID"].line
    assert "konfirmasi penerimaan" in reminders["ID"].body
    assert "2026-04-02 10:40 (Asia/Yangon), 2026-04-02 04:10 UTC" in reminders["MM"].line
    assert "acknowledgement" in reminders["MM"].body
    for shown_reminder in reminders.values():
        assert (
            "secret"
            not in f"{shown_reminder.subject}{shown_reminder.body}{shown_reminder.line}{json.dumps(shown_reminder.as_dict())}"
        )
        assert incident()["id"] in shown_reminder.body
        assert shown_reminder.member.duty_line in shown_reminder.phone


def test_a_drill_says_that_it_is_one(hub: Hub, clock: Clock) -> None:
    """So that nobody takes it for a live incident."""
    publish_as(hub, "SG", incident(member="SG", labels=["exercise"]), root="exercise")
    clock.now += HOUR
    reminders = {reminder.member.code: reminder for reminder in due_reminders(hub)}
    assert reminders["ID"].subject.startswith("[LATIHAN]")
    assert reminders["MM"].line.startswith("[EXERCISE]")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_member_is_reminded_in_its_own_language(hub: Hub, clock: Clock, language: str) -> None:
    """All of the mail, about one deadline and about several; a place in braces is filled in each."""
    publish_as(hub, "ID", incident())
    clock.now += HOUR
    malaysias = next(due for due in due_reminders(hub) if due.member.code == "MY")
    member = dataclasses.replace(malaysias.member, languages=(f"{language}-XX", "en"))
    root = hub.catalogue.roots["asean"]
    first = reminder(root, member, malaysias.overdue)
    several = digest_of(member, [first, first])
    english = reminder(root, dataclasses.replace(member, languages=("my",)), malaysias.overdue)
    for text in (first.subject, first.body, first.line, first.phone, several.subject, several.body):
        assert "{" not in text
    assert first.overdue.incident in first.body
    assert several.body.count(first.line) == 2
    if language == "en":
        assert (first.subject, first.body, first.line) == (english.subject, english.body, english.line)
    else:
        pairs = zip(first.body.splitlines(), english.body.splitlines(), strict=True)
        assert [words for words, in_english in pairs if words == in_english] == [""] * 2


def test_the_first_language_that_has_texts_counts() -> None:
    """A region counts as its language; English where there is none."""
    assert first_known(("my", "fil-PH", "id")) == "fil"
    assert first_known(("km", "lo", "zh-Hans")) is None


def test_at_most_one_of_two_who_remind_at_once_continues(hub: Hub, reopen: Reopen, clock: Clock) -> None:
    """A process that sees another backs off; it does not wait for one that died in its turn."""
    other = reopen()
    with Turn(hub, "it") as first:
        assert first.acquire()
        with Turn(other, "it") as second:
            assert not second.acquire()
            assert not first.acquire(), "it sees the other, too: both may back off"
        assert first.acquire()
        with Turn(other, "something else") as aside:
            assert aside.acquire()
        clock.now += TURN_MILLISECONDS + 1
        with Turn(other, "it") as later:
            assert later.acquire(), "a turn that is not renewed ends"
    with Turn(hub, "it") as last:
        assert last.acquire()
        clock.now -= 24 * HOUR
        with Turn(other, "it") as set_back:
            assert set_back.acquire(), "nor does a clock that is set back keep everybody away"


def test_nobody_reminds_while_another_does(hub: Hub, reopen: Reopen, clock: Clock) -> None:
    """What the other process has not sent yet is sent at the next look."""
    publish_as(hub, "ID", incident())
    clock.now += HOUR
    digests: list[Digest] = []

    def tell(digest: Digest) -> bool:
        digests.append(digest)
        return True

    with Turn(reopen(), KIND) as turn:
        assert turn.acquire()
        assert not remind(hub, tell)
    assert digests == []
    assert remind(hub, tell)
    assert len(digests) == len(CATALOGUE.members) - 1
    assert remind(hub, tell)
    assert len(digests) == len(CATALOGUE.members) - 1


def test_a_deadline_that_cannot_be_written_keeps_nobody_else_from_being_reminded(
    hub: Hub, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C6 of the attacks: an OverflowError for one ended the reminders of all members."""
    publish_as(hub, "ID", incident())
    clock.now += 30 * 24 * HOUR
    members = {due.member.code for due in reminders.due_reminders(hub)}
    write = reminders.reminder

    def fail_for_singapore(root: Any, member: Any, overdue: Any) -> Any:
        if member.code == "SG":
            raise OverflowError
        return write(root, member, overdue)

    monkeypatch.setattr(reminders, "reminder", fail_for_singapore)
    assert {due.member.code for due in reminders.due_reminders(hub)} == members - {"SG"}


def test_what_a_member_owes_is_one_message_for_each_run(hub: Hub, clock: Clock) -> None:
    """H11 of the attacks: 300 requests made 3,000 mails. Drills have a message of their own, and each deadline is noted."""
    publish_as(
        hub, "ID", incident(), incident(2), *(request(20 + number, "ID", ["SG"]) for number in range(LINES_SHOWN))
    )
    publish_as(hub, "ID", incident(labels=["exercise", "release:officer"]), root="exercise")
    clock.now += 30 * HOUR
    messages: list[Digest] = []

    def send(digest: Digest) -> bool:
        messages.append(digest)
        return True

    assert remind(hub, send)
    singapore = [digest for digest in messages if digest.member.code == "SG"]
    assert [len(digest.reminders) for digest in singapore] == [2 + LINES_SHOWN, 1]
    assert "and 2 more" in singapore[0].body
    assert singapore[0].body.count("Criticality 90") == LINES_SHOWN
    assert singapore[0].subject.startswith(f"{2 + LINES_SHOWN} deadlines have passed")
    assert singapore[1].subject.startswith("[EXERCISE]")
    assert len(messages) == 2 * (len(CATALOGUE.members) - 1)
    assert due_digests(hub) == []


def test_a_message_that_fails_keeps_no_other_member_waiting(hub: Hub, clock: Clock) -> None:
    """Each is tried by itself; the error is reported at the end, and the next run tries that one again."""
    publish_as(hub, "ID", incident())
    clock.now += HOUR
    messages: list[str] = []

    def send(digest: Digest) -> bool:
        if digest.member.code == "SG":
            raise OSError("disconnected")
        messages.append(digest.member.code)
        return True

    with pytest.raises(OSError, match="disconnected"):
        remind(hub, send)
    assert set(messages) == set(CATALOGUE.members) - {"ID", "SG"}
    assert [digest.member.code for digest in due_digests(hub)] == ["SG"]


def test_a_mail_server_that_is_away_is_not_tried_for_each_member(hub: Hub, clock: Clock) -> None:
    """Each try may take half a minute."""
    publish_as(hub, "ID", incident())
    clock.now += HOUR
    tries: list[str] = []

    def send(digest: Digest) -> bool:
        tries.append(digest.member.code)
        raise OSError("away")

    with pytest.raises(OSError, match="away"):
        remind(hub, send)
    assert len(tries) == MAX_FAILURES < len(CATALOGUE.members) - 1
