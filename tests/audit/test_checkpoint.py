"""Checkpoints: signed notes that every account of an API root can fetch, to check that they extend each other."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hub.audit.checkpoints import derived_key, read_key
from hub.community.hub import Hub
from hub.errors import ConfigurationError, MalformedError
from hub.protocol.checkpoint import (
    START,
    Checkpoint,
    extends,
    link_of,
    open_note,
    origin_of,
    parse_verifier_key,
    read_unverified,
    sign,
    verifier_key,
)
from hub.server.app import create_app
from tests.server.making import Client, an_id, indicator

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LINKS = [START]
for number in range(1, 6):
    LINKS.append(link_of(LINKS[-1], bytes([number]) * 32))
DIGESTS = [bytes([number]) * 32 for number in range(1, 6)]
ORIGIN = origin_of(LINKS[1])


def at(size: int, link: bytes | None = None, origin: str = ORIGIN) -> Checkpoint:
    return Checkpoint(origin, size, LINKS[size] if link is None else link)


def test_a_note_has_the_form_of_the_specification() -> None:
    """Text, blank line, em dash, name, base64 of key id and signature; Ed25519 is deterministic, so it is always this one."""
    note = sign(at(5), KEY)
    text, signature = note.split("\n\n")
    assert text == f"{ORIGIN}\n5\n{base64.b64encode(LINKS[5]).decode()}"
    dash, name, encoded = signature.removesuffix("\n").split(" ")
    assert (dash, name) == ("\u2014", ORIGIN)
    raw = base64.b64decode(encoded, validate=True)
    assert len(raw) == 4 + 64
    KEY.public_key().verify(raw[4:], (text + "\n").encode())
    assert note == sign(at(5), KEY)
    assert open_note(note, ORIGIN, KEY.public_key()) == at(5)


def test_the_example_of_the_specification_has_this_key_id() -> None:
    """The specification's key id: SHA-256 of name, newline, 0x01 and the public key, its first four bytes."""
    text = verifier_key("example.com/foo", KEY.public_key())
    name, key_id, encoded = text.split("+", 2)
    assert (name, base64.b64decode(encoded)[:1]) == ("example.com/foo", b"\x01")
    assert len(bytes.fromhex(key_id)) == 4
    assert parse_verifier_key(text)[0] == name


@pytest.mark.parametrize("damage", [(0, b"X"), (40, b"9"), (-10, b"AA")])
def test_a_note_that_was_changed_is_refused(damage: tuple[int, bytes]) -> None:
    """In its text or its signature."""
    note = bytearray(sign(at(5), KEY).encode())
    index, replacement = damage
    note[index : index + len(replacement) or None] = replacement
    with pytest.raises(MalformedError):
        open_note(note.decode(), ORIGIN, KEY.public_key())


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        "a\n\n\u2014 b c\n",
        sign(at(5), KEY) + "x",
        sign(at(5), KEY).replace("\n5\n", "\n05\n"),
        "x" * 200_000,
    ],
)
def test_what_is_no_checkpoint_is_refused(note: str) -> None:
    """A server that is no hub may answer anything."""
    with pytest.raises(MalformedError):
        read_unverified(note)


def test_another_key_and_unknown_signatures() -> None:
    """A note may carry signatures of others; the one of the known key decides."""
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    note = sign(at(5), KEY)
    with pytest.raises(MalformedError, match="not signed with the key"):
        open_note(note, ORIGIN, other.public_key())
    both = note + sign(at(5), other).split("\n\n")[1]
    assert open_note(both, ORIGIN, other.public_key()) == at(5)


@pytest.mark.parametrize(
    ("earlier", "later", "digests", "holds"),
    [
        (at(2), at(5), DIGESTS[2:], True),
        (at(5), at(5), [], True),
        (at(0), at(5), DIGESTS, True),
        (at(5), at(2), [], False),  # rolled back
        (at(2), at(5), DIGESTS[1:], False),
        (at(2), at(5), DIGESTS[2:4], False),
        (at(2), at(5, LINKS[4]), DIGESTS[2:], False),  # rewritten
        (at(5, LINKS[4]), at(5), [], False),
        (at(2), at(5, origin=origin_of(LINKS[2])), DIGESTS[2:], False),  # another trail
    ],
)
def test_whether_one_extends_another(earlier: Checkpoint, later: Checkpoint, digests: list[bytes], holds: bool) -> None:
    """One trail, and the earlier link taken on with the digests in between leads to the later one."""
    assert extends(earlier, later, digests) is holds


def test_the_hub_serves_what_proves_that_it_only_appends(hub: Hub, indonesia: Client, seeded: Hub) -> None:
    """A member that kept a checkpoint asks for the digests since, and needs nothing else of the hub."""
    first = indonesia.get("/region/checkpoint/").json
    assert isinstance(first, dict)
    name, public = parse_verifier_key(first["key"])
    earlier = open_note(first["checkpoint"], name, public)
    indonesia.publish("alerts", indicator(1))
    indonesia.delete("alerts", an_id(1))
    answer = indonesia.ask("/region/checkpoint/", f"since={earlier.size}").json
    assert isinstance(answer, dict)
    later = open_note(answer["checkpoint"], name, public)
    digests = [base64.b64decode(text) for text in answer["digests"]]
    assert later.size == earlier.size + 2
    assert extends(earlier, later, digests)
    beyond = indonesia.ask("/region/checkpoint/", "since=999999").json
    assert isinstance(beyond, dict)
    assert "digests" not in beyond


def test_a_checkpoint_is_text_where_text_is_asked_for(indonesia: Client, seeded: Hub) -> None:
    """For `curl` and witnesses."""
    headers = {"Accept": "text/plain", "Authorization": str(indonesia.authorization)}
    answer = create_app(seeded).test_client().get("/region/checkpoint/", headers=headers)
    assert answer.content_type == "text/plain; charset=utf-8"
    assert open_note(answer.text, read_unverified(answer.text).origin, derived_key(seeded.secret).public_key()).size > 0


@pytest.mark.parametrize("since", ["-1", "x", "", "1e3", "\u0661", "9" * 40])
def test_since_is_a_number(indonesia: Client, seeded: Hub, since: str) -> None:
    """In words, not as a mistake of the hub."""
    assert indonesia.ask("/region/checkpoint/", urlencode({"since": since})).status_code == 400


def test_who_may_know_of_the_root_may_have_its_checkpoint(
    as_account: Callable[[str | None], Client], seeded: Hub
) -> None:
    """As the API root itself: 404 where it is not listed, 401 without credentials where nothing is public."""
    for name in ("id-cert", "id-soc", "partner", "operator", None):
        client = as_account(name)
        for root in ("region", "drills", "nowhere"):
            expected = client.get(f"/{root}/").status_code
            assert client.get(f"/{root}/checkpoint/").status_code == expected, (name, root)


def test_a_key_of_its_own_comes_from_a_file(tmp_path: Path) -> None:
    """The key is in another place than the store; an invalid key is an error."""
    file = tmp_path / "key.pem"
    file.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert read_key(file).private_bytes_raw() == KEY.private_bytes_raw()
    file.write_text("nonsense")
    with pytest.raises(ConfigurationError, match="openssl genpkey"):
        read_key(file)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_key(tmp_path / "missing")
