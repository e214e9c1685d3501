"""Writes the golden files anew: `make golden`."""

from __future__ import annotations

import subprocess
from pathlib import Path

from penstock.tools.gobuild import ensure
from penstock.tools.gotool import GoTool, pinned

HERE = Path(__file__).parent


def sourceignore() -> bytes:
    """What Flux's ignore rules make of random rules and paths."""
    module = HERE / "sourceignore"
    version = pinned((module / "go.mod").read_text(), "github.com/fluxcd/pkg/sourceignore")
    program = ensure(GoTool("golden-sourceignore", module, ".", version))
    return subprocess.run([program], check=True, capture_output=True).stdout


if __name__ == "__main__":
    (HERE / "sourceignore.jsonl").write_bytes(sourceignore())
