"""The soak's own arithmetic: a reckoning that cannot fail would prove nothing."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.soak.model import KUSTOMIZATIONS, changed, files, first, mended
from tests.soak.verdict import judge

ONE = {"ConfigMap/a": ("alpha", "1")}


def test_what_is_as_it_should_be_is_good() -> None:
    assert judge(ONE, ONE, {"ConfigMap/a": "alpha"}).good


def test_whatever_is_amiss_is_named() -> None:
    assert judge({}, ONE, {"ConfigMap/a": "alpha"}).orphans == ("ConfigMap/a",)
    assert judge(ONE, {}, {}).lost == ("ConfigMap/a",)
    assert judge(ONE, {"ConfigMap/a": ("alpha", "2")}, {"ConfigMap/a": "alpha"}).wrong == ("ConfigMap/a",)
    assert judge(ONE, ONE, {"ConfigMap/a": "beta"}).unlisted == ("ConfigMap/a",)
    assert judge({}, {}, {"ConfigMap/a": "alpha"}).ghosts == ("ConfigMap/a",)
    assert "1 orphans (ConfigMap/a)" in str(judge({}, ONE, {}))


@given(st.integers(0, 2**32))
def test_no_kustomization_is_ever_empty_and_no_object_has_two_owners(seed: int) -> None:
    random = Random(seed)
    tree = first(random)
    for number in range(20):
        tree = changed(tree, random, number)
        assert all(12 <= len(tree.things[name]) <= 30 for name in KUSTOMIZATIONS)
        assert len(tree.expected()) == sum(len(tree.things[name]) for name in KUSTOMIZATIONS)
    assert not any("broken" in name for name in files(mended(tree)))


def test_the_same_seed_tells_the_same_story() -> None:
    trees = [changed(first(Random(7)), Random(8), 1) for _ in range(2)]
    assert trees[0] == trees[1]
