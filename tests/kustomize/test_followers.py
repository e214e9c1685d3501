"""What follows from a run that has changed Flux objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.refs import ObjectRef, git_repository, kustomization
from penstock.api.work import Function, decode, encode
from penstock.base.errors import Terminal, Transient
from penstock.kustomize.changes import Action, Change
from penstock.kustomize.followers import flux_objects, followers

from tests.kustomize.builders import make

if TYPE_CHECKING:
    from penstock.api.objects import Json

    from tests.kustomize.world import World

OWNER = kustomization("flux-system", "flux-system")
NAMES = st.sampled_from(["a", "b", "flux-system"])
KINDS = {
    "GitRepository": "source.toolkit.fluxcd.io/v1",
    "Kustomization": "kustomize.toolkit.fluxcd.io/v1",
}


def flux(kind: str, named: str, space: str = "flux-system", **source: str) -> Json:
    spec = {"sourceRef": {"kind": "GitRepository", **source}} if source else {}
    return make(KINDS[kind], kind, named, space, spec=spec)


def test_sources_come_first_and_those_of_one_source_are_one_item() -> None:
    bucket = flux("Kustomization", "bucket", name="x")
    bucket["spec"]["sourceRef"]["kind"] = "Bucket"
    found = followers(
        [
            flux("Kustomization", "apps", name="flux-system"),
            flux("Kustomization", "infra", name="flux-system"),
            flux("GitRepository", "second"),
            flux("Kustomization", "third", "team", name="second", namespace="flux-system"),
            bucket,
            flux("Kustomization", "broken"),
        ],
        OWNER,
    )
    assert [one.key for one in found] == [
        "fetch/GitRepository/flux-system/second",
        "apply/GitRepository/flux-system/flux-system",
        "apply/GitRepository/flux-system/second",
        "apply/Kustomization/flux-system/bucket",
        "apply/Kustomization/flux-system/broken",
    ]
    assert {one.reason for one in found} == {"applied by Kustomization/flux-system/flux-system"}


REFS = st.one_of(
    st.builds(git_repository, NAMES, NAMES),
    st.builds(kustomization, NAMES, NAMES),
    st.builds(
        ObjectRef, st.just("kustomize.config.k8s.io"), st.just("v1"), st.just("Kustomization"), NAMES, NAMES
    ),
    st.builds(ObjectRef, st.just(""), st.just("v1"), st.just("ConfigMap"), NAMES, NAMES),
)


@given(st.lists(st.builds(Change, REFS, st.sampled_from(Action))), st.frozensets(NAMES))
def test_only_flux_objects_that_were_changed_where_we_serve_follow(
    changes: list[Change], namespaces: frozenset[str]
) -> None:
    assert list(flux_objects(changes, namespaces)) == [
        change.ref
        for change in changes
        if change.effective
        and change.ref.group.endswith(".toolkit.fluxcd.io")
        and (not namespaces or change.ref.namespace in namespaces)
    ]


@given(st.lists(st.builds(flux, st.sampled_from(sorted(KINDS)), NAMES, NAMES)))
def test_every_item_is_one_that_its_function_takes_and_stands_once(objects: list[Json]) -> None:
    found = followers(objects, OWNER)
    assert all(decode(encode(one)) == one for one in found)
    assert len({one.key for one in found}) == len(found)
    functions = [one.function for one in found]
    assert functions == sorted(functions, key=lambda one: one is Function.APPLY)


@pytest.mark.parametrize("failure", [None, Terminal("there is no URL"), Transient("no answer")])
def test_a_queue_that_takes_nothing_costs_the_run_nothing(world: World, failure: Exception | None) -> None:
    world.add()
    more = flux("Kustomization", "more", name="fleet")
    world.push({"apps/sync.yaml": [more, flux("GitRepository", "more")]})
    world.queue.failure = failure
    assert world.one().ok
    wanted = ["fetch/GitRepository/flux-system/more", "apply/GitRepository/flux-system/fleet"]
    assert [item.key for item in world.queue.items] == ([] if failure else wanted)
    assert ("left to the tick" in world.output.getvalue()) == bool(failure)
