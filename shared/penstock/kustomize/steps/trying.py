"""One object tried: a server-side dry-run, and what its refusal leads to."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.objects import resource_version
from penstock.base.errors import Terminal
from penstock.cluster.errors import NotFound, Refused
from penstock.kustomize.owner import FIELD_MANAGER
from penstock.kustomize.plan import left_alone
from penstock.kustomize.steps.recreating import may_recreate
from penstock.kustomize.typed import is_typed
from penstock.kustomize.undeclared import without_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.kustomize.scope import Target
    from penstock.kustomize.steps.run import Run

_ROUNDS = 20
"""The API server does not name all such fields at once."""
_MOST_SHOWN = 20


@dataclass(frozen=True)
class Tried:
    """What was tried, which may be less than what was wanted, and the answer.

    With `skip` or `recreate` there was none: then `result` is the object as the cluster has it, which is to
    be left alone, or to be deleted first.
    """

    obj: Json
    result: Json
    skip: bool = False
    recreate: bool = False

    @property
    def exists(self) -> bool:
        """Whether there is an object that would be changed."""
        return not self.skip and not self.recreate and bool(resource_version(self.result))


def try_out(run: Run, target: Target) -> Tried:
    """The answer to a dry-run; of kinds that Flux knows by type, without the fields that nobody knows.

    Refused if it cannot be applied.
    """
    obj, dropped = target.obj, list[str]()
    run.go_on()
    for _ in range(_ROUNDS):
        try:
            result = run.cluster.apply(obj, field_manager=FIELD_MANAGER, dry_run=True)
        except Refused as error:
            found: Sequence[str] = ()
            if is_typed(target.ref.api_version, target.ref.kind):
                obj, found = without_fields(obj, error.undeclared)
            dropped.extend(found)
            if not found:
                return _refused(run, target.ref, obj, error)
        else:
            _tell(run, target.ref, dropped)
            return Tried(obj, result)
    raise Terminal(f"{target.ref} has too many fields that the cluster does not know")


def _refused(run: Run, ref: ObjectRef, obj: Json, error: Refused) -> Tried:
    """Whoever asks to be left alone is not applied, so that it does not matter; or it is made anew."""
    found = _found(run, ref, error)
    if found is not None and left_alone(obj, found):
        return Tried(obj, found, skip=True)
    if found is not None and may_recreate(run, obj, found, error):
        return Tried(obj, found, recreate=True)
    raise error


def _found(run: Run, ref: ObjectRef, error: Refused) -> Json | None:
    """The object; None as well where it cannot be read: then the first error says more."""
    if not isinstance(error, NotFound):
        with suppress(Refused):
            return run.cluster.get(ref)
    return None


def _tell(run: Run, ref: ObjectRef, dropped: Sequence[str]) -> None:
    if dropped:
        fields = ", ".join(sorted(dropped)[:_MOST_SHOWN])
        run.ports.log.warning(
            "left out fields that the cluster does not know", applied=str(ref), fields=fields
        )
