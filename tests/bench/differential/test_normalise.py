from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.differential.normalise import (
    artifact_facts,
    event_facts,
    event_metadata,
    flatten,
    flux_facts,
    object_facts,
    text,
)

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "Reconciliation finished in 1.234s, next run in 1h0m0s",
            "Reconciliation finished in <time>, next run in 1h0m0s",
        ),
        ("stat /tmp/x/kustomization-12/app/one.yaml: no such file", "stat app/one.yaml: no such file"),
        ("evalsymlink failure on '/run/kustomization-7/none' : x", "evalsymlink failure on 'none' : x"),
        ("read /tmp/kustomization-1: is a directory", "read : is a directory"),
        ("dial tcp 127.0.0.1:34567: connect", "dial tcp 127.0.0.1:<port>: connect"),
        ("merging from generator &{0x1ac7ec1d21a0 <nil>}: id x", "merging from generator: id x"),
        ("Applied revision: main@sha1:0a1b", "Applied revision: main@sha1:0a1b"),
        ("data/kustomization-notes is a name", "data/kustomization-notes is a name"),
    ],
)
def test_what_differs_from_run_to_run_is_no_fact(message: str, expected: str) -> None:
    assert text(message) == expected


@given(JSON)
def test_every_leaf_has_a_path_of_its_own(value: Any) -> None:
    def leaves(found: Any) -> int:
        inner = list(found.values()) if isinstance(found, dict) else found
        return sum(map(leaves, inner)) if isinstance(inner, list) and inner else 1

    assert len(list(flatten(value))) == leaves(value)


def test_owners_are_facts_without_times() -> None:
    obj = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "one",
            "uid": "u",
            "creationTimestamp": "2030-01-01T00:00:00Z",
            "managedFields": [
                {
                    "manager": "kustomize-controller",
                    "operation": "Apply",
                    "time": "2030-01-01T00:00:00Z",
                    "fieldsV1": {
                        "f:data": {".": {}, "f:a.b": {}},
                        "f:items": {'k:{"name":"x"}': {"f:y": {}}},
                    },
                }
            ],
        },
        "data": {"a.b": ""},
    }
    assert object_facts(obj) == {
        "metadata.name": "one",
        "data[a.b]": "",
        "owner(kustomize-controller Apply)data.": "owned",
        "owner(kustomize-controller Apply)data[a.b]": "owned",
        'owner(kustomize-controller Apply)items[{"name":"x"}].y': "owned",
    }


def test_what_the_api_server_chooses_is_there_or_not() -> None:
    spec = {"clusterIP": "10.0.0.7", "clusterIPs": ["10.0.0.7"], "ports": [{"port": 80, "nodePort": 31000}]}
    facts = object_facts({"metadata": {"name": "web"}, "spec": spec})
    assert facts["spec.clusterIP"] == facts["spec.clusterIPs[0]"].replace("IPs", "IP") == "<clusterIP>"
    assert (facts["spec.ports[0].port"], facts["spec.ports[0].nodePort"]) == ("80", "<nodePort>")


def test_a_status_is_compared_by_type_of_condition_and_id_of_entry() -> None:
    snapshot = {"lastReconciledStatus": "ReconciliationSucceeded", "totalReconciliations": 3}
    obj = {
        "metadata": {
            "name": "apps",
            "finalizers": ["finalizers.fluxcd.io"],
            "managedFields": [
                {"manager": "gotk-kustomize-controller", "operation": "Update", "subresource": "status"},
                {"manager": "unknown", "operation": "Update"},
            ],
        },
        "status": {
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "t", "message": "m"}],
            "inventory": {"entries": [{"id": "ns_a__ConfigMap", "v": "v1"}]},
            "history": [{"digest": "sha256:b", **snapshot}, {"digest": "sha256:a", **snapshot}],
            "artifact": {"digest": "sha256:c", "size": 7, "lastUpdateTime": "t"},
        },
    }
    facts = flux_facts(obj)
    assert facts["status.conditions.Ready.message"] == "m"
    assert facts["status.inventory[ns_a__ConfigMap]"] == "v1"
    assert [facts[f"status.history[{index}].digest"] for index in (0, 1)] == ["<build 2>", "<build 1>"]
    assert facts["status.history[0].totalReconciliations"] == "<totalReconciliations>"
    assert (facts["status.artifact.digest"], facts["status.artifact.size"]) == ("<digest>", "<size>")
    assert not any("lastTransitionTime" in path for path in facts)
    written = [path for path in facts if path.startswith("written by ")]
    assert written == ["written by gotk-kustomize-controller Update status"]


def test_an_empty_inventory_is_not_the_same_as_none() -> None:
    empty = flux_facts({"metadata": {}, "status": {"inventory": {"entries": []}}})
    assert "status.inventory" in empty
    assert "status.inventory" not in flux_facts({"metadata": {}, "status": {}})


def test_files_of_an_archive_are_their_modes_and_contents() -> None:
    members = [("app", "folder 0750", ""), ("app/one.yaml", "file 0644", "sha256:1")]
    assert artifact_facts(members) == {
        "app.mode": "folder 0750",
        "[app/one.yaml].mode": "file 0644",
        "[app/one.yaml].content": "sha256:1",
    }


def test_equal_events_are_one_and_digests_are_no_facts() -> None:
    metadata = event_metadata({"g/revision": "r", "g/digest": "sha256:1"})
    told = [
        ("Normal", "Progressing", message, metadata) for message in ("b created", "a created", "b created")
    ]
    assert event_facts(told) == {
        "Normal Progressing": "a created\nb created",
        "Normal Progressing metadata": "g/digest=<digest> g/revision=r",
    }
