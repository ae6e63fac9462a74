"""Texts in the scripts of languages that have no catalogue yet, for tests of pages that are made in this process."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import pytest

from hub.pages import texts

# Two sentences of everyday words each, in the script as it is written: Khmer, Lao, Burmese, Chinese between no spaces.
SAMPLES: Final = {
    "km": ("ភាសាខ្មែរ", "ឧប្បត្តិហេតុថ្មីត្រូវបានរាយការណ៍ហើយសមាជិកទាំងអស់បានទទួល"),
    "lo": ("ພາສາລາວ", "ເຫດການໃໝ່ຖືກລາຍງານແລ້ວແລະສະມາຊິກທຸກຄົນໄດ້ຮັບຮູ້"),
    "my": ("မြန်မာဘာသာ", "ဖြစ်ရပ်အသစ်ကိုအစီရင်ခံပြီးအဖွဲ့ဝင်အားလုံးလက်ခံရရှိပါသည်"),
    "tet": ("Tetun", "Insidente foun relata ona no membru hotu-hotu simu ona informasaun ne'e"),
    "zh": ("中文", "新的安全事件已经上报所有成员都已经收到并确认了通知"),
    "xx": ("Ṗşéüðö", "Ëåçĥ ţéẋţ ĥåş äççéñţş åñð îş ĥåļƒ åş ļöñĝ åĝåîñ"),
}
FIELD: Final = re.compile(r"\{\w*\}")


class Samples(dict[str, str]):
    """A catalogue that has for every text a sample of about its length, with its fields."""

    def __init__(self, sample: str) -> None:
        super().__init__()
        self._sample = sample

    def get(self, message: str, default: Any = None) -> str:
        length = max(6, len(message) * 3 // 2)
        repeated = self._sample * (length // len(self._sample) + 1)
        return " ".join((repeated[:length], *FIELD.findall(message)))


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Makes one of the languages known, with samples for a catalogue; its sample."""

    def prepare(language: str) -> str:
        name, sample = SAMPLES[language]
        monkeypatch.setitem(texts.LANGUAGES, language, name)
        monkeypatch.setattr(texts, "_catalogue", lambda asked: Samples(sample) if asked == language else {})
        return sample

    return prepare
