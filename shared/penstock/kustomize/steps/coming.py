"""Kustomizations that lacked a kind which another one of their run has brought: looked at once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.work import Outcome
from penstock.base.errors import PenstockError
from penstock.kustomize.parked import has_come
from penstock.kustomize.status import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.kustomize.steps.ports import ApplyPorts
    from penstock.store.records import Record

Results = dict["ObjectRef", "Outcome | PenstockError"]


def look_once_more(
    ports: ApplyPorts,
    look: Callable[[Json], Outcome],
    items: Mapping[ObjectRef, Json],
    results: Mapping[ObjectRef, Outcome | PenstockError],
) -> Results:
    """The results, with those of a second look where that found the kind."""
    newer: Results = dict(results)
    for ref, obj in items.items():
        if _lacked_a_kind(results[ref]) and kind_came(ports, ports.records.read(ref)):
            try:
                newer[ref] = look(obj)
            except PenstockError as error:
                newer[ref] = error
    return newer


def kind_came(ports: ApplyPorts, record: Record | None) -> bool:
    """Whether the cluster has a kind by now that it lacked when that record was written."""
    return record is not None and has_come(record.parked, ports.cluster.discovery().find)


def _lacked_a_kind(result: Outcome | PenstockError) -> bool:
    return isinstance(result, Outcome) and result.reason == Reason.RECONCILIATION_FAILED
