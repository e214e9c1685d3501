"""One peer as a story sees it: an API server of its own, how it is told of things, and what it tells."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from bench.beside.flux import Flags, Flux
from bench.beside.peers import programs
from bench.beside.penstock import Penstock, delivery
from bench.beside.yard import Yard
from bench.differential.events import FluxEvents, PenstockEvents
from bench.differential.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from penstock.tools.controlplane.plane import ControlPlane
    from penstock.tools.progress import Progress

    from bench.differential.events import Events
    from tests.fixtures_git import WorkingCopy
    from tests.support.kube import Kube


@dataclass(frozen=True)
class Pushed:
    """A reference that was pushed: the repository's clone URL, and the commits before and after."""

    url: str
    ref: str
    old: str
    new: str


class FluxSide:
    """Flux's controllers. They watch; a push reaches them by the annotation, as from a Receiver."""

    name = "flux"

    def __init__(self, plane: ControlPlane, inbox: Inbox) -> None:
        self.plane, self._inbox = plane, inbox

    def pushed(self, updates: Sequence[Pushed]) -> None:
        """Nobody has to tell them."""

    def nudge(self) -> None:
        """Nobody has to."""

    def events(self, kube: Kube, namespace: str) -> Events:
        """What they tell about the objects of a namespace."""
        return FluxEvents(self._inbox, kube, namespace)


class PenstockSide:
    """`penstock serve`, told of pushes by GitHub's delivery and of everything else by the tick."""

    name = "penstock"

    def __init__(self, plane: ControlPlane, penstock: Penstock) -> None:
        self.plane, self._penstock = plane, penstock

    def pushed(self, updates: Sequence[Pushed]) -> None:
        """GitHub's webhook, once per reference."""
        for one in updates:
            status = self._penstock.push(delivery(one.url, one.old, one.new, one.ref))
            assert status == 202, f"the delivery was answered with {status}"

    def nudge(self) -> None:
        """The scheduler."""
        status = self._penstock.tick()
        assert status == 202, f"the tick was answered with {status}"

    def events(self, kube: Kube, namespace: str) -> Events:
        """What it tells about the objects of a namespace."""
        return PenstockEvents(kube, namespace)


Side = FluxSide | PenstockSide


class Sides:
    """Both peers, each with an API server of its own, and one Git server, while it is entered."""

    flux: FluxSide
    penstock: PenstockSide

    def __init__(self, folder: Path, progress: Progress) -> None:
        self._folder, self._progress = folder, progress
        self._open = ExitStack()
        self._making = threading.Lock()

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            built = programs(self._progress)
            yards = [
                opening.enter_context(Yard(self._folder / name, self._progress))
                for name in ("flux", "penstock")
            ]
            self._git = yards[0]
            inbox = opening.enter_context(Inbox())
            told = (f"--events-addr={inbox.url}",)
            flags = Flags("told", source=told, kustomize=told)
            planes = [yard.plane for yard in yards]
            opening.enter_context(
                Flux(built, planes[0].kubeconfig, self._folder / "flux" / "run", "", flags=flags)
            )
            penstock = Penstock(planes[1].kubeconfig, self._folder / "penstock" / "run", "")
            opening.enter_context(penstock)
            self.flux, self.penstock = FluxSide(planes[0], inbox), PenstockSide(planes[1], penstock)
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def both(self) -> tuple[Side, Side]:
        """Flux's and penstock's."""
        return self.flux, self.penstock

    def repository(self, name: str) -> WorkingCopy:
        """A working copy of a fresh empty repository that both see. Threads may ask at once."""
        with self._making:
            return self._git.repository(name)
