"""Upstream: the helper as one value that many threads use."""

from __future__ import annotations

import itertools
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

import msgspec

from penstock.api.kstatus import State
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline, OutOfTime, Stop
from penstock.base.limits import Limits
from penstock.kustomize.built import BuildResult, OverlaidFile
from penstock.kustomize.health import Health
from penstock.source.lfs import pointer_hint
from penstock.tools.gobuild import ensure
from penstock.tools.gotools import upstream
from penstock.tools.upstream import frames
from penstock.tools.upstream.errors import BuildError, BuildTooLarge, ToolMissing, reads_of
from penstock.tools.upstream.exchange import Exchange, Tree, checked
from penstock.tools.upstream.expressions import GRACE_S, bounded, health_request, holds_request, judged
from penstock.tools.upstream.launch import build_limits, launcher
from penstock.tools.upstream.pool import Pool
from penstock.tools.upstream.process import HelperGone, HelperNotStarted, HelperOverdue

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from penstock.api.kustomize import CustomHealthCheck
    from penstock.api.objects import Json
    from penstock.base.clock import Clock
    from penstock.kustomize.expressions import Judged
    from penstock.kustomize.overlay import Overlay
    from penstock.kustomize.variables import Variables


def program(override: Path | None = None) -> Path:
    """The helper's program: the given one, else the one in the user's cache, built if need be."""
    return override or ensure(upstream())


class Upstream:
    """Kustomize builds, semver ranges, CEL and selectors, by helpers without network, processes or files.

    Threads may share it. It holds up to `processes` helpers, starts one when it is first needed, lends each
    to one request at a time, and replaces one that crashed or hung: that is the failure of one build. `stop`
    cuts short what is under way (OutOfTime).
    """

    def __init__(
        self,
        program: Path,
        limits: Limits | None = None,
        *,
        processes: int = 1,
        clock: Clock | None = None,
        stop: Stop | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._stop = stop or Stop()
        self._clock = clock or SystemClock()
        self._ids = itertools.count(1)
        self._identity = ""
        self._pool = Pool(launcher(program, self._limits), processes)

    def __enter__(self) -> Upstream:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End all helpers; no request may be under way."""
        self._pool.close()

    def build(
        self,
        tree: Mapping[str, bytes],
        path: str,
        *,
        overlay: Overlay | None = None,
        tree_id: str = "",
        folders: Collection[str] = (),
        variables: Variables | None = None,
    ) -> BuildResult:
        """The objects of the folder `path` of `tree`, and all that was looked at; BuildError otherwise.

        With an `overlay`, the folder's kustomization.yaml is made or changed as Flux does; without one it is
        built as it is. `variables` are put into the objects. `tree_id` names a tree that never changes (an
        artifact's digest): builds with the same id send its listing once, and each file once. `folders` are
        those of the tree that may be empty.
        """
        known = self._tree(tree, folders, tree_id)
        answer = self._on_tree("build", known, path, overlay, variables=_told(variables))
        return BuildResult(objects=tuple(answer["objects"]), digest=answer["digest"], **reads_of(answer))

    def overlaid(
        self,
        tree: Mapping[str, bytes],
        path: str,
        overlay: Overlay,
        *,
        tree_id: str = "",
        folders: Collection[str] = (),
    ) -> OverlaidFile:
        """The kustomization file that `build` would use; BuildError if none can be made."""
        answer = self._on_tree("overlay", self._tree(tree, folders, tree_id), path, overlay)
        return OverlaidFile(
            path=answer["path"], content=answer["content"], created=answer["created"], **reads_of(answer)
        )

    def semver(
        self, expression: str, versions: Collection[str], times: Mapping[str, int] | None = None
    ) -> str | None:
        """The highest version that the range allows, as it is written; None if there is none.

        Of versions that stand equally high (`1.0.0+a`, `1.0.0+b`) the one with the latest of the `times` wins
        (seconds of the tag's commit, by version), then the last by name. InvalidRange if it is no range.
        """
        return self._semver(expression, versions, times)["chosen"] or None

    def semver_equals(self, expression: str, versions: Collection[str]) -> tuple[str, ...]:
        """All versions as high as the one that `semver` chooses: more than one ask for their times."""
        return tuple(self._semver(expression, versions, None)["equals"])

    def holds(self, expression: str, values: Mapping[str, Json]) -> bool:
        """Whether a CEL expression over whole objects, each under its name, is true.

        InvalidExpression if it is none that gives true or false, NotEvaluated if it has no result for these.
        """
        seconds = self._limits.cel_seconds
        with bounded(f"the CEL expression '{expression}'", seconds, self._stop):
            return bool(
                self._ask(holds_request(expression, values, self._limits), seconds + GRACE_S)["holds"]
            )

    def health(self, checks: Sequence[CustomHealthCheck], objects: Sequence[Json] = ()) -> tuple[Judged, ...]:
        """What the checks say of each object; InvalidExpression, without objects too, if one is none.

        NotEvaluated if no answer came: what only one expression has no result for is said of its object.
        """
        seconds = self._limits.cel_seconds * max(len(objects), 1)
        with bounded("the health checks in CEL", seconds, self._stop):
            return judged(self._ask(health_request(checks, objects, self._limits), seconds + GRACE_S))

    def select(self, targets: Sequence[Json], objects: Sequence[Json]) -> tuple[tuple[int, ...], ...]:
        """For each object (group, version, kind, name, namespace, labels, annotations) who selects it.

        InvalidSelector if one of these (penstock.api.kustomize.Selector as JSON) cannot be read.
        """
        answer = self._ask({"op": "select", "targets": list(targets), "objects": list(objects)})
        return tuple(tuple(indexes) for indexes in answer["matches"])

    def kstatus(self, objects: Sequence[Json]) -> tuple[Health, ...]:
        """The state of each object as Flux's health checks compute it; Unknown where they cannot, with why.

        HelperGone or HelperOverdue if no answer came.
        """
        answer = self._ask({"op": "kstatus", "objects": list(objects)})
        return tuple(Health(State(one["state"]), one["error"]) for one in answer["judgements"])

    def envsubst(self, text: bytes, values: Mapping[str, bytes], *, strict: bool) -> bytes:
        """The text with the values in place of its variables, line by line, as `flux envsubst` does it.

        BuildError naming the line if it cannot be read, if a variable is missing and `strict`, or if it is
        above a limit.
        """
        request = {
            "op": "envsubst",
            "text": b64encode(text).decode(),
            "values": {name: b64encode(value).decode() for name, value in values.items()},
            "strict": strict,
            "most": self._limits.build_output_bytes,
        }
        return b64decode(self._ask(request)["text"] or "")

    def check(self) -> None:
        """ToolMissing unless the program is a helper that belongs to this penstock."""
        try:
            found = self.version().get("protocol")
        except (HelperGone, HelperOverdue) as error:
            raise ToolMissing(f"it is no upstream helper: {error.message}") from None
        if found != frames.PROTOCOL:
            raise ToolMissing(f"it is the upstream helper of another penstock, which speaks protocol {found}")

    def version(self) -> Json:
        """What the helper is made of: its protocol, Go, modules, and what the kernel keeps from it."""
        return self._ask({"op": "version"})

    def identity(self) -> str:
        """What builds depend on besides their input; asked once."""
        if not self._identity:
            found = self.version()
            self._identity = repr((found["protocol"], found["go"], sorted(found["modules"].items())))
        return self._identity

    def _tree(self, files: Mapping[str, bytes], folders: Collection[str], tree_id: str) -> Tree:
        return Tree(files, folders, tree_id or f"once-{next(self._ids)}", lasting=bool(tree_id))

    def _semver(self, expression: str, versions: Collection[str], times: Mapping[str, int] | None) -> Json:
        return self._ask(
            {"op": "semver", "range": expression, "versions": list(versions), "times": dict(times or {})}
        )

    def _ask(self, request: Json, seconds: float | None = None) -> Json:
        with self._pool.helper() as helper:
            deadline = self._deadline(seconds)
            helper.send(frames.encode({"id": next(self._ids), **request}), deadline)
            answer = helper.receive(deadline)
        return dict(checked(answer))

    def _on_tree(self, op: str, tree: Tree, path: str, overlay: Overlay | None, **more: Json | None) -> Json:
        request = {
            "id": next(self._ids),
            "op": op,
            "tree": tree.id,
            "path": path,
            "overlay": msgspec.to_builtins(overlay),
            "limits": build_limits(self._limits),
            **more,
        }
        shown = f"kustomize build of {path or '.'!r}"
        try:
            with self._pool.helper(tree.id) as helper:
                answer = Exchange(helper, tree, self._limits.manifest_bytes, self._deadline()).run(request)
        except HelperOverdue as overdue:
            if self._stop.told:
                raise OutOfTime(f"{shown} was cut short: the process was told to end") from overdue
            seconds = self._limits.build_seconds
            why = f"{shown} took longer than {seconds} s (PENSTOCK_LIMIT_BUILD_SECONDS)"
            raise BuildTooLarge(why) from None
        except HelperGone as gone:
            raise _crashed(shown, gone) from None
        return dict(checked(_explained(answer, tree)))

    def _deadline(self, seconds: float | None = None) -> Deadline:
        """Counts from when a helper was had: waiting for others' builds is not this one's fault."""
        return Deadline.after(self._clock, seconds or self._limits.build_seconds, self._stop)


def _told(variables: Variables | None) -> Json | None:
    """The variables in the helper's words; values may hold any bytes."""
    if variables is None:
        return None
    values = {name: b64encode(value).decode() for name, value in variables.values.items()}
    return {
        "values": values,
        "strict": variables.strict,
        "always": variables.always,
        "problem": variables.problem,
    }


def _explained(answer: Json, tree: Tree) -> Json:
    """The answer; an error also says which files are no manifests but pointers of Git LFS (threats A-76)."""
    error = answer.get("error") or {}
    hint = pointer_hint(tree.files, (error.get("reads") or {}).get("files_read", ()))
    return {**answer, "error": {**error, "text": f"{error['text']}{hint}"}} if hint else answer


def _crashed(shown: str, gone: HelperGone) -> BuildError:
    """Memory is the one cause that a setting helps against."""
    if isinstance(gone, HelperNotStarted):
        return BuildError(f"{shown} could not begin: {gone}")
    if "memory" not in gone.message:
        return BuildError(f"{shown} crashed: {gone}")
    remedy = "split the Kustomization by spec.path, or raise PENSTOCK_LIMIT_BUILD_MEMORY_BYTES"
    return BuildTooLarge(f"{shown} crashed: {gone}: {remedy}")
