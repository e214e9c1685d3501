"""What each peer has told about the objects of a namespace since the step began."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING

from bench.differential.normalise import event_facts, event_metadata, text
from bench.differential.reading import FLUX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bench.differential.inbox import Inbox
    from bench.differential.normalise import World
    from bench.differential.story import Json
    from tests.support.kube import Kube

_Told = tuple[str, tuple[str, str, str, str]]
"""The involved object; type, reason, message and metadata."""
_WARNING = "Warning"
_TYPES = {"info": "Normal", "error": _WARNING}
_STEPS = 3
_COMBINED = "(combined from similar events): "
TRACES = frozenset({"ArtifactUpToDate", "GarbageCollectionSucceeded", "GitOperationSucceeded"})
"""Reasons of Flux's traces: events in the cluster that no Alert ever gets."""


class Events(ABC):
    """The events of one namespace.

    A warning that repeats one of the last steps is a retry's, whose time is not the story's: it is no news.
    """

    def __init__(self) -> None:
        self._warned: deque[frozenset[_Told]] = deque(maxlen=_STEPS)

    def begin(self) -> None:
        """A step begins: what was told before is of no interest any more."""
        self._warned.append(frozenset(told for told in self._since() if told[1][0] == _WARNING))
        self._begin()

    def told(self) -> World:
        """The facts since then about the fleet's Flux objects."""
        sorted_out: dict[str, list[tuple[str, str, str, str]]] = {
            f"events of {kind.name}/{name}": [] for name, kind in FLUX.items()
        }
        for involved, event in self._since():
            repeated = any((involved, event) in warned for warned in self._warned)
            if involved in sorted_out and not repeated:
                sorted_out[involved].append(event)
        return {name: event_facts(events) for name, events in sorted_out.items()}

    @abstractmethod
    def _begin(self) -> None:
        """What is told from here on counts."""

    @abstractmethod
    def _since(self) -> Iterable[_Told]:
        """What was told since then, the oldest first."""


class FluxEvents(Events):
    """What Flux's controllers posted, and their traces, which are in the cluster only."""

    def __init__(self, inbox: Inbox, kube: Kube, namespace: str) -> None:
        super().__init__()
        self._inbox, self._namespace, self._seen = inbox, namespace, 0
        self._core = CoreEvents(kube, namespace)

    def _begin(self) -> None:
        self._seen = len(self._inbox.of(self._namespace))
        self._core.begin()

    def _since(self) -> Iterable[_Told]:
        posted = self._inbox.of(self._namespace)[self._seen :]
        traces = (event for event in self._core.since() if event["reason"] in TRACES)
        return (*map(_of_post, posted), *map(_of_core, traces))


class PenstockEvents(Events):
    """What penstock wrote as core/v1 Events."""

    def __init__(self, kube: Kube, namespace: str) -> None:
        super().__init__()
        self._core = CoreEvents(kube, namespace)

    def _begin(self) -> None:
        self._core.begin()

    def _since(self) -> Iterable[_Told]:
        return map(_of_core, self._core.since())


class CoreEvents:
    """The core/v1 Events of a namespace; equal ones are one with a count."""

    def __init__(self, kube: Kube, namespace: str) -> None:
        self._kube, self._path = kube, f"/api/v1/namespaces/{namespace}/events"
        self._counts: dict[str, int] = {}

    def begin(self) -> None:
        """What is there from here on counts."""
        self._counts = {event["metadata"]["name"]: _count(event) for event in self._all()}

    def since(self) -> Iterator[Json]:
        """Those that are new, or were counted again."""
        for event in self._all():
            if _count(event) > self._counts.get(event["metadata"]["name"], 0):
                yield event

    def _all(self) -> list[Json]:
        found: list[Json] = (self._kube.get(self._path) or {})["items"]
        return found


def _count(event: Json) -> int:
    """How often it was told; events of the newer API have no such field."""
    return int(event.get("count") or 1)


def _of_post(event: Json) -> _Told:
    kind = _TYPES.get(str(event["severity"]), str(event["severity"]))
    metadata = event_metadata(event.get("metadata") or {})
    by = f"by={event['reportingController']} {metadata}"
    return _involved(event), (kind, event["reason"], text(event["message"]), by)


def _of_core(event: Json) -> _Told:
    metadata = event_metadata(event["metadata"].get("annotations") or {})
    by = f"by={(event.get('source') or {}).get('component') or event.get('reportingComponent')} {metadata}"
    message = text(event["message"]).removeprefix(_COMBINED)
    return _involved(event), (str(event["type"]), event["reason"], message, by)


def _involved(event: Json) -> str:
    about = event["involvedObject"]
    return f"events of {about['kind']}/{about['name']}"
