"""A tree with the same closure is not built again: the real builder would give the same (decision 3)."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from penstock.kustomize.closure import Tree, closure_digest
from penstock.kustomize.overlay import Overlay
from penstock.tools.upstream import BuildError, BuildResult

from tests.tools.upstream.features import FLEETS
from tests.tools.upstream.fleets import CONFIG

if TYPE_CHECKING:
    from penstock.tools.upstream import Upstream

    from tests.tools.upstream.fleets import Files

_NAMES = ("kustomization.yaml", "Kustomization", "kustomization.yml", "more.yaml", "README", "sub/x.yaml")
_CONTENTS = (CONFIG.encode(), b"", b"# a remark\n", b"{ this is no manifest", b"resources: [more.yaml]\n")


def outcome(upstream: Upstream, tree: Files) -> BuildResult | str:
    try:
        return upstream.build(tree, "app", overlay=Overlay())
    except BuildError as error:
        return str(error)


def altered(tree: Files, random: Random) -> Files:
    """The tree with a file or two written, changed or removed, anywhere."""
    result = dict(tree)
    folders = sorted({path.rpartition("/")[0] for path in tree} | {"", "other"})
    for _ in range(random.randint(1, 2)):
        paths = [*sorted(result), f"{random.choice(folders)}/{random.choice(_NAMES)}".lstrip("/")]
        path = random.choice(paths)
        if random.random() < 0.3:
            result.pop(path, None)
        elif not _clash(result, path):
            result[path] = random.choice(_CONTENTS)
    return result


def _clash(tree: Files, path: str) -> bool:
    return any(other.startswith(f"{path}/") or path.startswith(f"{other}/") for other in tree)


@pytest.mark.parametrize("name", FLEETS)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_same_closure_builds_the_same(name: str, upstream: Upstream, seed: int) -> None:
    before = FLEETS[name]
    built = upstream.build(before, "app", overlay=Overlay())
    after = altered(before, Random(seed))
    if closure_digest(built, Tree(after, ())) == closure_digest(built, Tree(before, ())):
        assert outcome(upstream, after) == built


def test_what_a_build_depends_on_beside_its_input_has_a_name(upstream: Upstream) -> None:
    identity = upstream.identity()
    assert "sigs.k8s.io/kustomize/api" in identity
    assert identity == upstream.identity()
