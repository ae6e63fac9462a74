"""Country codes (ISO 3166-1 alpha-2) for the names of countries that people and platforms use."""

from __future__ import annotations

from typing import Final

from hub.reports.reading.spelling import spelling_key
from hub.stix.places import COUNTRIES

# code: names in lower case. The eleven countries have names in their own and their neighbours' languages.
_NAMES: Final[dict[str, str]] = {
    "BN": "brunei|brunei darussalam|negara brunei darussalam|บรูไน|文莱|汶萊|ព្រុយណេ|ບຣູໄນ|ဘရူနိုင်း|புரூணை|புரூனே|bru-nây",
    "KH": "cambodia|kampuchea|kamboja|kemboja|កម្ពុជា|campuchia|กัมพูชา|柬埔寨|kingdom of cambodia|ប្រទេសកម្ពុជា|ព្រះរាជាណាចក្រកម្ពុជា|ກຳປູເຈຍ|ကမ္ဘောဒီးယား|கம்போடியா|camboja|cam-pu-chia|kambódia|kambodia",
    "ID": "indonesia|republik indonesia|inđônêxia|อินโดนีเซีย|印度尼西亚|印尼|印度尼西亞|இந்தோனேசியா|republic of indonesia|ឥណ្ឌូនេស៊ី|ອິນໂດເນເຊຍ|အင်ဒိုနီးရှား|indonésia|indonézia|in-đô-nê-xi-a",
    "LA": "laos|lao|lao pdr|lao people's democratic republic|ລາວ|ສປປ ລາວ|lào|ลาว|老挝|老撾|寮國|ສ.ປ.ປ. ລາວ|ສປປລາວ|ປະເທດລາວ|ឡាវ|ប្រទេសឡាវ|လာအို|லாவோஸ்|láos",
    "MY": "malaysia|malaysia federation|มาเลเซีย|马来西亚|馬來西亞|மலேசியா|mã lai|ma-lai-xi-a|ម៉ាឡេស៊ី|ມາເລເຊຍ|မလေးရှား|malásia|malázia",
    "MM": "myanmar|burma|မြန်မာ|เมียนมา|พม่า|缅甸|緬甸|myanma|မြန်မာနိုင်ငံ|republic of the union of myanmar|មីយ៉ាន់ម៉ា|ມຽນມາ|மியான்மர்|mianmar|mianmár|birmânia|mi-an-ma|miến điện",
    "PH": "philippines|the philippines|pilipinas|filipina|ฟิลิปปินส์|菲律宾|菲律賓|republic of the philippines|ហ្វីលីពីន|ຟີລິບປິນ|ဖိလစ်ပိုင်|பிலிப்பைன்ஸ்|filipinas|phi-líp-pin",
    "SG": "singapore|singapura|สิงคโปร์|新加坡|சிங்கப்பூர்|xinh ga po|xin-ga-po|republic of singapore|សិង្ហបុរី|ສິງກະໂປ|စင်ကာပူ",
    "TH": "thailand|muangthai|ไทย|ประเทศไทย|thái lan|泰国|泰國|kingdom of thailand|ថៃ|ប្រទេសថៃ|ໄທ|ປະເທດໄທ|ထိုင်း|ထိုင်းနိုင်ငံ|தாய்லாந்து|tailândia|tailándia",
    "TL": "timor-leste|timor leste|east timor|timor lorosa'e|timor|东帝汶|東帝汶|timór-leste|timor lorosae|timór lorosa'e|ติมอร์-เลสเต|ติมอร์เลสเต|ទីម័រខាងកើត|ទីម័រ-លីស្ទី|ຕີມໍຕາເວັນອອກ|အရှေ့တီမော|கிழக்கு திமோர்|đông timor|đông ti-mo",
    "VN": "vietnam|viet nam|việt nam|เวียดนาม|越南|socialist republic of viet nam|វៀតណាម|ຫວຽດນາມ|ဗီယက်နမ်|வியட்நாம்|vietname|vietnã|vietnám",
    "AU": "australia", "BD": "bangladesh", "BR": "brazil", "CA": "canada", "CN": "china|中国|cina|tiongkok|trung quốc",
    "DE": "germany", "ES": "spain", "FR": "france", "GB": "united kingdom|great britain|england|uk",
    "HK": "hong kong|hongkong", "IL": "israel", "IN": "india", "IR": "iran", "IT": "italy", "JP": "japan|jepang|日本",
    "KP": "north korea", "KR": "south korea|korea|republic of korea", "LK": "sri lanka", "MO": "macau|macao",
    "MX": "mexico", "NL": "netherlands|the netherlands", "NP": "nepal", "NZ": "new zealand", "PG": "papua new guinea",
    "PK": "pakistan", "PL": "poland", "PT": "portugal", "RU": "russia|russian federation", "SA": "saudi arabia",
    "TR": "turkey|türkiye", "TW": "taiwan|台湾", "UA": "ukraine", "AE": "united arab emirates|uae",
    "US": "united states|united states of america|usa|america",
}  # fmt: skip
_BY_NAME: Final = {spelling_key(name): code for code, names in _NAMES.items() for name in names.split("|")}


def country_code(text: str) -> str:
    """Return the code of a country, given as a code or a common name. Raises ValueError for anything else."""
    code = text.strip().upper()
    if code in COUNTRIES:
        return code
    named_code = _BY_NAME.get(spelling_key(text))
    if named_code is None:
        raise ValueError("a two-letter country code (ISO 3166), such as ID, MY or SG")
    return named_code
