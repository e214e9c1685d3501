"""Builds that are refused: with one line, which shows neither a secret nor a path of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.kustomize.overlay import Overlay
from penstock.tools.upstream import BuildError, Upstream

if TYPE_CHECKING:
    from tests.tools.upstream.fleets import Files

SECRET = "correct-horse-battery-staple"


def refused(upstream: Upstream, tree: Files, path: str = "app", *, overlay: bool = True) -> BuildError:
    """The error that the build of a tree ends with."""
    with pytest.raises(BuildError) as caught:
        upstream.build(tree, path, overlay=Overlay() if overlay else None)
    assert SECRET not in str(caught.value)
    assert "/penstock-artifact-root/" not in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value
