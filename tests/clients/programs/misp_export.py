"""Run where misp-stix of either generation is installed: MISP events by name on stdin, their STIX objects on stdout."""

import json
import sys

from misp_stix_converter import MISPtoSTIX21Parser


def main() -> None:
    bundles = {}
    for name, event in json.load(sys.stdin).items():
        parser = MISPtoSTIX21Parser()
        parser.parse_misp_event(event)
        if parser.errors:
            raise SystemExit(f"{name}: {parser.errors}")
        bundles[name] = [json.loads(obj.serialize()) for obj in parser.stix_objects]
    json.dump(bundles, sys.stdout)


main()
