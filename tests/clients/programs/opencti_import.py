"""Run where pycti is installed: bundles by name on stdin; on stdout what it splits them into, and would have stored."""

import copy
import json
import sys

from opencti_platform import Platform
from pycti import OpenCTIStix2Splitter


def main() -> None:
    results = {}
    for name, bundle in json.load(sys.stdin).items():
        platform = Platform()
        expected, incompatible, parts = OpenCTIStix2Splitter().split_bundle_with_expectations(
            copy.deepcopy(bundle), use_json=False
        )
        imported, refused = platform.stix2.import_bundle(bundle)
        results[name] = {
            "expected": expected,
            "incompatible": [obj["id"] for obj in incompatible],
            "parts": [[obj["id"] for obj in part["objects"]] for part in parts],
            "imported": [obj["id"] for obj in imported],
            "refused": [obj["id"] for obj in refused],
            "stored": platform.mutations,
        }
    json.dump(results, sys.stdout, default=str)


main()
