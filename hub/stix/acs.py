"""The Access Control Specification of ISA (Information Sharing Architecture), as CISA's AIS marks objects, in levels of TLP.

It names clearances, organisations and rules of the United States, which no reader here has. What it releases to the public,
or shares by default, it restricts to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub.stix.tlp import TLP

EXTENSION: Final = "extension-definition--3a65884d-005a-4290-8335-cb2d778a83ce"
_UNCLASSIFIED: Final = "U"
_PUBLIC: Final = "PUBREL"
_SHARED: Final = "sharedefault=permit"


def level_of(marking: Mapping[str, Any]) -> TLP | None:
    """The level that such an extension comes to; None: it is classified, or cannot be read."""
    control = marking.get("control_set")
    if not isinstance(control, Mapping) or control.get("classification") != _UNCLASSIFIED:
        return None
    determined = control.get("formal_determination")
    if isinstance(determined, list | tuple) and _PUBLIC in determined:
        return TLP.CLEAR
    return TLP.CLEAR if _SHARED in str(marking.get("policy_reference", "")).lower() else TLP.AMBER_STRICT
