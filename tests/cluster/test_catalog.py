"""The catalog of kinds, from both forms of discovery."""

from __future__ import annotations

from typing import Any

import pytest
from penstock.cluster.catalog import (
    Catalog,
    Resource,
    parse_aggregated,
    parse_group_versions,
    parse_resource_list,
)

VERBS = ["create", "get", "list", "patch"]


def aggregated(group: str, *versions: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": group} if group else {"creationTimestamp": None}
    return {"kind": "APIGroupDiscoveryList", "items": [{"metadata": metadata, "versions": list(versions)}]}


def served(
    version: str, *kinds: str, freshness: str = "Current", scope: str = "Namespaced"
) -> dict[str, Any]:
    resources = [
        {
            "resource": f"{kind.lower()}s",
            "responseKind": {"group": "", "version": "", "kind": kind},
            "scope": scope,
            "verbs": VERBS,
            "subresources": [{"subresource": "status"}],
        }
        for kind in kinds
    ]
    return {"version": version, "freshness": freshness, "resources": resources}


def test_the_aggregated_form_gives_every_kind_with_its_place() -> None:
    catalog = parse_aggregated(
        (aggregated("", served("v1", "Pod")), aggregated("apps", served("v1", "Deployment")))
    )
    verbs, sub = frozenset(VERBS), frozenset({"status"})
    assert catalog.find("", "Pod") == Resource("", "v1", "Pod", "pods", True, verbs, sub)
    found = catalog.find("apps", "Deployment", "v1")
    assert found is not None
    assert found.base == "/apis/apps/v1"
    assert catalog.partial == frozenset()


def test_a_cluster_scoped_kind_is_not_namespaced() -> None:
    found = parse_aggregated([aggregated("", served("v1", "Node", scope="Cluster"))]).find("", "Node")
    assert found is not None
    assert (found.namespaced, found.base) == (False, "/api/v1")


def test_without_a_version_the_preferred_one_that_has_the_kind_is_found() -> None:
    catalog = parse_aggregated([aggregated("x", served("v2", "New"), served("v1", "New", "Old"))])
    assert [getattr(catalog.find("x", kind), "version", None) for kind in ("New", "Old")] == ["v2", "v1"]
    assert catalog.find("x", "Old", "v2") is None


def test_a_stale_version_makes_its_group_partial_and_no_other() -> None:
    catalog = parse_aggregated(
        [aggregated("down", served("v1", freshness="Stale")), aggregated("up", served("v1", "A"))]
    )
    assert catalog.partial == frozenset({"down"})
    assert catalog.find("up", "A") is not None


def test_resources_without_verbs_or_kind_are_left_out() -> None:
    version = served("v1", "A")
    version["resources"].append({"resource": "bs", "responseKind": {"kind": "B"}, "verbs": []})
    version["resources"].append({"resource": "cs", "verbs": VERBS})
    assert len(parse_aggregated([aggregated("x", version)]).resources) == 1


def test_the_older_form_puts_the_preferred_version_first() -> None:
    groups = {
        "groups": [
            {
                "name": "x",
                "versions": [{"version": "v1beta1"}, {"version": "v1"}],
                "preferredVersion": {"version": "v1"},
            },
            {"name": "y", "versions": [{"version": "v2"}]},
        ]
    }
    pairs = parse_group_versions({"versions": ["v1"]}, groups)
    assert pairs == (("", "v1"), ("x", "v1"), ("x", "v1beta1"), ("y", "v2"))


def test_the_older_form_turns_slashed_names_into_subresources() -> None:
    document = {
        "resources": [
            {"name": "things", "kind": "Thing", "namespaced": True, "verbs": VERBS},
            {"name": "things/status", "kind": "Thing", "namespaced": True, "verbs": ["get"]},
            {"name": "bare", "kind": "Bare"},
        ]
    }
    thing, bare = parse_resource_list("x", "v1", document)
    assert thing.subresources == frozenset({"status"})
    assert (bare.namespaced, bare.verbs, bare.subresources) == (False, frozenset(), frozenset())


def test_empty_documents_give_an_empty_catalog() -> None:
    assert parse_aggregated(({}, {"items": [{"metadata": {"name": "x"}}]})) == Catalog()
    assert parse_group_versions({}, {}) == ()


def _with_names() -> Catalog:
    older = {
        "resources": [
            {"name": "events", "kind": "Event", "singularName": "event", "shortNames": ["ev"]},
            {"name": "configmaps", "kind": "ConfigMap", "shortNames": ["cm"]},
        ]
    }
    newer = served("v2", "Event", "CM")
    newer["resources"][0] |= {"singularResource": "event", "shortNames": ["ev"]}
    found = (
        *parse_resource_list("", "v1", older),
        *parse_aggregated([aggregated("events.k8s.io", newer)]).resources,
    )
    return Catalog(found)


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("events", ("", "Event")),
        ("event", ("", "Event")),
        ("Event", ("", "Event")),
        ("EV", ("", "Event")),
        ("events.events.k8s.io", ("events.k8s.io", "Event")),
        ("ev.events", ("events.k8s.io", "Event")),
        ("event.v2.events.k8s.io", ("events.k8s.io", "Event")),
        ("cm", ("events.k8s.io", "CM")),
        ("cm.v1.", ("", "ConfigMap")),
        ("configmap", ("", "ConfigMap")),
        ("events.v3.events.k8s.io", None),
        ("events.event", None),
        ("gadget", None),
        ("", None),
    ],
)
def test_kinds_are_called_as_by_kubectl(word: str, found: tuple[str, str] | None) -> None:
    named = _with_names().named(word)
    assert (None if named is None else (named.group, named.kind)) == found
