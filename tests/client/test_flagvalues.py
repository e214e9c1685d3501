"""Values of flags, read as flux reads them."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.client.flagvalues import (
    BadFlag,
    dependencies,
    health_checks,
    labels,
    listed,
    object_name,
    safe_path,
    source_reference,
)


@pytest.mark.parametrize("name", ["a", "apps", "a-1", "0", "x" * 63])
def test_names_that_flux_takes(name: str) -> None:
    assert object_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a.b", "a/b", "../x", "x" * 64, "a\n", "ä"])
def test_names_that_it_refuses(name: str) -> None:
    with pytest.raises(BadFlag, match="it should adhere to standard defined in RFC 1123"):
        object_name(name)


def test_a_list_is_given_by_repetition_and_by_commas() -> None:
    assert listed(["a,b", " c ", ",", ""]) == ("a", "b", "c")


def test_labels_are_pairs() -> None:
    assert labels(["a=b,example.com/c=d", "empty="]) == {"a": "b", "example.com/c": "d", "empty": ""}
    assert labels([]) == {}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("a", "must be key=value"),
        ("a=b=c", "must be key=value"),
        ("=b", "is no label of Kubernetes"),
        ("a b=c", "is no label of Kubernetes"),
        ("a=b c", "is no label of Kubernetes"),
        ("UP.com/a=b", "is no label of Kubernetes"),
        ("a/b/c=d", "is no label of Kubernetes"),
        ("a=" + "x" * 64, "is no label of Kubernetes"),
        ("a=-b", "is no label of Kubernetes"),
    ],
)
def test_what_is_no_label_is_refused(given: str, why: str) -> None:
    with pytest.raises(BadFlag, match=f"--label: .*{why}"):
        labels([given])


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("fleet", {"kind": "GitRepository", "name": "fleet"}),
        ("GitRepository/fleet", {"kind": "GitRepository", "name": "fleet"}),
        ("gitrepository/fleet.apps", {"kind": "GitRepository", "name": "fleet", "namespace": "apps"}),
        ("OCIRepository/a.b.c", {"kind": "OCIRepository", "name": "a.b", "namespace": "c"}),
        ("fleet.", {"kind": "GitRepository", "name": "fleet"}),
        (" bucket/x ", {"kind": "Bucket", "name": "x"}),
    ],
)
def test_sources_are_named_as_for_flux(given: str, wanted: dict[str, str]) -> None:
    assert source_reference(given) == wanted


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("", "'' is no Kubernetes name"),
        ("GitRepository", "no kind specified for source 'GitRepository'"),
        ("HelmRepository/x", "must be one of: OCIRepository, GitRepository, Bucket"),
        ("GitRepository/", "is no Kubernetes name"),
        ("/fleet", "source kind '' is not supported"),
        ("a/b/c", "source kind 'a/b' is not supported"),
        ("Fleet", "is no Kubernetes name"),
        ("fleet.Apps", "is no Kubernetes name"),
    ],
)
def test_what_names_no_source_is_refused(given: str, why: str) -> None:
    with pytest.raises(BadFlag, match=f"--source: .*{why}"):
        source_reference(given)


# flux2 internal/flags/safe_relative_path_test.go has these.
@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("./foo", "./foo"),
        ("foo", "./foo"),
        ("./foo/../bar", "./bar"),
        ("/foo", "./foo"),
        ("/foo/../bar", "./bar"),
        ("/foo/../../../bar", "./bar"),
        ("", "./"),
        ("./", "./"),
        ("././", "./"),
        (".foo", "./.foo"),
        (".", "./"),
        ("..", "./"),
        ("./..", "./"),
        ("//foo", "./foo"),
    ],
)
def test_a_path_is_made_safe_as_flux_makes_it(given: str, wanted: str) -> None:
    assert safe_path(given) == wanted


@given(st.text(st.sampled_from("ab./ "), max_size=20))
def test_no_path_leads_out(text: str) -> None:
    found = safe_path(text)
    assert found.startswith("./")
    assert posixpath.normpath(found).split("/")[0] != ".."


def test_dependencies_may_name_a_namespace() -> None:
    assert dependencies(["infra, team/base"]) == [{"name": "infra"}, {"name": "base", "namespace": "team"}]


@pytest.mark.parametrize("given", ["/a", "A", "a/b/c", "a@dep.ready", "a/"])
def test_what_names_no_dependency_is_refused(given: str) -> None:
    with pytest.raises(BadFlag, match=r"--depends-on: .* is no Kubernetes name"):
        dependencies([given])


def test_health_checks_name_a_kind_and_an_object() -> None:
    assert health_checks(["Deployment/web.apps,HelmRelease/db.data"]) == [
        {"kind": "Deployment", "name": "web", "namespace": "apps"},
        {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "name": "db", "namespace": "data"},
    ]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("web.apps", "must be in the format"),
        ("Deployment/web", "must be in the format"),
        ("Deployment/web.apps.more", "must be in the format"),
        ("Deployment/x/web.apps", "must be in the format"),
        ("Pod/web.apps", "invalid health check kind 'Pod'"),
        ("Deployment/Web.apps", "is no Kubernetes name"),
        ("Deployment/web.Apps", "is no Kubernetes name"),
    ],
)
def test_what_is_no_health_check_is_refused(given: str, why: str) -> None:
    with pytest.raises(BadFlag, match=f"--health-check: .*{why}"):
        health_checks([given])
