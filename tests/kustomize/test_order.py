"""Flux's order of applying and deleting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.kustomize.order import Stage, rank_of, ranks, sort_key, stage_of, stages

from tests.kustomize.builders import ref

if TYPE_CHECKING:
    from penstock.api.refs import ObjectRef

CRD = ref("CustomResourceDefinition", "x", group="apiextensions.k8s.io")
KINDS = ("Namespace", "ConfigMap", "Deployment", "Ingress", "Job", "StorageClass", "Widget", "ClusterRole")
REFS = st.builds(ref, st.sampled_from(KINDS), st.text("abc", min_size=1), st.text("ab"), st.text("xy."))


@pytest.mark.parametrize(
    ("found", "stage"),
    [
        (CRD, Stage.DEFINITIONS),
        (ref("CustomResourceDefinition", "x", group="example.com"), Stage.REST),
        (ref("Namespace", "x"), Stage.DEFINITIONS),
        (ref("Namespace", "x", group="example.com"), Stage.REST),
        (ref("Namespace", "x", version="v2"), Stage.REST),
        (ref("ClusterRole", "x", group="rbac.authorization.k8s.io"), Stage.DEFINITIONS),
        (ref("ClusterRoleBinding", "x", group="rbac.authorization.k8s.io"), Stage.REST),
        (ref("StorageClass", "x", group="storage.k8s.io"), Stage.CLASSES),
        (ref("AnythingClass", "x", group="example.com"), Stage.CLASSES),
        (ref("ConfigMap", "x"), Stage.REST),
    ],
)
def test_every_object_has_its_stage(found: ObjectRef, stage: Stage) -> None:
    assert stage_of(found) is stage


def test_kinds_come_in_the_order_of_flux() -> None:
    kinds = ["CustomResourceDefinition", "Namespace", "ClusterRole", "ServiceAccount", "ConfigMap", "Secret"]
    kinds += ["Service", "Deployment", "CronJob", "Anything", "MutatingWebhookConfiguration"]
    kinds += ["ValidatingWebhookConfiguration"]
    turned = list(reversed(kinds))
    assert sorted(turned, key=lambda kind: rank_of(ref(kind, "x"))) == kinds


def test_within_a_rank_group_kind_namespace_and_name_decide() -> None:
    ordered = [
        ref("Pod", "x", "z"),
        ref("B", "x", "a", group="a.io"),
        ref("C", "a", "a", group="a.io"),
        ref("C", "b", "a", group="a.io"),
        ref("C", "a", "b", group="a.io"),
        ref("A", "x", "a", group="b.io"),
    ]
    turned = list(reversed(ordered))
    assert sorted(turned, key=sort_key) == ordered


def test_stages_without_objects_are_left_out() -> None:
    found = (ref("ConfigMap", "b", "x"), CRD, ref("ConfigMap", "a", "x"))
    assert stages(found, lambda item: item) == ((CRD,), (found[2], found[0]))


@given(st.lists(REFS))
def test_stages_and_ranks_lose_nothing_and_keep_the_order(found: list[ObjectRef]) -> None:
    by_stage = [item for stage in stages(found, lambda item: item) for item in stage]
    by_rank = [item for rank in ranks(found, lambda item: item) for item in rank]
    assert sorted(by_stage) == sorted(by_rank) == sorted(found)
    assert by_rank == sorted(found, key=sort_key)
    assert [stage_of(item) for item in by_stage] == sorted(stage_of(item) for item in found)


@given(st.lists(REFS))
def test_deleting_is_the_reverse_of_applying(found: list[ObjectRef]) -> None:
    forward = [sort_key(item) for rank in ranks(found, lambda item: item) for item in rank]
    backward = [sort_key(item) for rank in ranks(found, lambda item: item, reverse=True) for item in rank]
    assert backward == list(reversed(forward))


@given(st.lists(REFS))
def test_a_rank_holds_one_rank(found: list[ObjectRef]) -> None:
    assert all(len({rank_of(item) for item in rank}) == 1 for rank in ranks(found, lambda item: item))
