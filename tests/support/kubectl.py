"""The real kubectl, as a person uses it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Kubectl:
    """kubectl with one kubeconfig."""

    program: Path
    kubeconfig: Path

    def __call__(self, *arguments: str, stdin: str = "", fails: bool = False) -> str:
        """Its output, or its error output where it is meant to fail."""
        done = self.run(*arguments, stdin=stdin)
        assert bool(done.returncode) == fails, done.stderr
        return done.stderr if fails else done.stdout

    def wait_established(self, *crds: str) -> None:
        """Returns once these CRDs are established; `kubectl wait` alone fails on one with no status yet."""
        wait = ("wait", "--for=condition=Established", "--timeout=60s", *crds)
        eventually(lambda: self.run(*wait).returncode == 0, "the CRDs")

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """The same, for calls whose exit code tells something."""
        return subprocess.run(
            [self.program, "--kubeconfig", self.kubeconfig, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
