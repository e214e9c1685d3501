"""The fields of a spec that shape its build, on a real API server with the real builder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.kustomize.builders import config_map, make

if TYPE_CHECKING:
    from tests.kustomize.live import Live

WEB: dict[str, Any] = {
    "replicas": 1,
    "selector": {"matchLabels": {"app": "web"}},
    "template": {
        "metadata": {"labels": {"app": "web"}},
        "spec": {
            "containers": [
                {"name": "web", "image": "nginx:1", "envFrom": [{"configMapRef": {"name": "settings"}}]}
            ]
        },
    },
}
COMPONENT = """
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
configMapGenerator: [{name: made, literals: [a=b], options: {disableNameSuffixHash: true}}]
"""


def _push(live: Live) -> None:
    web = make("apps/v1", "Deployment", "web", live.namespace, spec=WEB)
    settings = config_map("settings", live.namespace, data={"colour": "green"})
    live.push({"apps/all.yaml": [web, settings], "extra/kustomization.yaml": COMPONENT})


def _web(live: Live, name: str = "web") -> dict[str, Any]:
    found = live.get("Deployment", name, "apps")
    assert found is not None
    return found


def _pod(live: Live, name: str = "web") -> dict[str, Any]:
    spec: dict[str, Any] = _web(live, name)["spec"]["template"]["spec"]
    return spec


def _applied(live: Live, **spec: Any) -> None:
    _push(live)
    live.add(**spec)
    outcome = live.one()
    assert outcome.ok, outcome.message


def test_a_prefix_and_a_suffix_are_put_on_names_and_on_what_refers_to_them(live: Live) -> None:
    _applied(live, namePrefix="a-", nameSuffix="-z")
    source = _pod(live, "a-web-z")["containers"][0]["envFrom"][0]
    assert source == {"configMapRef": {"name": "a-settings-z"}}
    assert live.inventory() == [
        f"{live.namespace}_a-settings-z__ConfigMap",
        f"{live.namespace}_a-web-z_apps_Deployment",
    ]


def test_another_prefix_makes_the_objects_anew_and_deletes_the_old_ones(live: Live) -> None:
    _applied(live, namePrefix="a-")
    live.patch(live.apps, {"spec": {"namePrefix": "b-"}})
    assert live.one().ok
    assert set(live.owned("ConfigMap")) == {"b-settings"}


def test_an_image_is_replaced(live: Live) -> None:
    _applied(live, images=[{"name": "nginx", "newName": "example.org/web", "newTag": "2"}])
    assert _pod(live)["containers"][0]["image"] == "example.org/web:2"
    live.patch(live.apps, {"spec": {"images": [{"name": "nginx", "digest": "sha256:" + "0" * 64}]}})
    assert live.one().ok
    assert _pod(live)["containers"][0]["image"] == "nginx@sha256:" + "0" * 64


def test_patches_change_what_they_are_for(live: Live) -> None:
    meta = f"metadata: {{name: settings, namespace: {live.namespace}}}"
    merge = f"{{apiVersion: v1, kind: ConfigMap, {meta}, data: {{shape: round}}}}"
    json = "- {op: replace, path: /spec/replicas, value: 3}"
    _applied(
        live, patches=[{"patch": merge}, {"patch": json, "target": {"kind": "Deployment", "name": "w.*"}}]
    )
    assert _web(live)["spec"]["replicas"] == 3
    assert (live.get("ConfigMap", "settings") or {})["data"] == {"colour": "green", "shape": "round"}


def test_components_are_added_and_missing_ones_passed_over_where_that_is_said(live: Live) -> None:
    _applied(live, targetNamespace=live.namespace, components=["../extra"])
    assert set(live.owned("ConfigMap")) == {"made", "settings"}
    live.patch(live.apps, {"spec": {"components": ["../extra", "../none"]}})
    outcome = live.one()
    assert live.ready()[:2] == ("False", "BuildFailed")
    assert "none" in outcome.message
    live.patch(live.apps, {"spec": {"ignoreMissingComponents": True}})
    assert live.one().ok
    assert set(live.owned("ConfigMap")) == {"made", "settings"}


def test_build_metadata_tells_where_objects_came_from(live: Live) -> None:
    _applied(live, buildMetadata=["originAnnotations"])
    assert _web(live)["metadata"]["annotations"] == {"config.kubernetes.io/origin": "path: all.yaml\n"}


def test_common_metadata_is_put_on_every_object_and_on_no_template(live: Live) -> None:
    _applied(live, commonMetadata={"labels": {"team": "a"}, "annotations": {"note": "b"}})
    for found in (_web(live), live.get("ConfigMap", "settings") or {}):
        assert found["metadata"]["labels"]["team"] == "a"
        assert found["metadata"]["annotations"]["note"] == "b"
    assert _web(live)["spec"]["template"]["metadata"]["labels"] == {"app": "web"}
    live.patch(live.apps, {"spec": {"commonMetadata": {"annotations": None}}})
    assert live.one().ok
    assert "annotations" not in (live.get("ConfigMap", "settings") or {})["metadata"]


@pytest.mark.parametrize(
    ("spec", "reason", "words"),
    [
        ({"namePrefix": "a/"}, "BuildFailed", "metadata.name"),
        ({"namePrefix": "A_"}, "ReconciliationFailed", "A_settings"),
        ({"nameSuffix": "x" * 200, "namePrefix": "x" * 200}, "BuildFailed", "metadata.name"),
        ({"commonMetadata": {"labels": {"a b": "c"}}}, "ReconciliationFailed", "metadata.labels"),
        ({"commonMetadata": {"labels": {"a": "b/c d"}}}, "ReconciliationFailed", "metadata.labels"),
        ({"commonMetadata": {"annotations": {"a b": "c"}}}, "ReconciliationFailed", "metadata.annotations"),
    ],
)
def test_names_and_labels_that_no_cluster_takes_are_refused_before_anything_is_written(
    spec: dict[str, Any], reason: str, words: str, live: Live
) -> None:  # A-42
    _push(live)
    live.add(**spec)
    outcome = live.one()
    assert live.ready()[:2] == ("False", reason)
    assert all(word in outcome.message for word in (words, "ConfigMap/", "Deployment/"))
    assert live.owned("ConfigMap") == {}
    assert live.owned("Deployment", "apps") == {}
