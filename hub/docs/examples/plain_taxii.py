"""Poll a collection with OASIS's client alone, as a SOC platform does.

The hub's page shows the collection's id. The first poll has no `added_after`; each later one passes the value of the
header X-TAXII-Date-Added-Last of the last page, so that nothing is missed and nothing comes twice.

    HUB_URL=https://hub.example/asean/ HUB_USER=… HUB_PASSWORD=… python plain_taxii.py COLLECTION-ID [ADDED_AFTER]
"""

import os
import sys

from taxii2client.v21 import Collection, as_pages

url = f"{os.environ['HUB_URL']}collections/{sys.argv[1]}/"
collection = Collection(url, user=os.environ["HUB_USER"], password=os.environ["HUB_PASSWORD"])
filters = {"added_after": sys.argv[2]} if len(sys.argv) > 2 else {}
for page in as_pages(collection.get_objects, per_request=500, **filters):
    for item in page.get("objects", []):
        print(item["type"], item["id"], item.get("revoked", False))
