"""A stand-in for CEL: expressions mean what a test says they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.kustomize.expressions import InvalidExpression, Judged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from penstock.api.kustomize import CustomHealthCheck
    from penstock.api.objects import Json


class FakeExpressions:
    """Implements penstock.kustomize.steps.ports.Expressions.

    `known` are expressions and what they do with the values; all others cannot be used. `states` are what
    health checks say, by the name of the object.
    """

    def __init__(self) -> None:
        self.known: dict[str, Callable[[Mapping[str, Json]], bool]] = {}
        self.states: dict[str, Judged] = {}

    def holds(self, expression: str, values: Mapping[str, Json]) -> bool:
        """See the port."""
        if expression not in self.known:
            raise InvalidExpression(f"failed to parse the CEL expression '{expression}'")
        return self.known[expression](values)

    def health(self, checks: Sequence[CustomHealthCheck], objects: Sequence[Json] = ()) -> tuple[Judged, ...]:
        """See the port."""
        for check in checks:
            if check.current not in self.known:
                raise InvalidExpression(f"failed to parse the CEL expression '{check.current}'")
        return tuple(self.states.get(obj["metadata"]["name"], Judged()) for obj in objects)
