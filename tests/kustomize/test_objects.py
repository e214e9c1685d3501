"""From build output to objects that can be applied (threats A-43, A-50 to A-52, A-54, A-58)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.base.errors import LimitExceeded
from penstock.base.limits import Limits
from penstock.kustomize.objects import EncryptedSecret, InvalidBuild, mislabelled, prepare, refuse_duplicates
from penstock.kustomize.owner import owned_by, owner_labels

from tests.kustomize.builders import OWNER, config_map, make, ref

LIMITS = Limits()
SECRET = "hunter2"


def _list(*items: Any, kind: str = "List") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "items": list(items)}


def test_every_object_gets_the_owner_labels_beside_its_own() -> None:
    (found,) = prepare([config_map("x", labels={"app": "y"})], OWNER, LIMITS)
    assert found["metadata"]["labels"] == {"app": "y"} | owner_labels(OWNER)


def test_what_was_built_stays_as_it_was() -> None:
    built = config_map("x", labels={"app": "y"}, status={})
    prepare([built], OWNER, LIMITS)
    assert built == config_map("x", labels={"app": "y"}, status={})


def test_lists_are_unpacked_and_empty_documents_left_out() -> None:
    built = [
        None,
        {},
        _list(config_map("a"), _list(config_map("b"), kind="ConfigMapList"), _list()),
        config_map("c"),
    ]
    assert [obj["metadata"]["name"] for obj in prepare(built, OWNER, LIMITS)] == ["a", "b", "c"]


def test_lists_in_lists_without_end_are_refused() -> None:
    nested: Any = config_map("x")
    for _ in range(10):
        nested = _list(nested)
    with pytest.raises(InvalidBuild, match="nested deeper than 8"):
        prepare([nested], OWNER, LIMITS)


def test_files_of_kustomize_are_left_out() -> None:
    built = [make("kustomize.config.k8s.io/v1beta1", "Kustomization", "x"), config_map("a")]
    assert len(prepare(built, OWNER, LIMITS)) == 1


def test_all_objects_without_identity_are_told_and_nothing_of_their_content() -> None:
    built = [
        config_map("a"),
        {"kind": "Secret", "data": {"p": SECRET}},
        config_map("b/c", data={"p": SECRET}),
        7,
    ]
    with pytest.raises(InvalidBuild) as caught:
        prepare(built, OWNER, LIMITS)
    message = str(caught.value)
    assert message.startswith("failed to decode Kubernetes apiVersion, kind and name: object 2 of the build")
    assert "object 3 of the build (ConfigMap/default/b/c): metadata.name is no valid" in message
    assert "object 4 of the build: it is no mapping" in message
    assert SECRET not in message
    assert caught.value.reason == "BuildFailed"


def test_a_long_list_of_problems_is_cut() -> None:
    with pytest.raises(InvalidBuild, match="and 5 more"):
        prepare([{"kind": "A"}] * 25, OWNER, LIMITS)


@pytest.mark.parametrize(
    ("labels", "kept"),
    [
        ({"a": "b", "c": "d"}, {"a": "b", "c": "d"}),
        ({"a": None, "c": "d"}, {"a": "", "c": "d"}),
        ({"a": 1, "c": "d"}, {}),
        ({"a": True}, {}),
        (["a"], {}),
        (None, {}),
    ],
)
def test_labels_are_read_as_flux_reads_them(labels: Any, kept: dict[str, str]) -> None:
    built = config_map("x", labels=labels)
    (found,) = prepare([built], OWNER, LIMITS)
    assert found["metadata"]["labels"] == {**kept, **owner_labels(OWNER)}
    assert mislabelled([{"kind": "List", "items": [built]}]) == (
        ("ConfigMap/default/x",) if labels and not kept else ()
    )


def test_what_only_the_server_may_set_is_taken_out() -> None:
    built = config_map("x", status={"phase": "x"}, data={"a": "b"})
    built["metadata"] |= {
        "creationTimestamp": None,
        "resourceVersion": "12",
        "uid": "u",
        "generation": 3,
        "managedFields": [],
        "selfLink": "/x",
        "deletionTimestamp": "2026-01-01T00:00:00Z",
        "deletionGracePeriodSeconds": 0,
        "finalizers": ["a/b"],
        "ownerReferences": [{"name": "a"}],
    }
    (found,) = prepare([built], OWNER, LIMITS)
    assert set(found) == {"apiVersion", "kind", "metadata", "data"}
    assert set(found["metadata"]) == {"name", "namespace", "labels", "finalizers", "ownerReferences"}


@pytest.mark.parametrize(
    "fields",
    [
        {"sops": {}},
        {"stringData": {"a": "ENC[AES256_GCM,data:x]"}},
        {"data": {"a": "ENC[AES256_GCM,data:x]", "b": 1}},
    ],
)
def test_an_encrypted_secret_is_refused_by_name(fields: dict[str, Any]) -> None:
    built = [make("v1", "Secret", "s", "default", **fields), config_map("x", sops={})]
    with pytest.raises(EncryptedSecret) as caught:
        prepare(built, OWNER, LIMITS)
    assert str(caught.value) == (
        "Secret/default/s is SOPS encrypted, configuring decryption is required for this secret "
        "to be reconciled"
    )


def test_an_encrypted_secret_may_ask_to_stay_so() -> None:
    marks = {"kustomize.toolkit.fluxcd.io/decrypt": "Disabled"}
    assert prepare([make("v1", "Secret", "s", "default", sops={}, annotations=marks)], OWNER, LIMITS)


def test_too_many_objects_are_refused() -> None:
    with pytest.raises(LimitExceeded, match="gives 3 objects, the limit is 2"):
        prepare([config_map("x")] * 3, OWNER, replace(LIMITS, build_objects=2))


def test_an_object_that_no_cluster_stores_is_refused() -> None:
    built = [config_map("x", data={"a": "b" * 1000}), config_map("y")]
    with pytest.raises(LimitExceeded, match=r"x \(1\d\d\d bytes\).*PENSTOCK_LIMIT_OBJECT_BYTES"):
        prepare(built, OWNER, replace(LIMITS, object_bytes=1000))


def test_the_same_object_twice_is_refused_whatever_its_version() -> None:
    refuse_duplicates([ref("A", "x"), ref("A", "y"), ref("A", "x", "ns"), ref("B", "x")])
    with pytest.raises(InvalidBuild, match=r"more than once in one build: A/x$"):
        refuse_duplicates([ref("A", "x"), ref("A", "x", version="v2")])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.lists(JSON | st.builds(lambda extra: {**config_map("x"), **extra}, st.dictionaries(st.text(), JSON)))
)
def test_anything_is_either_refused_in_words_or_ours(built: list[Any]) -> None:
    try:
        found = prepare(built, OWNER, LIMITS)
    except InvalidBuild:
        return
    assert all(owned_by(obj, OWNER) for obj in found)
