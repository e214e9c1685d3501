"""Takes out each guard in a copy of the tree, and sees its test fail: `make guards ROWS="A-01 B-17"`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path
from typing import TYPE_CHECKING

from tests.guards.table import ROOT, guards, taken_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.guards.table import Guard

_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "build", "__pycache__")
_FAILED = 1
"""pytest's exit code for tests that ran and failed; others mean that it did not come to that."""
_LONGEST_S = 90


def main(names: Sequence[str]) -> int:
    """0 if every guard is missed by its test; a line for each."""
    chosen = [guard for guard in guards() if not names or guard.row in names]
    if not chosen:
        sys.stderr.write("no guard has such a row\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="guards-") as place:
        copy = _copied(Path(place) / "tree")
        whole = _run(copy, *sorted({guard.test for guard in chosen})) == 0
        if not whole:
            print("not all tests pass with all guards in place: each is tried by itself")  # noqa: T201 - a report
        bad = [guard for guard in chosen if not _missed(copy, guard, known_good=whole)]
    print(f"{len(chosen) - len(bad)} of {len(chosen)} guards are missed when they are taken out")  # noqa: T201 - a report
    return 1 if bad else 0


def _copied(place: Path) -> Path:
    """The tree, with an environment whose packages are ours and whose penstock is the copy's."""
    shutil.copytree(ROOT, place, ignore=_LEFT_OUT)
    home = place / ".venv"
    venv.create(home, symlinks=True, with_pip=False)
    ours = Path(sysconfig.get_path("purelib"))
    target = home / ours.relative_to(Path(sys.prefix))
    (target / "copy.pth").write_text(f"{place / 'shared'}\n{ours}\n")
    for script in Path(sys.executable).parent.iterdir():
        head = script.read_bytes()[:2]
        if head == b"#!" and not (home / "bin" / script.name).exists():
            text = script.read_text().replace(sys.prefix, str(home))
            (home / "bin" / script.name).write_text(text)
            (home / "bin" / script.name).chmod(0o755)
    return place


def _missed(copy: Path, guard: Guard, *, known_good: bool) -> bool:
    """Whether the test passes with the guard and fails without it."""
    file = copy / guard.file
    whole = file.read_text(encoding="utf-8")
    before = 0 if known_good else _run(copy, guard.test)
    file.write_text(taken_out(whole, guard), encoding="utf-8")
    try:
        after = _run(copy, guard.test)
    finally:
        file.write_text(whole, encoding="utf-8")
    good = before == 0 and after == _FAILED
    said = "missed" if good else f"NOT PROVED: with the guard {before}, without it {after}"
    print(f"{guard.row}  {guard.file}  {guard.test}  {said}", flush=True)  # noqa: T201 - a report
    return good


def _run(copy: Path, *tests: str) -> int:
    """pytest's exit code."""
    python = copy / ".venv/bin/python"
    flags = ["-q", "-x", "-p", "no:cacheprovider", f"--timeout={_LONGEST_S}"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [python, "-B", "-m", "pytest", *flags, *tests],
        cwd=copy,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
