"""Names of TLP's levels and of the protocol in other languages, so that the hub does not overlook a marking in them.

None of these words becomes a level: the list is never complete, and a refusal tells the sender which words the hub reads.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Words that alone can be the name of a marking. Green and white are left out: objects with them need no protection here.
_RED: Final = (
    "merah pula mula rouge rojo roja rosso vermelho rot rood kirmizi czerwony crven "
    "đỏ màu·đỏ แดง สีแดง ແດງ ສີແດງ အနီ အနီရောင် ក្រហម ពណ៌ក្រហម சிவப்பு लाल "
    "赤 赤色 紅 紅色 红 红色 빨강 빨간색 적색 красный червоний أحمر قرمز"
)
_AMBER: Final = (
    "kuning jingga oranye ambar ámbar ambre ambra âmbar bernstein gelb orange dilaw amba "
    "hổ·phách vàng màu·vàng cam เหลือง สีเหลือง อำพัน สีอำพัน ເຫຼືອງ ສີເຫຼືອງ ပယင်း အဝါ លឿង ពណ៌លឿង மஞ்சள் पीला अंबर "
    "琥珀 琥珀色 橙 橙色 黄 黄色 黃 黃色 앰버 호박색 주황 노랑 янтарный жёлтый желтый أصفر كهرماني"
)
_COLOURS: Final = frozenset(
    unicodedata.normalize("NFKC", word.replace("·", " ")).casefold() for word in f"{_RED} {_AMBER}".split()
)
# Words for the protocol in languages that do not call it TLP.
_PROTOCOL: Final = re.compile(
    "proto[ck]ol|ampelprotokoll|giao thức|โปรโตคอล|ໂປຣໂຕຄອນ|ပရိုတိုကော|ពិធីការ|நெறிமுறை|प्रोटोकॉल|"
    "协议|協議|協定|プロトコル|프로토콜|протокол|بروتوكول"
)
_LIGHT: Final = re.compile(
    "lampu lalu ?lintas|lampu isyarat|ilaw (?:ng |sa )?trapiko|ilaw-trapiko|ampelprotokoll|feux|sem[aáâ]foro|đèn|"
    "จราจร|จะราจอน|ຈໍລະຈອນ|မီးပွိုင့်|ភ្លើងចរាចរណ៍|போக்குவரத்து|ट्रैफिक|"
    "灯|燈|信号|信號|신호|светофор|إشارة"
)


def is_colour(text: str) -> bool:
    """Whether the whole text is a word for red or amber in a language in which the hub reads no levels."""
    return unicodedata.normalize("NFKC", text).casefold().strip() in _COLOURS


def names_protocol(text: str) -> bool:
    """Whether a text names the Traffic Light Protocol in such a language."""
    if text.isascii() and "proto" not in text.lower():
        return False
    lower = unicodedata.normalize("NFKC", text).casefold()
    return _PROTOCOL.search(lower) is not None and _LIGHT.search(lower) is not None
