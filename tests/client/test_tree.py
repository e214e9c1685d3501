from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.base.errors import LimitExceeded, Terminal
from penstock.base.limits import Limits
from penstock.client.kinds import KUSTOMIZATION
from penstock.client.tree import Node, grow, lines, value
from penstock.kustomize.inventory import object_id

from tests.client.objects import kustomization

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef

ROOT = KUSTOMIZATION.ref("flux-system", "flux-system")


def _applied(name: str, *ids: str, **spec: Any) -> Json:
    entries = [{"id": one, "v": "v1"} for one in ids]
    return kustomization(name, spec=spec, status={"inventory": {"entries": entries}})


def _ks(name: str) -> str:
    return f"flux-system_{name}_kustomize.toolkit.fluxcd.io_Kustomization"


def _grow(*objects: Json, compact: bool = False, **limits: int) -> Node:
    found = {KUSTOMIZATION.ref("flux-system", obj["metadata"]["name"]): obj for obj in objects}
    return grow(ROOT, found.get, Limits(**limits), compact=compact)


# flux2 v2.9 cmd/flux/testdata/tree
FLEET = (
    _applied(
        "flux-system",
        "_flux-system__Namespace",
        "flux-system_helm-controller_apps_Deployment",
        _ks("infrastructure"),
        _ks("flux-system"),
        "flux-system_flux-system_source.toolkit.fluxcd.io_GitRepository",
    ),
    _applied(
        "infrastructure",
        "_cert-manager__Namespace",
        "cert-manager_cert-manager_source.toolkit.fluxcd.io_HelmRepository",
    ),
)


def test_kustomizations_are_followed_and_the_root_is_not_in_itself() -> None:
    assert list(lines(_grow(*FLEET))) == [
        "Kustomization/flux-system/flux-system",
        "├── Namespace/flux-system",
        "├── Deployment/flux-system/helm-controller",
        "├── Kustomization/flux-system/infrastructure",
        "│   ├── Namespace/cert-manager",
        "│   └── HelmRepository/cert-manager/cert-manager",
        "└── GitRepository/flux-system/flux-system",
    ]


def test_compact_shows_fluxs_objects_only() -> None:
    assert list(lines(_grow(*FLEET, compact=True))) == [
        "Kustomization/flux-system/flux-system",
        "├── Kustomization/flux-system/infrastructure",
        "│   └── HelmRepository/cert-manager/cert-manager",
        "└── GitRepository/flux-system/flux-system",
    ]


def test_what_follows_the_last_one_is_indented_without_a_line() -> None:
    fleet = (
        _applied("flux-system", _ks("a")),
        _applied("a", _ks("b"), "x_y__ConfigMap"),
        _applied("b", "_n__Node"),
    )
    assert list(lines(_grow(*fleet)))[1:] == [
        "└── Kustomization/flux-system/a",
        "    ├── Kustomization/flux-system/b",
        "    │   └── Node/n",
        "    └── ConfigMap/x/y",
    ]


def test_programs_get_fluxs_json() -> None:
    assert value(_grow(_applied("flux-system", "x_y_apps_Deployment"))) == {
        "resource": {
            "Namespace": "flux-system",
            "Name": "flux-system",
            "GroupKind": {"Group": "kustomize.toolkit.fluxcd.io", "Kind": "Kustomization"},
        },
        "resources": [
            {
                "resource": {
                    "Namespace": "x",
                    "Name": "y",
                    "GroupKind": {"Group": "apps", "Kind": "Deployment"},
                }
            }
        ],
    }


@pytest.mark.parametrize(
    "status", [{}, {"inventory": None}, {"inventory": {"entries": []}}, {"inventory": 5}]
)
def test_who_applied_nothing_has_no_branches(status: Json) -> None:
    root = kustomization("flux-system", status=status)
    assert list(lines(_grow(root))) == ["Kustomization/flux-system/flux-system"]


def test_what_is_in_another_cluster_is_not_looked_for_in_this_one() -> None:
    root = _applied("flux-system", _ks("far"), kubeConfig={"secretRef": {"name": "x"}})
    assert list(lines(_grow(root)))[1:] == ["└── Kustomization/flux-system/far"]


def test_a_circle_is_gone_round_once() -> None:
    fleet = (_applied("flux-system", _ks("a")), _applied("a", _ks("flux-system"), _ks("a")))
    assert list(lines(_grow(*fleet)))[1:] == [
        "└── Kustomization/flux-system/a",
        "    └── Kustomization/flux-system/flux-system",
    ]


def test_what_is_missing_is_named() -> None:
    with pytest.raises(Terminal, match=r"^Kustomization/flux-system/flux-system not found$"):
        _grow()
    with pytest.raises(Terminal, match=r"^Kustomization/flux-system/a not found \(an inventory lists it\)$"):
        _grow(_applied("flux-system", _ks("a")))
    with pytest.raises(Terminal, match="'nonsense' is no inventory id"):
        _grow(_applied("flux-system", "nonsense"))


def test_a_tree_that_is_too_large_or_too_deep_is_refused() -> None:
    fleet = (_applied("flux-system", _ks("a")), _applied("a", "_n__Node", "_m__Node"))
    assert len(list(lines(_grow(*fleet, tree_objects=3, tree_depth=2)))) == 4
    assert len(list(lines(_grow(*fleet, tree_objects=1, compact=True)))) == 2
    with pytest.raises(LimitExceeded, match=r"more than 2 objects \(PENSTOCK_LIMIT_TREE_OBJECTS\)"):
        _grow(*fleet, tree_objects=2)
    with pytest.raises(LimitExceeded, match=r"flux-system/a: more than 1 .* \(PENSTOCK_LIMIT_TREE_DEPTH\)"):
        _grow(*fleet, tree_depth=1)


NAMES = [f"k{number}" for number in range(5)]


@given(
    st.fixed_dictionaries({name: st.lists(st.sampled_from(NAMES), max_size=3, unique=True) for name in NAMES})
)
def test_any_graph_of_kustomizations_is_a_tree_with_an_end(edges: Mapping[str, list[str]]) -> None:
    refs = {name: KUSTOMIZATION.ref("flux-system", name) for name in NAMES}
    found: dict[ObjectRef, Json] = {
        refs[name]: _applied(name, *(object_id(refs[child]) for child in children))
        for name, children in edges.items()
    }
    tree = grow(refs["k0"], found.get, Limits())

    def check(node: Node, above: tuple[str, ...]) -> None:
        for child in node.children:
            assert child.ref.name in edges[node.ref.name]
            check(child, (*above, child.ref.name))
        if node.children or not above:
            wanted = [name for name in edges[node.ref.name] if name != node.ref.name]
            assert [child.ref.name for child in node.children] == wanted
        assert len(set(above)) >= len(above) - 1

    check(tree, ())
    assert sum(1 for _ in lines(tree)) == str(value(tree)).count("'resource':")
