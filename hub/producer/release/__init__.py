"""The release step: what leaves the country, with the victim protected. `step.release` tells the whole story."""

from hub.producer.release.policy import Approvals, Audience, Profile, text_key
from hub.producer.release.preview import Preview
from hub.producer.release.record import (
    ReleaseRecord,
    Withdrawal,
    load_release_record,
    load_render_record,
    save_release_record,
    save_render_record,
    withdrawal,
)
from hub.producer.release.step import Released, Withheld, release

__all__ = [
    "Approvals",
    "Audience",
    "Preview",
    "Profile",
    "ReleaseRecord",
    "Released",
    "Withdrawal",
    "Withheld",
    "load_release_record",
    "load_render_record",
    "release",
    "save_release_record",
    "save_render_record",
    "text_key",
    "withdrawal",
]
