"""The real helper, built once, and a real kubectl to compare it with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.tools.gobuild import ensure
from penstock.tools.gotools import KUBECTL, tool
from penstock.tools.upstream import Upstream, program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def helper_program() -> Path:
    return program()


@pytest.fixture(scope="session")
def kubectl() -> Path:
    return ensure(tool(KUBECTL))


@pytest.fixture(scope="module")
def upstream(helper_program: Path) -> Iterator[Upstream]:
    with Upstream(helper_program) as started:
        yield started
