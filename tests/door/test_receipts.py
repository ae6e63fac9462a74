"""What the receipt for a raised level says: which accounts had fetched the lower version, to the member concerned only."""

from __future__ import annotations

from hub.stix.tlp import TLP
from tests.conftest import ClientOf
from tests.server.making import Client, address, an_id, at, indicator


def fetch(reader: Client) -> None:
    """A page that arrives: the ledger notes it when the response is closed."""
    response = reader.get(at("feeds", "objects"))
    assert response.json["objects"]
    response.close()


def raised(as_account: ClientOf) -> str:
    """What Indonesia reads after it raised what three accounts had fetched at GREEN; the path of its status."""
    indonesia = as_account("id-cert")
    indonesia.publish("feeds", indicator(1, level=TLP.GREEN))
    for reader in ("sg-cert", "sg-soc", "partner"):
        fetch(as_account(reader))
    status = indonesia.publish("feeds", indicator(1, version=2, level=TLP.AMBER))
    path = f"/region/status/{status['id']}/"
    assert indonesia.get(path).json == status
    return path


def test_the_receipt_for_a_raised_level_names_those_who_are_left_with_the_lower_version(as_account: ClientOf) -> None:
    """Those who still see it are not named: of three accounts that fetched it only the partner reads no AMBER."""
    (detail,) = as_account("id-cert").get(raised(as_account)).json["successes"]
    assert detail["id"] == an_id(1)
    assert "from TLP:GREEN to TLP:AMBER" in detail["message"]
    assert detail["message"].endswith("will see nothing further of it: partner.")


def test_nobody_but_the_member_concerned_reads_that_receipt(as_account: ClientOf) -> None:
    """To all others the status is missing; neither events, nor pages, nor their own receipts mention it."""
    path = raised(as_account)
    for other in ("sg-cert", "my-cert", "id-soc", "sg-soc", "partner", "operator"):
        assert as_account(other).get(path).status_code in (403, 404)
    shared = address(1, level=TLP.GREEN)
    as_account("id-cert").publish("feeds", shared)
    fetch(as_account("partner"))
    status = as_account("sg-cert").add(
        "feeds", {**shared, "object_marking_refs": indicator(2, level=TLP.AMBER)["object_marking_refs"]}
    )
    assert "partner" not in str(status), "another member's copy tells nothing of who has the first"
    assert as_account("partner").get(at("feeds", "objects", an_id(1))).status_code == 404
