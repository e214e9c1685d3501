"""fetch of a push: which objects it looks at (threats A-07, A-11)."""

import pytest
from penstock.api.work import Function, Hint, WorkItem
from penstock.base.errors import Terminal
from penstock.cluster.errors import Forbidden, Unreachable
from penstock.source.flow import fetch

from tests.source.world import World, repository

HINT = Hint(("https://host/r.git",), "refs/heads/main")


def test_a_push_looks_at_every_object_it_concerns_and_at_no_other(world: World) -> None:
    world.cluster.seed(
        repository("other-branch", ref={"branch": "x"}),
        repository("other-url", url="https://host/x"),
        repository("ssh", url="ssh://git@host/r"),
    )
    outcomes = fetch(world.ports(), WorkItem(Function.FETCH, hint=HINT))
    assert [outcome.ok for outcome in outcomes] == [True, False]
    assert len(world.fetcher.fetched) == 1
    assert world.condition("Stalled", "ssh").startswith("True NotSupported")
    assert (
        fetch(world.ports(), WorkItem(Function.FETCH, hint=Hint(("https://host/none",), "refs/heads/main")))
        == ()
    )


def test_an_item_of_another_kind_is_refused_before_anything_is_done(world: World) -> None:
    with pytest.raises(Terminal, match="nothing to do with Kustomization"):
        fetch(world.ports(), WorkItem(Function.FETCH, "Kustomization", "apps", "fleet"))
    assert world.cluster.calls == []


def test_one_object_that_cannot_be_written_does_not_stop_the_others(world: World) -> None:
    world.cluster.seed(repository("another"))
    world.cluster.fail(Unreachable("no"), lambda call: call.verb == "patch" and call.ref.name == "another")
    with pytest.raises(Unreachable):
        fetch(world.ports(), WorkItem(Function.FETCH, hint=HINT))
    assert world.condition("Ready").startswith("True")


def test_one_refused_namespace_does_not_stop_the_others(world: World) -> None:
    world.cluster.fail(Forbidden("no"), lambda call: call.ref.namespace == "gone")
    outcomes = fetch(world.ports(namespaces=("gone", "apps")), WorkItem(Function.FETCH, hint=HINT))
    assert [outcome.ok for outcome in outcomes] == [True]
    assert "cannot be listed" in world.output.getvalue()


def test_only_the_namespaces_that_are_served_are_looked_at(world: World) -> None:
    other = repository()
    other["metadata"]["namespace"] = "default"
    world.cluster.seed(other)
    outcomes = fetch(world.ports(namespaces=("default",)), WorkItem(Function.FETCH, hint=HINT))
    assert [outcome.ok for outcome in outcomes] == [True]
    assert "conditions" not in world.status()
    assert (
        world.fetch(namespaces=("default",)).message
        == "the namespace of GitRepository/apps/fleet is not served"
    )
