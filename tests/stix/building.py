"""The parts of specimens: their ids, and the properties that each kind of object must have."""

from __future__ import annotations

from typing import Any

from hub.stix import tlp

Content = dict[str, Any]

CERT = "identity--0b2f6a0c-4c8e-4f0e-9a53-2f1f6c3b7d10"
FILE = "file--5a27d487-c542-5f97-a131-a8866b477b46"
ARTIFACT = "artifact--4cce66f8-6eaa-53cb-85d5-3a85fca3a6c5"
DIRECTORY = "directory--93c0a9b0-520d-545d-9094-1a08ddf46b05"
ADDRESS = "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"
ACCOUNT = "user-account--0d5b424b-93b8-5cd8-ac36-306e1789d63c"
MAIL = "email-addr--2d77a846-6264-5d51-b586-e43822ea1ea3"
TRAFFIC = "network-traffic--2568d22a-8998-58eb-99ec-3c8ca74f527d"
SOFTWARE = "software--a1827f6d-ca53-5605-9e93-4316cd22a00a"
MALWARE = "malware--31b940d4-6f7f-459a-80ea-9c1f17b5891b"
INDICATOR = "indicator--a932fcc6-e032-476c-826f-cb970a5a1ade"
INCIDENT = "incident--1d0c6d0e-4a58-4c39-8f0e-6d0f5f3a1b11"
OWN_EXTENSION = "extension-definition--d83fce45-ef58-4c6c-a3f4-1fbc32e98c6e"
GREEN = tlp.TLP2_IDS[tlp.TLP.GREEN]


def versioned(object_type: str, uuid: str, **properties: Any) -> Content:
    """An SDO, SRO or language-content with the common properties that it must have."""
    return {
        "type": object_type,
        "spec_version": "2.1",
        "id": f"{object_type}--{uuid}",
        "created_by_ref": CERT,
        "created": "2026-03-02T03:10:00.000Z",
        "modified": "2026-03-02T04:10:00.000Z",
    } | properties


def observable(object_type: str, uuid: str, **properties: Any) -> Content:
    """An SCO: spec_version may be left out."""
    return {"type": object_type, "spec_version": "2.1", "id": f"{object_type}--{uuid}"} | properties
