"""Builds that are too large, too deep or of too many parts end at a limit (threats A-43, A-44, A-49)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.base.limits import Limits
from penstock.tools.upstream import Code, Upstream

from tests.tools.upstream.fleets import CONFIG, files
from tests.tools.upstream.refusing import refused

if TYPE_CHECKING:
    from pathlib import Path


def test_too_many_objects_are_refused(helper_program: Path) -> None:  # A-43
    tree = {
        f"app/{n}.yaml": f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c{n}}}}}\n".encode()
        for n in range(50)
    }
    with Upstream(helper_program, Limits(build_objects=49)) as upstream:
        error = refused(upstream, tree)
    assert error.code is Code.LIMIT
    assert "the limit is 49 (PENSTOCK_LIMIT_BUILD_OBJECTS)" in str(error)


def test_too_large_an_output_is_refused(helper_program: Path) -> None:  # A-43
    big = CONFIG.replace("green", "g" * 5000)
    with Upstream(helper_program, Limits(build_output_bytes=4000)) as upstream:
        error = refused(upstream, files(app__c_yaml=big))
    assert error.code is Code.LIMIT
    assert "PENSTOCK_LIMIT_BUILD_OUTPUT_BYTES" in str(error)


def test_too_large_an_input_is_refused(helper_program: Path) -> None:
    big = CONFIG.replace("green", "g" * 5000)
    for limits, setting in (
        (Limits(manifest_bytes=4000), "PENSTOCK_LIMIT_MANIFEST_BYTES"),
        (Limits(build_input_bytes=4000), "PENSTOCK_LIMIT_BUILD_INPUT_BYTES"),
        (Limits(build_reads=1), "PENSTOCK_LIMIT_BUILD_READS"),
    ):
        with Upstream(helper_program, limits) as upstream:
            error = refused(upstream, files(app__c_yaml=big))
        assert error.code is Code.LIMIT
        assert setting in str(error)


@pytest.mark.parametrize("sizes", [[60_000_000], [10_000] * 3000])
def test_manifests_that_no_build_has_memory_for_are_refused_beforehand(
    sizes: list[int], upstream: Upstream
) -> None:  # A-22
    tree = {f"app/{n}.yaml": b"#" * size + b"\nkind: A\n" for n, size in enumerate(sizes)}
    error = refused(upstream, tree)
    assert error.code is Code.LIMIT
    assert "PENSTOCK_LIMIT_MANIFEST_BYTES" in str(error)


BOMB = "kind: Bomb\napiVersion: v1\nmetadata: {name: bomb}\na0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)
MERGED = "kind: Bomb\napiVersion: v1\nmetadata: {name: bomb}\na0: &a0 {x: [1, 2, 3]}\n" + "".join(
    f"a{n}: &a{n} {{l: *a{n - 1}, r: *a{n - 1}, <<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 30)
)


@pytest.mark.parametrize("manifest", [BOMB, MERGED, BOMB.replace("kind: Bomb", "kind: Kustomization")])
@pytest.mark.parametrize("name", ["app/bomb.yaml", "app/kustomization.yaml"])
def test_an_alias_bomb_does_not_go_off(manifest: str, name: str, upstream: Upstream) -> None:  # A-44
    assert "aliases are expanded" in str(refused(upstream, {name: manifest.encode()}))


def test_an_alias_that_contains_itself_is_refused(upstream: Upstream) -> None:  # A-44
    manifest = "kind: Loop\napiVersion: v1\nmetadata: {name: loop}\na: &a [*a]\n"
    assert "contains itself" in str(refused(upstream, {"app/loop.yaml": manifest.encode()}))


@pytest.mark.parametrize("spelling", ["a: {deep}", "a:\n  deep: {deep}", "data: [{deep}]"])
def test_deep_nesting_is_refused(spelling: str, upstream: Upstream) -> None:  # A-49
    deep = "[" * 2000 + "]" * 2000
    manifest = "kind: Deep\napiVersion: v1\nmetadata: {name: deep}\n" + spelling.replace("{deep}", deep)
    assert "nesting" in str(refused(upstream, {"app/deep.yaml": manifest.encode()}))
