"""What applying would do, as values: what changes, what goes, what is held, and what would fail. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.api.objects import metadata
from penstock.kustomize.changes import Action
from penstock.kustomize.drift import without
from penstock.kustomize.scope import declared_kinds
from penstock.plans.masked import is_secret, masked_pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.kustomize.inventory import Refs
    from penstock.kustomize.scope import Target

_NOISE = ("managedFields", "generation", "resourceVersion")
"""Of metadata: what every write changes."""


@dataclass(frozen=True)
class Entry:
    """One object of a build, what would be done to it, and how it is and would be if that differs.

    `note` says more about it.
    """

    ref: ObjectRef
    action: Action
    live: Json | None = None
    merged: Json | None = None
    note: str = ""


@dataclass(frozen=True)
class Outlook:
    """All that one run would do, the entries in the order of the build.

    `deleted` would go, `kept` stays although it left the build, `held` would wait for approval, for the
    reason `why_held`. `problems` are what a run would fail by. `stopped` are Flux's own controllers, applied
    with 0 replicas. `below` are the outlooks of Kustomizations among the entries, or why there is none.
    """

    owner: ObjectRef
    entries: tuple[Entry, ...] = ()
    deleted: Refs = ()
    kept: Refs = ()
    held: Refs = ()
    why_held: str = ""
    problems: tuple[str, ...] = ()
    stopped: Refs = ()
    below: Mapping[ObjectRef, Outlook | str] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Whether anything would be another thing afterwards, or would have to wait to be."""
        own = any(entry.action in {Action.CREATED, Action.CONFIGURED} for entry in self.entries)
        return own or bool(self.deleted or self.held) or any(_changes(one) for one in self.below.values())

    @property
    def failures(self) -> tuple[str, ...]:
        """What would fail, in Kustomizations below as well."""
        below = (one for one in self.below.values() if isinstance(one, Outlook))
        return (*self.problems, *(text for one in below for text in one.failures))


def _changes(one: Outlook | str) -> bool:
    return isinstance(one, Outlook) and one.changes


def shown_pair(live: Json, merged: Json, ignored: Sequence[str]) -> tuple[Json, Json]:
    """An object as it is and as it would be, without what every write changes and values of Secrets."""
    live, merged = (_quiet(without(obj, ignored)) for obj in (live, merged))
    return masked_pair(live, merged) if is_secret(merged) else (live, merged)


def comes_along(ref: ObjectRef, targets: Iterable[Target]) -> str:
    """What of the build has to be there before an object can be tried: its Namespace, or its CRD.

    Empty if it is neither.
    """
    objects = [target.obj for target in targets]
    if any(kind[:2] == (ref.group, ref.kind) for kind in declared_kinds(objects)):
        return f"its kind comes with this build: {ref.kind} was not tried"
    names = {str(metadata(obj).get("name")) for obj in objects if _is_namespace(obj)}
    return "its Namespace comes with this build: it was not tried" if ref.namespace in names else ""


def _is_namespace(obj: Json) -> bool:
    return (obj.get("apiVersion"), obj.get("kind")) == ("v1", "Namespace")


def _quiet(obj: Json) -> Json:
    kept = {key: value for key, value in metadata(obj).items() if key not in _NOISE}
    return {**{key: value for key, value in obj.items() if key != "status"}, "metadata": kept}
