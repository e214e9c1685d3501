"""Kustomizations side by side in several threads: in order, each once, whatever comes of one of them."""

from __future__ import annotations

import threading

import pytest
from penstock.api.refs import ObjectRef, kustomization
from penstock.base.errors import PenstockError, Transient
from penstock.kustomize.steps.walking import walk


def at(name: str) -> ObjectRef:
    return kustomization("ns", name)


def test_two_that_do_not_wait_for_each_other_go_at_once_and_the_third_after_both() -> None:
    both, over = threading.Barrier(2, timeout=30), set[str]()

    def look(name: str) -> str:
        if name == "c":
            assert over == {"a", "b"}
            return name
        both.wait()
        over.add(name)
        return name

    items = {at(name): name for name in "cab"}
    results = walk(look, items, {at("c"): (at("a"), at("b"))}, workers=4)
    assert results == items


@pytest.mark.parametrize("workers", [1, 3])
def test_the_error_of_one_is_its_result_and_frees_those_behind_it(workers: int) -> None:
    error = Transient("not now")

    def look(name: str) -> str:
        if name == "a":
            raise error
        return name

    results = walk(look, {at(name): name for name in "ba"}, {at("b"): (at("a"),)}, workers)
    assert results == {at("a"): error, at("b"): "b"}
    assert isinstance(results[at("a")], PenstockError)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_bug_ends_the_walk_and_is_raised(workers: int) -> None:
    begun: list[str] = []

    def look(name: str) -> str:
        begun.append(name)
        raise RuntimeError(name)

    edges = {at("b"): (at("a"),), at("c"): (at("b"),)}
    with pytest.raises(RuntimeError, match="a"):
        walk(look, {at(name): name for name in "cba"}, edges, workers)
    assert begun == ["a"]


def test_nothing_is_nothing() -> None:
    assert walk(str, {}, {}, 4) == {}
