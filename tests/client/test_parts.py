from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.client import parts, rows, stats
from penstock.client.events import last_seen, row
from penstock.client.export import exported

from tests.client.objects import COMMIT, REVISION, condition, git, kustomization
from tests.client.test_ages import NOW

ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["metadata", "spec", "status", "conditions", "type", "sourceRef", "artifact", "name"]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


# flux2 v2.9 internal/utils/hex_test.go has the same cases.
@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("", ""),
        ("main", "main"),
        (COMMIT, COMMIT[:8]),
        (REVISION, f"main@sha1:{COMMIT[:8]}"),
        (f"stored {REVISION}, was {REVISION}", f"stored main@sha1:{COMMIT[:8]}, was main@sha1:{COMMIT[:8]}"),
        ("sha256:" + "ab" * 32, "sha256:abababab"),
        ("a" * 39, "a" * 39),
        ("a" * 129, "a" * 129),
        (COMMIT.upper(), COMMIT.upper()),
        (f"x{COMMIT}", f"x{COMMIT}"),
        (
            f"held at {COMMIT}: `… penstock.dev/approve={REVISION}`",
            f"held at {COMMIT[:8]}: `… penstock.dev/approve={REVISION}`",
        ),
    ],
)
def test_digests_are_cut_to_8_characters(text: str, short: str) -> None:
    assert parts.short(text) == short


def test_where_an_object_comes_from() -> None:
    assert parts.from_where(git()) == "https://example.com/fleet"
    assert parts.from_where(kustomization()) == "GitRepository/flux-system/fleet"
    other = kustomization(spec={"sourceRef": {"kind": "Bucket", "name": "b", "namespace": "elsewhere"}})
    assert parts.from_where(other) == "Bucket/elsewhere/b"


def test_the_revision_is_that_of_the_artifact_or_what_was_applied_last() -> None:
    assert parts.revision(git()) == parts.revision(kustomization()) == REVISION
    assert parts.revision(git(status={"artifact": None})) == ""
    assert parts.revision(kustomization(status={"lastAppliedRevision": None})) == ""


def test_the_first_ready_condition_counts() -> None:
    found = parts.ready(git("fleet", condition("True", "x", "Reconciling"), condition("False", "broken")))
    assert found is not None
    assert (found["status"], found["message"]) == ("False", "broken")
    assert parts.ready(git()) is None
    assert parts.suspended(git(spec={"suspend": True}))
    assert not parts.suspended(git(spec={"suspend": "yes"}))


@given(
    st.dictionaries(
        st.sampled_from(["metadata", "spec", "status", "kind", "type", "series", "count"]), ANYTHING
    )
)
def test_no_shape_of_an_object_is_too_strange_to_be_shown(obj: Any) -> None:
    for view in (rows.View(), rows.View(namespace=True, kind=True, source=True, wide=True)):
        assert all(isinstance(cell, str) for cell in rows.row(obj, view, NOW))
    assert all(isinstance(cell, str) for cell in row(obj, NOW, namespace=True))
    assert last_seen(obj, NOW)
    assert stats.seen(obj).bytes >= 0 or obj
    assert exported(obj).keys() == {"apiVersion", "kind", "metadata", "spec"}
    rows.Wanted("ready", "true").holds(obj)
