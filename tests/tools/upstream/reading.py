"""One manifest, built or refused."""

from __future__ import annotations

from typing import Any

import pytest
from penstock.kustomize.overlay import Overlay
from penstock.tools.upstream import BuildError, Upstream

from tests.tools.upstream.test_same_as_kubectl import ordered

HEAD = "apiVersion: example.com/v1\nkind: A\nmetadata: {name: a}\n"
BESIDE = HEAD.replace("name: a", "name: b")
CANARY = "hunter2canary"


def built(upstream: Upstream, content: bytes) -> list[dict[str, Any]]:
    """What our pipeline gives for one file; numbers beyond 63 bits are floats to Kubernetes."""
    objects = upstream.build({"app/a.yaml": content}, "app", overlay=Overlay()).objects
    return ordered([as_kubernetes_reads(one) for one in objects])


def refused(upstream: Upstream, content: bytes) -> str:
    """Why one file is refused."""
    with pytest.raises(BuildError) as caught:
        built(upstream, content)
    assert CANARY not in str(caught.value)
    return str(caught.value)


def as_kubernetes_reads(value: Any) -> Any:
    """The same with numbers beyond 63 bits as floats."""
    if isinstance(value, dict):
        return {key: as_kubernetes_reads(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_kubernetes_reads(inner) for inner in value]
    return float(value) if isinstance(value, int) and abs(value) >= 1 << 63 else value
