"""Countries and the regions of STIX (region-ov, STIX 2.1, 10.21), for the rungs of a release and for texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_MEMBERS_OF: Final = {
    "eastern-africa": "BI KM DJ ER ET KE MG MW MU YT MZ RE RW SC SO SS TZ UG ZM ZW IO TF",
    "middle-africa": "AO CM CF TD CG CD GQ GA ST",
    "northern-africa": "DZ EG LY MA SD TN EH",
    "southern-africa": "BW SZ LS NA ZA",
    "western-africa": "BJ BF CV CI GM GH GN GW LR ML MR NE NG SH SN SL TG",
    "caribbean": "AI AG AW BS BB BQ VG KY CU CW DM DO GD GP HT JM MQ MS PR BL KN LC MF VC SX TT TC VI",
    "central-america": "BZ CR SV GT HN MX NI PA",
    "northern-america": "BM CA GL PM US",
    "south-america": "AR BO BR CL CO EC FK GF GY PY PE SR UY VE BV GS",
    "central-asia": "KZ KG TJ TM UZ",
    "eastern-asia": "CN HK JP KP KR MO MN TW",
    "southern-asia": "AF BD BT IN IR MV NP PK LK",
    "south-eastern-asia": "BN KH ID LA MY MM PH SG TH TL VN",
    "western-asia": "AM AZ BH CY GE IQ IL JO KW LB OM PS QA SA SY TR AE YE",
    "eastern-europe": "BY BG CZ HU PL MD RO RU SK UA",
    "northern-europe": "AX DK EE FO FI GG IS IE IM JE LV LT NO SJ SE GB",
    "southern-europe": "AD AL BA HR GI GR VA IT MT ME MK PT SM RS SI ES",
    "western-europe": "AT BE FR DE LI LU MC NL CH",
    "australia-new-zealand": "AU NZ CX CC NF HM",
    "melanesia": "FJ NC PG SB VU",
    "micronesia": "GU KI MH FM NR MP PW UM",
    "polynesia": "AS CK PF NU PN WS TK TO TV WF",
    "antarctica": "AQ",
}
REGIONS: Final[Mapping[str, str]] = {code: region for region, codes in _MEMBERS_OF.items() for code in codes.split()}
"""ISO 3166-1 alpha-2 -> region-ov."""

COUNTRIES: Final = frozenset(REGIONS)
"""ISO 3166-1 alpha-2"""

_NAMES: Final[Mapping[str, str]] = {
    "BN": "Brunei Darussalam", "KH": "Cambodia", "ID": "Indonesia", "LA": "Lao PDR", "MY": "Malaysia", "MM": "Myanmar",
    "PH": "the Philippines", "SG": "Singapore", "TH": "Thailand", "TL": "Timor-Leste", "VN": "Viet Nam",
}  # fmt: skip


def country_name(code: str) -> str:
    """The usual name of the country, or its code if we have no name."""
    return _NAMES.get(code, code)


def region_name(region: str) -> str:
    """`south-eastern-asia` -> `South-eastern Asia`."""
    direction, _, continent = region.rpartition("-")
    return f"{direction.capitalize()} {continent.capitalize()}" if direction else continent.capitalize()
