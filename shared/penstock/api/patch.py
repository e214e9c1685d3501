"""Changes of a status as JSON merge patches (RFC 7386): only what differs is in them.

What the model does not know is in neither of the two values and so is never touched. A merge patch
replaces lists as a whole: send it with the resourceVersion that `before` was read at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from penstock.api.fields import Model
    from penstock.api.meta import Status
    from penstock.api.objects import Json


def status_patch(before: Status, after: Status) -> Json:
    """The merge patch that makes `after` of an object whose status reads as `before`; empty if they agree."""
    changes = merge_patch(encode(before), encode(after))
    return {"status": changes} if changes else {}


def encode(model: Model) -> Json:
    """The model as JSON: fields at their default are left out."""
    plain: Json = msgspec.json.decode(msgspec.json.encode(model))
    return plain


def merge_patch(before: Json, after: Json) -> Json:
    """The smallest merge patch from one JSON object to another; neither may hold nulls."""
    patch: Json = {name: None for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            if nested := merge_patch(old, value):
                patch[name] = nested
        elif name not in before or old != value:
            patch[name] = value
    return patch
