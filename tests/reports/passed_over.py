"""What readers do not name when it is not used, and why; the page on roles shows it, and the test on leaves allows nothing else.

A key is a pattern of the path to a leaf, with its places in lists as `*`.
"""

from __future__ import annotations

from typing import Final

_NUMBER: Final = "a number of the other system's own"
_VERSION: Final = "the version of the format"
_SAYS_THE_SAME: Final = "another key says it more exactly"

PASSED_OVER: Final[dict[str, dict[str, str]]] = {
    "IntelMQ": {
        "__type": _VERSION, "raw": "raw data", "screenshot_url": "raw data", "output": _NUMBER, "event_hash": _NUMBER,
        "rtir_id": _NUMBER, "classification.taxonomy": _SAYS_THE_SAME,
    },
    "n6": {"id": _NUMBER},
    "MISP": {
        "Event.id": _NUMBER, "*.uuid": _NUMBER, "*.timestamp": _NUMBER, "Event.distribution": "1, 2, 3 and 5 are alike here: the TLP level decides",
        "*.to_ids": "decides what is an indicator, and nothing else",
        "*Galaxy.*.type": _SAYS_THE_SAME, "*.meta.external_id": _SAYS_THE_SAME,
        **dict.fromkeys((f"*Galaxy.*.{key}" for key in ("id", "name", "description", "version", "icon", "namespace", "tag_id", "tag_name", "source", "authors.*", "meta.refs.*")), "describes the galaxy"),
        **dict.fromkeys((f"*Tag.*.{key}" for key in ("id", "colour", "user_id", "exportable", "hide_tag", "numerical_value")), "describes the tag"),
        "*Object.*.name": "decides what is combined, and nothing else", "*.object_relation": "decides what is combined, and nothing else",
        "*Object.*.Attribute.*.type": "its relation says it more exactly", "*Object.*.Attribute.*.category": "decides whose an observable is, and nothing else",
        "*.category": "decides whose an observable is, and nothing else",
        **dict.fromkeys((f"*.{key}" for key in ("event_id", "object_id", "org_id", "orgc_id", "sharing_group_id", "disable_correlation", "template_uuid", "template_version", "meta-category")), _NUMBER),
    },
    "VERIS": {"schema_version": _VERSION, "victim.industry": "the first digits name the sector"},
    "X-ARF": {
        "xarf_version": _VERSION, "legacy_version": _VERSION, "Version": _VERSION, "_internal": _NUMBER,
        "Report.ReportClass": _SAYS_THE_SAME, "Report.Source.Type": _SAYS_THE_SAME, "Disclosure": "the CERT decides by its own rules",
    },
    "IODEF": {
        "version": _VERSION, "*@version": _VERSION, "*schemaLocation": _VERSION, "*.IndicatorID.*": _NUMBER, "*IndicatorID@*": _NUMBER,
        "*@scope": "of which part of a file a hash is",
    },
    "The form": {},
}  # fmt: skip
