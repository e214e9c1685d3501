"""What this machine needs at least, whoever asks: single requests and a fetch, one after the other.

To be measured in the same run as the samples, while neither peer works: a ratio says nothing about what the
API server and git would take of anybody.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Self

import orjson
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.base.errors import Terminal
from penstock.base.limits import Limits
from penstock.cluster.auth import from_kubeconfig
from penstock.cluster.request import APPLY_PATCH, JSON, METADATA_LIST, Request, with_query
from penstock.cluster.transport import Transport
from penstock.tools.git import Git, Remote

from bench.samples import Floor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AGENT = "bench-floor"
"""The user agent of these requests: the audit log counts them for nobody."""
OBJECTS = 1000
TIMES = 50
FETCHES = 10
_LABEL = "bench.penstock.dev/floor"
_MANAGER = "bench-floor"
_LINES = 20
_REQUEST_S = 60.0
_FETCH_S = 120.0


def measure(
    kubeconfig: Path,
    repository_url: str,
    namespace: str,
    *,
    objects: int = OBJECTS,
    times: int = TIMES,
    fetches: int = FETCHES,
) -> Floor:
    """The floor; ConfigMaps of its own come into the namespace (made if it is missing) and are removed again.

    A few seconds. Terminal if the API server refuses a request; GitFailed if git cannot fetch the URL's HEAD.
    """
    with _Api(kubeconfig, namespace) as api:
        try:
            for number in range(objects):
                api.apply(f"floor-{number}", "0")
            sizes: list[int] = []
            listing = median_s(lambda: sizes.append(len(api.metadata())), times)
            dry_run = median_s(_counting(lambda n: api.apply("floor-0", f"dry {n}", dry_run=True)), times)
            apply = median_s(_counting(lambda n: api.apply("floor-0", f"{n}")), times)
        finally:
            api.remove()
    return Floor(
        list_s=listing,
        list_objects=objects,
        list_bytes=sizes[-1],
        dry_run_s=dry_run,
        apply_s=apply,
        fetch_s=median_s(lambda: _fetch(repository_url), fetches),
        times=times,
        fetches=fetches,
    )


def median_s(act: Callable[[], object], times: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """The median of the seconds that it takes; once before they count, for what is made at the first use."""
    act()
    spent = []
    for _ in range(times):
        began = clock()
        act()
        spent.append(clock() - began)
    return statistics.median(spent)


def _counting(act: Callable[[int], object]) -> Callable[[], object]:
    """Each call gets a number of its own, so that every apply changes something."""
    numbers = iter(range(1, 1_000_000))
    return lambda: act(next(numbers))


def _fetch(url: str) -> None:
    """A shallow fetch into an empty repository, which is gone afterwards."""
    with Git(Limits()).session(Remote(url), Deadline.after(SystemClock(), _FETCH_S)) as session:
        session.fetch("HEAD")


class _Api:
    """The API server over one connection that is kept; answers are read to their end and not parsed."""

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        target, self._credentials = from_kubeconfig(kubeconfig, "", {})
        self._transport = Transport(target, user_agent=AGENT, connections=1)
        self._namespace = namespace
        self._path = f"/api/v1/namespaces/{namespace}/configmaps"

    def __enter__(self) -> Self:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self._namespace}}
        self._send("POST", "/api/v1/namespaces", body, also=409)
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.close()

    def apply(self, name: str, value: str, *, dry_run: bool = False) -> bytes:
        """Server-side apply of a ConfigMap, as large as those of the fleets."""
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": self._namespace, "labels": {_LABEL: "yes"}},
            "data": {"value": value, **{f"line-{line}": f"line {line} of {name}" for line in range(_LINES)}},
        }
        query = {"fieldManager": _MANAGER, "force": "true", "dryRun": "All" if dry_run else ""}
        return self._send(
            "PATCH", with_query(f"{self._path}/{name}", **query), body, content_type=APPLY_PATCH
        )

    def metadata(self) -> bytes:
        """One list of all of them, in one piece, metadata only."""
        return self._send("GET", with_query(self._path, labelSelector=_LABEL), accept=METADATA_LIST)

    def remove(self) -> None:
        """Deletes all of them."""
        self._send("DELETE", with_query(self._path, labelSelector=_LABEL))

    def _send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content_type: str = JSON,
        accept: str = JSON,
        also: int = 200,
    ) -> bytes:
        data = None if body is None else orjson.dumps(body)
        request = Request(method, path, path, body=data, content_type=content_type, accept=accept)
        answer = self._transport.send(request, self._credentials.header(), _REQUEST_S)
        if answer.status not in {200, 201, also}:
            raise Terminal(
                f"the API server answered {answer.status} to {method} {path}: the floor needs an "
                f"administrator's kubeconfig, and ConfigMaps that it may make in {self._namespace}"
            )
        return answer.body
