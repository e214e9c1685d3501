"""A push reaches the cluster through functions and Pub/Sub, whatever happens to messages and processes."""

from __future__ import annotations

import itertools
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest
from penstock.api.work import Function, decode

from tests.fixtures_emulators import pubsub
from tests.queue.topics import PROJECT, Subscriptions
from tests.runtime.processes import ask, environment, function
from tests.runtime.requesting import signed
from tests.runtime.test_chain import SECRETS, Fleet
from tests.support.faulty_proxy import FaultyProxy, drop, status
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from google.pubsub_v1.types import PubsubMessage
    from penstock.cluster.client import ApiCluster
    from penstock.tools.controlplane.plane import ControlPlane

    from tests.fixtures_git import WorkingCopy
    from tests.runtime.processes import Running
    from tests.support.faulty_proxy import Seen

_prefixes = (f"chain-{n}" for n in itertools.count(1))


class Deployment:
    """The functions with Pub/Sub between them, each started when it is needed."""

    def __init__(self, host: str, env: dict[str, str], *, ordered: bool = True) -> None:
        prefix = next(_prefixes)
        queue = f"pubsub://{PROJECT}/{prefix}"
        self.subscriptions = Subscriptions(host, prefix, ordered=ordered)
        self.ticks = 0
        self.env = {**env, "PENSTOCK_QUEUE": queue, "PUBSUB_EMULATOR_HOST": host}

    @contextmanager
    def running(self, name: str, **settings: object) -> Iterator[tuple[Running, str]]:
        """A function, to which its messages are pushed; the process and its address."""
        own = {} if name == "webhook" else self.env
        basics = {key: self.env[key] for key in ("PENSTOCK_QUEUE", "PUBSUB_EMULATOR_HOST")}
        with function(name, {**environment(**SECRETS, **settings), **basics, **own}) as (process, url):
            if name != "webhook":
                self.subscriptions.push_to(name, url)
            yield process, url

    def tick_on(self, tick: Running) -> None:
        """What a scheduler does: one tick after the other."""
        if len(tick.logged("done")) >= self.ticks:
            self.ticks += 1
            self.subscriptions.publish(Function.TICK, b"")

    def dead(self) -> list[PubsubMessage]:
        """What was given up: the first of it, and what came with it."""
        found: list[PubsubMessage] = []

        def more() -> bool:
            found.extend(self.subscriptions.pull("dead"))
            return bool(found)

        eventually(more, "a dead letter")
        return found


@pytest.fixture
def fleet(flux_api: ApiCluster, namespace: str, repository: WorkingCopy) -> Fleet:
    return Fleet(flux_api, namespace, repository)


@pytest.fixture
def proxy(control_plane: ControlPlane, tmp_path: Path) -> Iterator[FaultyProxy]:
    with FaultyProxy(control_plane, tmp_path) as proxy:
        yield proxy


@pytest.fixture
def env(proxy: FaultyProxy, tmp_path: Path, namespace: str) -> dict[str, str]:
    return environment(
        **SECRETS,
        kubeconfig=proxy.kubeconfig,
        bucket=tmp_path / "bucket",
        namespaces=namespace,
        attempts=2,
        claim_seconds=2,
    )


@pytest.fixture
def deployment(pubsub_emulator: str, env: dict[str, str]) -> Iterator[Deployment]:
    made = Deployment(pubsub_emulator, env)
    yield made
    made.subscriptions.close()


def announce(fleet: Fleet, url: str) -> None:
    body = fleet.announcement()
    assert ask(url, "/", body, signed(body))[0] == 202


def test_a_push_is_applied_and_a_message_that_is_no_work_is_parked_at_once(
    fleet: Fleet, deployment: Deployment
) -> None:
    commit = fleet.publish("one")
    with (
        deployment.running("webhook") as (_, webhook),
        deployment.running("fetch"),
        deployment.running("apply") as (apply, _),
    ):
        deployment.subscriptions.publish(Function.APPLY, b"\xff poison")
        announce(fleet, webhook)
        eventually(lambda: fleet.applied(commit), "the commit is applied")
        assert fleet.value == "one"
        (letter,) = deployment.dead()
        assert letter.data == b"\xff poison"
        assert len(apply.logged("given up")) == 1
    assert "canary" not in apply.output


def test_messages_that_come_twice_and_out_of_order_end_at_the_last_commit(
    fleet: Fleet, env: dict[str, str]
) -> None:
    with ExitStack() as stack:
        host = stack.enter_context(pubsub("--duplicate", "0.7", "--reorder", "300ms", "--seed", "7"))
        deployment = Deployment(host, env, ordered=False)
        _, webhook = stack.enter_context(deployment.running("webhook"))
        for name in ("fetch", "apply"):
            stack.enter_context(deployment.running(name))
        for value in ("one", "two", "three"):
            commit = fleet.publish(value)
            for _ in range(3):
                announce(fleet, webhook)
        eventually(lambda: fleet.applied(commit), "the last commit is applied")
        assert fleet.value == "three"
        assert deployment.subscriptions.pull("dead") == []
        deployment.subscriptions.close()


def test_what_webhook_accepted_outlives_it(fleet: Fleet, deployment: Deployment) -> None:
    with deployment.running("webhook") as (process, url):
        announce(fleet, url)
        process.kill()
    (item,) = deployment.subscriptions.items(1)
    assert item.hint is not None
    assert item.hint.ref == "refs/heads/main"


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("fetch", "GET /apis/source.toolkit.fluxcd.io/v1/"),
        ("fetch", "PATCH /apis/source.toolkit.fluxcd.io/v1/"),
        ("apply", "GET /apis/kustomize.toolkit.fluxcd.io/v1/"),
        ("apply", "PATCH /api/v1/"),
    ],
)
def test_a_function_killed_before_it_acknowledged_gets_its_message_again(
    fleet: Fleet, deployment: Deployment, proxy: FaultyProxy, name: str, held: str
) -> None:
    # While the claim of the dead lasts, the message only leaves a mark on it, and a tick goes on from there.
    def is_held(seen: Seen) -> bool:
        return f"{seen.method} {seen.path}".startswith(held) and not seen.dry_run

    commit = fleet.publish("one")
    other = "apply" if name == "fetch" else "fetch"
    with deployment.running("webhook") as (_, webhook), deployment.running(other):
        with deployment.running(name) as (process, _):
            proxy.fail(drop, is_held)
            announce(fleet, webhook)
            eventually(lambda: any(map(is_held, proxy.seen)), f"{name} is at work")
            process.kill()
        proxy.heal()
        assert not fleet.applied(commit)
        with deployment.running(name), deployment.running("tick") as (tick, _):

            def applied() -> bool:
                deployment.tick_on(tick)
                return fleet.applied(commit)

            eventually(applied, "the commit is applied")
    assert fleet.value == "one"


def test_a_push_that_nobody_announces_is_found_by_the_tick(fleet: Fleet, deployment: Deployment) -> None:
    commit = fleet.publish("one")
    with (
        deployment.running("fetch"),
        deployment.running("apply"),
        deployment.running("tick") as (tick, _),
    ):
        deployment.tick_on(tick)
        eventually(lambda: fleet.applied(commit), "the commit is applied")
        fleet.cluster.merge_patch(fleet.source, {"spec": {"interval": "1s"}}, field_manager="flux")
        commit = fleet.publish("two")

        def applied() -> bool:
            deployment.tick_on(tick)
            return fleet.applied(commit)

        eventually(applied, "the second commit is applied")
    assert fleet.value == "two"


def test_a_message_that_keeps_failing_is_parked_and_the_next_commit_is_tried_at_once(
    fleet: Fleet, deployment: Deployment, proxy: FaultyProxy
) -> None:
    with (
        deployment.running("webhook") as (_, webhook),
        deployment.running("fetch"),
        deployment.running("apply") as (apply, _),
    ):
        proxy.fail(status(503), lambda seen: seen.write and "/kustomizations/" in seen.path)
        fleet.publish("one")
        announce(fleet, webhook)
        (letter,) = deployment.dead()
        assert decode(letter.data).function is Function.APPLY
        assert letter.attributes["attempt"] == "2"
        assert letter.attributes["reason"]
        apply.wait_for("given up")
        proxy.heal()
        commit = fleet.publish("two")
        announce(fleet, webhook)
        eventually(lambda: fleet.applied(commit), "the second commit is applied")
    assert fleet.value == "two"
