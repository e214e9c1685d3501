"""What applying an object would do, from the live object and the answer to a dry-run. Pure.

Source: fluxcd/pkg/ssa manager_diff.go (hasDrifted) and manager_apply.go (shouldSkipApply). Flux reads every
object one by one; here the live ones come from one list per kind by owner labels. An object that exists and
is not in that list lacks our labels, so applying it changes it: no further read is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from penstock.api.objects import annotations_of, labels_of, resource_version
from penstock.kustomize.changes import Action
from penstock.kustomize.drift import without
from penstock.kustomize.owner import LEFT_ALONE, Mark, marked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.api.objects import Json


def left_alone(desired: Json, live: Json | None) -> bool:
    """Whether the object is skipped, as the user asked on it in the source or in the cluster."""
    if marked(desired, *LEFT_ALONE) or (live is not None and marked(live, *LEFT_ALONE)):
        return True
    return live is not None and marked(desired, Mark.APPLY_IF_NOT_PRESENT)


def judge(desired: Json, live: Json | None, tried: Json, ignored: Sequence[str] = ()) -> Action:
    """What applying would do. `tried` is the answer to the server-side dry-run of `desired`.

    `live` is the object of the list by owner labels, None if it is not there; `ignored` are JSON pointers to
    fields that may differ (spec.ignore).
    """
    if not resource_version(tried):
        return Action.CREATED
    if live is None:
        # Marks of an object that is not ours yet show in the merged result only.
        exists = marked(desired, Mark.APPLY_IF_NOT_PRESENT)
        return Action.SKIPPED if exists or marked(tried, *LEFT_ALONE) else Action.CONFIGURED
    changed = drifted(without(live, ignored), without(tried, ignored))
    return Action.CONFIGURED if changed else Action.UNCHANGED


def drifted(live: Json, tried: Json) -> bool:
    """Whether labels, annotations or anything outside metadata and status would change."""
    return compared(live) != compared(tried)


def compared(obj: Json) -> bytes:
    """What counts, as bytes: Python takes 1, 1.0 and True for equal, the API does not."""
    rest = {key: value for key, value in obj.items() if key not in {"metadata", "status"}}
    return orjson.dumps((labels_of(obj), annotations_of(obj), rest), option=orjson.OPT_SORT_KEYS)
