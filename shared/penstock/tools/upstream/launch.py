"""How a helper is started, and which limits it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.tools.upstream.errors import ToolMissing
from penstock.tools.upstream.process import UpstreamProcess

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from penstock.api.objects import Json
    from penstock.base.limits import Limits

_PATHS_BYTES = 32 * 1024 * 1024
"""What an answer may hold besides the objects: the recorded paths."""
_GRACE_S = 2
"""How much later than our deadline a helper ends itself."""


def launcher(program: Path, limits: Limits) -> Callable[[], UpstreamProcess]:
    """What starts one more helper; ToolMissing if the program cannot be started."""
    frame = _PATHS_BYTES + max(limits.build_output_bytes, limits.manifest_bytes)
    arguments = (f"-frame-bytes={frame}", f"-memory-bytes={limits.build_memory_bytes}")

    def start() -> UpstreamProcess:
        try:
            return UpstreamProcess(program, arguments, frame)
        except OSError as error:
            raise ToolMissing(
                f"the upstream helper {program} cannot be started ({error.strerror}): run `make tools`,"
                " or set PENSTOCK_UPSTREAM_BINARY"
            ) from None

    return start


def build_limits(limits: Limits) -> Json:
    """The limits of one build under the helper's names (shared/upstream/internal/limits)."""
    return {
        "input_bytes": limits.build_input_bytes,
        "reads": limits.build_reads,
        "kustomizations": limits.build_kustomizations,
        "yaml_nodes": limits.yaml_nodes,
        "yaml_depth": limits.yaml_depth,
        "objects": limits.build_objects,
        "output_bytes": limits.build_output_bytes,
        "seconds": limits.build_seconds + _GRACE_S,
    }
