"""What stands in for a cloud: one process of each emulator per run. A test takes names of its own in it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from penstock.tools.gobuild import built_path
from penstock.tools.gotools import PUBSUB, STORAGE, tool

from tests.runtime.processes import free_port
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

PUSH_TOKEN = "invoke-token-canary"
"""The bearer token of what is pushed; the one that the tests' processes take."""


@contextmanager
def pubsub(*flags: str) -> Iterator[str]:
    """A Pub/Sub with these flags; gives its address."""
    argv = [str(built_path(tool(PUBSUB))), *flags]
    env = {**os.environ, "PUSH_TOKEN": PUSH_TOKEN}
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        listening = json.loads(process.stdout.readline())["listening"]
        reader = threading.Thread(target=process.stdout.read)
        reader.start()
        try:
            yield listening
        finally:
            process.terminate()
            reader.join()


@pytest.fixture(scope="session")
def pubsub_emulator() -> Iterator[str]:
    """The address of a Pub/Sub, as PUBSUB_EMULATOR_HOST."""
    with pubsub() as address:
        yield address


@pytest.fixture(scope="session")
def gcs_emulator() -> Iterator[str]:
    """The address of a Cloud Storage, as STORAGE_EMULATOR_HOST; it keeps everything in memory."""
    port = free_port()
    flags = ("-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-log-level", "error")
    program = built_path(tool(STORAGE))
    with subprocess.Popen([program, *flags, "-port", str(port)], stderr=subprocess.DEVNULL) as process:
        eventually(lambda: _listens(port), "the emulator of Cloud Storage")
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
