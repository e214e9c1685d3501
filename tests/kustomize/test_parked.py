"""Kinds that the cluster does not have yet."""

from __future__ import annotations

from penstock.kustomize.parked import has_come, kinds_of

from tests.kustomize.builders import ref

WIDGETS = [ref("Widget", name, "default", "example.com", "v1") for name in "ab"]


def test_each_kind_is_told_once() -> None:
    assert kinds_of([*WIDGETS, ref("Gadget", "a")]) == ("example.com/v1/Widget", "/v1/Gadget")
    assert kinds_of(()) == ()


def test_one_that_is_served_in_that_version_is_enough() -> None:
    served = {("example.com", "Widget", "v1")}

    def find(*kind: str) -> object | None:
        return kind if kind in served else None

    assert has_come(("/v1/Gadget", "example.com/v1/Widget"), find)
    assert not has_come(("/v1/Gadget", "example.com/v2/Widget"), find)
    assert not has_come((), find)
