from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from penstock.admission.configuration import address, ref
from penstock.admission.flow import Probe, ensure, probe, remove
from penstock.admission.review import PROBE, Scope, reached
from penstock.base.deadline import Deadline
from penstock.base.errors import Terminal
from penstock.base.selector import parse_selector

from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster

if TYPE_CHECKING:
    from penstock.cluster.client import ApiCluster

URL = address("https://127.0.0.1:1", "token")
OTHER_URL = address("https://127.0.0.1:2", "token")
OTHERS = Scope(("apps",))
Json = dict[str, Any]


def test_the_hook_is_put_there_once_and_brought_up_to_date() -> None:
    cluster = FakeCluster()
    assert ensure(cluster, URL, "one")
    assert not ensure(cluster, URL, "one")
    assert ensure(cluster, URL, "two")
    (obj,) = cluster.objects("ValidatingWebhookConfiguration")
    assert obj["webhooks"][0]["clientConfig"]["url"] == URL


def test_the_real_api_server_takes_it_and_finds_nothing_changed_the_second_time(
    flux_cluster: ApiCluster, namespace: str
) -> None:
    scope = Scope((namespace,), parse_selector("a, !b, c in (y, x), d notin (z)"))
    assert ensure(flux_cluster, URL, "", scope)
    assert not ensure(flux_cluster, URL, "", scope)
    assert remove(flux_cluster, scope) == (ref(scope).name,)
    assert flux_cluster.get(ref(scope)) is None


def test_another_ones_configuration_of_that_name_is_left_alone() -> None:
    cluster = FakeCluster()
    where = ref(Scope())
    cluster.seed({"apiVersion": where.api_version, "kind": where.kind, "metadata": {"name": where.name}})
    with pytest.raises(Terminal, match="is not penstock's"):
        ensure(cluster, URL, "")
    assert remove(cluster) == ()
    assert cluster.writes() == ()
    assert probe(cluster, Deadline.after(FakeClock(), 1)) == Probe(installed=False)


def test_one_hook_is_taken_away_or_all_of_them() -> None:
    cluster = FakeCluster()
    ensure(cluster, URL, "")
    for _ in range(2):
        ensure(cluster, OTHER_URL, "", OTHERS)
    assert remove(cluster, OTHERS) == (ref(OTHERS).name,)
    ensure(cluster, OTHER_URL, "", OTHERS)
    assert set(remove(cluster)) == {ref(Scope()).name, ref(OTHERS).name}
    assert remove(cluster) == ()


def test_one_address_has_one_hook() -> None:
    cluster = FakeCluster()
    elsewhere = Scope(("elsewhere",))
    ensure(cluster, URL, "")
    ensure(cluster, OTHER_URL, "", elsewhere)
    assert ensure(cluster, URL, "", OTHERS)
    names = {obj["metadata"]["name"] for obj in cluster.objects("ValidatingWebhookConfiguration")}
    assert names == {ref(OTHERS).name, ref(elsewhere).name}
    assert not ensure(cluster, URL, "", OTHERS)


class Hearing:
    """A hook that hears the k-th probe, in the scope that it was made for."""

    def __init__(self, cluster: FakeCluster, at: int = 1) -> None:
        self.clock = FakeClock()
        self.trials: list[Json] = []
        self._at = at
        cluster.warned = self._warned

    def _warned(self, obj: Json) -> tuple[str, ...]:
        self.trials.append(obj)
        heard = len(self.trials) >= self._at
        return ("something else", *((reached(obj["metadata"]["annotations"][PROBE]),) if heard else ()))


@pytest.mark.parametrize("scope", [Scope(), OTHERS, Scope(selector=parse_selector("shard in (b, a)"))])
def test_a_hook_that_is_reached_answers_the_probe_by_its_mark(scope: Scope) -> None:
    cluster = FakeCluster()
    ensure(cluster, URL, "", scope)
    hearing = Hearing(cluster, at=3)
    waited: list[float] = []
    found = probe(cluster, Deadline.after(hearing.clock, 5), scope, pause=waited.append)
    assert found == Probe(True, True, "https://127.0.0.1:1/admission/*****")
    assert "reaches the admission hook at https://127.0.0.1:1/admission/*****" in found.message
    assert len(waited) == 2
    assert all(scope.has(one["metadata"]["namespace"], one) for one in hearing.trials)
    assert not cluster.objects("GitRepository")


def test_a_hook_that_is_not_reached_is_told_with_the_remedy() -> None:
    cluster = FakeCluster()
    ensure(cluster, URL, "")
    hearing = Hearing(cluster, at=10**9)
    found = probe(cluster, Deadline.after(hearing.clock, 1), pause=hearing.clock.move)
    assert (found.installed, found.reached) == (True, False)
    assert "open the way from the API server to that address" in found.message


def test_a_hook_that_is_not_there_is_told() -> None:
    found = probe(FakeCluster(), Deadline.after(FakeClock(), 1))
    assert found == Probe(installed=False)
    assert "not installed" in found.message


def test_what_answers_with_another_mark_is_not_taken_for_us() -> None:
    cluster = FakeCluster()
    ensure(cluster, URL, "")
    cluster.warned = lambda _: (reached("somebody"),)
    assert not probe(cluster, Deadline.after(FakeClock(), 0), mark="us").reached


def test_without_a_scope_each_hook_is_tried_and_one_that_is_not_reached_speaks_for_all() -> None:
    cluster = FakeCluster()
    ensure(cluster, URL, "")
    ensure(cluster, OTHER_URL, "", OTHERS)
    hearing = Hearing(cluster)
    assert probe(cluster, Deadline.after(hearing.clock, 0)).reached
    assert {one["metadata"]["namespace"] for one in hearing.trials} == {"default", "apps"}

    def only_apps(obj: Json) -> tuple[str, ...]:
        told = obj["metadata"]["namespace"] == "apps"
        return (reached(obj["metadata"]["annotations"][PROBE]),) if told else ()

    cluster.warned = only_apps
    found = probe(cluster, Deadline.after(hearing.clock, 0))
    assert (found.installed, found.reached) == (True, False)
