"""Between stages: CRDs must be established and served before their objects can even be tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.objects import resource_version
from penstock.api.refs import ObjectRef
from penstock.base.duration import format_duration
from penstock.cluster.errors import Expired
from penstock.kustomize.readiness import NotUsable, usable
from penstock.kustomize.scope import declared_kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from penstock.api.objects import Json
    from penstock.base.deadline import Deadline
    from penstock.kustomize.steps.run import Run

STAGE_SECONDS = 60.0
"""How long a stage is waited for, as Flux does."""
_LONGEST_WATCH_S = 3.0
"""Then it is looked whether the process has been told to end."""
_SERVED_SECONDS = 30.0
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 1.0


def wait_until_usable(run: Run, objects: Iterable[Json]) -> None:
    """Wait for CRDs to be established; NotUsable if one will not be, or not in time."""
    deadline = run.deadline.sooner(STAGE_SECONDS)
    for obj in objects:
        if not usable(obj):
            _watch(run, obj, deadline)


def _watch(run: Run, obj: Json, deadline: Deadline) -> None:
    ref = ObjectRef.from_object(obj)
    since = resource_version(obj)
    while True:
        run.go_on()
        seconds = min(deadline.remaining(), run.budget.usable(), _LONGEST_WATCH_S)
        try:
            for event in run.cluster.watch(
                ref.group, ref.version, ref.kind, ref.namespace, ref.name, since, seconds
            ):
                if event["type"] == "DELETED":
                    raise NotUsable(f"{ref} was deleted while it was waited for")
                if event["type"] in {"ADDED", "MODIFIED"} and usable(event["object"]):
                    return
        except Expired:
            pass
        found = run.cluster.get(ref)
        if found is not None and usable(found):
            return
        if found is None or deadline.expired:
            waited = format_duration(STAGE_SECONDS)
            raise NotUsable(f"{ref} is not ready: the wait of {waited} (or the timeout) is over")
        since = resource_version(found)


def wait_for_kinds(run: Run, stage: Sequence[Json], later: Sequence[ObjectRef]) -> None:
    """Wait until the API server serves the kinds of this stage's CRDs that later objects have.

    It takes a moment longer than Established. If it takes too long the objects' own errors will say so.
    """
    declared = declared_kinds(stage)
    wanted = declared.keys() & {(ref.group, ref.kind, ref.version) for ref in later}
    deadline, pause = run.deadline.sooner(_SERVED_SECONDS), _FIRST_PAUSE_S
    catalog = run.cluster.discovery().catalog()
    while any(catalog.find(*kind) is None for kind in wanted) and not deadline.expired:
        run.go_on()
        catalog = run.cluster.discovery().refresh()
        if any(catalog.find(*kind) is None for kind in wanted):
            run.ports.pause(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)
