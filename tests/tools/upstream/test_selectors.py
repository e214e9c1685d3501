"""Which objects the targets of ignore rules select, by kustomize's own code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.tools.upstream import InvalidSelector

if TYPE_CHECKING:
    from penstock.tools.upstream import Upstream

WEB = {"group": "apps", "version": "v1", "kind": "Deployment", "name": "web", "namespace": "default"}


@pytest.mark.parametrize(
    ("target", "selected"),
    [
        ({}, True),
        ({"kind": "Deployment", "name": "w.*"}, True),
        ({"name": "we"}, False),
        ({"labelSelector": "app in (web)"}, True),
        ({"annotationSelector": "app"}, False),
        ({"name": "(w+)+x"}, False),
    ],
)
def test_a_target_selects_whole_names_and_by_labels(
    target: dict[str, str], selected: bool, upstream: Upstream
) -> None:
    found = upstream.select([target], [{**WEB, "labels": {"app": "web"}, "annotations": {}}])
    assert found == ((0,) if selected else (),)


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ({"kind": "("}, "invalid kind regex: "),
        ({"labelSelector": "a in"}, "invalid label selector: "),
        ({"annotationSelector": "=="}, "invalid annotation selector: "),
    ],
)
def test_what_cannot_be_read_is_named(target: dict[str, str], told: str, upstream: Upstream) -> None:
    with pytest.raises(InvalidSelector, match=told):
        upstream.select([target], [])


def test_a_pattern_that_takes_others_for_ever_takes_no_time_here(upstream: Upstream) -> None:
    """Threats A-41."""
    found = upstream.select([{"name": "(a+)+$"}], [{**WEB, "name": "a" * 250 + "!"}])
    assert found == ((),)
