from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api import gitrepository, kustomization
from penstock.api.meta import Status
from penstock.api.resource import InvalidObject, common_status
from penstock.base.errors import Terminal

SOURCE: dict[str, Any] = {
    "apiVersion": "source.toolkit.fluxcd.io/v1",
    "kind": "GitRepository",
    "metadata": {"name": "podinfo", "namespace": "apps"},
    "spec": {"url": "https://git.example.com/podinfo", "interval": "1m"},
}
OVERLAY: dict[str, Any] = {
    "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
    "kind": "Kustomization",
    "metadata": {"name": "podinfo", "namespace": "apps"},
    "spec": {"interval": "10m", "prune": True, "sourceRef": {"kind": "GitRepository", "name": "podinfo"}},
}


NAMES = st.sampled_from(["url", "interval", "ref", "conditions", "artifact", "name", "labels", "include"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES, below, max_size=3),
    max_leaves=10,
)


def with_spec(obj: dict[str, Any], **spec: object) -> dict[str, Any]:
    return obj | {"spec": obj["spec"] | spec}


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({"url": 7}, "spec.url: expected `str`, got `int`"),
        ({"url": "ext::sh -c id"}, "spec.url: expected `str` matching regex '^(http|https|ssh)://.*$'"),
        ({"interval": "soon"}, "spec.interval: expected `str` matching regex"),
        ({"interval": "1" * 70 + "s"}, "spec.interval: '1"),
        ({"interval": "9999999999h"}, "spec.interval: longer than the 292 years"),
        ({"timeout": "1h"}, "spec.timeout: expected `str` matching regex"),
        ({"provider": "gcp"}, "spec.provider: invalid enum value 'gcp'"),
        ({"ref": []}, "spec.ref: expected `object"),
        ({"verify": {"mode": "HEAD"}}, "spec.verify.secretRef: is required"),
        ({"include": [{"fromPath": "x"}]}, "spec.include[0].repository: is required"),
        ({"sparseCheckout": ["a", 1]}, "spec.sparseCheckout[1]: expected `str`, got `int`"),
        ({"suspend": "yes"}, "spec.suspend: expected `bool`, got `str`"),
    ],
)
def test_a_bad_field_is_one_error_that_names_it(spec: dict[str, object], problem: str) -> None:
    with pytest.raises(Terminal) as caught:
        gitrepository.decode(with_spec(SOURCE, **spec))
    assert str(caught.value).startswith(f"GitRepository/apps/podinfo: {problem}")
    assert caught.value.reason == "InvalidObject"


@pytest.mark.parametrize(
    ("obj", "problem"),
    [
        (SOURCE | {"spec": {"interval": "1m"}}, "spec.url: is required"),
        ({key: value for key, value in SOURCE.items() if key != "spec"}, "spec: is required"),
        (SOURCE | {"spec": "x"}, "spec: expected `object`, got `str`"),
        (
            SOURCE | {"metadata": {"name": "podinfo", "namespace": "apps", "labels": {"a": 1}}},
            "metadata.labels",
        ),
        (SOURCE | {"status": {"observedGeneration": "1"}}, "status.observedGeneration: expected `int`"),
    ],
)
def test_a_bad_object_is_one_error_that_names_the_place(obj: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidObject, match="GitRepository/apps/podinfo: ") as caught:
        gitrepository.decode(obj)
    assert problem in str(caught.value)


@pytest.mark.parametrize("metadata", [None, "x", {}, {"name": 7}])
def test_an_object_without_a_name_is_refused(metadata: object) -> None:
    with pytest.raises(InvalidObject, match="metadata"):
        gitrepository.decode(SOURCE | {"metadata": metadata})


def test_an_object_of_another_kind_is_refused() -> None:
    with pytest.raises(InvalidObject, match="GitRepository/apps/podinfo is no Kustomization of kustomize"):
        kustomization.decode(SOURCE)
    with pytest.raises(InvalidObject, match="the object is no GitRepository"):
        gitrepository.decode({})


def test_an_older_version_of_a_kind_is_refused() -> None:
    with pytest.raises(InvalidObject, match=r"is no GitRepository of source\.toolkit\.fluxcd\.io/v1$"):
        gitrepository.decode(SOURCE | {"apiVersion": "source.toolkit.fluxcd.io/v1beta2"})


def test_an_error_is_short_and_printable() -> None:
    with pytest.raises(InvalidObject) as caught:
        gitrepository.decode(with_spec(SOURCE, provider="\x1b[31m" + "x" * 100_000))
    assert len(str(caught.value)) < 700
    assert "\x1b" not in str(caught.value)


def test_unknown_fields_are_ignored() -> None:
    obj = with_spec(SOURCE, fromTheFuture={"a": [1]}) | {"more": 1, "status": {"alsoNew": True}}
    assert gitrepository.decode(obj) == gitrepository.decode(SOURCE)


def test_the_reference_is_the_object_s() -> None:
    found = kustomization.decode(OVERLAY)
    assert str(found.ref) == "Kustomization/apps/podinfo"
    assert found.ref.api_version == "kustomize.toolkit.fluxcd.io/v1"


def test_a_request_is_read_from_its_annotation() -> None:
    annotations = {"reconcile.fluxcd.io/requestedAt": "2030-01-01T00:00:00.123Z"}
    asked = OVERLAY | {"metadata": OVERLAY["metadata"] | {"annotations": annotations}}
    assert kustomization.decode(asked).metadata.requested_at == "2030-01-01T00:00:00.123Z"
    assert kustomization.decode(OVERLAY).metadata.requested_at == ""


@given(ANYTHING, ANYTHING, ANYTHING)
def test_whatever_an_object_holds_is_an_object_or_one_error(meta: Any, spec: Any, status: Any) -> None:
    obj = SOURCE | {"metadata": meta, "spec": spec, "status": status}
    with suppress(InvalidObject):
        assert gitrepository.decode(obj).ref.kind == "GitRepository"


def test_a_refused_object_still_shows_the_common_part_of_its_status() -> None:
    assert common_status({"status": {"observedGeneration": 2, "artifact": 7}}) == Status(
        observed_generation=2
    )
    assert common_status({"status": {"conditions": "none"}}) == Status()
    assert common_status({"status": None}) == Status()
    assert common_status({}) == Status()
