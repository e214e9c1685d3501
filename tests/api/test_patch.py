from __future__ import annotations

import copy
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from penstock.api import kustomization
from penstock.api.gitrepository import GitRepositoryStatus
from penstock.api.meta import Artifact, ResourceInventory
from penstock.api.patch import encode, merge_patch, status_patch

Json = dict[str, Any]
LEAVES = st.integers() | st.booleans() | st.text(max_size=3)
OBJECTS = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(
        LEAVES | st.lists(LEAVES, max_size=2),
        lambda below: st.dictionaries(st.sampled_from("abc"), below, max_size=3),
        max_leaves=8,
    ),
)


def apply(patch: Any, target: Any) -> Any:
    """RFC 7386, section 2."""
    if not isinstance(patch, dict):
        return patch
    result = copy.deepcopy(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = apply(value, result.get(name))
    return result


@given(OBJECTS, OBJECTS)
def test_a_patch_turns_the_one_into_the_other(before: Json, after: Json) -> None:
    assert apply(merge_patch(before, after), before) == after


@given(OBJECTS)
def test_no_change_is_no_patch(value: Json) -> None:
    assert merge_patch(value, value) == {}


@given(OBJECTS, OBJECTS, st.dictionaries(st.sampled_from("xyz"), LEAVES))
def test_what_neither_side_knows_is_never_touched(before: Json, after: Json, unknown: Json) -> None:
    assert apply(merge_patch(before, after), before | unknown) == after | unknown


def test_a_status_patch_holds_only_what_changed() -> None:
    obj: Json = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "x", "namespace": "y"},
        "spec": {
            "interval": "1m",
            "prune": True,
            "sourceRef": {"kind": "Bucket", "name": "b"},
            "fromTheFuture": 1,
        },
        "status": {
            "observedGeneration": -1,
            "lastAppliedRevision": "a",
            "lastAttemptedRevision": "b",
            "fromTheFuture": {"kept": True},
        },
    }
    before = kustomization.decode(obj).status
    after = msgspec.structs.replace(before, last_applied_revision="b", last_attempted_revision="")
    patch = status_patch(before, after)
    assert patch == {"status": {"lastAppliedRevision": "b", "lastAttemptedRevision": None}}
    stored = apply(patch, obj)
    assert stored["spec"] == obj["spec"]
    assert stored["status"]["fromTheFuture"] == {"kept": True}


def test_an_unchanged_status_is_no_patch() -> None:
    assert status_patch(GitRepositoryStatus(), GitRepositoryStatus(observed_generation=0)) == {}


def test_metadata_of_an_old_artifact_does_not_linger() -> None:
    old = Artifact(
        digest="sha256:1", last_update_time="t", path="p", revision="r", url="u", size=1, metadata={"a": "b"}
    )
    new = msgspec.structs.replace(old, digest="sha256:2", metadata={})
    patch = status_patch(GitRepositoryStatus(artifact=old), GitRepositoryStatus(artifact=new))
    assert patch == {"status": {"artifact": {"digest": "sha256:2", "metadata": None}}}


def test_an_empty_inventory_is_written_and_an_absent_one_is_not() -> None:
    empty = kustomization.KustomizationStatus(inventory=ResourceInventory(entries=()))
    assert encode(empty) == {"inventory": {"entries": []}}
    assert encode(kustomization.KustomizationStatus()) == {}
