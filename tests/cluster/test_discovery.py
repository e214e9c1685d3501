"""Discovery: asked once, asked again for an unknown kind, partial where a group is down."""

from __future__ import annotations

from typing import Any

import pytest
from penstock.cluster.catalog import Catalog, Resource
from penstock.cluster.discovery import REFRESH_SECONDS, Discovery, load_catalog
from penstock.cluster.errors import Unavailable

from tests.fakes.clock import FakeClock

POD = Resource("", "v1", "Pod", "pods", True)
CRONTAB = Resource("example.com", "v1", "CronTab", "crontabs", True)


class Loader:
    """Counts how often it was asked."""

    def __init__(self, *catalogs: Catalog) -> None:
        self.catalogs = list(catalogs)
        self.asked = 0

    def __call__(self) -> Catalog:
        self.asked += 1
        return self.catalogs.pop(0) if len(self.catalogs) > 1 else self.catalogs[0]


def test_a_known_kind_is_asked_for_once() -> None:
    load = Loader(Catalog((POD,)))
    discovery = Discovery(load, clock=FakeClock())
    assert [discovery.find("", "Pod") for _ in range(3)] == [POD] * 3
    assert load.asked == 1


def test_an_unknown_kind_asks_again_but_not_too_often() -> None:
    clock, load = FakeClock(), Loader(Catalog((POD,)), Catalog((POD, CRONTAB)))
    discovery = Discovery(load, clock=clock)
    assert discovery.find("example.com", "CronTab") is None
    assert discovery.find("example.com", "CronTab") is None
    assert load.asked == 1
    clock.move(REFRESH_SECONDS)
    assert discovery.find("example.com", "CronTab") == CRONTAB
    assert load.asked == 2


def test_refresh_asks_at_once() -> None:
    load = Loader(Catalog(), Catalog((CRONTAB,), frozenset({"x"})))
    discovery = Discovery(load, clock=FakeClock())
    assert discovery.catalog() == Catalog()
    assert discovery.refresh().find("example.com", "CronTab") == CRONTAB
    assert discovery.partial == frozenset({"x"})


def test_a_doubt_makes_the_next_question_ask_but_not_too_often() -> None:
    clock, load = FakeClock(), Loader(Catalog((POD,)))
    discovery = Discovery(load, clock=clock)
    discovery.find("", "Pod")
    discovery.doubt()
    discovery.find("", "Pod")
    assert load.asked == 1
    clock.move(REFRESH_SECONDS)
    discovery.doubt()
    discovery.find("", "Pod")
    assert load.asked == 2


def test_a_failed_look_is_not_remembered() -> None:
    def load() -> Catalog:
        raise Unavailable("down")

    discovery = Discovery(load, clock=FakeClock())
    for _ in range(2):
        with pytest.raises(Unavailable):
            discovery.find("", "Pod")


def test_a_server_without_aggregated_discovery_is_asked_group_by_group() -> None:
    documents: dict[str, Any] = {
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {
            "kind": "APIGroupList",
            "groups": [
                {"name": "example.com", "versions": [{"version": "v1"}]},
                {"name": "down.io", "versions": [{"version": "v1"}]},
            ],
        },
        "/api/v1": {"resources": [{"name": "pods", "kind": "Pod", "namespaced": True}]},
        "/apis/example.com/v1": {"resources": [{"name": "crontabs", "kind": "CronTab", "namespaced": True}]},
    }

    def fetch(path: str, accept: str) -> Any:
        assert "application/json" in accept
        if path not in documents:
            raise Unavailable(path)
        return documents[path]

    assert load_catalog(fetch) == Catalog((POD, CRONTAB), frozenset({"down.io"}))
