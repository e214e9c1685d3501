"""The upstream helper's client: kustomize builds in memory, semver ranges, CEL and selectors."""

from penstock.kustomize.built import BuildResult, OverlaidFile, Reads
from penstock.tools.upstream.client import Upstream, program
from penstock.tools.upstream.errors import (
    BuildError,
    BuildTooLarge,
    Code,
    InvalidRange,
    InvalidSelector,
    PathNotFound,
    ToolMissing,
)

__all__ = [
    "BuildError",
    "BuildResult",
    "BuildTooLarge",
    "Code",
    "InvalidRange",
    "InvalidSelector",
    "OverlaidFile",
    "PathNotFound",
    "Reads",
    "ToolMissing",
    "Upstream",
    "program",
]
