"""Texts to paste into each client so that it polls one collection. They name it by its id, which every client accepts.

The texts contain no credentials: NAME is the account's name, KEY its key or password. hub/docs/clients.md describes each
client, and how it was tested.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from hub.taxii.protocol import CONTENT_TYPE, DISCOVERY_PATH


@dataclass(frozen=True, slots=True)
class PolledCollection:
    """The data of a collection that a client needs; `root` is the address of its API root, with a slash at the end."""

    title: str
    root: str
    id: str

    @property
    def server(self) -> str:
        """The address of the server, without a slash at the end."""
        scheme, _, location = self.root.partition("://")
        return f"{scheme}://{location.partition('/')[0]}"

    @property
    def discovery(self) -> str:
        """The address of discovery (TAXII 2.1, 4.1)."""
        return self.server + DISCOVERY_PATH

    @property
    def objects(self) -> str:
        """The address of the collection's objects (TAXII 2.1, 5.4)."""
        return f"{self.root}collections/{self.id}/objects/"


def _opencti(collection: PolledCollection) -> str:
    path = collection.root.rstrip("/").rpartition("/")[2]
    return f"""\
In the platform (Data, Ingestion, TAXII feeds):
  Name               {collection.title}
  TAXII server URL   {collection.root}
  TAXII version      2.1
  Collection         {collection.id}
  Authentication     Basic: NAME and KEY (or Bearer: KEY)

Or with the connector external-import/taxii2, in its environment:
  TAXII2_DISCOVERY_URL={collection.discovery}
  TAXII2_USERNAME=NAME
  TAXII2_PASSWORD=KEY
  TAXII2_COLLECTIONS={path}.{collection.title}
  TAXII2_INITIAL_HISTORY=240000   # hours: from the beginning, so that markings and identities are included
  TZ=UTC                          # otherwise it sends local times as if they were UTC, and misses objects of some hours"""


def _misp(collection: PolledCollection) -> str:
    return f"""\
misp-modules, taxii21 import:
  url           {collection.root}
  collections   {collection.id}
  username      NAME
  password      KEY
  It fetches at most 1,000 objects. For all of them, from a shell with pip install taxii2-client misp-stix:

  python3 -c 'import json, sys; from taxii2client.v21 import Collection, as_pages; \\
    c = Collection("{collection.root}collections/{collection.id}/", user=sys.argv[1], password=sys.stdin.readline().strip()); \\
    objects = [o for p in as_pages(c.get_objects, per_request=1000) for o in p.get("objects", [])]; \\
    json.dump({{"type": "bundle", "id": "bundle--{collection.id}", "objects": objects}}, open("hub.json", "w"))' NAME
  misp_stix_converter import -f hub.json --single-event"""


def _sentinel(collection: PolledCollection) -> str:
    return f"""\
Content hub: install "Threat Intelligence", once. Then Data connectors, Threat intelligence - TAXII, Open connector page:
  Friendly name (for server)   {collection.title}
  API root URL                 {collection.root}
  Collection ID                {collection.id}
  Username                     NAME
  Password                     KEY
  Import indicators            All available
  Polling frequency            Once a minute, or once an hour
Sentinel's addresses must be able to reach the hub: add them where a proxy or firewall has an allow-list."""


def _splunk(collection: PolledCollection) -> str:
    return f"""\
Enterprise Security 8.2 or later; earlier versions do not support TAXII 2.
1. Configure, General, Credential Management: a credential with the user NAME and the password KEY.
2. Configure, Data Enrichment, Threat Intelligence Management, New, TAXII 2.1:
  Name                 hub_{collection.id.partition("-")[0]}
  URL                  {collection.root}
  Collection           {collection.id}
  User                 NAME
  Interval (seconds)   300"""


def _elastic(collection: PolledCollection) -> str:
    return f"""\
Integrations, Custom Threat Intelligence (ti_custom), API:
  URL                       {collection.objects}
  Enable TAXII 2.1          on
  Basic Auth Username       NAME       # among the advanced options, as is the password
  Basic Auth Password       KEY
  Initial Interval          240000h    # older than the hub, so that markings and identities are included
  Interval                  5m
  IOC Expiration Duration   90d        # for indicators without valid_until"""


def _xsoar(collection: PolledCollection) -> str:
    return f"""\
Settings, Integrations, TAXII 2 Feed, Add instance:
  Discovery Service URL                        {collection.discovery}
  Username / API Key                           NAME
  Password                                     KEY
  Collection Name To Fetch Indicators From     {collection.title}
  Default API Root to use                      {collection.root.rstrip("/").rpartition("/")[2]}
  Full Feed Fetch                              off: with it, each fetch takes everything again
  First Fetch Time                             20 years    # older than the hub
  Max Indicators Per Fetch                     1000
  Max STIX Objects Per Poll                    1000
  Traffic Light Protocol Color                 that of the collection's highest level
It finds the collection by its name only; without a name it asks for all, and may fail with an AccessError."""


def _taxii2_client(collection: PolledCollection) -> str:
    return f"""\
import sys
from taxii2client.v21 import Collection, as_pages  # pip install taxii2-client

collection = Collection(
    {json.dumps(f"{collection.root}collections/{collection.id}/")},
    user="NAME",
    password="KEY",
)
after = {{"added_after": sys.argv[1]}} if len(sys.argv) > 1 else {{}}  # the time of the last poll
for page in as_pages(collection.get_objects, per_request=1000, **after):
    for item in page.get("objects", []):
        print(item["type"], item["id"], "revoked" if item.get("revoked") else "")"""


def _curl(collection: PolledCollection) -> str:
    return f"""\
# The first poll. -g: without it, curl interprets the brackets of match[type]; -D: writes the headers to a file.
curl -g -D headers.txt -u NAME:KEY -H 'Accept: {CONTENT_TYPE}' \\
  '{collection.objects}?limit=1000'

# While the answer says "more": true, ask for the next page with its "next":
curl -g -D headers.txt -u NAME:KEY -H 'Accept: {CONTENT_TYPE}' \\
  '{collection.objects}?limit=1000&next=NEXT'

# The next poll, from the X-TAXII-Date-Added-Last in headers.txt:
curl -g -D headers.txt -u NAME:KEY -H 'Accept: {CONTENT_TYPE}' \\
  '{collection.objects}?limit=1000&added_after=X-TAXII-DATE-ADDED-LAST'

# Only indicators: &match[type]=indicator"""


RECIPES: Final[Mapping[str, Callable[[PolledCollection], str]]] = {
    "opencti": _opencti,
    "misp": _misp,
    "sentinel": _sentinel,
    "splunk": _splunk,
    "elastic": _elastic,
    "xsoar": _xsoar,
    "taxii2-client": _taxii2_client,
    "curl": _curl,
}

# The names of the clients for lists from which people choose.
CLIENTS: Final[Mapping[str, str]] = {
    "opencti": "OpenCTI",
    "misp": "MISP",
    "sentinel": "Microsoft Sentinel",
    "splunk": "Splunk Enterprise Security",
    "elastic": "Elastic",
    "xsoar": "Cortex XSOAR",
    "taxii2-client": "Python (taxii2-client)",
    "curl": "curl",
}
_NAME: Final = re.compile(r"\bNAME\b")


def recipe_for(client: str, collection: PolledCollection, account: str) -> str:
    """The text with the account's name in it; the key stays `KEY`."""
    return _NAME.sub(lambda _match: account, RECIPES[client](collection))
