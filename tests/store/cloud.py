"""Buckets on the emulator of Cloud Storage, one for each who asks."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from penstock.base.location import CloudBucket
from penstock.store.gcs import EMULATOR, GcsBucket

from tests.runtime.processes import ask
from tests.support.http_proxy import HttpProxy

if TYPE_CHECKING:
    import http.client

MOST_BYTES = 9 * 1024 * 1024

_numbers = itertools.count(1)


def make_place(address: str, prefix: str = "") -> CloudBucket:
    """A new bucket there."""
    name = f"bucket-{next(_numbers)}"
    body = json.dumps({"name": name}).encode()
    status = ask(address, "/storage/v1/b", body, {"Content-Type": "application/json"})[0]
    assert status == 200
    return CloudBucket(name, prefix)


def cloud_bucket(address: str, place: CloudBucket | None = None, **given: Any) -> GcsBucket:
    """A client of a bucket there, a new one if none is named; with short pages, and little patience."""
    place = make_place(address, "some/where/") if place is None else place
    usual = {"most_bytes": MOST_BYTES, "patience_s": 2.0, "page": 7}
    return GcsBucket(place, {EMULATOR: address}, **{**usual, **given})


class CloudProxy(HttpProxy):
    """A proxy before the emulator."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = urlsplit(address)

    def connect(self) -> http.client.HTTPConnection:
        """See HttpProxy."""
        from http.client import HTTPConnection

        return HTTPConnection(str(self._address.hostname), self._address.port, timeout=120)

    def passed(self, headers: dict[str, str]) -> dict[str, str]:
        """Long uploads go on through the proxy, too."""
        there = self._address.geturl()
        return {name: value.replace(there, self.url) for name, value in headers.items()}
