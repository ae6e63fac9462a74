"""Words of industry-sector-ov (STIX 2.1, 10.9) for the names of sectors that people and platforms use."""

from __future__ import annotations

from typing import Final

from hub.reports.reading.spelling import spelling_key
from hub.stix.vocabularies import INDUSTRY_SECTORS

# Names in lower case, without punctuation. Names of MISP's sector galaxy and the EU's NIS list first, then common ones.
_NAMES: Final[dict[str, str]] = {
    "bank": "financial-services", "banking": "financial-services", "banks": "financial-services",
    "finance": "financial-services", "financial": "financial-services", "financial services": "financial-services",
    "financial market infrastructures": "financial-services", "investment": "financial-services",
    "payment": "financial-services", "payment service": "financial-services", "fintech": "financial-services",
    "health": "healthcare", "health care": "healthcare", "hospital": "healthcare", "hospitals": "healthcare",
    "medical": "healthcare", "pharmacy": "pharmaceuticals", "pharmaceutical": "pharmaceuticals", "pharma": "pharmaceuticals",
    "telecom": "telecommunications", "telecoms": "telecommunications", "telco": "telecommunications",
    "telecommunication": "telecommunications", "isp": "telecommunications", "digital infrastructure": "technology",
    "government administration": "government-national", "public administration": "government-national",
    "government": "government", "public sector": "government", "administration": "government",
    "local government": "government-local", "regional government": "government-regional", "ministry": "government-national",
    "diplomacy": "government-national", "embassy": "government-national", "police law enforcement": "government-public-services",
    "police": "government-public-services", "justice": "government-public-services", "emergency": "emergency-services",
    "civil aviation": "transportation", "aviation": "transportation", "airport": "transportation", "airlines": "transportation",
    "transport": "transportation", "logistic": "transportation", "logistics": "transportation", "shipping": "transportation",
    "maritime": "transportation", "port": "transportation", "railway": "transportation", "aerospace": "aerospace",
    "space": "aerospace", "defense": "defense", "defence": "defense", "military": "defense",
    "electric": "energy", "electricity": "energy", "oil": "energy", "gas": "energy", "oil and gas": "energy", "power": "energy",
    "petroleum": "energy", "renewable energy": "energy", "nuclear": "nuclear", "drinking water": "water",
    "water supply": "water", "waste water": "water", "utility": "utilities",
    "academia university": "education", "academia": "education", "university": "education", "school": "education",
    "higher education": "education", "research innovation": "education", "research": "education",
    "it": "technology", "ict": "technology", "information technology": "technology", "it security": "technology",
    "security service": "technology", "software": "technology", "cloud": "technology", "high tech": "technology",
    "electronic": "technology", "electronics": "technology", "semi conductor": "technology", "technology": "technology",
    "media": "communications", "news media": "communications", "publishing": "communications", "broadcasting": "communications",
    "press": "communications", "manufacturing": "manufacturing", "industrial": "manufacturing", "industry": "manufacturing",
    "factory": "manufacturing", "textile": "manufacturing", "automotive": "automotive", "car": "automotive",
    "chemical": "chemical", "construction": "construction", "real estate": "commercial", "trade": "commercial",
    "e commerce": "retail", "ecommerce": "retail", "retail": "retail", "shopping": "retail", "food": "agriculture",
    "agriculture": "agriculture", "farming": "agriculture", "hotels": "hospitality-leisure", "hotel": "hospitality-leisure",
    "hospitality": "hospitality-leisure", "tourism": "hospitality-leisure", "travel": "hospitality-leisure",
    "restaurant": "hospitality-leisure", "casino": "entertainment", "gaming": "entertainment", "gambling": "entertainment",
    "video games": "entertainment", "sport": "entertainment", "ngo": "non-profit", "non profit": "non-profit",
    "civil society": "non-profit", "political party": "non-profit", "think tanks": "non-profit", "religion": "non-profit",
    "charity": "non-profit", "mining": "mining", "insurance": "insurance", "legal": "commercial", "law": "commercial",
    "consulting": "commercial", "dams": "dams", "infrastructure": "infrastructure",
    # further names of MISP's galaxy and of the lists of NIS, NIS2 and DHS
    "arts": "entertainment", "culture": "entertainment", "game": "entertainment", "data broker": "commercial",
    "employment": "commercial", "it isp": "telecommunications", "it hacker": "technology", "security systems": "technology",
    "social networks": "technology", "steel": "manufacturing", "metal": "manufacturing", "turbine": "manufacturing",
    "life science": "pharmaceuticals", "biomedical": "healthcare", "smart meter": "utilities", "engineering": "manufacturing",
    "semi conductors": "technology", "communication equipment": "telecommunications", "tax firm": "commercial",
    "television broadcast": "communications", "digital services": "technology", "digital service": "technology",
    "journalist": "communications", "streaming service": "entertainment", "publishing industry": "communications",
    "online marketplace": "retail", "dns service provider": "technology", "veterinary": "healthcare",
    "marketing": "commercial", "advertising": "commercial", "video sharing": "entertainment", "accounting": "commercial",
    "programming": "technology", "managed services provider": "technology", "lawyers": "commercial",
    "petrochemical": "chemical", "immigration": "government-public-services", "non profit organisation": "non-profit",
    "non profit organization": "non-profit", "islamic organisation": "non-profit", "satellite navigation": "aerospace",
    "electricity energy": "energy", "oil energy": "energy", "gas energy": "energy", "hydrogen": "energy",
    "district heating and cooling": "energy", "air transport": "transportation", "rail transport": "transportation",
    "water transport": "transportation", "road transport": "transportation", "air": "transportation",
    "rail": "transportation", "road": "transportation", "courier": "transportation", "postal": "transportation",
    "digitalinfrastructure": "technology", "market dsp": "retail", "search dsp": "technology", "cloud dsp": "technology",
    "ict services": "technology", "ict management": "technology", "waste management": "utilities", "waste": "utilities",
    "digital providers": "technology", "digital": "technology", "chemicals": "chemical",
    "medical devices": "healthcare", "medical devices manufacturing": "healthcare", "electronic optical": "manufacturing",
    "electrical equipment": "manufacturing", "machine tool": "manufacturing", "vehicle manufacturing": "automotive",
    "computer manufacturing": "manufacturing", "electrical equipment manufacturing": "manufacturing",
    "machinery equipment manufacturing": "manufacturing", "vehicles trailers manufacturing": "automotive",
    "other transport manufacturing": "manufacturing", "other transport equipment": "manufacturing",
    "commercial facilities": "commercial", "critical manufacturing": "manufacturing", "dib": "defense",
    "food agriculture": "agriculture", "government facilities": "government", "healthcare public": "healthcare",
    "trust and identification services": "technology", "services": "commercial",
    # Indonesian and Malay
    "perbankan": "financial-services", "keuangan": "financial-services", "kewangan": "financial-services",
    "kesehatan": "healthcare", "kesihatan": "healthcare", "rumah sakit": "healthcare", "pendidikan": "education",
    "pemerintahan": "government", "pemerintah": "government", "kerajaan": "government", "energi": "energy",
    "tenaga": "energy", "telekomunikasi": "telecommunications", "transportasi": "transportation",
    "pengangkutan": "transportation", "asuransi": "insurance", "insurans": "insurance", "pertanian": "agriculture",
    "perhotelan": "hospitality-leisure", "manufaktur": "manufacturing", "pembuatan": "manufacturing",
    "universitas": "education", "universiti": "education", "sekolah": "education", "teknologi": "technology",
    "pertahanan": "defense", "pariwisata": "hospitality-leisure", "pelancongan": "hospitality-leisure", "listrik": "energy",
    "elektrik": "energy", "minyak dan gas": "energy", "pertambangan": "mining", "perlombongan": "mining", "ritel": "retail",
    # Vietnamese, Thai, Filipino
    "ngân hàng": "financial-services", "tài chính": "financial-services", "y tế": "healthcare", "giáo dục": "education",
    "chính phủ": "government", "năng lượng": "energy", "viễn thông": "telecommunications", "bảo hiểm": "insurance",
    "giao thông vận tải": "transportation",
    "ธนาคาร": "financial-services", "การเงิน": "financial-services", "สาธารณสุข": "healthcare", "การศึกษา": "education",
    "รัฐบาล": "government", "ราชการ": "government", "พลังงาน": "energy", "โทรคมนาคม": "telecommunications",
    "ประกันภัย": "insurance", "ขนส่ง": "transportation",
    "bangko": "financial-services", "kalusugan": "healthcare", "edukasyon": "education", "pamahalaan": "government",
    "enerhiya": "energy", "pananalapi": "financial-services", "telekomunikasyon": "telecommunications",
    "transportasyon": "transportation", "agrikultura": "agriculture", "ospital": "healthcare", "unibersidad": "education",
    "teknolohiya": "technology", "bệnh viện": "healthcare", "trường học": "education", "đại học": "education",
    "điện lực": "energy", "công nghệ": "technology", "du lịch": "hospitality-leisure", "nông nghiệp": "agriculture",
    "quốc phòng": "defense", "โรงพยาบาล": "healthcare", "มหาวิทยาลัย": "education", "เทคโนโลยี": "technology",
    "ท่องเที่ยว": "hospitality-leisure", "การท่องเที่ยว": "hospitality-leisure", "เกษตร": "agriculture", "ไฟฟ้า": "energy",
    # Khmer, Lao, Burmese, Chinese, Tamil, Portuguese and Tetum
    "ធនាគារ": "financial-services", "សុខាភិបាល": "healthcare", "អប់រំ": "education", "រដ្ឋាភិបាល": "government",
    "ທະນາຄານ": "financial-services", "ສາທາລະນະສຸກ": "healthcare", "ການສຶກສາ": "education", "ລັດຖະບານ": "government",
    "ဘဏ်": "financial-services", "ကျန်းမာရေး": "healthcare", "ပညာရေး": "education", "အစိုးရ": "government",
    "ហិរញ្ញវត្ថុ": "financial-services", "មន្ទីរពេទ្យ": "healthcare", "សាកលវិទ្យាល័យ": "education", "ថាមពល": "energy",
    "អគ្គិសនី": "energy", "ទូរគមនាគមន៍": "telecommunications", "ធានារ៉ាប់រង": "insurance", "ដឹកជញ្ជូន": "transportation",
    "កសិកម្ម": "agriculture", "ទេសចរណ៍": "hospitality-leisure", "បច្ចេកវិទ្យា": "technology", "ការពារជាតិ": "defense",
    "ການເງິນ": "financial-services", "ໂຮງໝໍ": "healthcare", "ມະຫາວິທະຍາໄລ": "education", "ພະລັງງານ": "energy",
    "ໄຟຟ້າ": "energy", "ໂທລະຄົມມະນາຄົມ": "telecommunications", "ໂທລະຄົມ": "telecommunications", "ປະກັນໄພ": "insurance",
    "ຂົນສົ່ງ": "transportation", "ກະສິກຳ": "agriculture", "ທ່ອງທ່ຽວ": "hospitality-leisure", "ເຕັກໂນໂລຊີ": "technology",
    "ဘဏ္ဍာရေး": "financial-services", "ငွေကြေး": "financial-services", "ဆေးရုံ": "healthcare", "တက္ကသိုလ်": "education",
    "စွမ်းအင်": "energy", "လျှပ်စစ်": "energy", "ဆက်သွယ်ရေး": "telecommunications", "အာမခံ": "insurance",
    "ပို့ဆောင်ရေး": "transportation", "စိုက်ပျိုးရေး": "agriculture", "ခရီးသွားလုပ်ငန်း": "hospitality-leisure",
    "နည်းပညာ": "technology", "ကာကွယ်ရေး": "defense",
    "நிதி": "financial-services", "மருத்துவமனை": "healthcare", "பல்கலைக்கழகம்": "education", "எரிசக்தி": "energy",
    "மின்சாரம்": "energy", "தொலைத்தொடர்பு": "telecommunications", "காப்பீடு": "insurance", "போக்குவரத்து": "transportation",
    "விவசாயம்": "agriculture", "சுற்றுலா": "hospitality-leisure", "தொழில்நுட்பம்": "technology",
    "医院": "healthcare", "大学": "education", "交通": "transportation", "农业": "agriculture", "旅游": "hospitality-leisure",
    "科技": "technology", "国防": "defense", "零售": "retail", "制造业": "manufacturing", "電信": "telecommunications",
    "銀行": "financial-services", "银行": "financial-services", "金融": "financial-services", "医疗": "healthcare", "教育": "education", "政府": "government",
    "能源": "energy", "电信": "telecommunications", "保险": "insurance",
    "வங்கி": "financial-services", "சுகாதாரம்": "healthcare", "கல்வி": "education", "அரசு": "government",
    "banco": "financial-services", "banku": "financial-services", "saúde": "healthcare", "educação": "education",
    "edukasaun": "education", "governo": "government", "energia": "energy",
    "finanças": "financial-services", "finansas": "financial-services", "banca": "financial-services",
    "telecomunicações": "telecommunications", "telekomunikasaun": "telecommunications", "seguros": "insurance",
    "transporte": "transportation", "transportes": "transportation", "agricultura": "agriculture", "turismo": "hospitality-leisure",
    "turizmu": "hospitality-leisure", "universidade": "education", "ensino": "education", "tecnologia": "technology",
    "teknolojia": "technology", "defesa": "defense", "defeza": "defense", "eletricidade": "energy", "enerjia": "energy",
    "eletrisidade": "energy", "governu": "government",
}  # fmt: skip


_BY_NAME: Final = {spelling_key(name): word for name, word in _NAMES.items()}


def sector_word(text: str) -> str:
    """Return a word of industry-sector-ov, given as that word or a common name. Raises ValueError for anything else."""
    name = " ".join(
        "".join(char if char.isalnum() or not char.isascii() else " " for char in spelling_key(text)).split()
    )
    word = name.replace(" ", "-")
    if word in INDUSTRY_SECTORS:
        return word
    synonym_of = _BY_NAME.get(name) or _BY_NAME.get(name.removesuffix(" sector").removesuffix(" subsector"))
    if synonym_of is None:
        raise ValueError(f"a sector of STIX: {', '.join(sorted(INDUSTRY_SECTORS))}")
    return synonym_of
