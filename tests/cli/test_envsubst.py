"""`penstock envsubst` as a person pipes a text through it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.tools.process import Bounds, run

if TYPE_CHECKING:
    from penstock.tools.process import Completed
    from penstock.tools.upstream import Upstream

TEXT = b"""kind: GitRepository
metadata:
  name: ${REPO_NAME}
  namespace: ${REPO_NAMESPACE:=flux-system}
"""


def _piped(text: bytes, *flags: str, **env: str) -> Completed:
    bounds = Bounds(Deadline.after(SystemClock(), 60), 1024 * 1024)
    known = {key: value for key, value in os.environ.items() if not key.startswith("PENSTOCK_")}
    program = "import sys; from penstock.cli.main import run; sys.exit(run())"
    words = [sys.executable, "-c", program, "envsubst", *flags]
    return run(words, bounds, env={**known, **env}, cwd=Path.cwd(), stdin=text)


def test_variables_of_the_environment_are_put_in(real_upstream: Upstream) -> None:
    del real_upstream
    done = _piped(TEXT, "--strict", REPO_NAME="fleet")
    assert (done.code, done.stdout.decode()) == (
        0,
        "kind: GitRepository\nmetadata:\n  name: fleet\n  namespace: flux-system\n",
    )


def test_a_missing_one_is_empty_or_where_that_is_wanted_an_error(real_upstream: Upstream) -> None:
    assert real_upstream.envsubst(TEXT, {}, strict=False).split(b"\n")[2] == b"  name: "
    done = _piped(TEXT, "--strict")
    assert (done.code, done.stdout) == (1, b"")
    assert 'line 3: variable not set (strict mode): "REPO_NAME"' in done.stderr
