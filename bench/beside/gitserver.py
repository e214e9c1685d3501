"""The Git server as a process of its own, so that its CPU time can be told apart.

As a program (`python -m bench.beside.gitserver FOLDER`) it reads names and default branches of
repositories, one a line, makes them and answers each with its clone URL; it ends when its input does.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Self

from penstock.tools.gitserver import GitServer

from bench.beside.process import ROOT


class GitProcess:
    """Serves what lies below the folder over smart HTTP."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, a list of ours
            [sys.executable, "-m", "bench.beside.gitserver", str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    @property
    def pid(self) -> int:
        """Of the server; the programs of Git that it starts are its children."""
        return self._process.pid

    def create(self, name: str, branch: str = "main") -> str:
        """Makes an empty bare repository with that default branch; its clone URL."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{name} {branch}\n")
        self._process.stdin.flush()
        url = self._process.stdout.readline().strip()
        assert url, "the Git server has ended"
        return url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def main(folder: Path) -> None:
    """Serves until the input ends."""
    with GitServer(folder) as server:
        for line in sys.stdin:
            name, branch = line.split()
            print(server.create(name, branch), flush=True)  # noqa: T201 - the answer to whoever started us


if __name__ == "__main__":
    main(Path(sys.argv[1]))
