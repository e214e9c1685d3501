"""A fleet's story told to both peers step by step, and compared after each."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.meta import REQUESTED_AT

from bench.differential.causes import standing
from bench.differential.compare import WHOLE, Difference, differences
from bench.differential.meant import entry
from bench.differential.reading import FLUX, KINDS, collection, flux_object, read_world
from bench.differential.rules import Seen
from bench.differential.settled import calm, handled
from bench.differential.sides import Pushed
from bench.differential.story import APPS, SOURCE, Act, merged, placed, placed_files, placed_json
from tests.support.kube import Kube
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.differential.events import Events
    from bench.differential.sides import Side, Sides
    from bench.differential.story import Fleet, Json, Step

_SETTLES_S = 90
_AGREES_S = 8
"""How long a difference that nobody explains may last: an event comes after its status."""
_POLL_S = 0.1
Explained = tuple[Difference, str]
"""A difference and the id of its entry, empty if nothing explains it."""


@dataclass(frozen=True)
class Told:
    """One side of a story: its API server, and what its peer tells."""

    side: Side
    kube: Kube
    events: Events


class Drive:
    """One fleet's story on both sides."""

    def __init__(self, fleet: Fleet, sides: Sides) -> None:
        self._fleet, self._sides = fleet, sides
        self._namespace = fleet.namespace
        self._kinds = (*KINDS, *fleet.kinds)
        self._commits: list[str] = []
        self._causes: frozenset[str] = frozenset()

    def run(self, tell: Callable[[str], None]) -> tuple[Explained, ...]:
        """All differences of all steps, each with the entry that explains it."""
        with ExitStack() as open_:
            self._copy = self._sides.repository(self._fleet.name)
            self._told = [self._connected(side, open_) for side in self._sides.both]
            found: list[Explained] = []
            for number, step in enumerate(self._fleet.steps):
                try:
                    found += self._one(number, step)
                except AssertionError as error:
                    stuck = Difference(self._fleet.name, step.name, "story", WHOLE, str(error), "")
                    found.append((stuck, ""))
                    break
                tell(f"{self._fleet.name}: {step.name}")
            return tuple(found)

    def _connected(self, side: Side, open_: ExitStack) -> Told:
        kube = open_.enter_context(Kube(side.plane))
        kube.post("/api/v1/namespaces", {"metadata": {"name": self._namespace}})
        for path, obj in self._fleet.before:
            kube.post(
                f"{self._placed(path)}?fieldManager=by-hand", placed_json(obj, {"@NS@": self._namespace})
            )
        return Told(side, kube, side.events(kube, self._namespace))

    def _one(self, number: int, step: Step) -> tuple[Explained, ...]:
        token = f"step-{number}"
        for told in self._told:
            told.events.begin()
        pushed = self._push(step)
        for told in self._told:
            self._begin(told, step, token, pushed, first=number == 0)
        return self._compared(step)

    def _push(self, step: Step) -> tuple[Pushed, ...]:
        """Commits and pushes what the step has; what GitHub has to tell of it."""
        if not step.files and not step.refs and not step.modules:
            return ()
        old = self._commits[-1] if self._commits else "0" * 40
        for path, commit in step.modules:
            # git add leaves a submodule alone that is an empty folder.
            (self._copy.path / path).mkdir(parents=True, exist_ok=True)
            entry = f"160000,{placed(commit, self._places())},{path}"
            self._copy.git("update-index", "--add", "--cacheinfo", entry)
        new = self._copy.commit(placed_files(step.files, self._places()), step.name)
        refs = ("refs/heads/main", *step.refs)
        self._copy.push(*(f"HEAD:{ref}" for ref in refs), force=True)
        self._commits.append(new)
        return tuple(Pushed(self._copy.url, ref, old, new) for ref in refs)

    def _begin(self, told: Told, step: Step, token: str, pushed: Sequence[Pushed], *, first: bool) -> None:
        """Lets the step happen on one side, and waits until the peer is done with it."""
        if step.act in {Act.DELETE, Act.DELETE_SOURCE}:
            self._delete(told, APPS if step.act is Act.DELETE else SOURCE)
            return
        if first:
            self._install(told, token)
            return
        self._edit(told, step)
        self._others(told, token, pushed)
        self._patch(told, SOURCE, {"spec": self._json(step.source), **_asked(token)})
        told.side.pushed(pushed)
        told.side.nudge()
        if not step.quiet:
            self._wait(told, SOURCE, lambda obj: calm(obj) and handled(obj) == token)
        if step.act is Act.ASK or step.apps:
            asked = _asked(token) if step.act is Act.ASK else {}
            self._patch(told, APPS, {"spec": self._json(step.apps), **asked})
            told.side.nudge()
        if step.act is Act.ASK:
            self._wait(told, APPS, lambda obj: calm(obj) and handled(obj) == token)
        elif step.act is Act.PUSH:
            self._follows(told)

    def _install(self, told: Told, token: str) -> None:
        """Makes both Flux objects, one after the other."""
        if self._fleet.late_source:
            self._create(told, APPS, token)
            self._wait(told, APPS, lambda obj: calm(obj) and handled(obj) == token)
        self._make_others(told, token)
        self._create(told, SOURCE, token)
        self._wait(told, SOURCE, lambda obj: calm(obj) and handled(obj) == token)
        if not self._fleet.late_source:
            self._create(told, APPS, token)
        self._follows(told)

    def _make_others(self, told: Told, token: str) -> None:
        """Makes the further sources, and waits until they have been looked at."""
        for name, spec in self._fleet.others:
            url = {"url": self._copy.url, "interval": "1h", "ref": {"branch": "main"}}
            told.kube.post(
                collection(FLUX[SOURCE], self._namespace),
                {
                    "apiVersion": FLUX[SOURCE].prefix.removeprefix("apis/"),
                    "kind": FLUX[SOURCE].name,
                    "metadata": {"name": name, **_asked(token)["metadata"]},
                    "spec": merged(url, self._json(spec)),
                },
            )
            told.side.nudge()
            self._settled(told, name, token)

    def _others(self, told: Told, token: str, pushed: Sequence[Pushed]) -> None:
        """Has the further sources look at what was pushed."""
        for name, _ in self._fleet.others if pushed else ():
            path = f"{collection(FLUX[SOURCE], self._namespace)}/{name}"
            told.kube.merge(path, _asked(token))
            told.side.nudge()
            self._settled(told, name, token)

    def _settled(self, told: Told, name: str, token: str) -> None:
        """Waits until a further source is done with what it was asked."""
        path = f"{collection(FLUX[SOURCE], self._namespace)}/{name}"

        def look() -> bool:
            found = told.kube.get(path)
            return found is not None and calm(found) and handled(found) == token

        eventually(look, f"{told.side.name}: {name}", _SETTLES_S)

    def _follows(self, told: Told) -> None:
        """Waits until the Kustomization is done with the revision that the source offers."""
        source = flux_object(told.kube, self._namespace, SOURCE) or {}
        revision = str(((source.get("status") or {}).get("artifact") or {}).get("revision"))
        self._wait(told, APPS, lambda obj: calm(obj) and revision in json.dumps(obj["status"]))

    def _create(self, told: Told, name: str, token: str) -> None:
        specs: dict[str, Json] = {
            SOURCE: {"url": self._copy.url, "interval": "1h", "ref": {"branch": "main"}},
            APPS: {
                "interval": "1h",
                "retryInterval": "1h",
                "timeout": "1m",
                "prune": True,
                "path": "./app",
                "targetNamespace": self._namespace,
                "sourceRef": {"kind": "GitRepository", "name": SOURCE},
            },
        }
        own = self._fleet.source if name == SOURCE else self._fleet.apps
        kind = FLUX[name]
        told.kube.post(
            collection(kind, self._namespace),
            {
                "apiVersion": kind.prefix.removeprefix("apis/"),
                "kind": kind.name,
                "metadata": {"name": name, **_asked(token)["metadata"]},
                "spec": merged(specs[name], self._json(own)),
            },
        )
        told.side.nudge()

    def _edit(self, told: Told, step: Step) -> None:
        for edit in step.edits:
            path = self._placed(edit.path)
            if edit.patch is None:
                told.kube.delete(path)
                continue
            patch = placed_json(edit.patch, self._places())
            told.kube.merge(f"{path}?fieldManager={edit.by}", patch)

    def _patch(self, told: Told, name: str, patch: Json) -> None:
        path = f"{collection(FLUX[name], self._namespace)}/{name}"
        told.kube.merge(path, patch)

    def _delete(self, told: Told, name: str) -> None:
        told.kube.delete(f"{collection(FLUX[name], self._namespace)}/{name}")
        told.side.nudge()
        what = f"{told.side.name}: the end of {name}"
        eventually(lambda: flux_object(told.kube, self._namespace, name) is None, what, _SETTLES_S)

    def _wait(self, told: Told, name: str, settled: Callable[[Json], bool]) -> None:
        def look() -> bool:
            found = flux_object(told.kube, self._namespace, name)
            return found is not None and settled(found)

        try:
            eventually(look, name, _SETTLES_S)
        except AssertionError:
            status = json.dumps((flux_object(told.kube, self._namespace, name) or {}).get("status"))
            raise AssertionError(f"{told.side.name}: {name} does not settle: {status}") from None

    def _compared(self, step: Step) -> tuple[Explained, ...]:
        """What differs and goes on to differ."""
        until = time.monotonic() + _AGREES_S
        while True:
            seen = self._seen()
            found = differences(self._fleet.name, step.name, seen.flux, seen.penstock)
            told = tuple((one, entry(one, seen)) for one in found)
            if all(explained for _, explained in told) or time.monotonic() > until:
                self._causes = standing(seen)
                return told
            time.sleep(_POLL_S)

    def _seen(self) -> Seen:
        namespaces = (self._namespace, *(self._placed(name) for name in self._fleet.namespaces))
        flux, penstock = (
            {**read_world(told.kube, namespaces, self._kinds), **told.events.told()} for told in self._told
        )
        return Seen(flux, penstock, self._causes)

    def _places(self) -> dict[str, str]:
        places = {"@NS@": self._namespace, "@URL@": self._copy.url.removesuffix(".git")}
        commits = dict(zip(("@HEAD@", "@HEAD~1@"), reversed(self._commits), strict=False))
        return {**places, **commits}

    def _placed(self, text: str) -> str:
        return placed(text, {"@NS@": self._namespace})

    def _json(self, value: Json) -> Json:
        return placed_json(value, self._places())


def _asked(token: str) -> Json:
    return {"metadata": {"annotations": {REQUESTED_AT: token}}}
