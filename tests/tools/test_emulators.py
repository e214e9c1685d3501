"""The emulators are what they are said to be."""

from __future__ import annotations

import socket


def test_pubsub_listens_where_it_says(pubsub_emulator: str) -> None:
    host, _, port = pubsub_emulator.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        assert connection.getpeername()[1] == int(port)
