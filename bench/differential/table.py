"""Differences for people: those that nobody explains one by one, the others counted. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.differential.compare import Difference

_COLUMNS = ("fleet", "step", "object", "path", "flux", "penstock", "entry")
_LONGEST = 400
NOBODY = "-"
"""In place of an entry, where there is none."""

Told = tuple["Difference", str]
"""A difference and the entry that explains it, empty if none does."""


def table(told: Sequence[Told]) -> str:
    """One line per difference in Markdown; one that stays over steps is told once."""
    rows = [_COLUMNS, tuple("---" for _ in _COLUMNS)]
    rows += [_row(found, entry, steps) for found, entry, steps in _once(told)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def summary(told: Sequence[Told], known: Iterable[str], steps: int, fleets: int) -> str:
    """Last lines: how often each entry explained something, which never did, and what is left."""
    counts = Counter(entry for _, entry in told if entry)
    stale = sorted(set(known) - counts.keys())
    lines = [f"  {entry:28} {number:>6}" for entry, number in sorted(counts.items())]
    lines += [f"  {entry:28}  never matched (stale, or its fleet was not among these)" for entry in stale]
    unexplained = sum(not entry for _, entry in told)
    mark = "✗" if unexplained else "✔"
    lines.append(
        f"{mark} {fleets} fleets, {steps} steps: {len(told)} differences, {unexplained} of them unexplained"
    )
    return "\n".join(lines)


def not_built(reference: str) -> tuple[str, ...]:
    """The fields that docs/reference.md says are not there yet, so that no fleet has them: `Kind spec.x`."""
    found: list[str] = []
    kind = ""
    for line in reference.splitlines():
        if line.startswith("### "):
            kind = line.removeprefix("### ")
        cells = [cell.strip().strip("`") for cell in line.split("|")]
        if len(cells) > 4 and cells[3] == "not yet":
            found.append(f"{kind} {cells[1]}")
    return tuple(found)


def _once(told: Sequence[Told]) -> list[tuple[Difference, str, int]]:
    """Each with the number of steps that show it: at first where it began."""
    seen: dict[tuple[str, ...], tuple[Difference, str, int]] = {}
    for found, entry in told:
        key = (found.fleet, found.object, found.path, found.flux, found.penstock)
        first, _, steps = seen.get(key, (found, entry, 0))
        seen[key] = (first, entry, steps + 1)
    return list(seen.values())


def _row(found: Difference, entry: str, steps: int) -> tuple[str, ...]:
    step = found.step + (f" (+{steps - 1})" if steps > 1 else "")
    cells = (found.fleet, step, found.object, found.path, found.flux, found.penstock, entry or NOBODY)
    return tuple(_cell(cell) for cell in cells)


def _cell(value: str) -> str:
    shown = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}… ({len(value)} characters)"
    return shown.replace("\n", "⏎").replace("|", "\\|")
