"""The media types, paths, headers and parameters of TAXII 2.1 that the hub uses."""

from __future__ import annotations

from typing import Final

VERSION: Final = "2.1"
TAXII: Final = "application/taxii+json"
STIX: Final = "application/stix+json"
JSON: Final = "application/json"
# Common clients compare it with exactly this spelling (TAXII 2.1, 1.6.8.1).
CONTENT_TYPE: Final = f"{TAXII};version={VERSION}"
STIX_CONTENT_TYPE: Final = f"{STIX};version={VERSION}"

# Signs of older clients: TAXII 1.x has its own headers, and XML; TAXII 2.0 has other media types.
TAXII_1_HEADERS: Final = ("X-TAXII-Content-Type", "X-TAXII-Accept", "X-TAXII-Services", "X-TAXII-Protocol")
TAXII_1_MEDIA: Final = frozenset({"application/xml", "text/xml"})
MEDIA_2_0: Final = frozenset({"application/vnd.oasis.taxii+json", "application/vnd.oasis.stix+json"})

DISCOVERY_PATH: Final = "/taxii2/"  # 4.1: at the root of the server

DATE_ADDED_FIRST: Final = "X-TAXII-Date-Added-First"  # 3.2
DATE_ADDED_LAST: Final = "X-TAXII-Date-Added-Last"

ADDED_AFTER: Final = "added_after"  # 3.4
LIMIT: Final = "limit"
NEXT: Final = "next"
MATCH_ID: Final = "match[id]"  # 3.4.1
MATCH_TYPE: Final = "match[type]"
MATCH_VERSION: Final = "match[version]"
MATCH_SPEC_VERSION: Final = "match[spec_version]"

SPEC_VERSION: Final = "2.1"  # of STIX: the only version that the hub accepts (law L7)

HELD_ALREADY: Final = "It was held already."  # in a status, for an exact repeat, which is a success (5.5)
