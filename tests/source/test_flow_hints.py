"""fetch of a push: which objects it looks at, and what it takes of it (threats A-07, A-11, A-12)."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from penstock.api.work import Function, Hint, WorkItem
from penstock.base.errors import Terminal
from penstock.base.selector import EVERYTHING, parse_selector
from penstock.cluster.errors import Forbidden, Unreachable
from penstock.notify.receivers.github import receive
from penstock.source.flow import fetch

from tests.source.world import ONE, TWO, World, repository

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
    assert "'identity' is required" in world.condition("FetchFailed", "ssh")
    assert (
        fetch(world.ports(), WorkItem(Function.FETCH, hint=Hint(("https://host/none",), "refs/heads/main")))
        == ()
    )


def test_an_item_of_another_kind_is_refused_before_anything_is_done(world: World) -> None:
    with pytest.raises(Terminal, match="nothing to do with Kustomization"):
        fetch(world.ports(), WorkItem(Function.FETCH, "Kustomization", "apps", "fleet"))
    assert world.cluster.calls == []


INTERVALS: list[Any] = ["1", "1h30", "-5m", "1ns", "9" * 70 + "h", "P1D", "", 0, None, []]
BROKEN: list[dict[str, Any]] = [
    *({"interval": interval} for interval in INTERVALS),
    {"timeout": "1d"},
    {"url": 7},
    {"ref": {"branch": ["x"]}},
    {"ref": "main"},
    {"secretRef": {}},
    {"ignore": 7},
]


@pytest.mark.parametrize("spec", BROKEN, ids=repr)
def test_an_object_that_cannot_be_read_stalls_alone(world: World, spec: dict[str, Any]) -> None:
    world.cluster.seed(repository("broken", **spec))
    push = WorkItem(Function.FETCH, hint=HINT)
    assert [outcome.ok for outcome in fetch(world.ports(), push)] == [True]
    (outcome,) = fetch(world.ports(), WorkItem(Function.FETCH, "GitRepository", "apps", "broken"))
    assert (outcome.ok, outcome.reason) == (False, "InvalidObject")
    assert world.condition("Stalled", "broken").startswith("True InvalidObject")


def test_one_broken_object_among_a_hundred_stops_none_of_the_others(world: World) -> None:
    for n in range(99):
        world.cluster.seed(repository(f"fleet-{n}", **(BROKEN[n % len(BROKEN)] if n == 50 else {})))
    outcomes = fetch(world.ports(), WorkItem(Function.FETCH, hint=HINT))
    assert [outcome.ok for outcome in outcomes] == [True] * 99


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


def pushed(after: str, delivery: str) -> WorkItem:
    """The item that a signed push becomes, which says that the branch is at the commit `after`."""
    repository = {"clone_url": "https://host/r.git", "default_branch": "other", "master_branch": "other"}
    body = json.dumps(
        {"ref": "refs/heads/main", "after": after, "repository": repository, "commits": [{"id": after}]}
    ).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("X-GitHub-Event", "push"),
        ("X-GitHub-Delivery", delivery),
        ("X-Hub-Signature-256", "sha256=" + hmac.new(b"secret", body, hashlib.sha256).hexdigest()),
    ]
    hint = receive(["secret"], headers, body, depth=64)
    assert isinstance(hint, Hint)
    return WorkItem(Function.FETCH, reason="push", hint=hint)


def test_the_branch_says_what_is_fetched_whatever_commit_the_push_names(world: World) -> None:
    world.fetcher.commit = TWO
    (outcome,) = fetch(world.ports(), pushed(ONE, "1"))
    assert outcome.revision == f"main@sha1:{TWO}"
    assert world.fetcher.fetched == [f"main@sha1:{TWO}"]
    assert world.fetcher.asked[0].want.revision_name == "main"


def test_a_push_that_is_told_again_under_any_id_is_fetched_once(world: World) -> None:
    for delivery in ("1", "1", "2", "3"):
        (outcome,) = fetch(world.ports(), pushed(ONE, delivery))
        assert outcome.ok
    assert len(world.fetcher.fetched) == len(world.queue.items) == 1


def test_a_push_is_left_to_the_shard_of_the_object(world: World) -> None:
    world.cluster.seed(repository("sharded"))
    world.change({"metadata": {"labels": {"sharding.fluxcd.io/key": "shard1"}}}, "sharded")
    push = WorkItem(Function.FETCH, hint=HINT)
    assert len(fetch(world.ports(), push)) == 1
    assert "conditions" not in world.status("sharded")
    assert len(fetch(world.ports(selector=parse_selector("sharding.fluxcd.io/key=shard1")), push)) == 1
    assert world.condition("Ready", "sharded").startswith("True")
    assert len(fetch(world.ports(selector=EVERYTHING), push)) == 2
