"""Variables in the flow: when they are read, what a change of them leads to, and what is never shown."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import ObjectRef
from penstock.cluster.errors import Forbidden, Unavailable
from penstock.kustomize.selection import VALUES_CHANGED

from tests.kustomize.builders import config_map, make
from tests.kustomize.world import APPS, NAMESPACE, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.cluster import Call


CANARY = "hunter2canary"
USER = config_map("user", data={"colour": "${colour}"})
VARS = ObjectRef("", "v1", "ConfigMap", NAMESPACE, "vars")
KEYS = ObjectRef("", "v1", "Secret", NAMESPACE, "keys")
FROM_MAP: dict[str, Any] = {"substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]}
FROM_SECRET: dict[str, Any] = {"substituteFrom": [{"kind": "Secret", "name": "keys"}]}
OPTIONAL: dict[str, Any] = {
    "substituteFrom": [{"kind": "ConfigMap", "name": "vars", "optional": True}],
    "substitute": {"x": "y"},
}


def _vars(colour: str) -> dict[str, Any]:
    return config_map("vars", NAMESPACE, data={"colour": colour})


def _keys(colour: str) -> dict[str, Any]:
    return make("v1", "Secret", "keys", NAMESPACE, data={"colour": b64encode(colour.encode()).decode()})


def _colour(world: World) -> str:
    (found,) = (one for one in world.cluster.objects("ConfigMap") if one["metadata"]["name"] == "user")
    return str(found["data"]["colour"])


def _reads(world: World) -> int:
    return sum(call.verb == "get" and call.ref in {VARS, KEYS} for call in world.cluster.calls)


def _later(world: World) -> None:
    world.forget()
    world.clock.move(601 - 3600)
    world.builder.paths.clear()


@pytest.fixture
def quiet(world: World) -> World:
    """A Kustomization that was applied with a variable from a ConfigMap, looked at ten minutes later."""
    world.be_quiet()
    world.cluster.seed(_vars("green"))
    world.add(postBuild=FROM_MAP)
    world.push({"apps/user.yaml": USER})
    assert world.one().ok
    assert _colour(world) == "green"
    _later(world)
    return world


def test_a_look_at_which_no_value_has_changed_builds_nothing_and_reads_once(quiet: World) -> None:
    assert quiet.one().ok
    assert quiet.builder.paths == []
    assert _reads(quiet) == 1


def test_a_changed_value_is_applied_at_the_next_look(quiet: World) -> None:
    quiet.patch(VARS, {"data": {"colour": "red"}})
    _later(quiet)
    assert quiet.one().ok
    assert _colour(quiet) == "red"
    _later(quiet)
    assert quiet.one().ok
    assert quiet.builder.paths == []


def test_a_label_on_a_config_map_builds_nothing(quiet: World) -> None:
    quiet.patch(VARS, {"metadata": {"labels": {"a": "b"}}})
    _later(quiet)
    assert quiet.one().ok
    assert quiet.builder.paths == []


LABEL = "reconcile.fluxcd.io/watch"


def test_a_watched_one_that_changes_is_due_at_once_and_once(quiet: World) -> None:
    quiet.patch(VARS, {"metadata": {"labels": {LABEL: "Enabled"}}})
    assert quiet.one().ok
    for colour in ("red", "blue"):
        assert quiet.run() == ()
        quiet.patch(VARS, {"data": {"colour": colour}})
        assert quiet.one().ok
        assert _colour(quiet) == colour
    assert [line["reason"] for line in quiet.logged() if line["message"] == "due"][-1] == VALUES_CHANGED


def test_a_watched_one_that_breaks_the_build_is_tried_once_and_again_when_it_is_mended(quiet: World) -> None:
    quiet.patch(VARS, {"metadata": {"labels": {LABEL: "Enabled"}}, "data": {"colour": None}})
    quiet.push({"apps/user.yaml": USER, "README": "x"})
    quiet.artifacts.remove_all("GitRepository", NAMESPACE, "fleet")
    assert not quiet.one().ok
    quiet.patch(VARS, {"data": {"colour": "red"}})
    assert not quiet.one().ok
    assert quiet.run() == ()


def test_a_config_map_that_went_fails_the_build_and_deletes_nothing(quiet: World) -> None:
    quiet.cluster.delete(VARS, uid=None)
    _later(quiet)
    assert not quiet.one().ok
    status, reason, message = quiet.condition()
    assert (status, reason) == ("False", "BuildFailed")
    assert "substitute from 'ConfigMap/vars' error: configmaps \"vars\" not found" in message
    assert _colour(quiet) == "green"


def test_an_optional_one_that_comes_and_goes_is_seen_each_time(world: World) -> None:
    world.be_quiet()
    world.add(postBuild=OPTIONAL)
    world.push({"apps/user.yaml": USER})
    assert world.one().ok
    _later(world)
    assert world.one().ok
    assert world.builder.paths == []
    world.cluster.seed(_vars("green"))
    _later(world)
    assert world.one().ok
    assert _colour(world) == "green"
    world.cluster.delete(VARS, uid=None)
    _later(world)
    assert world.one().ok
    assert _colour(world) == "${colour}"


def test_a_changed_secret_is_applied_at_the_next_look_and_shown_nowhere(world: World) -> None:
    world.be_quiet()
    world.cluster.seed(_keys("first-secret"))
    world.add(postBuild=FROM_SECRET)
    world.push({"apps/user.yaml": USER})
    assert world.one().ok
    _later(world)
    assert world.one().ok
    assert world.builder.paths == []
    world.cluster.seed(_keys(CANARY))
    _later(world)
    assert world.one().ok
    assert _colour(world) == CANARY
    shown = repr((world.events.seen, world.status(), world.logged(), world.runs.newest(APPS)))
    kept = _kept(world)
    for text in (shown, kept):
        assert CANARY not in text
        assert b64encode(CANARY.encode()).decode() not in text


def _kept(world: World) -> str:
    """All that lies in the bucket beside artifacts."""
    found = [world.bucket.get(one.key) for one in world.bucket.list("") if not one.key.endswith(".tar.gz")]
    return b"".join(one[0] for one in found if one is not None).decode("latin-1")


def test_what_the_api_server_says_of_an_object_with_a_secret_in_it_is_masked(world: World) -> None:
    def quoting(call: Call) -> bool:
        return call.dry_run and call.ref.name == "user"

    world.cluster.seed(_keys(CANARY))
    world.cluster.fail(Forbidden(f"data.colour: Invalid value: {CANARY}"), quoting)
    world.add(postBuild=FROM_SECRET)
    world.push({"apps/user.yaml": USER})
    outcome = world.one()
    assert "data.colour: Invalid value: *****" in outcome.message
    assert CANARY not in repr((outcome, world.events.seen, world.status(), world.logged()))


def test_a_value_is_read_once_for_all_kustomizations_while_nothing_is_written(world: World) -> None:
    world.be_quiet()
    world.cluster.seed(_vars("green"))
    for name in ("one", "two", "three"):
        world.add(name, postBuild=FROM_MAP)
    world.push(
        {f"{name}/x.yaml": config_map(name, data={"c": "${colour}"}) for name in ("one", "two", "three")}
    )
    assert all(one.ok for one in world.run())
    _later(world)
    assert all(one.ok for one in world.run())
    assert _reads(world) == 1


def test_what_one_kustomization_writes_is_what_the_next_one_reads(world: World) -> None:
    world.cluster.seed(_vars("green"))
    world.add("a", postBuild=FROM_MAP)
    world.add("b", postBuild=FROM_MAP)
    world.push({"a/vars.yaml": _vars("red"), "b/user.yaml": USER})
    first, second = world.run()
    assert first.ok
    assert second.ok
    assert _colour(world) == "red"


@pytest.mark.parametrize("refused", [Forbidden("configmaps is forbidden"), Unavailable("503")])
def test_a_reference_that_cannot_be_read_fails_the_build(refused: Exception, world: World) -> None:
    world.cluster.seed(_vars("green"))
    world.cluster.fail(refused, lambda call: call.verb == "get" and call.ref == VARS)
    world.add(postBuild=FROM_MAP)
    world.push({"apps/user.yaml": USER})
    assert not world.one().ok
    assert world.condition()[:2] == ("False", "BuildFailed")


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"substitute": {"colour": "green"}},
        {"substituteFrom": [{"kind": "ConfigMap", "name": "vars", "optional": True}]},
    ],
)
def test_what_stands_in_the_spec_needs_no_reading_of_others(spec: dict[str, Any], world: World) -> None:
    world.be_quiet()
    world.add(postBuild=spec)
    world.push({"apps/user.yaml": USER})
    assert world.one().ok
    assert _colour(world) == ("green" if "substitute" in spec else "${colour}")
    assert _reads(world) == ("substituteFrom" in spec)


def test_another_strictness_is_another_build(quiet: World) -> None:
    quiet.ports = replace(quiet.ports, strict_substitutions=False)
    assert quiet.one().ok
    assert quiet.builder.paths == ["apps"]


def test_a_value_that_changes_during_a_run_is_seen_at_the_next_look(world: World) -> None:
    """A baseline is of the values that were put in, not of those that stand when it is left."""
    world.be_quiet()
    world.cluster.seed(_vars("green"))
    world.add(postBuild=FROM_MAP)
    world.push({"apps/user.yaml": USER})
    _when(world, lambda call: call.verb == "apply" and call.dry_run, lambda: world.cluster.seed(_vars("red")))
    assert world.one().ok
    assert _colour(world) == "green"
    _later(world)
    assert world.one().ok
    assert _colour(world) == "red"


def _when(world: World, matches: Callable[[Call], bool], do: Callable[[], None]) -> None:
    """Do something once at a call, which goes on."""
    done: list[bool] = []

    def at(call: Call) -> bool:
        if matches(call) and not done:
            done.append(True)
            do()
        return False

    world.cluster.fail(RuntimeError("never"), at)


def _killed_world() -> World:
    world = World()
    world.be_quiet()
    world.cluster.seed(_vars("green"), _keys("secret-value"))
    world.add(postBuild={"substituteFrom": [*FROM_MAP["substituteFrom"], *FROM_SECRET["substituteFrom"]]})
    world.push({"apps/user.yaml": config_map("user", data={"colour": "x ${colour}"})})
    return world


@pytest.mark.parametrize("after", [False, True])
def test_wherever_a_run_dies_the_next_one_puts_in_what_stands_then(after: bool) -> None:
    k, died = 0, True
    while died:
        k += 1
        world = _killed_world()
        died = world.run_killed(k, after=after)
        world.cluster.seed(_keys("another-value"))
        _later(world)
        assert world.one().ok
        assert _colour(world) == "x another-value"
    assert k > 5
