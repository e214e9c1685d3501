"""The same story told twice, once with full passes only: in the end nobody can tell which was which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from penstock.api.refs import ObjectRef, kustomization

from tests.kustomize.builders import config_map
from tests.kustomize.world import NAMESPACE, World

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDERS = ("one", "two")
_WHICH = st.tuples(st.sampled_from(FOLDERS), st.sampled_from("ab"))
_FILES = st.dictionaries(_WHICH, st.sampled_from(("1", "2", "${v}")), max_size=4)
_STEPS = st.one_of(
    st.tuples(st.just("push"), _FILES),
    st.tuples(st.sampled_from(("edit", "label", "delete", "status", "seed")), _WHICH),
    st.tuples(st.sampled_from(("ask", "respec", "suspend", "resume")), st.sampled_from(FOLDERS)),
    st.tuples(st.just("vars"), st.sampled_from(("1", "2", None))),
    st.tuples(st.just("wait"), st.sampled_from((1, 601, 4000))),
)


_VARS = ObjectRef("", "v1", "ConfigMap", NAMESPACE, "vars")
_FROM_VARS = {"substituteFrom": [{"kind": "ConfigMap", "name": _VARS.name, "optional": True}]}


def _map(which: tuple[str, str], value: str) -> dict[str, Any]:
    return config_map("-".join(which), data={"x": value})


class Teller:
    """Tells a story to one world."""

    def __init__(self, *, quiet: bool) -> None:
        self.world = World()
        if quiet:
            self.world.be_quiet()
        for folder in FOLDERS:
            self.world.add(folder, postBuild=_FROM_VARS)
        self._step("push", {("one", "a"): "1", ("two", "a"): "1"})
        self.world.run()

    def tell(self, steps: Sequence[tuple[str, Any]]) -> list[Any]:
        """What shows after each step, once whatever is due has been looked at."""
        return [self._told(*step) for step in steps]

    def _told(self, verb: str, about: Any) -> Any:
        self.world.events.seen.clear()
        self._step(verb, about)
        self.world.clock.move(1)
        outcomes = sorted(map(repr, self.world.run()))
        return outcomes, self._objects(), self._statuses(), sorted(map(repr, self._events()))

    def _step(self, verb: str, about: Any) -> None:
        if verb == "push":
            files = {f"{which[0]}/{which[1]}.yaml": _map(which, value) for which, value in about.items()}
            self.world.push({**files, **{f"{folder}/.keep": "" for folder in FOLDERS}})
        elif verb == "vars":
            self._set_variable(about)
        elif verb == "wait":
            self.world.clock.move(about)
        elif about in FOLDERS:
            self._patch_flux(verb, kustomization(NAMESPACE, about))
        else:
            self._by_hand(verb, _map(about, "by hand"))

    def _set_variable(self, value: str | None) -> None:
        if value is None:
            self.world.cluster.delete(_VARS, uid=None)
        else:
            self.world.cluster.seed(config_map(_VARS.name, _VARS.namespace, data={"v": value}))

    def _patch_flux(self, verb: str, ref: ObjectRef) -> None:
        now = self.world.clock.now().isoformat()
        patches: dict[str, dict[str, Any]] = {
            "ask": {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": now}}},
            "respec": {"spec": {"timeout": f"{self.world.clock.monotonic():.0f}s"}},
            "suspend": {"spec": {"suspend": True}},
            "resume": {"spec": {"suspend": False}},
        }
        self.world.patch(ref, patches[verb])

    def _by_hand(self, verb: str, obj: dict[str, Any]) -> None:
        ref = ObjectRef.from_object(obj)
        there = any(ObjectRef.from_object(one) == ref for one in self.world.cluster.objects("ConfigMap"))
        if verb == "seed" and not there:
            self.world.cluster.seed(obj)
        elif verb == "delete":
            self.world.cluster.delete(ref, uid=None)
        elif there and verb == "status":
            self.world.patch(ref, {"status": {"seen": True}}, "status")
        elif there and verb in {"edit", "label"}:
            owner: dict[str, Any] = {"labels": {"kustomize.toolkit.fluxcd.io/name": "nobody"}}
            self.world.patch(ref, {"data": obj["data"]} if verb == "edit" else {"metadata": owner})

    def _objects(self) -> Any:
        found = [o for o in self.world.cluster.objects("ConfigMap") if o["metadata"]["name"] != _VARS.name]
        return sorted(
            (o["metadata"]["name"], repr(o["metadata"].get("labels")), str(o["data"]["x"])) for o in found
        )

    def _statuses(self) -> Any:
        return [self.world.status(kustomization(NAMESPACE, folder)) for folder in FOLDERS]

    def _events(self) -> Any:
        return [(event.reason, event.message, event.involved.name) for event in self.world.events.seen]


@settings(max_examples=150, deadline=None)
@given(st.lists(_STEPS, max_size=8))
def test_quiet_looks_end_where_full_passes_end(steps: list[tuple[str, Any]]) -> None:
    assert Teller(quiet=True).tell(steps) == Teller(quiet=False).tell(steps)
