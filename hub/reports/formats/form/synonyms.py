"""Synonyms for the words of the form's vocabularies, in English and in languages of the eleven countries.

Keys are in lower case, with single blanks and no punctuation between words. The word of the standard is always accepted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from hub.reports.reading.spelling import spelling_key


def synonym_key(text: str) -> str:
    """Return the text in the spelling of the keys of this module."""
    return " ".join(re.sub(r"[-_/,.;:()&]+", " ", spelling_key(text)).split())


def synonym_table(text: str) -> Mapping[str, str]:
    """Return synonym -> word for lines of the form `word: synonym | synonym`."""
    pairs = (line.partition(":") for line in text.strip().splitlines())
    return {synonym_key(name): word.strip() for word, _, names in pairs for name in names.split("|")}


SYNONYMS: Final[Mapping[str, Mapping[str, str]]] = {
    "stage": synonym_table("""
        early: awal | permulaan | peringatan dini | initial | first | early warning | preliminary | sơ bộ | ban đầu | เบื้องต้น | เริ่มต้น | paunang | inicial | preliminar | 初步 | ដំបូង | ເບື້ອງຕົ້ນ | အစောပိုင်း | ஆரம்ப | ஆரம்பநிலை
        update: pembaruan | perkembangan | kemas kini | interim | intermediate | progress | cập nhật | อัปเดต | ความคืบหน้า | atualização | 更新 | បច្ចុប្បន្នភាព | ອັບເດດ | புதுப்பிப்பு | atualizasaun
        final: akhir | muktamad | terakhir | closing | complete | cuối cùng | สุดท้าย | ฉบับสมบูรณ์ | huli | 最终 | ចុងក្រោយ | ສຸດທ້າຍ | နောက်ဆုံး | இறுதி | ikus
    """),
    "status": synonym_table("""
        new: baru | received | mới | ใหม่ | bago | novo | 新 | ថ្មី | ໃໝ່ | အသစ် | புதிய | புதியது | foun
        open: ditangani | sedang ditangani | terbuka | dalam proses | dalam siasatan | in progress | ongoing | active | under investigation | đang xử lý | đang điều tra | กำลังดำเนินการ | เปิด | bukas | aberto | em curso | 处理中 | កំពុងដំណើរការ | ເປີດ | ກຳລັງດຳເນີນການ | ဆောင်ရွက်ဆဲ | நடைபெறுகிறது | திறந்த | loke
        closed: selesai | ditutup | tertutup | resolved | done | finished | đã đóng | đã xử lý | hoàn thành | ปิด | เสร็จสิ้น | sarado | fechado | encerrado | 已关闭 | បិទ | បានបិទ | ປິດ | ປິດແລ້ວ | ပိတ်ပြီး | ပြီးစီး | மூடப்பட்டது | taka
    """),
    "determination": synonym_table("""
        suspected: diduga | disyaki | dicurigai | possible | probable | unconfirmed | nghi ngờ | สงสัย | ต้องสงสัย | pinaghihinalaan | suspeito | 疑似 | សង្ស័យ | ສົງໄສ | သံသယ | သံသယရှိ | சந்தேகம் | சந்தேகத்திற்குரியது | suspeitu
        confirmed: terbukti | terkonfirmasi | dikonfirmasi | disahkan | verified | đã xác nhận | xác nhận | ยืนยัน | ยืนยันแล้ว | kumpirmado | confirmado | 已确认 | បានបញ្ជាក់ | ຢືນຢັນ | ຢືນຢັນແລ້ວ | အတည်ပြု | အတည်ပြုပြီး | உறுதிசெய்யப்பட்டது | konfirmadu
        blocked: dicegah | diblokir | disekat | prevented | đã chặn | ถูกบล็อก | ป้องกันได้ | hinarang | bloqueado | 已阻止 | បានទប់ស្កាត់ | ສະກັດກັ້ນ | တားဆီးပြီး | தடுக்கப்பட்டது | blokeiadu
        failed-attempt: gagal | percobaan gagal | percubaan gagal | attempted | unsuccessful | thất bại | ล้มเหลว | ไม่สำเร็จ | nabigo | falhado | 未遂 | បរាជ័យ | ລົ້ມເຫຼວ | မအောင်မြင် | தோல்வி | falla
        false-positive: keliru | positif palsu | salah | false alarm | not an incident | dương tính giả | báo động giả | ผลบวกลวง | maling alarma | falso positivo | 误报
    """),
    "consent": synonym_table("""
        none: tidak ada | tidak setuju | tiada | no consent | không | không đồng ý | ไม่ยินยอม | wala | nenhum
        cert-only: hanya cert | cert sahaja | cert saja | chỉ cert | เฉพาะ cert
        sector-only: hanya sektor | sektor sahaja | sektor saja | sector | chỉ ngành | เฉพาะภาคส่วน
        pseudonym: pseudonim | nama samaran | anonymous | bí danh | นามแฝง
    """),
    "tlp": synonym_table("""
        clear: putih | jelas | trắng | ขาว | branco | puti | 白 | ស | ຂາວ | အဖြူ | வெள்ளை | mutin
        green: hijau | xanh | เขียว | berde | verde | 绿 | បៃតង | ຂຽວ | အစိမ်း | பச்சை
        amber: kuning | jingga | hổ phách | อำพัน
        red: merah | đỏ | แดง | pula | vermelho | 红 | ក្រហម | ແດງ | အနီ | சிவப்பு
    """),
    "severity": synonym_table("""
        low: rendah | ringan | minor | thấp | nhẹ | ต่ำ | mababa | baixo | baixa | 低 | ទាប | ຕ່ຳ | နိမ့် | குறைந்த | குறைவு
        medium: sedang | sederhana | menengah | normal | trung bình | vừa | ปานกลาง | katamtaman | médio | média | 中 | មធ្យម | ປານກາງ | အလယ်အလတ် | நடுத்தர | médiu
        high: tinggi | berat | major | serious | severe | cao | nghiêm trọng | สูง | รุนแรง | mataas | alto | alta | 高 | ខ្ពស់ | ສູງ | မြင့် | உயர் | அதிக | aas
        critical: kritis | kritikal | sangat tinggi | darurat | very high | emergency | rất cao | khẩn cấp | วิกฤต | วิกฤติ | สูงมาก | kritikal na | crítico | crítica | 严重 | ធ្ងន់ធ្ងរ | ວິກິດ | အရေးပေါ် | மிக அதிக | krítiku
    """),
    "confidence": synonym_table("""
        low: rendah | thấp | ต่ำ | mababa | baixa | 低 | ទាប | ຕ່ຳ | နိမ့် | குறைந்த
        medium: sedang | sederhana | moderate | trung bình | ปานกลาง | katamtaman | média | 中 | មធ្យម | ປານກາງ | အလယ်အလတ် | நடுத்தர | médiu
        high: tinggi | cao | สูง | mataas | alta | 高 | ខ្ពស់ | ສູງ | မြင့် | உயர் | aas
    """),
    "victim_size": synonym_table("""
        micro: mikro | usaha mikro | siêu nhỏ
        small: kecil | usaha kecil | nhỏ | เล็ก | ขนาดเล็ก | maliit | pequena | 小型 | តូច | ນ້ອຍ | ຂະໜາດນ້ອຍ | အသေးစား | சிறிய | ki'ik
        medium: menengah | sederhana | sedang | vừa | กลาง | ขนาดกลาง | katamtaman | média | 中型 | មធ្យម | ຂະໜາດກາງ | အလတ်စား | நடுத்தர | médiu
        large: besar | lớn | ใหญ่ | ขนาดใหญ่ | malaki | grande | 大型 | ធំ | ໃຫຍ່ | ຂະໜາດໃຫຍ່ | အကြီးစား | பெரிய | boot
    """),
    "root_cause": synonym_table("""
        malicious-actions: malicious | attack | serangan | tindakan jahat | niat jahat | tấn công | การโจมตี
        system-failures: system failure | technical failure | kegagalan sistem | gangguan sistem | lỗi hệ thống | ระบบขัดข้อง
        human-errors: human error | mistake | kesalahan manusia | kesilapan manusia | lỗi con người | ความผิดพลาดของมนุษย์
        natural-phenomena: natural | disaster | bencana alam | thiên tai | ภัยธรรมชาติ
        third-party-failures: third party | supplier | pihak ketiga | bên thứ ba | บุคคลที่สาม
    """),
    "recoverability": synonym_table("""
        regular: biasa | normal
        not-recoverable: tidak dapat dipulihkan | unrecoverable | không thể khôi phục
        not-applicable: tidak berlaku | n a | không áp dụng
    """),
}  # fmt: skip
"""Column -> synonym -> the word of the standard."""

_YES_NO: Final[Mapping[str, bool]] = {
    **dict.fromkeys(
        ("yes", "y", "true", "1", "ya", "iya", "betul", "có", "vâng", "ใช่", "มี", "oo", "opo", "sim", "sin", "បាទ", "ចាស",
         "មាន", "ແມ່ນ", "ເຈົ້າ", "ໂດຍ", "ဟုတ်", "ဟုတ်ကဲ့", "是", "ஆம்"), True),
    **dict.fromkeys(
        ("no", "n", "false", "0", "tidak", "tak", "bukan", "không", "ไม่", "ไม่ใช่", "ไม่มี", "hindi", "não", "lae", "ទេ", "ບໍ່",
         "မဟုတ်", "否", "不是", "இல்லை"), False),
}  # fmt: skip
YES_NO: Final[Mapping[str, bool]] = {synonym_key(word): value for word, value in _YES_NO.items()}
UNKNOWN: Final = frozenset(map(synonym_key, (
    "unknown", "tidak diketahui", "tidak tahu", "không rõ", "không biết", "ไม่ทราบ", "hindi alam", "desconhecido", "未知", "មិនដឹង", "ບໍ່ຮູ້", "မသိ", "မသိရ", "தெரியாது", "la hatene",
)))  # fmt: skip

INCIDENT_TYPES: Final = synonym_table("""
    infected-system: malware infection | virus | trojan | worm | botnet | bot | wiper | cryptojacking | cryptominer | ransomware attack | kod hasad | perisian hasad | perisian tebusan | perangkat pemeras | perangkat perusak | terinfeksi malware | serangan ransomware | mã độc | mã độc tống tiền | nhiễm mã độc | มัลแวร์ | แรนซัมแวร์ | มัลแวร์เรียกค่าไถ่ | 恶意软件 | 勒索软件 | 勒索病毒 | spyware | keylogger | rootkit | rat | remote access trojan | cryptomining | infostealer | មេរោគ | មេរោគកុំព្យូទ័រ | មេរោគចាប់ជំរិត | ໄວຣັສ | ມັລແວ | ແຣນຊຳແວ | ဗိုင်းရပ်စ် | မဲလ်ဝဲ | ရန်ဆမ်းဝဲ | தீம்பொருள் | தீநிரல் | வைரஸ் | ரான்சம்வேர் | vírus | software malicioso | programa malicioso
    c2-server: c2 | command and control | command and control server
    malware-distribution: malvertising | drive by download | malware hosting | malicious site | penyebaran malware
    phishing: phishing site | phishing attack | phishing email | phishing page | spear phishing | spearphishing | smishing | vishing | pengelabuan | pancingan data | situs phishing | laman phishing | lừa đảo | lừa đảo trực tuyến | ฟิชชิ่ง | ฟิชชิง | หลอกลวง | 钓鱼 | 网络钓鱼 | quishing | ຟິຊຊິງ | ဖစ်ရှင်း | ஃபிஷிங்
    masquerade: fraud | scam | online fraud | impersonation | bec | business email compromise | invoice fraud | payment fraud | penipuan | penipuan online | penipuan dalam talian | peniruan identitas | mạo danh | giả mạo | panloloko | ฉ้อโกง | fraude | burla | 诈骗 | identity theft | pencurian identitas | ការឆបោក | ការឆបោកតាមអ៊ីនធឺណិត | ການຫຼອກລວງ | လိမ်လည်မှု | மோசடி
    social-engineering: social engineering attack | rekayasa sosial | kejuruteraan sosial | vishing call
    unauthorised-information-modification: defacement | web defacement | website defacement | defaced website | deface | deface web | perusakan situs | pengubahan situs | thay đổi giao diện | เปลี่ยนหน้าเว็บ | 网页篡改
    system-compromise: intrusion | hacking | hacked | hack | unauthorised access | unauthorized access | server compromise | compromise | webshell | web shell | supply chain | supply chain attack | peretasan | diretas | pencerobohan | akses tidak sah | akses ilegal | xâm nhập | xâm nhập trái phép | บุกรุก | ถูกแฮก | pag hack | apt | advanced persistent threat | espionage | cyber espionage | intrusão | 入侵 | ការលួចចូល | ການບຸກລຸກ | ဝင်ရောက်တိုက်ခိုက်မှု | ஊடுருவல் | intruzaun
    application-compromise: sql injection | sqli | xss | web application attack | web attack
    unprivileged-account-compromise: account takeover | account compromise | compromised account | stolen credentials | pembajakan akun | pengambilalihan akun | chiếm đoạt tài khoản | ยึดบัญชี | credential theft | pencurian kredensial
    privileged-account-compromise: admin account compromise | privilege escalation
    brute-force: credential stuffing | password spraying | password guessing | login attack | brute force attack
    ids-alert: zero day | zero day exploit | exploit attempt | exploitation attempt | percobaan eksploitasi
    scanner: port scan | port scanning | network scan | probing | pemindaian | imbasan | dò quét | สแกน
    ddos: ddos attack | denial of service attack | distributed denial of service attack | serangan ddos | tấn công từ chối dịch vụ | tấn công ddos | โจมตี ddos | ataque ddos | 拒绝服务
    dos: denial of service | dos attack | negação de serviço
    outage: service outage | system outage | gangguan layanan | gián đoạn dịch vụ | ระบบล่ม
    data-leak: data breach | breach | data theft | data exfiltration | exfiltration | leaked data | information leak | kebocoran data | pencurian data | data bocor | rò rỉ dữ liệu | lộ lọt dữ liệu | lộ dữ liệu | ข้อมูลรั่วไหล | ข้อมูลรั่ว | pagtagas ng datos | vazamento de dados | fuga de dados | violação de dados | 数据泄露 | ការលេចធ្លាយទិន្នន័យ | ຂໍ້ມູນຮົ່ວໄຫຼ | ဒေတာပေါက်ကြားမှု | အချက်အလက်ပေါက်ကြားမှု | தரவு கசிவு | தரவு மீறல்
    data-loss: loss of data | kehilangan data | mất dữ liệu
    unauthorised-use-of-resources: insider | insider threat | misuse | penyalahgunaan | lạm dụng
    spam: junk mail | sextortion | thư rác | สแปม | 垃圾邮件 | ສະແປມ | စပမ်း | ஸ்பேம்
    vulnerable-system: vulnerability | vulnerable | kerentanan | lỗ hổng | ช่องโหว่ | vulnerabilidade | 漏洞 | ភាពងាយរងគ្រោះ | ຊ່ອງໂຫວ່ | အားနည်းချက်
    misconfiguration: misconfigured | salah konfigurasi | cấu hình sai
""")  # fmt: skip
"""Common name of an incident -> RSIT type."""

INCIDENT_CLASSES: Final = synonym_table("""
    fraud: penipuan | lừa đảo | ฉ้อโกง | fraude
    malicious-code: malware | malicious software | kode berbahaya | kod hasad | mã độc | มัลแวร์
    intrusions: intrusion | compromise | peretasan | pencerobohan | xâm nhập | การบุกรุก
    intrusion-attempts: intrusion attempt | attack attempt | percobaan serangan | percubaan pencerobohan
    availability: ketersediaan | ketersediaan layanan | tính sẵn sàng
    information-gathering: pengumpulan informasi | pengumpulan maklumat | thu thập thông tin
    information-content-security: data security | keamanan informasi | keselamatan kandungan | an toàn thông tin
    abusive-content: abusive | konten berbahaya
    vulnerable: vulnerability | kerentanan | lỗ hổng
""")  # fmt: skip
"""Common name -> class of RSIT."""
