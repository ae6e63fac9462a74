"""What readers do not name when it is not used, and why; the page on roles shows it, and the test on leaves allows nothing else.

A key is a pattern of the path to a leaf, with its places in lists as `*`.
"""

from __future__ import annotations

from typing import Final

_NUMBER: Final = "a number of the other system's own"
_VERSION: Final = "the version of the format"
_WORD: Final = "a word whose beginning decides"
_SAYS_THE_SAME: Final = "another key says it more exactly"

PASSED_OVER: Final[dict[str, dict[str, str]]] = {
    "IntelMQ": {
        "__type": _VERSION, "raw": "raw data", "screenshot_url": "raw data", "output": _NUMBER, "event_hash": _NUMBER,
        "rtir_id": _NUMBER, "classification.taxonomy": _SAYS_THE_SAME,
    },
    "n6": {"id": _NUMBER},
    "MISP": {
        "Event.id": _SAYS_THE_SAME, "Event.distribution": "1, 2 and 3 are alike here: the TLP level decides",
        "Event.Galaxy.*.type": _SAYS_THE_SAME, "*.meta.external_id": _SAYS_THE_SAME, "*.meta.iso-code.*": "the first counts", "*.uuid": _NUMBER, "*.timestamp": _NUMBER, "*.Sighting.*.type": "0 where it is absent",
        "*.category": "decides whose an observable is, and nothing else", "*.to_ids": "decides what is an indicator, and nothing else",
        "*.object_relation": "decides what is combined, and nothing else", "*.type": _SAYS_THE_SAME,
    },
    "VERIS": {
        "schema_version": _VERSION, "victim.industry": "the first digits name the sector", "timeline.*.unit": "Never and NA are no time",
        "discovery_method": _WORD, "discovery_method.*.variety.*": _WORD, "attribute.integrity.variety.*": _WORD,
        "attribute.confidentiality.data_disclosure": "Potentially and Unknown are alike: suspected",
    },
    "X-ARF": {
        "xarf_version": _VERSION, "legacy_version": _VERSION, "Version": _VERSION, "_internal": _NUMBER, "cvss_vector": _SAYS_THE_SAME,
        "Disclosure": "the CERT decides by its own rules", "Report.ReportClass": _SAYS_THE_SAME, "Report.Source.Type": _SAYS_THE_SAME,
    },
    "IODEF": {
        "version": _VERSION, "*@version": _VERSION, "*.IndicatorID.*": _NUMBER, "*IndicatorID@*": _NUMBER, "*.type": _WORD, "*@type": _WORD,
        "*@purpose": "all but watch are an incident", "*.purpose": "all but watch are an incident",
        "*@category": "an unknown one counts as an address", "*@scope": "of which part of a file a hash is", "*@ip-protocol": "an unknown one counts as TCP",
        "*@ip_protocol": "an unknown one counts as TCP", "*@status": "an unknown one counts as new", "*@completion": _WORD, "*@occurrence": _WORD,
        "*@severity": _WORD, "*@rating": _WORD, "*@role": "all but victim are contacts", "*@system-status": _WORD, "*@operator": _WORD,
        "*schemaLocation": _VERSION, "System@spoofed": _WORD, "Contact@restriction": "contacts never leave",
        "*@duration": "a word beside the measure", "*@Algorithm": "its length tells the hash, too",
    },
    "The form": {},
}  # fmt: skip
