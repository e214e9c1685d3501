"""Semver ranges for whoever may not need any."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from penstock.runtime.wiring import Wiring


class LateSemver:
    """Semver ranges by the Go helper, which a fetch of a branch need not have."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring

    def semver(
        self, expression: str, versions: Collection[str], times: Mapping[str, int] | None = None
    ) -> str | None:
        """See penstock.source.reference.Semver."""
        return self._wiring.upstream.semver(expression, versions, times)

    def semver_equals(self, expression: str, versions: Collection[str]) -> tuple[str, ...]:
        """See penstock.source.reference.Semver."""
        return self._wiring.upstream.semver_equals(expression, versions)
