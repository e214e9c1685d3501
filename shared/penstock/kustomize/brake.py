"""The brake on deletion: a build that lost too much deletes nothing until a person approves. Pure.

Source: architecture decision 9; threats B-26, B-27. Deleting the Kustomization itself is never held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

APPROVE_ANNOTATION = "penstock.dev/approve"


@dataclass(frozen=True)
class Brake:
    """From where on deletions are held: more than `objects` and more than `fraction` of the inventory.

    A fraction of 1 switches the brake off, for empty builds as well.
    """

    objects: int = 20
    fraction: float = 0.5


def hold(
    brake: Brake, *, deletions: int, inventory: int, built: int, revision: str, annotations: Mapping[str, str]
) -> str:
    """Why the deletions are held and how to approve them, or empty if they may go ahead.

    `deletions` counts what would really be deleted, `inventory` what was applied before, `built` what the
    build gives.
    """
    if not deletions or brake.fraction >= 1 or annotations.get(APPROVE_ANNOTATION) == revision:
        return ""
    many = deletions > brake.objects and deletions > brake.fraction * inventory
    if built and not many:
        return ""
    what = (
        f"the build would delete {deletions} of {inventory} objects"
        if built
        else f"the build is empty and would delete all {deletions} objects"
    )
    return (
        f"deletion held: {what}. If that is meant, approve it by the annotation "
        f"{APPROVE_ANNOTATION}: {revision}; otherwise repair the source"
    )
