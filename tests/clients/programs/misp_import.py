"""Run where misp-stix of either generation is installed: bundles by name on stdin; on stdout the MISP events made of each."""

import json
import sys
import tempfile
from pathlib import Path

from misp_stix_converter import stix_2_to_misp


def main() -> None:
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, bundle) in enumerate(json.load(sys.stdin).items()):
            below = Path(folder) / str(number)
            below.mkdir()
            (below / "bundle.json").write_text(json.dumps(bundle), encoding="utf-8")
            outcome = stix_2_to_misp(below / "bundle.json", output_dir=below)
            events = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(below.glob("*.out"))]
            results[name] = {"events": events, "errors": [str(error) for error in outcome.get("errors", [])]}
    json.dump(results, sys.stdout)


main()
