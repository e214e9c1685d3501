"""What a spec asks of a build."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.kustomization import KustomizationSpec
from penstock.kustomize.overlay import Overlay, entry_path, overlay_of

REQUIRED = {"sourceRef": {"kind": "GitRepository", "name": "a"}, "interval": "1m", "prune": True}


@pytest.mark.parametrize(
    ("spec_path", "entry"),
    [
        ("", ""),
        (".", ""),
        ("./", ""),
        ("/", ""),
        ("./apps", "apps"),
        ("apps/", "apps"),
        ("/apps", "apps"),
        ("apps//web/./x", "apps/web/x"),
        ("apps/../infra", "infra"),
        ("../..", ""),
        ("a/../../b", "b"),
        ("../../etc", "etc"),
        ("//etc", "etc"),
        ("...", "..."),
        ("a\\b", "a\\b"),
    ],
)
def test_a_path_is_read_as_if_the_artifact_were_everything(spec_path: str, entry: str) -> None:  # A-31
    assert entry_path(spec_path) == entry


@given(st.lists(st.sampled_from(["..", ".", "", "a", "b c", "..."]), max_size=8).map("/".join))
def test_no_path_leaves_the_artifact(spec_path: str) -> None:  # A-31
    entry = entry_path(spec_path)
    assert not entry.startswith("/")
    assert ".." not in entry.split("/")
    assert entry_path(entry) == entry


def test_a_plain_spec_lays_nothing_over() -> None:
    assert msgspec.to_builtins(overlay_of(msgspec.convert(REQUIRED, KustomizationSpec))) == {}


def test_the_fields_that_change_a_build_are_taken_over_under_their_names() -> None:
    fields = {
        "targetNamespace": "target",
        "namePrefix": "a-",
        "nameSuffix": "-z",
        "patches": [{"patch": "x", "target": {"kind": "Deployment"}}],
        "components": ["../c"],
        "ignoreMissingComponents": True,
        "images": [{"name": "nginx", "newTag": "2"}],
        "buildMetadata": ["originAnnotations"],
    }
    spec = msgspec.convert({**REQUIRED, "path": "./apps", **fields}, KustomizationSpec)
    assert msgspec.json.decode(msgspec.json.encode(overlay_of(spec))) == fields
    assert set(fields) == {field.encode_name for field in msgspec.structs.fields(Overlay)}
