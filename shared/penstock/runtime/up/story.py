"""One round, told step by step: what was pushed, announced, stored and applied, and how long each took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.objects import annotations_of
from penstock.api.refs import git_repository, kustomization
from penstock.base.errors import Terminal, Transient
from penstock.kustomize.inventory import parse_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.base.clock import Clock
    from penstock.base.deadline import Deadline
    from penstock.cluster.port import Cluster


@dataclass(frozen=True)
class Stage:
    """Waits for one stage of a round: which object tells, and what it says when the stage is done."""

    ref: ObjectRef
    revision: Callable[[Json], str]

    def reached(self, obj: Json, commit: str) -> bool:
        """Whether the object says that this commit has passed the stage."""
        return self.revision(obj.get("status") or {}).endswith(f"sha1:{commit}")


def stored(namespace: str, name: str) -> Stage:
    """The artifact of the commit is in the bucket."""
    return Stage(
        git_repository(namespace, name), lambda status: (status.get("artifact") or {}).get("revision") or ""
    )


def applied(namespace: str, name: str) -> Stage:
    """The commit is applied."""
    return Stage(kustomization(namespace, name), lambda status: status.get("lastAppliedRevision") or "")


def wait_for(cluster: Cluster, stage: Stage, commit: str, deadline: Deadline) -> Json:
    """The object once it has reached the stage.

    Terminal with its own message if it stalled or failed with this commit, Transient at the deadline.
    """
    ref = stage.ref
    seen = cluster.get(ref)
    if seen is None:
        raise Terminal(f"{ref} is gone")
    version = str(seen["metadata"]["resourceVersion"])
    if not _finished(stage, seen, commit):
        for event in cluster.watch(
            ref.group, ref.version, ref.kind, ref.namespace, ref.name, version, deadline.remaining()
        ):
            if event["type"] in {"ADDED", "MODIFIED"}:
                seen = event["object"]
            if _finished(stage, seen, commit):
                break
    if not stage.reached(seen, commit):
        raise Transient(f"{ref} has not reached commit {commit[:8]}: {_message(seen)}")
    return seen


def artifact(obj: Json) -> str:
    """What a GitRepository says about its artifact, in a few words."""
    found = obj["status"]["artifact"]
    return f"{short(found['revision'])}, {found['digest'][:19]}..., {found.get('size', 0)} bytes"


def short(revision: str) -> str:
    """The revision with its hash cut to eight characters, as the flux CLI shows it."""
    head, _, commit = revision.rpartition(":")
    return f"{head}:{commit[:8]}"


def applied_revision(obj: Json) -> str:
    """The revision that a Kustomization applied last."""
    return short(obj["status"]["lastAppliedRevision"])


def change_lines(cluster: Cluster, namespace: str, commit: str) -> tuple[str, ...]:
    """What the run of this commit changed, from the events that it left."""
    events = cluster.list("", "v1", "Event", namespace=namespace)
    texts = [
        str(event.get("message") or "")
        for event in events
        if event.get("reason") == "Progressing"
        and any(value.endswith(commit) for value in annotations_of(event).values())
    ]
    return tuple(line for text in texts for line in text.splitlines())


def inventory_lines(obj: Json) -> tuple[str, ...]:
    """The objects of a Kustomization's inventory, a line each."""
    entries = ((obj.get("status") or {}).get("inventory") or {}).get("entries") or ()
    return tuple(str(parse_id(entry["id"], entry["v"])) for entry in entries)


class Steps:
    """Prints the steps of a round with the time that each took and the sum so far."""

    def __init__(self, clock: Clock, write: Callable[[str], None]) -> None:
        self._clock = clock
        self._write = write
        self._started = self._last = clock.monotonic()

    def done(self, what: str) -> float:
        """Print a step that ended now; seconds since the first."""
        now = self._clock.monotonic()
        took, total = now - self._last, now - self._started
        self._last = now
        self._write(f"✔ {what:<72} {took * 1000:7.0f} ms   {total * 1000:7.0f} ms in all")
        return total


def _finished(stage: Stage, obj: Json, commit: str) -> bool:
    if stage.reached(obj, commit):
        return True
    attempted = str((obj.get("status") or {}).get("lastAttemptedRevision") or "")
    failed = attempted.endswith(commit) and _condition(obj, "Ready").get("status") == "False"
    if failed or _condition(obj, "Stalled").get("status") == "True":
        raise Terminal(f"{stage.ref}: {_message(obj)}")
    return False


def _message(obj: Json) -> str:
    return str(_condition(obj, "Ready").get("message") or "it was never looked at")


def _condition(obj: Json, kind: str) -> Json:
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return next((item for item in conditions if item.get("type") == kind), {})
