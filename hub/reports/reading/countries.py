"""Countries as people and platforms name them, as ISO 3166-1 alpha-2 codes."""

from __future__ import annotations

import re
from typing import Final

from hub.stix.places import COUNTRIES

# code: names in small letters. The eleven countries in their own languages and in those of their neighbours; others in English.
_NAMES: Final[dict[str, str]] = {
    "BN": "brunei|brunei darussalam|negara brunei darussalam|บรูไน|文莱",
    "KH": "cambodia|kampuchea|kamboja|kemboja|កម្ពុជា|campuchia|กัมพูชา|柬埔寨",
    "ID": "indonesia|republik indonesia|inđônêxia|อินโดนีเซีย|印度尼西亚|印尼|இந்தோனேசியா",
    "LA": "laos|lao|lao pdr|lao people's democratic republic|ລາວ|ສປປ ລາວ|lào|ลาว|老挝",
    "MY": "malaysia|malaysia federation|มาเลเซีย|马来西亚|மலேசியா|mã lai",
    "MM": "myanmar|burma|မြန်မာ|เมียนมา|พม่า|缅甸|myanma",
    "PH": "philippines|the philippines|pilipinas|filipina|ฟิลิปปินส์|菲律宾",
    "SG": "singapore|singapura|สิงคโปร์|新加坡|சிங்கப்பூர்|xinh ga po",
    "TH": "thailand|muangthai|ไทย|ประเทศไทย|thái lan|泰国",
    "TL": "timor-leste|timor leste|east timor|timor lorosa'e|timor|东帝汶",
    "VN": "vietnam|viet nam|việt nam|เวียดนาม|越南",
    "AU": "australia", "BD": "bangladesh", "BR": "brazil", "CA": "canada", "CN": "china|中国|cina|tiongkok|trung quốc",
    "DE": "germany", "ES": "spain", "FR": "france", "GB": "united kingdom|great britain|england|uk",
    "HK": "hong kong|hongkong", "IL": "israel", "IN": "india", "IR": "iran", "IT": "italy", "JP": "japan|jepang|日本",
    "KP": "north korea", "KR": "south korea|korea|republic of korea", "LK": "sri lanka", "MO": "macau|macao",
    "MX": "mexico", "NL": "netherlands|the netherlands", "NP": "nepal", "NZ": "new zealand", "PG": "papua new guinea",
    "PK": "pakistan", "PL": "poland", "PT": "portugal", "RU": "russia|russian federation", "SA": "saudi arabia",
    "TR": "turkey|türkiye", "TW": "taiwan|台湾", "UA": "ukraine", "AE": "united arab emirates|uae",
    "US": "united states|united states of america|usa|america",
}  # fmt: skip
_BY_NAME: Final = {name: code for code, names in _NAMES.items() for name in names.split("|")}


def country_code(text: str) -> str:
    """The code of a country, from the code itself or a usual name. Raises ValueError for anything else."""
    code = text.strip().upper()
    if code in COUNTRIES:
        return code
    known = _BY_NAME.get(re.sub(r"\s+", " ", text.strip().casefold()))
    if known is None:
        raise ValueError("a two-letter country code (ISO 3166), such as ID, MY or SG")
    return known
