"""What a Go tool is and which build of it is wanted: values and their digest, read from the checkout."""

from __future__ import annotations

import hashlib
import platform
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DIGEST_CHARS = 16


@dataclass(frozen=True)
class GoTool:
    """One program that is built from a Go module of the checkout."""

    name: str
    """The file name of the program."""
    module: Path
    """The folder with go.mod and go.sum; its own Go files are part of the digest."""
    package: str
    """The main package: an import path, or `.` for the module's own."""
    version: str
    """For people, in the name of the cache folder; the digest is what tells builds apart."""
    ldflags: tuple[str, ...] = ("-s", "-w")
    """What the linker gets."""
    expected_s: float = 60.0
    """Seconds that a cold build takes on two cores."""
    tags: tuple[str, ...] = ()
    """Build tags."""
    cgo: bool = False
    """Whether parts of it are C, so that a C compiler is needed."""
    assets: tuple[str, ...] = ()
    """Folders of the package's module that the program reads as it runs: copied beside it."""

    def label(self) -> str:
        """`kube-apiserver v1.37.2`."""
        return f"{self.name} {self.version}"

    def command(self, go: Path, output: Path) -> tuple[str, ...]:
        """The argument list that builds it into the file `output`."""
        flags = " ".join(self.ldflags)
        tags = ("-tags", ",".join(self.tags)) if self.tags else ()
        return (str(go), "build", "-trimpath", *tags, "-ldflags", flags, "-o", str(output), self.package)

    def folder_name(self) -> str:
        """The name of the folder that holds this very build: name, version, digest."""
        return f"{self.name}-{self.version}-{self._digest()}"

    def _digest(self) -> str:
        more = (*self.tags, *(["cgo"] if self.cgo else []), *self.assets)
        told = (self.package, *self.ldflags, *more, sys.platform, platform.machine())
        digest = hashlib.sha256("\0".join(told).encode())
        for path in _sources(self.module):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"\0{path.relative_to(self.module).as_posix()}\0{content}".encode())
        return digest.hexdigest()[:_DIGEST_CHARS]


def _sources(module: Path) -> Iterator[Path]:
    yield module / "go.mod"
    yield module / "go.sum"
    for path in sorted(module.rglob("*.go")):
        if not path.name.endswith("_test.go") and "testdata" not in path.parts:
            yield path


def pinned(go_mod: str, module: str) -> str:
    """The version that the text of a go.mod requires of `module`, with its `v`; KeyError if it does not."""
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} (v\S+)", go_mod, re.MULTILINE)
    if found is None:
        raise KeyError(module)
    return found[1]
