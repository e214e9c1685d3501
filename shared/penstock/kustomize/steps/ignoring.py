"""Which fields of which objects `spec.ignore` leaves as they are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from penstock.api.refs import ObjectRef
from penstock.base.errors import LimitExceeded, Terminal
from penstock.kustomize.drift import described, paths_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.api.objects import Json
    from penstock.kustomize.steps.run import Run

K = TypeVar("K")


def ignored_paths(run: Run, objects: Mapping[K, Json]) -> dict[K, tuple[str, ...]]:
    """JSON pointers for each of the objects, which are as a dry-run gives them, as Flux asks of them.

    Terminal if the target of a rule cannot be read, LimitExceeded if there are too many rules and paths.
    """
    rules = run.model.spec.ignore
    if not rules:
        return {}
    most = run.ports.limits.drift_rules
    if sum(1 + len(rule.paths) for rule in rules) > most:
        raise LimitExceeded(f"spec.ignore has more than {most} rules and paths", limit="drift_rules")
    targets = [msgspec.to_builtins(rule.target) if rule.target is not None else {} for rule in rules]
    asked = [described(ObjectRef.from_object(obj), obj) for obj in objects.values()]
    try:
        found = run.ports.builder.select(targets, asked)
    except Terminal as error:
        raise Terminal(f"failed to create ignore rule selector: {error.message}") from error
    return {key: paths_of(rules, matches) for key, matches in zip(objects, found, strict=True)}
