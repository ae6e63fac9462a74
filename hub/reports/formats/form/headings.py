"""The headings of a sheet: the names of the form, and names for the same columns in the languages of the region.

Only headings with one meaning are listed, so "name" alone is missing: a victim's name in a column with another meaning would
not be searched for. If several columns have a heading for the victim's name, all of their values are searched for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from hub.reports.formats.form.synonyms import synonym_key, synonym_table

NAMES: Final = synonym_table("""
    report_id: report no | report number | incident id | incident no | incident number | case id | case number | ticket | ticket id | ticket number | nomor laporan | no laporan | id laporan | nomor insiden | nombor laporan | nombor kes | mã báo cáo | số báo cáo | mã sự cố | หมายเลขรายงาน | เลขที่รายงาน | 报告编号 | 事件编号 | número do relatório | número do incidente | លេខរបាយការណ៍ | ເລກທີລາຍງານ | အစီရင်ခံစာအမှတ် | அறிக்கை எண் | numeru relatóriu | numero ng ulat
    title: incident title | judul | judul insiden | tajuk | tiêu đề | หัวข้อ | ชื่อเรื่อง | 标题 | título | pamagat | ចំណងជើង | ຫົວຂໍ້ | ခေါင်းစဉ် | தலைப்பு | títulu
    description: incident description | details | uraian | deskripsi | keterangan | perihalan | huraian | mô tả | รายละเอียด | 描述 | descrição | paglalarawan | ការពិពណ៌នា | ລາຍລະອຽດ | ဖော်ပြချက် | விளக்கம் | deskrisaun
    incident_class: incident category | category of incident | kelas insiden | kategori insiden | หมวดเหตุการณ์ | 事件类别 | categoria do incidente
    incident_type: type of incident | jenis insiden | jenis insiden siber | loại sự cố | ประเภทเหตุการณ์ | 事件类型 | tipo de incidente | uri ng insidente | ប្រភេទឧប្បត្តិហេតុ | ປະເພດເຫດການ | ဖြစ်ရပ်အမျိုးအစား | சம்பவ வகை | tipu insidente
    status: incident status | trạng thái | สถานะ | 状态 | estado | katayuan | ស្ថានភាព | ສະຖານະ | အခြေအနေ | நிலை | estadu
    severity: severity level | tingkat keparahan | keparahan | tahap keterukan | mức độ nghiêm trọng | ระดับความรุนแรง | ความรุนแรง | 严重程度 | gravidade | severidade | កម្រិតធ្ងន់ធ្ងរ | ລະດັບຄວາມຮຸນແຮງ | ပြင်းထန်မှုအဆင့် | தீவிரம்
    tlp: tlp level | tlp marking | traffic light protocol
    country: negara | quốc gia | ประเทศ | 国家 | país | bansa | ប្រទេស | ປະເທດ | နိုင်ငံ | நாடு | nasaun
    started_at: start time | started | waktu mulai | waktu kejadian | tanggal kejadian | tarikh kejadian | thời gian xảy ra | วันที่เกิดเหตุ | 发生时间 | data do incidente
    detected_at: detected | date detected | detection date | detection time | tanggal terdeteksi | waktu terdeteksi | tarikh dikesan | ngày phát hiện | thời gian phát hiện | วันที่ตรวจพบ | 发现时间 | data de deteção
    reported_at: reported | date reported | report date | tanggal laporan | waktu laporan | tarikh laporan | ngày báo cáo | วันที่รายงาน | 报告时间 | data do relatório
    victim_name: victim | name of victim | affected organisation | affected organization | nama korban | korban | nama mangsa | mangsa | tên nạn nhân | ชื่อผู้เสียหาย | ผู้เสียหาย | 受害单位 | nome da vítima | ជនរងគ្រោះ | ຜູ້ເຄາະຮ້າຍ | பாதிக்கப்பட்டவர்
    victim_sector: sector | sektor | sektor korban | ngành | lĩnh vực | ภาคส่วน | 行业 | setor | វិស័យ | ຂະແໜງ | ကဏ္ဍ | துறை | setór
    indicators: ioc | iocs | indicators of compromise | indikator | indikator kompromi | ตัวบ่งชี้ | 威胁指标 | indicadores
    malware: malware family | keluarga malware
    cves: cve | cve id
    actions_taken: actions | action taken | tindakan | tindakan yang diambil | biện pháp xử lý | การดำเนินการ | 处置措施 | medidas tomadas
    recommended_actions: recommendation | recommendations | rekomendasi | syor | khuyến nghị | ข้อเสนอแนะ | 建议 | recomendações
""")  # fmt: skip


def heading(cell: Any) -> str:
    """Return a heading in the spelling of the form: lower case, with underscores."""
    return "_".join(str(cell or "").strip().casefold().split())


def names_report_id(cells: Iterable[Any]) -> bool:
    """Whether one of these cells is the heading report_id, or another name for it."""
    return any(
        column == "report_id" for cell in cells if cell for column in (heading(cell), NAMES.get(synonym_key(str(cell))))
    )


def is_victims_name(column: str) -> bool:
    """Whether the heading of a column that is not in the form means the victim's name."""
    return NAMES.get(synonym_key(column)) == "victim_name"


def columns_of(cells: Iterable[Any]) -> list[str]:
    """Return the columns for a row of headings. Another name counts once, and only if the form's own name is missing."""
    columns = [heading(cell) for cell in cells]
    for index, cell in enumerate(cells):
        column = NAMES.get(synonym_key(str(cell or "")))
        if column is not None and column not in columns:
            columns[index] = column
    return columns
