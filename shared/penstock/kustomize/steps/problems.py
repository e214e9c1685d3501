"""What the API server said about one object, in Flux's words.

Source: fluxcd/pkg/ssa errors.go (DryRunErr) and manager_apply.go, manager_delete.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.cluster.errors import NamespaceMissing, NotFound, UnknownKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from penstock.api.refs import ObjectRef
    from penstock.base.errors import PenstockError

_MOST = 25


def dry_run_problem(
    ref: ObjectRef, error: PenstockError, advice: Callable[[ObjectRef], str] = lambda _: ""
) -> str:
    """Why an object cannot be applied; `advice` is what to do about a kind that the cluster does not know."""
    if isinstance(error, NamespaceMissing):
        return f"{ref} namespace not specified: {error.message}"
    if isinstance(error, NotFound) and not isinstance(error, UnknownKind):
        return f"{ref} not found: {error.message}"
    reason = "" if isinstance(error, UnknownKind) or not error.reason else f" ({error.reason})"
    more = f"; {said}" if isinstance(error, UnknownKind) and (said := advice(ref)) else ""
    return f"{ref} dry-run failed{reason}: {error.message}{more}"


def joined(problems: Sequence[str]) -> str:
    """All problems, one per line; a long list is cut."""
    more = len(problems) - _MOST
    return "\n".join(problems[:_MOST]) + (f"\nand {more} more" if more > 0 else "")
