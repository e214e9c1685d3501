from __future__ import annotations

from penstock.api.refs import ObjectRef
from penstock.client.export import exported, exported_secret, secret_of

from tests.client.objects import condition, git


def test_what_the_cluster_added_is_left_out() -> None:
    found = git(
        "fleet",
        condition("True", "x"),
        uid="1",
        resourceVersion="2",
        generation=3,
        finalizers=["finalizers.fluxcd.io"],
        labels={"a": "b"},
        annotations={"c": "d"},
        managedFields=[{}],
    )
    assert exported(found) == {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {
            "name": "fleet",
            "namespace": "flux-system",
            "labels": {"a": "b"},
            "annotations": {"c": "d"},
        },
        "spec": {"url": "https://example.com/fleet", "interval": "1m"},
    }
    assert exported(git())["metadata"] == {"name": "fleet", "namespace": "flux-system"}


def test_a_secret_keeps_its_data_and_its_type_only() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "n", "labels": {"a": "b"}, "uid": "1"},
        "type": "Opaque",
        "data": {"password": "eA=="},
    }
    assert exported_secret(secret) == {**secret, "metadata": {"name": "s", "namespace": "n"}}
    assert "data" not in exported_secret({**secret, "data": None})


def test_the_secret_of_a_source_is_in_its_namespace() -> None:
    assert secret_of(git(spec={"secretRef": {"name": "s"}})) == ObjectRef(
        "", "v1", "Secret", "flux-system", "s"
    )
    assert secret_of(git()) is None
