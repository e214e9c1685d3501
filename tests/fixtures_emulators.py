"""What stands in for a cloud: one process of each emulator per run. A test takes names of its own in it."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from penstock.tools.gobuild import built_path
from penstock.tools.gotools import PUBSUB, tool

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def pubsub_emulator() -> Iterator[str]:
    """The address of a Pub/Sub, as PUBSUB_EMULATOR_HOST."""
    with subprocess.Popen([built_path(tool(PUBSUB))], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["listening"]
        process.terminate()
