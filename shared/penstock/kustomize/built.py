"""What a build gives, and everything that it looked at: the closure of its result (decision 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.api.objects import Json


@dataclass(frozen=True, kw_only=True)
class Reads:
    """What was looked at. The same build gives the same result while all of this holds.

    Paths are within the artifact, "" is its root; each tuple is sorted.
    """

    files_read: tuple[str, ...] = ()
    """Files: their contents count."""
    absent: tuple[str, ...] = ()
    """Paths where there was neither a file nor a folder."""
    listed: tuple[str, ...] = ()
    """Folders: the names and the kinds of their entries count."""
    directories: tuple[str, ...] = ()
    """Paths that were found to be folders; what is in them does not count."""


@dataclass(frozen=True, kw_only=True)
class BuildResult(Reads):
    """The objects, in kustomize's order, and what was looked at.

    `digest` is what Flux keeps in status.history: `sha256:<hex>` of the build as kustomize writes it.
    """

    objects: tuple[Json, ...]
    digest: str

    @property
    def reads(self) -> Reads:
        """What was looked at, alone."""
        return Reads(
            files_read=self.files_read, absent=self.absent, listed=self.listed, directories=self.directories
        )


@dataclass(frozen=True, kw_only=True)
class OverlaidFile(Reads):
    """The kustomization file that a build is made with, and what was looked at to make it."""

    path: str
    content: str
    created: bool
    """The folder had none of its own."""
