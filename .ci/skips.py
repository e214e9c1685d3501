"""Fails when a test was skipped for any reason but the absence of ../shared."""

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

ALLOWED = "../shared is absent"


def main(report: str) -> int:
    """1 and a line per skip that must not be; 0 if there is none."""
    tree = ET.parse(Path(report))  # noqa: S314 - written by pytest a moment ago
    bad = [
        f"{case.get('classname')}::{case.get('name')}: {skip.get('message')}"
        for case in tree.iter("testcase")
        for skip in case.iter("skipped")
        if ALLOWED not in (skip.get("message") or "")
    ]
    for line in bad:
        sys.stderr.write(f"skipped without leave: {line}\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
