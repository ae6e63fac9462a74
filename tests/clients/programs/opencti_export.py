"""Run where pycti is installed: entities as OpenCTI's API gives them, by name on stdin; what pycti exports on stdout."""

import json
import sys

from opencti_platform import Platform


def main() -> None:
    stix2 = Platform().stix2
    bundles = {}
    for name, entities in json.load(sys.stdin).items():
        objects = {}
        for entity in entities:
            for obj in stix2.prepare_export(entity=stix2.generate_export(entity=entity), mode="simple"):
                objects.setdefault(obj["id"], obj)
        bundles[name] = list(objects.values())
    json.dump(bundles, sys.stdout)


main()
