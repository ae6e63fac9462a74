"""Words from which the register's names are built: for each country what organisations are called, and after what.

A word is written `native=latin`, or once where the language is written in Latin letters. Everything is invented:
ordinary nouns of each language, in combinations that no organisation is meant to have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SECTORS: Final = (
    "financial-services", "healthcare", "education", "government-local", "manufacturing", "retail", "telecommunications",
    "energy", "transportation", "insurance", "water", "aerospace",
)  # fmt: skip
"""The sectors of the register, the commonest first; the generic nouns below stand in this order."""

ENGLISH: Final = (
    "Bank", "Hospital", "College", "Town Council", "Manufacturing", "Store", "Telecom", "Energy", "Transport",
    "Insurance", "Water", "Aviation",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """One word in its own script and in Latin letters without marks."""

    native: str
    latin: str


@dataclass(frozen=True, slots=True)
class Tongue:
    """How organisations and people of one country are named. `generic` has a noun for each of SECTORS."""

    generic: tuple[str, ...]
    words: tuple[Word, ...]
    form: str  # the legal form around a name, `{}` for the name itself
    given_names: tuple[str, ...]
    family: tuple[str, ...]
    spaced: bool = True  # whether the script writes blanks between words


def _words(text: str) -> tuple[Word, ...]:
    pairs = (item.strip().partition("=") for item in text.split(";"))
    return tuple(Word(native, latin or native.lower()) for native, _, latin in pairs)


def _tongue(form: str, generic: str, words: str, given_names: str, family: str, *, spaced: bool = True) -> Tongue:
    nouns = tuple(noun.strip() for noun in generic.split(";"))
    return Tongue(nouns, _words(words), form, tuple(given_names.split()), tuple(family.split()), spaced)


TONGUES: Final[Mapping[str, Tongue]] = {
    "BN": _tongue(
        "{} Sdn Bhd",
        "Bank; Klinik; Institut; Jabatan Daerah; Perusahaan; Kedai; Komunikasi; Tenaga; Pengangkutan; Insurans;"
        "Bekalan Air; Penerbangan",
        "Simpur; Nipah; Keranji; Rengas; Ubar; Pelita; Sinaran; Kekal; Hikmat; Ikhlas; Purun; Gerimis; Lembayung; Tapah;"
        "Selaut; Bangar; Kulimpapa; Gelidah; Rambai; Belimbing; Tarap; Pakis",
        "Hazirah Khairul Norhayati Saiful Rosnah Amirul Zuliana Faizal",
        "Tajuddin Mumin Salleh Bungsu Metussin Lampoh Damit Jumat",
    ),
    "ID": _tongue(
        "PT {} Tbk",
        "Bank; Rumah Sakit; Universitas; Pemerintah Kota; Pabrik; Toserba; Telekomunikasi; Energi; Pelabuhan; Asuransi;"
        "Air Minum; Aviasi",
        "Melati; Kenanga; Bahari; Rinjani; Samudra; Purnama; Mahoni; Cendana; Gemilang; Kartika; Lestari; Merapi; Nirwana;"
        "Pelangi; Rajawali; Tirta; Anggrek; Bengawan; Cakrawala; Dirgantara; Kencana; Flamboyan; Gelatik; Krakatau;"
        "Lumbung; Mandala; Pertiwi; Sanubari; Teratai; Wanasari",
        "Bambang Sulastri Wahyudi Kusumawati Hartono Ningsih Supriyadi Ratnasari",
        "Prasetyo Widodo Halim Nasution Siregar Pangestu Suryadi Tampubolon",
    ),
    "KH": _tongue(
        "{} Co., Ltd.",
        "ធនាគារ; មន្ទីរពេទ្យ; សាកលវិទ្យាល័យ; សាលាក្រុង; រោងចក្រ; ផ្សារ; ទូរគមនាគមន៍; ថាមពល; ដឹកជញ្ជូន; ធានារ៉ាប់រង; រដ្ឋាករទឹក;អាកាសចរណ៍",
        "មេគង្គ=mekong; រតនា=rattana; សុវណ្ណ=sovann; ចំប៉ា=champa; ទន្លេ=tonle; អប្សរា=apsara; កុលាប=kolab; មង្គល=mongkol;"
        "វិមាន=vimean; សន្តិភាព=santepheap; រស្មី=raksmey; ចន្ទា=chantha; បុប្ផា=bopha; មករា=makara; សិរី=serey; រំដួល=romduol;"
        "អរុណ=arun; វឌ្ឍនា=vathana; កែវ=keo; ភ្នំ=phnom; ផ្កាយ=pkay; នាគ=neak",
        "Sokha Bopha Dara Chanthou Vuthy Sreymom Piseth Kunthea",
        "Keo Chhim Prak Nhem Touch Samreth Phal Heng",
        spaced=False,
    ),
    "LA": _tongue(
        "ບໍລິສັດ {} ຈຳກັດ",
        "ທະນາຄານ; ໂຮງໝໍ; ມະຫາວິທະຍາໄລ; ເທດສະບານ; ໂຮງງານ; ຕະຫຼາດ; ໂທລະຄົມ; ພະລັງງານ; ຂົນສົ່ງ; ປະກັນໄພ; ນ້ຳປະປາ; ການບິນ",
        "ຈຳປາ=champa; ດອກຄູນ=dokkhoun; ນ້ຳຂອງ=namkhong; ຄຳໄສ=khamsai; ວຽງຄຳ=viengkham; ພູສີ=phousi; ສະຫວັນ=savan;"
        "ມະນີວອນ=manivone; ບົວລະພາ=bualapha; ຄຳພອນ=khamphone; ຊ້າງຄຳ=sangkham; ດາວເຮືອງ=daoheuang; ທອງຄຳ=thongkham;"
        "ສີວິໄລ=sivilay; ລ້ານຊ້າງ=lanexang; ອິນແປງ=inpeng; ພອນສະຫວັນ=phonsavanh; ຈັນທະລາ=chanthala; ນາງຟ້າ=nangfa;"
        "ແກ້ວມະນີ=keomany",
        "Bounmy Souksakhone Khamla Vilayvanh Somphone Latsamy Thongdam Phetsamone",
        "Phommachanh Sengdara Inthavong Keobounphanh Vongsa Xayasone Douangta Luangrath",
        spaced=False,
    ),
    "MM": _tongue(
        "{} Co., Ltd.",
        "ဘဏ်; ဆေးရုံ; တက္ကသိုလ်; မြူနီစီပယ်; စက်ရုံ; စတိုး; ဆက်သွယ်ရေး; စွမ်းအင်; သယ်ယူပို့ဆောင်ရေး; အာမခံ; ရေပေးဝေရေး; လေကြောင်း",
        "ရွှေလမ်း=shwelan; မြတ်နိုး=myatnoe; အောင်ဇေယျ=aungzeya; ငွေလမင်း=ngwelamin; သီရိ=thiri; ဧရာ=ayeyar; စိန်ပန်း=seinpan;"
        "ပုလဲ=pale; နန္ဒာ=nanda; ကြယ်စင်=kyesin; မိုးမခ=moemakha; ရတနာ=yadanar; ချမ်းမြေ့=chanmyae; မေတ္တာ=myitta;"
        "ပဒုမ္မာ=padonma; တောင်ပြာ=taungpya; ရွှေစင်=shwesin; နွေဦး=nwayoo; သဇင်=thazin; အင်ကြင်း=ingyin; ခရမ်း=khayan;"
        "ဟင်္သာ=hintha",
        "Thida Kyawzin Nilar Minhtet Khinmar Zawgyi Sandar Hlaingwin",
        "Aungthein Tunlwin Myintoo Htaykyi Nyeinchan Soethant Winnaing Pyaephyo",
        spaced=False,
    ),
    "MY": _tongue(
        "{} Sdn Bhd",
        "Bank; Hospital; Kolej; Majlis Perbandaran; Kilang; Pasaraya; Telekom; Tenaga; Pelabuhan; Takaful; Air; Aeroangkasa",
        "Seroja; Kemboja; Meranti; Jelutong; Semarak; Gemala; Delima; Mutiara; Rimba; Saujana; Teratai; Kayangan; Ledang;"
        "Budiman; Kenari; Merbok; Nilam; Zamrud; Chengal; Tualang; Halilintar; Pawana; Sekoci; Tempua; Waringin;"
        "金葉=jinye; 海明=haiming; 和順=heshun; 福泰=futai; 玉山=yushan",
        "Azlina Hafizuddin Norazmi Kavitha Weiling Shahrul Devaraj Suraya",
        "Yusoff Rahman Iskandar Subramaniam Tanjung Ghazali Krishnan Othman",
    ),
    "PH": _tongue(
        "{} Inc.",
        "Bangko; Ospital; Kolehiyo; Pamahalaang Lungsod; Pabrika; Pamilihan; Telekom; Kuryente; Transportasyon; Seguro;"
        "Patubig; Abyasyon",
        "Bituin; Dalisay; Ligaya; Sampaguita; Narra; Amihan; Bayani; Diwata; Hiraya; Liwayway; Luntian; Mayari; Silangan;"
        "Tanglaw; Banahaw; Bughaw; Kampana; Lakambini; Perlas; Sagisag; Santelmo; Tagumpay; Ubasan; Yakal; Alitaptap;"
        "Balangay; Dalampasigan; Habagat; Kundiman; Talampas",
        "Marisol Crisanto Jovelyn Renato Lourdes Dominador Rowena Arnulfo",
        "Magsaysay Dimaculangan Villaroel Catacutan Panganiban Salonga Macaraeg Buenaflor",
    ),
    "SG": _tongue(
        "{} Pte Ltd",
        "Bank; Hospital; Academy; Town Council; Precision; Mart; Telecom; Power; Logistics; Assurance; Water; Aerospace",
        "Angsana; Tembusu; Merbau; Gelam; Selarang; Ketapang; Bahtera; Oakhaven; Silverline; Tideway; Evercrest; Goldleaf;"
        "Jadegate; Redhill; Skylark; Stonebridge; Windmere; Bluefin; Harbourlight; Northstar; Clearbrook; Lanternbay;"
        "東星=dongxing; 長樂=changle; 瑞豐=ruifeng; 天鶴=tianhe; 南嶺=nanling; 銀河=yinhe",
        "Weijie Meihua Prakash Shanthi Jiahui Rashidah Kokleong Yuxuan",
        "Lim Ong Chua Nair Mohamed Teo Balakrishnan Quek",
    ),
    "TH": _tongue(
        "บริษัท {} จำกัด",
        "ธนาคาร; โรงพยาบาล; มหาวิทยาลัย; เทศบาล; โรงงาน; ห้างสรรพสินค้า; โทรคมนาคม; พลังงาน; ขนส่ง; ประกันภัย; การประปา;การบิน",
        "รุ่งเรือง=rungrueang; เจริญชัย=charoenchai; มงคล=mongkhon; ทองดี=thongdi; บัวแก้ว=buakaeo; ดาวเหนือ=daonuea;"
        "พฤกษา=phrueksa; สายธาร=saithan; เพชรงาม=phetngam; แสงทอง=saengthong; ชัยพร=chaiphon; วัฒนา=watthana; ไพลิน=phailin;"
        "มณีจันทร์=manichan; ธารทิพย์=thanthip; นภา=napha; กมล=kamon; อรุณ=arun; พิมาน=phiman; รัตนา=rattana;"
        "สิงห์ทอง=singthong; เกษม=kasem; ปัญญา=panya; บูรพา=burapha; จันทรา=chanthra; ลำดวน=lamduan; ภูผา=phupha;"
        "สุวรรณ=suwan; กาสะลอง=kasalong; หิรัญ=hiran",
        "Somchai Kanokwan Prasert Siriporn Wichai Nattaya Thanawat Orathai",
        "Thongchai Srisawat Phromma Jantarasena Wongsakul Rattanakosin Boonmee Chaiyaphum",
        spaced=False,
    ),
    "TL": _tongue(
        "{}, Lda",
        "Banku; Ospitál; Universidade; Munisípiu; Fábrika; Loja; Telekom; Enerjia; Transporte; Seguru; Bee; Aviasaun",
        "Ramelau; Naroman; Fitun; Kmanek; Matebian; Haburas; Esperansa; Futuru; Tasitolu; Lorosae; Hakmatek; Manumeta;"
        "Aikameli; Raiklaran; Kabelaki; Loriku; Bidau; Mundoperdidu; Ataúru=atauru; Liberdade",
        "Domingas Filomeno Adelina Jacinto Benvinda Anacleto Odete Silverio",
        "Guterres Amaral Soares Belo Ximenes Carvalho Tilman Sarmento",
    ),
    "VN": _tongue(
        "Công ty Cổ phần {}",
        "Ngân hàng; Bệnh viện; Trường Đại học; Ủy ban Nhân dân; Nhà máy; Siêu thị; Viễn thông; Điện lực; Vận tải; Bảo hiểm;"
        "Cấp nước; Hàng không",
        "Hồng Ân=hongan; Bình Sơn=binhson; An Lộc=anloc; Phú Thịnh=phuthinh; Minh Châu=minhchau; Tân Tiến=tantien;"
        "Hải Đăng=haidang; Thiên Phúc=thienphuc; Bảo Ngọc=baongoc; Cẩm Tú=camtu; Đông Hải=donghai; Hưng Thịnh=hungthinh;"
        "Khánh Vân=khanhvan; Lam Sơn=lamson; Mộc Châu=mocchau; Ngọc Lan=ngoclan; Quảng Minh=quangminh; Sơn Trà=sontra;"
        "Tường Vy=tuongvy; Trường Xuân=truongxuan; Vạn Xuân=vanxuan; Việt Hưng=viethung; Yên Bình=yenbinh; Đức Tín=ductin;"
        "Hòa An=hoaan; Thanh Vân=thanhvan; Kim Giao=kimgiao; Phượng Vĩ=phuongvi; Trúc Lâm=truclam; Giang Nam=giangnam",
        "Thuyduong Quocbao Hoanglong Bichngoc Minhtuan Kimchi Vanhung Thanhha",
        "Nguyen Tran Doan Phung Luong Trinh Dinh Vuong",
    ),
}
"""By country."""
