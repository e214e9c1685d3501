"""Where an old API version stands, and what is said about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.refs import ObjectRef
from penstock.kustomize.oldversions import advice, places

GROUP = "kustomize.toolkit.fluxcd.io"
OLD = f"apiVersion: {GROUP}/v1beta2\nkind: Kustomization\nmetadata:\n  name: {{}}\n"
FILES = {
    "a/new.yaml": OLD.replace("v1beta2", "v1").format("apps").encode(),
    "a/two.yaml": ("---\n" + OLD.format("one") + "---\n" + OLD.format("apps")).encode(),
    "b/json.json": b'{"kind": "HelmRelease", "apiVersion": "helm.toolkit.fluxcd.io/v2beta1", "name": "x"}',
    "c/not-read.yaml": OLD.format("apps").encode(),
}
READ = ("a/new.yaml", "a/two.yaml", "b/json.json", "gone.yaml")


def ref(kind: str, name: str, group: str = GROUP, version: str = "v1beta2") -> ObjectRef:
    return ObjectRef(group, version, kind, "flux-system", name)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (ref("Kustomization", "apps"), f"in a/two.yaml, line 7, write {GROUP}/v1 "),
        (ref("Kustomization", "one"), "in a/two.yaml, line 2, write"),
        (ref("Kustomization", "pre-apps"), "in a/two.yaml, line 2, write"),
        (ref("HelmRelease", "x", "helm.toolkit.fluxcd.io", "v2beta1"), "in b/json.json, line 1, write"),
        (ref("HelmRelease", "x", "helm.toolkit.fluxcd.io", "v2beta2"), "that version: write helm.toolkit"),
    ],
)
def test_the_file_the_line_and_the_replacement_are_named(wanted: ObjectRef, said: str) -> None:
    told = advice(wanted, places(FILES, READ))
    assert said in told
    assert told.endswith("(`penstock migrate -f .` does)")


@pytest.mark.parametrize(
    "other", [ref("Kustomization", "apps", version="v1"), ref("Widget", "w", "example.com", "v1beta2")]
)
def test_nothing_is_said_of_versions_that_were_not_removed(other: ObjectRef) -> None:
    assert advice(other, places(FILES, READ)) == ""


@given(st.binary(max_size=200), st.sampled_from([b"", OLD.encode()]))
def test_any_file_can_be_looked_through(noise: bytes, old: bytes) -> None:
    content = noise + b"\n" + old
    found = places({"x": content}, ["x"])
    assert all(1 <= place.line <= content.count(b"\n") + 1 for place in found)
    assert len(found) >= bool(old)
