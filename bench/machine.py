"""The machine that measures: what a number means without it is anybody's guess."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from bench.samples import Machine

_CPUS = Path("/proc/cpuinfo")
_UNKNOWN = "unknown"


def this_machine() -> Machine:
    """What the system says of itself; a model that it does not tell is `unknown`."""
    return Machine(
        cpus=len(os.sched_getaffinity(0)),
        model=model_of(_CPUS.read_text(encoding="utf-8", errors="replace") if _CPUS.exists() else ""),
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        kernel=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
    )


def model_of(cpuinfo: str) -> str:
    """The first model name in a text of the form of /proc/cpuinfo."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name" and value.strip():
            return value.strip()
    return platform.machine() or _UNKNOWN
