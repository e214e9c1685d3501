"""A stand-in for kstatus in the upstream helper: conditions and generations, as api/kstatus reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.kstatus import judge
from penstock.kustomize.health import Health

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.api.objects import Json


class FakeJudge:
    """Implements penstock.kustomize.steps.ports.Judge; `judged` are the names of what was judged."""

    def __init__(self) -> None:
        self.judged: list[str] = []

    def kstatus(self, objects: Sequence[Json]) -> tuple[Health, ...]:
        """See the port."""
        self.judged += [obj["metadata"]["name"] for obj in objects]
        return tuple(Health(judge(obj).state) for obj in objects)
