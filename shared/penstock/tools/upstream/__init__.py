"""The upstream helper's client: kustomize builds in memory, semver ranges and CEL, as upstream's."""

from penstock.kustomize.built import BuildResult, OverlaidFile, Reads
from penstock.tools.upstream.client import Upstream, program
from penstock.tools.upstream.errors import (
    BuildError,
    BuildTooLarge,
    Code,
    InvalidRange,
    PathNotFound,
    ToolMissing,
)

__all__ = [
    "BuildError",
    "BuildResult",
    "BuildTooLarge",
    "Code",
    "InvalidRange",
    "OverlaidFile",
    "PathNotFound",
    "Reads",
    "ToolMissing",
    "Upstream",
    "program",
]
