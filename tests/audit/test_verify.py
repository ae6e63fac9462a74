"""Anybody who reaches the disk and changes a store is found: by verification, or by a checkpoint that was kept elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from hub.audit.checkpoints import Checkpoints, derived_key
from hub.audit.examine import examiner
from hub.audit.recorder import Recorder
from hub.audit.state import Finding
from hub.audit.verify import Verification
from hub.community.hub import Hub
from hub.protocol.checkpoint import Checkpoint
from hub.sharing.members import Account, AccountKind
from hub.stix.tlp import TLP
from hub.store.chain import TrailHead, next_entry
from hub.store.records import Record
from hub.taxii.filters import Filters
from tests.server.making import COLLECTIONS, Client, address, an_id, indicator, note

pytestmark = pytest.mark.sqlite
ALERTS = COLLECTIONS["alerts"]


def findings(hub: Hub, against: Checkpoint | None = None) -> list[Finding]:
    """The findings of a verification of the store as it is on disk now."""
    verification = Verification(hub.store, examiner(hub.store, hub.catalogue, hub.limits), pause=lambda: None)
    return list(verification.run((collection.id for collection in hub.catalogue), against))


def checkpoint(hub: Hub) -> Checkpoint:
    return Checkpoints(hub.store, derived_key(hub.secret)).current()


@pytest.fixture
def lived_in(seeded: Hub, indonesia: Client, singapore: Client) -> Hub:
    """A hub in which members published, in several levels and versions, read, deleted and withdrew."""
    indonesia.publish("alerts", *(indicator(number, level=TLP.AMBER_STRICT) for number in range(1, 4)))
    indonesia.publish("alerts", indicator(4), address(7))
    indonesia.publish("alerts", indicator(4, version=2, level=TLP.AMBER))
    singapore.publish("alerts", note(9, author="SG"), address(7))
    reader = Account("sg-cert", AccountKind.CERT, "SG")
    delivered = seeded.objects(reader, "region", "alerts", Filters())
    confirm_sent = seeded.begin_sending(reader, delivered)
    assert confirm_sent is not None
    confirm_sent()
    indonesia.delete("alerts", an_id(3))
    indonesia.publish("alerts", indicator(2, version=2, level=TLP.AMBER_STRICT, revoked=True))
    Recorder(seeded.store, seeded.clock).flush()
    return seeded


@pytest.fixture
def disk(tmp_path: Path) -> Callable[[str], None]:
    """Runs SQL on the store's file without the hub, and without its guards against mistakes."""

    def execute(sql: str) -> None:
        connection = apsw.Connection(str(tmp_path / "store" / "hub.sqlite"))
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}").fetchall()
        before = connection.total_changes()
        connection.execute(sql)
        assert connection.total_changes() > before, "nothing was changed: the test shows nothing"
        for _, text in triggers:
            connection.execute(str(text))
        connection.close()

    return execute


def test_a_store_that_nobody_touched_is_as_the_hub_wrote_it(lived_in: Hub) -> None:
    """After publishes, repeats, versions, revocations and deletions, also against a checkpoint of before."""
    assert findings(lived_in, checkpoint(lived_in)) == []


def test_what_is_kept_holds_no_content_and_no_credential(lived_in: Hub) -> None:
    """Entries say who, when, where and how many; an object's id is keyed there, for it may be purged later."""
    texts = b"\n".join(entry.text for entry in lived_in.store.trail())
    assert b'"what":"published","account":"id-cert","member":"ID"' in texts
    assert b'"what":"deleted","account":"id-cert","member":"ID"' in texts
    assert b"--00000000-0000" not in texts
    assert b"198.51.100" not in texts
    for row in lived_in.store.list_accounts():
        assert not row.password_hash or row.password_hash.encode() not in texts
        assert not any(key.encode() in texts for key in row.key_hashes)


RECORD = f"key = (SELECT key FROM record WHERE id = '{an_id(1)}')"
NOTE = f"key = (SELECT key FROM record WHERE id = '{an_id(9, 'note')}')"


@pytest.mark.parametrize(
    ("sql", "kind", "where"),
    [
        pytest.param(
            f"UPDATE body SET body = CAST(replace(CAST(body AS TEXT), 'e', 'a') AS BLOB) WHERE {NOTE}",
            "record",
            an_id(9, "note"),
            id="body",
        ),
        pytest.param(f"UPDATE record SET level = 1, governing = 1 WHERE {RECORD}", "record", an_id(1), id="level"),
        pytest.param(f"UPDATE record SET governing = 1 WHERE {RECORD}", "level", an_id(1), id="shown level"),
        pytest.param(f"UPDATE record SET publishers = 'SG' WHERE {RECORD}", "record", an_id(1), id="publisher"),
        pytest.param(f"DELETE FROM record WHERE {RECORD}", "record", ALERTS, id="deleted record"),
        pytest.param(f"UPDATE collection SET head = head - 1 WHERE name = '{ALERTS}'", "head", ALERTS, id="head"),
        pytest.param(f"UPDATE collection SET held_3 = 0 WHERE name = '{ALERTS}'", "count", ALERTS, id="count"),
        pytest.param("UPDATE account SET member = 'SG' WHERE name = 'id-cert'", "account", "id-cert", id="account"),
        pytest.param("DELETE FROM account WHERE name = 'id-soc'", "account", "id-soc", id="deleted account"),
        pytest.param(
            "INSERT INTO account (name, kind, member, password_hash, disabled, created_at) "
            "VALUES ('eve', 'cert', 'SG', '', 0, 1)",
            "account",
            "eve",
            id="new account",
        ),
        pytest.param("DELETE FROM fact WHERE kind = 'delivery'", "ledger", "sg-cert", id="ledger"),
        pytest.param(
            "UPDATE fact SET key = replace(key, 'sg-cert', 'my-cert') WHERE kind = 'delivery'",
            "ledger",
            "my-cert",
            id="forged ledger",
        ),
        pytest.param(
            "UPDATE trail SET text = CAST(replace(CAST(text AS TEXT), 'id-cert', 'sg-cert') AS BLOB) WHERE number = "
            "(SELECT min(number) FROM trail WHERE instr(text, 'id-cert') AND instr(text, 'published'))",
            "trail",
            "entry",
            id="audit line",
        ),
        pytest.param(
            "UPDATE trail SET number = CASE number WHEN 3 THEN -4 ELSE -3 END WHERE number IN (3, 4)",
            "trail",
            "entry",
            id="reordered",
        ),
        pytest.param("DELETE FROM trail WHERE number = 5", "trail", "entry", id="cut out"),
        pytest.param(
            "DELETE FROM trail WHERE number > (SELECT max(number) - 4 FROM trail)", "head", ALERTS, id="truncated"
        ),
    ],
)
def test_changed_bytes_are_found_and_named(
    lived_in: Hub, disk: Callable[[str], None], sql: str, kind: str, where: str
) -> None:
    """A body, a level, a record, a head, a count, an account, a delivery, the trail itself."""
    disk(sql)
    if "number = CASE" in sql:
        disk("UPDATE trail SET number = -number WHERE number < 0")
    all_findings = findings(lived_in)
    assert any(finding.kind == kind and where in finding.location for finding in all_findings), all_findings


def test_two_records_that_change_places_are_found(lived_in: Hub, disk: Callable[[str], None]) -> None:
    """Readers page by place: who comes first is part of what is kept."""
    first_key = f"(SELECT key FROM record WHERE id = '{an_id(1)}')"
    other = f"(SELECT key FROM record WHERE id = '{an_id(2)}' AND NOT revoked)"
    disk(
        f"CREATE TABLE swap AS SELECT {first_key} AS a, {other} AS b; "
        "UPDATE record SET key = -key WHERE key IN (SELECT a FROM swap UNION SELECT b FROM swap); "
        "UPDATE body SET key = -key WHERE key IN (SELECT a FROM swap UNION SELECT b FROM swap); "
        "UPDATE record SET key = (SELECT iif(-key = a, b, a) FROM swap) WHERE key < 0; "
        "UPDATE body SET key = (SELECT iif(-key = a, b, a) FROM swap) WHERE key < 0; DROP TABLE swap"
    )
    assert {an_id(1), an_id(2)} <= {
        finding.location.split()[-1] for finding in findings(lived_in) if finding.kind == "record"
    }


def test_a_store_that_was_rolled_back_whole_is_found_with_a_checkpoint(
    lived_in: Hub, open_hub: Callable[..., Hub], indonesia: Client, tmp_path: Path
) -> None:
    """Every byte of it is genuine, so that nothing in the store itself shows it."""
    copy = apsw.Connection(str(tmp_path / "store" / "hub.sqlite"))
    copy.execute("VACUUM INTO ?", (str(tmp_path / "before.sqlite"),))
    copy.close()
    indonesia.publish("alerts", indicator(30))
    later = checkpoint(lived_in)
    folder = tmp_path / "rolled back"
    folder.mkdir()
    shutil.copy(tmp_path / "before.sqlite", folder / "hub.sqlite")
    hub = open_hub(folder=folder, create=True)
    assert findings(hub) == []
    (finding,) = findings(hub, later)
    assert (finding.kind, "rolled back" in finding.message) == ("trail", True)


def test_a_trail_that_was_rewritten_to_fit_is_found_with_a_checkpoint(
    lived_in: Hub, disk: Callable[[str], None]
) -> None:
    """Anybody who has the store's key can make a chain that is consistent; only a copy that others kept shows that it is another."""
    earlier_checkpoint = checkpoint(lived_in)
    key = lived_in.store.trail_key()
    head = TrailHead()
    for entry in list(lived_in.store.trail()):
        text = (
            entry.text.replace(b'"account":"id-cert"', b'"account":"sg-cert"')
            if b"deleted" in entry.text
            else entry.text
        )
        new = next_entry(head, text, entry.seals, key=key)
        head = TrailHead(new.number, new.link)
        disk(
            f"UPDATE trail SET text = x'{new.text.hex()}', digest = x'{new.digest.hex()}', link = x'{new.link.hex()}' "
            f"WHERE number = {new.number}"
        )
    assert findings(lived_in) == []
    (finding,) = findings(lived_in, earlier_checkpoint)
    assert "rewritten" in finding.message


def test_another_store_is_not_taken_for_this_one(lived_in: Hub, open_hub: Callable[..., Hub], tmp_path: Path) -> None:
    """A checkpoint names the trail that it is of."""
    (tmp_path / "other").mkdir()
    other = open_hub(folder=tmp_path / "other", create=True)
    (finding,) = findings(other, checkpoint(lived_in))
    assert "another trail" in finding.message


def test_a_hub_that_is_written_to_meanwhile_has_no_false_alarm(lived_in: Hub, indonesia: Client) -> None:
    """What members publish, change and delete while records are read is explained by the entries that follow."""
    examine = examiner(lived_in.store, lived_in.catalogue, lived_in.limits)
    done: list[str] = []

    def examine_and_write(record: Record) -> Iterator[str]:
        if not done and record.collection == ALERTS:
            done.append(record.id)
            indonesia.publish("alerts", indicator(50))
            indonesia.publish("alerts", indicator(4, version=3, level=TLP.AMBER_STRICT))
            indonesia.delete("alerts", an_id(1))
            lived_in.credentials.disable("th-soc")
        return examine(record)

    verification = Verification(lived_in.store, examine_and_write, pause=lambda: None)
    assert list(verification.run([ALERTS])) == []
    assert done


def test_a_level_below_the_marking_is_found_even_where_the_trail_agrees(
    lived_in: Hub, disk: Callable[[str], None]
) -> None:
    """The seal says that a record is as it came in; the body says whether it should have come in like that."""
    disk(f"UPDATE record SET level = 1, governing = 1 WHERE {RECORD}")
    record = lived_in.store.history(ALERTS, an_id(1))[0]
    examine = examiner(lived_in.store, lived_in.catalogue, lived_in.limits)
    assert any("AMBER+STRICT" in words for words in examine(record))
