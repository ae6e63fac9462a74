"""What people write in the form for the words of its vocabularies, in English and in languages of the eleven countries.

Keys are in small letters, with single blanks and no other marks between words. The standard's own word always counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final


def plain(text: str) -> str:
    """A text as the keys of this module are written."""
    return " ".join(re.sub(r"[-_/,.;:()&]+", " ", text.casefold()).split())


def _table(text: str) -> Mapping[str, str]:
    """The words of lines `word: synonym | synonym`."""
    pairs = (line.partition(":") for line in text.strip().splitlines())
    return {plain(name): word.strip() for word, _, names in pairs for name in names.split("|")}


SYNONYMS: Final[Mapping[str, Mapping[str, str]]] = {
    "stage": _table("""
        early: awal | permulaan | peringatan dini | initial | first | early warning | preliminary | sơ bộ | ban đầu | เบื้องต้น | เริ่มต้น | paunang | inicial | 初步
        update: pembaruan | perkembangan | kemas kini | interim | intermediate | progress | cập nhật | อัปเดต | ความคืบหน้า | atualização | 更新
        final: akhir | muktamad | terakhir | closing | complete | cuối cùng | สุดท้าย | ฉบับสมบูรณ์ | huli | 最终
    """),
    "status": _table("""
        new: baru | received | mới | ใหม่ | bago | novo | 新
        open: ditangani | sedang ditangani | terbuka | dalam proses | dalam siasatan | in progress | ongoing | active | under investigation | đang xử lý | đang điều tra | กำลังดำเนินการ | เปิด | bukas | aberto | 处理中
        closed: selesai | ditutup | tertutup | resolved | done | finished | đã đóng | đã xử lý | hoàn thành | ปิด | เสร็จสิ้น | sarado | fechado | 已关闭
    """),
    "determination": _table("""
        suspected: diduga | disyaki | dicurigai | possible | probable | unconfirmed | nghi ngờ | สงสัย | ต้องสงสัย | pinaghihinalaan | suspeito | 疑似
        confirmed: terbukti | terkonfirmasi | dikonfirmasi | disahkan | verified | đã xác nhận | xác nhận | ยืนยัน | ยืนยันแล้ว | kumpirmado | confirmado | 已确认
        blocked: dicegah | diblokir | disekat | prevented | đã chặn | ถูกบล็อก | ป้องกันได้ | hinarang | bloqueado | 已阻止
        failed-attempt: gagal | percobaan gagal | percubaan gagal | attempted | unsuccessful | thất bại | ล้มเหลว | ไม่สำเร็จ | nabigo | falhado | 未遂
        false-positive: keliru | positif palsu | salah | false alarm | not an incident | dương tính giả | báo động giả | ผลบวกลวง | maling alarma | falso positivo | 误报
    """),
    "consent": _table("""
        none: tidak ada | tidak setuju | tiada | no consent | không | không đồng ý | ไม่ยินยอม | wala | nenhum
        cert-only: hanya cert | cert sahaja | cert saja | chỉ cert | เฉพาะ cert
        sector-only: hanya sektor | sektor sahaja | sektor saja | sector | chỉ ngành | เฉพาะภาคส่วน
        pseudonym: pseudonim | nama samaran | anonymous | bí danh | นามแฝง
    """),
    "tlp": _table("""
        clear: putih | jelas | trắng | ขาว | branco
        green: hijau | xanh | เขียว | berde | verde
        amber: kuning | jingga | hổ phách | อำพัน
        red: merah | đỏ | แดง | pula | vermelho
    """),
    "severity": _table("""
        low: rendah | ringan | minor | thấp | nhẹ | ต่ำ | mababa | baixo | baixa | 低
        medium: sedang | sederhana | menengah | normal | trung bình | vừa | ปานกลาง | katamtaman | médio | média | 中
        high: tinggi | berat | major | serious | severe | cao | nghiêm trọng | สูง | รุนแรง | mataas | alto | alta | 高
        critical: kritis | kritikal | sangat tinggi | darurat | very high | emergency | rất cao | khẩn cấp | วิกฤต | วิกฤติ | สูงมาก | kritikal na | crítico | crítica | 严重
    """),
    "confidence": _table("""
        low: rendah | thấp | ต่ำ | mababa | baixa | 低
        medium: sedang | sederhana | moderate | trung bình | ปานกลาง | katamtaman | média | 中
        high: tinggi | cao | สูง | mataas | alta | 高
    """),
    "victim_size": _table("""
        micro: mikro | usaha mikro | siêu nhỏ
        small: kecil | usaha kecil | nhỏ | เล็ก | ขนาดเล็ก | maliit | pequena | 小型
        medium: menengah | sederhana | sedang | vừa | กลาง | ขนาดกลาง | katamtaman | média | 中型
        large: besar | lớn | ใหญ่ | ขนาดใหญ่ | malaki | grande | 大型
    """),
    "root_cause": _table("""
        malicious-actions: malicious | attack | serangan | tindakan jahat | niat jahat | tấn công | การโจมตี
        system-failures: system failure | technical failure | kegagalan sistem | gangguan sistem | lỗi hệ thống | ระบบขัดข้อง
        human-errors: human error | mistake | kesalahan manusia | kesilapan manusia | lỗi con người | ความผิดพลาดของมนุษย์
        natural-phenomena: natural | disaster | bencana alam | thiên tai | ภัยธรรมชาติ
        third-party-failures: third party | supplier | pihak ketiga | bên thứ ba | บุคคลที่สาม
    """),
    "recoverability": _table("""
        regular: biasa | normal
        not-recoverable: tidak dapat dipulihkan | unrecoverable | không thể khôi phục
        not-applicable: tidak berlaku | n a | không áp dụng
    """),
}  # fmt: skip
"""By column: synonym, and the word that it stands for."""

YES_NO: Final[Mapping[str, bool]] = {
    **dict.fromkeys(
        ("yes", "y", "true", "1", "ya", "iya", "betul", "có", "vâng", "ใช่", "มี", "oo", "opo", "sim", "sin", "បាទ", "ចាស",
         "មាន", "ແມ່ນ", "ຟ້າ", "ဟုတ်", "ဟုတ်ကဲ့", "是", "ஆம்"), True),
    **dict.fromkeys(
        ("no", "n", "false", "0", "tidak", "tak", "bukan", "không", "ไม่", "ไม่ใช่", "ไม่มี", "hindi", "não", "lae", "ទេ", "ບໍ່",
         "မဟုတ်", "否", "不是", "இல்லை"), False),
}  # fmt: skip
UNKNOWN: Final = frozenset({
    "unknown", "tidak diketahui", "tidak tahu", "không rõ", "không biết", "ไม่ทราบ", "hindi alam", "desconhecido", "未知",
})  # fmt: skip

INCIDENT_TYPES: Final = _table("""
    infected-system: malware infection | virus | trojan | worm | botnet | bot | wiper | cryptojacking | cryptominer | ransomware attack | kod hasad | perisian hasad | perisian tebusan | perangkat pemeras | perangkat perusak | terinfeksi malware | serangan ransomware | mã độc | mã độc tống tiền | nhiễm mã độc | มัลแวร์ | แรนซัมแวร์ | มัลแวร์เรียกค่าไถ่ | 恶意软件 | 勒索软件 | 勒索病毒
    c2-server: c2 | command and control | command and control server
    malware-distribution: malware hosting | malicious site | penyebaran malware
    phishing: phishing site | phishing attack | phishing email | phishing page | spear phishing | spearphishing | smishing | vishing | pengelabuan | pancingan data | situs phishing | laman phishing | lừa đảo | lừa đảo trực tuyến | ฟิชชิ่ง | ฟิชชิง | หลอกลวง | 钓鱼 | 网络钓鱼
    masquerade: fraud | scam | online fraud | impersonation | bec | business email compromise | invoice fraud | payment fraud | penipuan | penipuan online | penipuan dalam talian | peniruan identitas | mạo danh | giả mạo | panloloko | ฉ้อโกง | fraude | 诈骗
    social-engineering: social engineering attack | rekayasa sosial | kejuruteraan sosial | vishing call
    unauthorised-information-modification: defacement | web defacement | website defacement | defaced website | deface | deface web | perusakan situs | pengubahan situs | thay đổi giao diện | เปลี่ยนหน้าเว็บ | 网页篡改
    system-compromise: intrusion | hacking | hacked | hack | unauthorised access | unauthorized access | server compromise | compromise | webshell | web shell | supply chain | supply chain attack | peretasan | diretas | pencerobohan | akses tidak sah | akses ilegal | xâm nhập | xâm nhập trái phép | บุกรุก | ถูกแฮก | pag hack | intrusão | 入侵
    application-compromise: sql injection | sqli | xss | web application attack | web attack
    unprivileged-account-compromise: account takeover | account compromise | compromised account | stolen credentials | pembajakan akun | pengambilalihan akun | chiếm đoạt tài khoản | ยึดบัญชี
    privileged-account-compromise: admin account compromise | privilege escalation
    brute-force: credential stuffing | password spraying | password guessing | login attack | brute force attack
    ids-alert: exploit attempt | exploitation attempt | percobaan eksploitasi
    scanner: port scan | port scanning | network scan | probing | pemindaian | imbasan | dò quét | สแกน
    ddos: ddos attack | denial of service attack | distributed denial of service attack | serangan ddos | tấn công từ chối dịch vụ | tấn công ddos | โจมตี ddos | 拒绝服务
    dos: denial of service | dos attack
    outage: service outage | system outage | gangguan layanan | gián đoạn dịch vụ | ระบบล่ม
    data-leak: data breach | breach | data theft | data exfiltration | exfiltration | leaked data | information leak | kebocoran data | pencurian data | data bocor | rò rỉ dữ liệu | lộ lọt dữ liệu | lộ dữ liệu | ข้อมูลรั่วไหล | ข้อมูลรั่ว | pagtagas ng datos | vazamento de dados | 数据泄露
    data-loss: loss of data | kehilangan data | mất dữ liệu
    unauthorised-use-of-resources: insider | insider threat | misuse | penyalahgunaan | lạm dụng
    spam: junk mail | thư rác | สแปม | 垃圾邮件
    vulnerable-system: vulnerability | vulnerable | kerentanan | lỗ hổng | ช่องโหว่ | 漏洞
    misconfiguration: misconfigured | salah konfigurasi | cấu hình sai
""")  # fmt: skip
"""What people call an incident, and the RSIT type that it is of."""

INCIDENT_CLASSES: Final = _table("""
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
"""What people call a class of RSIT."""
