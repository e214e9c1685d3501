"""apply with the real helper, when it dies of its memory or cannot begin (threats B-24, B-25)."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from penstock.api.refs import kustomization
from penstock.base.limits import MIB, Limits
from penstock.tools.upstream import Upstream, program

from tests.kustomize.builders import changed, config_map
from tests.kustomize.world import NAMESPACE, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BIG = kustomization(NAMESPACE, "big")
A, B, C = (config_map(name, data={"x": "1"}) for name in "abc")
BLOATED = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: default}\nspec:\n"
    + "- {a: [[[[]]], [[[]]], [[[]]]]}\n" * 200_000
)


@pytest.fixture
def world() -> Iterator[World]:
    """Two Kustomizations, applied by a helper that has little memory."""
    with Upstream(program(), Limits(build_memory_bytes=96 * MIB)) as helper:
        world = World(builder=helper)
        for name in ("big", "good"):
            world.add(name, retryInterval="2m")
        world.push({"big/b.yaml": B, "good/a.yaml": A})
        assert [outcome.ok for outcome in world.run()] == [True, True]
        world.forget()
        yield world


def test_a_build_that_dies_of_its_memory_is_refused_and_stops_nobody_else(world: World) -> None:
    revision = world.push({"big/b.yaml": BLOATED, "big/c.yaml": C, "good/a.yaml": changed(A, x="2")})
    bad, good = world.run()
    assert (bad.ok, bad.reason, bad.revision) == (False, "BuildFailed", revision)
    assert "memory" in bad.message
    assert "PENSTOCK_LIMIT_BUILD_MEMORY_BYTES" in bad.message
    assert (good.ok, good.changes) == (True, ("ConfigMap/default/a configured",))
    assert world.effects() == ["apply ConfigMap/default/a"]
    assert world.condition("Ready", BIG)[:2] == ("False", "BuildFailed")
    assert world.condition("Stalled", BIG) == ("", "", "")
    assert world.inventory(BIG) == ["default_b__ConfigMap"]


def test_it_is_tried_again_after_the_retry_interval_with_the_same_end_and_at_once_after_a_push(
    world: World,
) -> None:
    world.push({"big/b.yaml": BLOATED, "good/a.yaml": A})
    first = world.run()[0]
    assert world.run() == ()
    world.clock.move(119)
    assert world.run() == ()
    world.clock.move(20)
    (again,) = world.run()
    assert (again.reason, again.message) == (first.reason, first.message)
    assert world.run() == ()
    world.push({"big/b.yaml": changed(B, x="2"), "good/a.yaml": A})
    assert [outcome.ok for outcome in world.run()] == [True, True]


def test_without_a_place_for_temporary_files_nothing_is_applied_and_later_everything(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world.push({"big/c.yaml": C, "good/a.yaml": changed(A, x="2")})
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with Upstream(program()) as fresh:
        world.ports = replace(world.ports, builder=fresh)
        assert [(outcome.ok, outcome.reason) for outcome in world.run()] == [(False, "BuildFailed")] * 2
        assert world.effects() == []
        (tmp_path / "nowhere").mkdir()
        world.clock.move(200)
        assert [outcome.ok for outcome in world.run()] == [True, True]
        assert world.owned(BIG) == ["ConfigMap/default/c"]


def _script(folder: Path, command: str) -> Path:
    """A program in place of the helper."""
    path = folder / "helper"
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o700)
    return path


@pytest.mark.parametrize(
    "command",
    [
        "exit 0",
        "exit 3",
        "kill -SEGV $$",
        "exec sleep 1000",
        "exec 3>&1; exec yes 'fatal error: something' >&2",
        "exec yes",
        "printf '\\000\\000\\000\\002{}'; exec cat >/dev/null",
        None,
    ],
)
def test_a_helper_that_is_missing_or_mad_fails_the_run_and_deletes_nothing(
    command: str | None, tmp_path: Path
) -> None:
    world = World()
    world.add()
    world.push({"apps/a.yaml": [A, B]})
    assert world.one().ok
    world.forget()
    helper = _script(tmp_path, command) if command is not None else tmp_path / "nothing"
    with Upstream(helper, Limits(build_seconds=1)) as mad:
        world.ports = replace(world.ports, builder=mad)
        world.push({"apps/a.yaml": A})
        outcome = world.one()
    assert (outcome.ok, outcome.reason, outcome.changes) == (False, "BuildFailed", ())
    assert world.effects() == []
    assert world.inventory() == ["default_a__ConfigMap", "default_b__ConfigMap"]
    assert world.condition("Stalled") == ("", "", "")
