"""What a plan says is what a run does, whatever was there before and whatever comes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from penstock.kustomize.brake import Brake
from penstock.kustomize.changes import Action

from tests.kustomize.builders import config_map, make
from tests.kustomize.world import World
from tests.plans.conftest import Planned

if TYPE_CHECKING:
    from penstock.api.objects import Json

_MARKS = ("prune", "reconcile", "")


def _object(name: str, kind: str, value: int, mark: str) -> Json:
    annotations = {f"kustomize.toolkit.fluxcd.io/{mark}": "disabled"} if mark else {}
    if kind == "Secret":
        return make("v1", "Secret", name, "default", data={"x": f"dmFsdWU{value}"}, annotations=annotations)
    return config_map(name, data={"x": str(value)}, annotations=annotations)


_OBJECTS = st.lists(
    st.builds(
        _object,
        st.sampled_from("abcd"),
        st.sampled_from(["ConfigMap", "Secret"]),
        st.integers(0, 2),
        st.sampled_from(_MARKS),
    ),
    max_size=5,
    unique_by=lambda obj: (obj["kind"], obj["metadata"]["name"]),
)
_BRAKES = st.sampled_from([Brake(1, 0.3), Brake(20, 0.5)])


@settings(max_examples=60, deadline=None)
@given(
    before=_OBJECTS,
    after=_OBJECTS,
    prune=st.booleans(),
    brake=st.sampled_from([Brake(1, 0.3), Brake(20, 0.5)]),
)
def test_a_run_does_what_its_plan_said(
    before: list[Json], after: list[Json], prune: bool, brake: Brake
) -> None:
    world = World(brake=brake)
    world.add(prune=prune)
    world.push({"apps/all.yaml": before, "README": ""})
    world.run()
    world.forget()
    with tempfile.TemporaryDirectory() as folder:
        planned = Planned(world, Path(folder))
        planned.write({"apps/all.yaml": after})
        outlook = planned.plan(brake=brake)
    assert world.cluster.writes() == ()
    world.push({"apps/all.yaml": after, "README": "after"})
    outcome = world.one()
    changed = {
        f"{entry.ref} {entry.action}"
        for entry in outlook.entries
        if entry.action in {Action.CREATED, Action.CONFIGURED}
    }
    assert set(outcome.changes) == changed | {f"{ref} deleted" for ref in outlook.deleted}
    assert outlook.changes == (bool(outcome.changes) or bool(outlook.held))
    assert (outcome.reason == "PruneFailed") == bool(outlook.held)
