"""Paths of objects."""

from __future__ import annotations

import pytest
from penstock.cluster.catalog import Resource
from penstock.cluster.errors import Invalid, NamespaceMissing
from penstock.cluster.request import Request, collection_path, object_path, warnings, with_query

POD = Resource("", "v1", "Pod", "pods", True)
ROLE = Resource("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", False)


def test_objects_live_where_kubernetes_puts_them() -> None:
    assert object_path(POD, "apps", "web") == "/api/v1/namespaces/apps/pods/web"
    assert object_path(POD, "apps", "web", "status") == "/api/v1/namespaces/apps/pods/web/status"
    assert collection_path(POD, "") == "/api/v1/pods"
    assert collection_path(POD, "apps") == "/api/v1/namespaces/apps/pods"


def test_a_cluster_scoped_kind_has_no_namespace_whatever_the_object_says() -> None:
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode"
    assert object_path(ROLE, "", "system:node") == object_path(ROLE, "apps", "system:node") == path


def test_a_namespaced_object_needs_a_namespace() -> None:
    with pytest.raises(NamespaceMissing, match="could not find the requested resource"):
        object_path(POD, "", "web")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../../secrets/x", "a%2fb"])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        object_path(POD, "apps", name)
    if name:
        with pytest.raises(Invalid):
            collection_path(POD, name)


def test_empty_parameters_are_left_out() -> None:
    assert with_query("/p", a="", b="x y", c="k=v") == "/p?b=x+y&c=k%3Dv"
    assert with_query("/p", a="") == "/p"


def test_a_body_does_not_show_in_logs() -> None:
    assert "canary" not in repr(Request("PATCH", "/p", "x", body=b"canary"))


@pytest.mark.parametrize(
    ("header", "texts"),
    [
        ("", ()),
        ("nonsense", ()),
        ('299 - "one"', ("one",)),
        ('299 - "one", 299 kube "two, three"', ("one", "two, three")),
        (r'299 - "say \"yes\" \\ no"', (r'say "yes" \ no',)),
        ('199 - "not ours"', ()),
        ('299 - "never ends', ()),
    ],
)
def test_the_texts_of_warnings_are_read_from_the_header(header: str, texts: tuple[str, ...]) -> None:
    assert warnings({"warning": header}) == texts
    assert warnings({}) == ()
