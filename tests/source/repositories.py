"""A GitRepository and its status, for the tests of what a status says."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from penstock.api.conditions import At
from penstock.api.gitrepository import GitRepository, GitRepositoryStatus, decode
from penstock.api.meta import Artifact
from penstock.source.status import (
    stored,
)

AT = At(generation=2, now=datetime(2026, 8, 21, tzinfo=UTC))
OLD = Artifact(digest="sha256:1", last_update_time="x", path="p", revision="main@sha1:1", url="u")


def repo(status: GitRepositoryStatus | None = None, **spec: Any) -> GitRepository:
    """One of generation 2 that was asked for, with that status."""
    obj = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": "a", "generation": 2, "annotations": {"reconcile.fluxcd.io/requestedAt": "t1"}},
        "spec": {"url": "https://host/r", "interval": "1m", **spec},
    }
    return msgspec.structs.replace(decode(obj), status=status or GitRepositoryStatus(observed_generation=-1))


def lines(status: GitRepositoryStatus) -> list[str]:
    """Its conditions, one a line."""
    return [f"{c.type}={c.status} {c.reason}: {c.message}" for c in status.conditions]


READY = stored(repo(), OLD, AT)
