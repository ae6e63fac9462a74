"""The TLP level of an ACS marking (Access Control Specification of ISA), with which CISA's AIS marks objects.

ACS names clearances, organisations and rules of the United States, which no reader of the hub has. An object that is
released to the public, or shared by default, has no restriction.
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
    """The level of an ACS extension; None: it is classified, or cannot be read."""
    control = marking.get("control_set")
    if not isinstance(control, Mapping) or control.get("classification") != _UNCLASSIFIED:
        return None
    determinations = control.get("formal_determination")
    if isinstance(determinations, list | tuple) and _PUBLIC in determinations:
        return TLP.CLEAR
    return TLP.CLEAR if _SHARED in str(marking.get("policy_reference", "")).lower() else TLP.AMBER_STRICT
