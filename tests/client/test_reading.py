from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import ObjectRef
from penstock.base.deadline import Deadline
from penstock.base.errors import Terminal
from penstock.client.kinds import GIT_REPOSITORY, KINDS, KUSTOMIZATION
from penstock.client.reading import applied_by, changes, objects, versions
from penstock.cluster.errors import Expired, UnknownKind, Unreachable

from tests.client.objects import git, kustomization
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.api.objects import Json

(RELEASE,) = (kind for kind in KINDS if kind.kind == "HelmRelease")
LABELS = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}


def _names(found: tuple[Json, ...]) -> list[str]:
    return [f"{obj['metadata']['namespace']}/{obj['metadata']['name']}" for obj in found]


@pytest.mark.parametrize(
    ("namespace", "name", "selector", "names"),
    [
        ("flux-system", "", "", ["flux-system/a", "flux-system/b"]),
        (None, "", "", ["apps/a", "flux-system/a", "flux-system/b"]),
        ("flux-system", "a", "", ["flux-system/a"]),
        (None, "a", "", ["apps/a", "flux-system/a"]),
        ("flux-system", "", "team=x", ["flux-system/b"]),
        ("flux-system", "b", "team=x", ["flux-system/b"]),
        ("flux-system", "a", "team=x", []),
        ("flux-system", "c", "", []),
    ],
)
def test_objects_are_chosen_by_namespace_name_and_labels(
    namespace: str | None, name: str, selector: str, names: list[str]
) -> None:
    cluster = FakeCluster(
        kustomization("a"), kustomization("b", labels={"team": "x"}), kustomization("a", namespace="apps")
    )
    assert _names(objects(cluster, KUSTOMIZATION, namespace, name, selector)) == names


@pytest.mark.parametrize("name", ["", "web"])
def test_a_cluster_without_the_kind_is_told_what_brings_it(name: str) -> None:
    with pytest.raises(
        UnknownKind, match=r"no matches for kind .HelmRelease.*`penstock install` brings them"
    ):
        objects(FakeCluster(), RELEASE, "flux-system", name)


class _Watched(FakeCluster):
    """Each watch gives the next of these: events, or an error after them."""

    def __init__(self, *rounds: list[Any]) -> None:
        super().__init__()
        self.rounds = list(rounds)
        self.seconds: list[float] = []

    def watch(self, *given: Any, **more: Any) -> Iterator[Json]:
        del more
        self.seconds.append(given[6])
        for one in self.rounds.pop(0):
            if isinstance(one, Exception):
                raise one
            yield one


def _event(what: str, name: str, version: str) -> Json:
    return {"type": what, "object": kustomization(name, uid=f"uid-{name}", resourceVersion=version)}


TOLD: list[str] = []


def _told(cluster: FakeCluster, known: dict[str, str], seconds: float) -> list[tuple[bool, str, str]]:
    clock = FakeClock()
    of = KUSTOMIZATION.ref("", "")
    until = Deadline.after(clock, seconds)
    found = changes(cluster, of, known, until=until, pause=clock.move, tell=TOLD.append)
    return [(gone, obj["metadata"]["name"], obj["metadata"]["resourceVersion"]) for gone, obj in found]


def test_only_what_was_not_seen_is_told_and_a_watch_that_ends_or_expires_begins_anew() -> None:
    cluster = _Watched(
        [
            _event("ADDED", "a", "1"),
            _event("MODIFIED", "a", "2"),
            {"type": "BOOKMARK", "object": {"kind": "x"}},
        ],
        [_event("ADDED", "a", "2"), Expired("too old")],
        [_event("ADDED", "a", "2"), _event("ADDED", "b", "3"), _event("DELETED", "a", "4")],
        [_event("ADDED", "b", "3"), _event("ADDED", "a", "5")],
    )
    known = versions((kustomization("a", uid="uid-a", resourceVersion="1"),))
    assert _told(cluster, known, 4) == [
        (False, "a", "2"), (False, "b", "3"), (True, "a", "4"), (False, "a", "5"),
    ]  # fmt: skip
    assert cluster.rounds == []
    assert cluster.seconds == [4, 3, 2, 1]


def test_an_api_server_that_goes_away_is_told_once_and_waited_for() -> None:
    gone = Unreachable("no route")
    cluster = _Watched([_event("ADDED", "a", "1"), gone], [gone], [_event("ADDED", "b", "2")], [gone])
    TOLD.clear()
    assert [name for _, name, _ in _told(cluster, {}, 4)] == ["a", "b"]
    assert TOLD == ["no route; it is watched on once that is over"] * 2
    with pytest.raises(UnknownKind):
        _told(_Watched([UnknownKind("gone for good")]), {}, 4)


def test_the_fake_clusters_changes_are_seen_as_well() -> None:
    cluster = FakeCluster(git("one", uid="uid-1"), git("two", uid="uid-2"))
    seen = versions(objects(cluster, GIT_REPOSITORY, "flux-system"))
    cluster.merge_patch(
        GIT_REPOSITORY.ref("flux-system", "two"), {"spec": {"suspend": True}}, field_manager="x"
    )
    clock = FakeClock()
    found = changes(
        cluster,
        GIT_REPOSITORY.ref("flux-system", ""),
        seen,
        until=Deadline.after(clock, 0.5),
        pause=clock.move,
        tell=TOLD.append,
    )
    assert [(gone, obj["metadata"]["name"]) for gone, obj in found] == [(False, "two")]


def _owned(kind: str, name: str, *owners: tuple[str, str], **meta: Any) -> Json:
    references = [{"apiVersion": "apps/v1", "kind": owner, "name": called} for owner, called in owners]
    api = "v1" if kind == "Pod" else "apps/v1"
    metadata = {"name": name, "namespace": "apps", "ownerReferences": references, **meta}
    return {"apiVersion": api, "kind": kind, "metadata": metadata}


def test_an_object_is_traced_by_its_own_labels_or_its_owners() -> None:
    pod = _owned("Pod", "web-1-x", ("StatefulSet", "gone"), ("StatefulSet", "web-1"))
    cluster = FakeCluster(
        kustomization("apps"),
        git("fleet"),
        pod,
        _owned("StatefulSet", "web-1", ("Deployment", "web")),
        _owned("Deployment", "web", labels=LABELS),
    )
    for obj in (pod, {"metadata": {"labels": LABELS}}):
        applied, source = applied_by(cluster, obj)
        assert applied["metadata"]["name"] == "apps"
        assert source is not None
        assert source["kind"] == "GitRepository"


def test_a_source_of_a_strange_kind_is_left_out() -> None:
    odd = kustomization("apps", spec={"sourceRef": {"kind": "Folder", "name": "x"}})
    assert applied_by(FakeCluster(odd), {"metadata": {"labels": LABELS}})[1] is None


def test_who_comes_from_nowhere_is_told_so() -> None:
    labelled = {"metadata": {"labels": LABELS}}
    circle = _owned("StatefulSet", "r", ("StatefulSet", "r"))
    helm = {"metadata": {"labels": {"helm.toolkit.fluxcd.io/name": "web"}}}
    for cluster, obj, why in (
        (FakeCluster(), {"metadata": {}}, "^object not managed by Flux$"),
        (FakeCluster(circle), circle, "^object not managed by Flux$"),
        (FakeCluster(), helm, "a HelmRelease made it, which is not built here yet"),
        (FakeCluster(git("a")), labelled, "failed to find Kustomization/flux-system/apps"),
        (FakeCluster(kustomization("apps")), labelled, "failed to find GitRepository/flux-system/fleet"),
    ):
        with pytest.raises(Terminal, match=why):
            applied_by(cluster, obj)


def test_an_owner_of_a_kind_that_is_gone_is_no_owner() -> None:
    odd = _owned("Pod", "p", ("Gadget", "g"))
    with pytest.raises(Terminal, match="not managed by Flux"):
        applied_by(FakeCluster(), odd)
    assert ObjectRef.from_object(odd).name == "p"
