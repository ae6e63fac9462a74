"""DI and AR: discovery and API roots (TAXII 2.1, 4.1 and 4.2)."""

from __future__ import annotations

import pytest

from hub.community.hub import Hub
from hub.sharing.drill_listings import set_drill_listing
from tests.conftest import ClientOf, Template, clients_of
from tests.server.making import CONTENT_TYPE, Client, an_id, as_envelope, at, indicator


@pytest.mark.parametrize("path", ["/taxii2/", "/taxii2"])
def test_discovery_is_at_the_root_of_the_server(singapore: Client, path: str) -> None:
    """DI-1: at /taxii2/."""
    assert singapore.get(path).json["title"] == "Test hub"


def test_discovery_has_its_texts(singapore: Client) -> None:
    """DI-2: title, and description, contact and default, which are texts."""
    resource = singapore.get("/taxii2/").json
    assert set(resource) == {"title", "description", "contact", "default", "api_roots"}
    assert all(isinstance(resource[name], str) for name in ("title", "description", "contact", "default"))


def test_api_roots_are_absolute_addresses(hub: Hub, template: Template, singapore: Client) -> None:
    """DI-3: absolute, since a common client cannot use relative ones; below the public address where one is set."""
    assert singapore.get("/taxii2/").json["api_roots"] == ["http://localhost/region/"]
    public = clients_of(hub, template, public_url="https://hub.example")("sg-cert")
    assert public.get("/taxii2/").json["api_roots"] == ["https://hub.example/region/"]


@pytest.mark.parametrize("host", ["[::1", "a b", "", "a:b:c", "user@hub.example"])
def test_an_invalid_host_leads_to_relative_addresses(singapore: Client, host: str) -> None:
    """DI-3: `/region/`, which the standard allows, and never an address with an empty host in it."""
    resource = singapore.get("/taxii2/", headers={"Host": host}).json
    assert resource["api_roots"] == ["/region/"]
    assert resource["default"] == "/region/"
    assert ">/region/</code>" in singapore.get("/", headers={"Host": host}).get_data(as_text=True)


def test_a_proxy_is_believed_only_where_it_is_declared(hub: Hub, template: Template, singapore: Client) -> None:
    """DI-3: X-Forwarded-* of anybody else change nothing."""
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "hub.example"}
    assert singapore.get("/taxii2/", headers=forwarded).json["default"] == "http://localhost/region/"
    behind = clients_of(hub, template, behind_proxy=True)("sg-cert")
    assert behind.get("/taxii2/", headers=forwarded).json["default"] == "https://hub.example/region/"


@pytest.mark.parametrize("account", ["sg-cert", "sg-soc", "partner", None])
def test_the_default_is_one_of_them(as_account: ClientOf, account: str | None) -> None:
    """DI-4: for every account, and without one."""
    resource = as_account(account).get("/taxii2/").json
    assert resource["default"] in resource["api_roots"]


def test_each_api_root_works(hub: Hub, singapore: Client) -> None:
    """DI-5: and has its own title."""
    set_drill_listing(hub.store, "sg-cert", listed=True)
    roots = singapore.get("/taxii2/").json["api_roots"]
    titles = [singapore.get(root.removeprefix("http://localhost")).json["title"] for root in roots]
    assert titles == ["Drills", "Region"]


def test_drills_are_listed_to_accounts_that_the_operator_named_and_reached_by_all(
    hub: Hub, as_account: ClientOf
) -> None:
    """DI-6: a tool that reads all that is listed reads no drill as live; a member plays it by its address."""
    for account in ("sg-cert", "sg-cert-2", "sg"):
        set_drill_listing(hub.store, account, listed=True)
    set_drill_listing(hub.store, "sg-cert", listed=False)
    for account in ("sg-cert", "id-cert"):
        client = as_account(account)
        assert client.get("/taxii2/").json["api_roots"] == ["http://localhost/region/"]
        assert client.get("/drills/").json["title"] == "Drills"
        assert client.get("/drills/collections/").json["collections"]


@pytest.mark.parametrize(
    ("account", "roots"), [("sg-cert", {"drills", "region"}), ("partner", {"region"}), (None, {"region"})]
)
def test_a_root_is_shown_to_those_who_may_use_it(
    hub: Hub, as_account: ClientOf, account: str | None, roots: set[str]
) -> None:
    """DI-6: partners and the public have nothing in the drills, so they do not learn of them, in any case."""
    set_drill_listing(hub.store, account or "nobody", listed=True)
    client = as_account(account)
    resource = client.get("/taxii2/").json
    assert {root.rstrip("/").rpartition("/")[2] for root in resource["api_roots"]} == roots
    for name in ("drills", "region"):
        assert (client.get(f"/{name}/").status_code == 200) is (name in roots)


def test_a_root_has_title_versions_and_limit(singapore: Client) -> None:
    """AR-1: present and typed."""
    resource = singapore.get("/region/").json
    assert resource["title"] == "Region"
    assert isinstance(resource["versions"], list)
    assert type(resource["max_content_length"]) is int


def test_the_versions_are_media_types(singapore: Client) -> None:
    """AR-2: TAXII 2.1 and nothing else."""
    assert singapore.get("/region/").json["versions"] == [CONTENT_TYPE]


@pytest.mark.parametrize(("root", "length"), [("region", 6_000_000), ("drills", 20_000)])
def test_the_limit_is_the_declared_one(singapore: Client, root: str, length: int) -> None:
    """AR-3: a whole number above 0."""
    assert singapore.get(f"/{root}/").json["max_content_length"] == length


def test_a_body_within_the_limit_is_never_too_large(indonesia: Client) -> None:
    """AR-4: up to the last byte."""
    length = indonesia.get("/drills/").json["max_content_length"]
    envelope = as_envelope([indicator(1, labels=["exercise"])])
    padded = envelope[:-1] + b" " * (length - len(envelope)) + b"}"
    assert len(padded) == length
    assert indonesia.post("drill", padded, root="drills").status_code == 202


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere/",
        "/nowhere/collections/",
        "/nowhere/status/1/",
        "/nowhere/collections/id/objects/",
        "/Region/",
        "/region%00/",
    ],
)
def test_an_unknown_root_is_not_found(singapore: Client, path: str) -> None:
    """AR-5: 404 on the root and below it."""
    assert singapore.get(path).status_code == 404


def test_each_root_has_an_address_and_collections_of_its_own(indonesia: Client) -> None:
    """AR-6: the same collection name leads nowhere in the other root."""
    indonesia.publish("drill", indicator(1, labels=["exercise"]), root="drills")
    assert indonesia.get(at("drill", "objects", an_id(1), root="drills")).status_code == 200
    assert indonesia.get(at("drill", "objects", an_id(1))).status_code == 404
    assert indonesia.get(at("id", "objects", root="drills")).status_code == 404
