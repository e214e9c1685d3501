"""The kustomization.yaml that a build is made with: found, or made, and changed as Flux does."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from penstock.api.kustomization import BuildMetadata
from penstock.api.kustomize import Image, Patch, Selector
from penstock.kustomize.overlay import Overlay
from penstock.tools.upstream import BuildError

from tests.tools.upstream.features import FLEETS, OWN_SCHEMA
from tests.tools.upstream.fleets import BASE, CONFIG, SETTER, Files, files, kustomization

if TYPE_CHECKING:
    from penstock.tools.upstream import Upstream

HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\n"


def text(body: str) -> str:
    return dedent(body).lstrip("\n")


def names(upstream: Upstream, tree: Files, path: str = "app", overlay: Overlay | None = None) -> list[str]:
    objects = upstream.build(tree, path, overlay=overlay or Overlay()).objects
    return [f"{one['kind']}/{one['metadata']['name']}" for one in objects]


def test_a_folder_without_one_gets_its_manifests_in_byte_order(upstream: Upstream) -> None:
    made = upstream.overlaid(FLEETS["scan"], "app", Overlay())
    assert (made.path, made.created) == ("app/kustomization.yaml", True)
    expected = """
        kind: Kustomization
        resources:
        - ./a.yaml
        - ./b/c.yaml
        - ./own
        - ./yml.yml
        - ./z.yaml
    """
    assert made.content == HEAD + text(expected)


def test_the_objects_come_in_the_order_of_the_resources(upstream: Upstream) -> None:
    first, *_, last = names(upstream, FLEETS["scan"])
    assert (first, last) == ("Deployment/web", "Secret/s")


def test_a_folder_with_its_own_is_taken_whole_and_not_searched(upstream: Upstream) -> None:
    made = upstream.overlaid(FLEETS["scan"], "app", Overlay())
    assert "app/own" in made.directories
    assert "app/own" not in made.listed
    assert "app/own/deeper.yaml" not in made.files_read


def test_a_folder_with_nothing_to_apply_gives_nothing(upstream: Upstream) -> None:
    made = upstream.overlaid(FLEETS["nothing"], "app", Overlay())
    assert made.content == HEAD + "kind: Kustomization\nnamespace: _placeholder\n"
    assert upstream.build(FLEETS["nothing"], "app", overlay=Overlay()).objects == ()


def test_an_empty_folder_of_the_artifact_gives_nothing(upstream: Upstream) -> None:
    tree = {"other/file": b""}
    assert upstream.build(tree, "app", overlay=Overlay(), folders=("app",)).objects == ()


def test_the_root_can_be_built(upstream: Upstream) -> None:
    assert names(upstream, files(config_yaml=CONFIG), "") == ["ConfigMap/settings"]


def test_one_without_resources_gets_build_metadata_so_that_it_is_not_called_empty(upstream: Upstream) -> None:
    made = upstream.overlaid({"app/kustomization.yaml": b""}, "app", Overlay())
    assert made.content == f"{HEAD}buildMetadata:\n- originAnnotations\nkind: Kustomization\n"
    assert names(upstream, {"app/kustomization.yaml": b""}) == []


def test_fields_that_kustomize_does_not_know_are_dropped(upstream: Upstream) -> None:
    assert "unknown" not in upstream.overlaid(FLEETS["unknown fields"], "app", Overlay()).content
    with pytest.raises(BuildError, match="unknown field"):
        upstream.build(FLEETS["unknown fields"], "app")


def test_the_target_namespace_replaces_the_files_own(upstream: Upstream) -> None:
    tree = {**BASE, **files(app__K=kustomization(resources="[../base]", namespace="own"))}
    built = upstream.build(tree, "app", overlay=Overlay(target_namespace="target"))
    spaces = {one["kind"]: one["metadata"].get("namespace") for one in built.objects}
    assert spaces == {
        "Deployment": "target",
        "ConfigMap": "target",
        "ServiceAccount": "target",
        "ClusterRoleBinding": None,
        "Namespace": None,
    }


def test_prefix_and_suffix_replace_the_files_own(upstream: Upstream) -> None:
    tree = {**BASE, **files(app__K=kustomization(resources="[../base]", namePrefix="own-"))}
    overlay = Overlay(name_prefix="a-", name_suffix="-z")
    assert "Deployment/a-web-z" in names(upstream, tree, overlay=overlay)


def test_patches_come_after_the_files_own(upstream: Upstream) -> None:
    own = """
    - patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {colour: own}}'
    """
    tree = {**BASE, **files(app__K=kustomization(resources="[../base]", patches=own))}
    patch = Patch(
        patch="- {op: replace, path: /data/colour, value: laid over}", target=Selector(kind="ConfigMap")
    )
    built = upstream.build(tree, "app", overlay=Overlay(patches=(patch,)))
    assert [one["data"] for one in built.objects if one["kind"] == "ConfigMap"] == [{"colour": "laid over"}]


@pytest.mark.parametrize(
    ("own", "over", "expected"),
    [
        ("{name: nginx, newTag: '2'}", Image(name="nginx", new_name="proxy"), "proxy:2"),
        ("{name: nginx, newName: proxy, newTag: '2'}", Image(name="nginx", new_tag="3"), "proxy:3"),
        (
            "{name: nginx, digest: 'sha256:" + "0" * 64 + "'}",
            Image(name="nginx", new_tag="3"),
            "nginx:3",
        ),
        ("{name: other, newTag: '2'}", Image(name="nginx", new_tag="3"), "nginx:3"),
    ],
)
def test_an_image_is_merged_into_the_files_own(
    own: str, over: Image, expected: str, upstream: Upstream
) -> None:
    tree = {**BASE, **files(app__K=kustomization(resources="[../base]", images=f"[{own}]"))}
    built = upstream.build(tree, "app", overlay=Overlay(images=(over,)))
    [web] = [one for one in built.objects if one["kind"] == "Deployment"]
    assert web["spec"]["template"]["spec"]["containers"][0]["image"] == expected


def test_components_are_added_and_missing_ones_passed_over_if_so_told(upstream: Upstream) -> None:
    tree = {**BASE, **files(app__K=kustomization(resources="[../base]"), setter__K=SETTER)}
    overlay = Overlay(components=("../setter", "../missing"), ignore_missing_components=True)
    made = upstream.overlaid(tree, "app", overlay)
    assert "components:\n- ../setter\n" in made.content
    assert "missing" in made.absent
    with pytest.raises(BuildError, match="missing"):
        upstream.build(tree, "app", overlay=Overlay(components=("../missing",)))


@pytest.mark.parametrize(
    "component", ["https://example.org/x", "git::https://x/y", "github.com/a/b", "/etc", "file:///etc"]
)
def test_a_component_must_be_local_and_relative(component: str, upstream: Upstream) -> None:
    with pytest.raises(BuildError, match="must be local and relative"):
        upstream.build(FLEETS["overlay"], "app", overlay=Overlay(components=(component,)))


def test_build_metadata_replaces_the_files_own(upstream: Upstream) -> None:
    overlay = Overlay(build_metadata=(BuildMetadata("originAnnotations"),))
    built = upstream.build(FLEETS["resources"], "app", overlay=overlay)
    assert built.objects[0]["metadata"]["annotations"] == {"config.kubernetes.io/origin": "path: b.yaml\n"}


def test_a_schema_of_its_own_adds_to_the_built_in_one_and_is_forgotten_after(upstream: Upstream) -> None:
    for _ in range(2):
        stack, web = upstream.build(OWN_SCHEMA, "app", overlay=Overlay()).objects
        assert stack["spec"]["layers"] == [{"id": "b", "size": 9}, {"id": "a", "size": 1}]
        assert web["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:1.0"
        without = {name: data for name, data in OWN_SCHEMA.items() if name != "app/schema.yaml"}
        without["app/kustomization.yaml"] = without["app/kustomization.yaml"].replace(
            b"openapi: {path: schema.yaml}\n", b""
        )
        stack = upstream.build(without, "app", overlay=Overlay()).objects[0]
        assert stack["spec"]["layers"] == [{"id": "b", "size": 9}]


def test_kustomizes_own_files_among_the_resources_are_not_applied(upstream: Upstream) -> None:
    tree = files(
        app__config_yaml=CONFIG,
        app__other_yaml="""
        apiVersion: kustomize.config.k8s.io/v1beta1
        kind: Kustomization
        metadata: {name: not-an-object}
        """,
    )
    assert names(upstream, tree) == ["ConfigMap/settings"]


def test_the_label_that_names_kustomize_is_one_that_the_api_server_takes(upstream: Upstream) -> None:
    tree = {
        **BASE,
        **files(app__K=kustomization(resources="[../base]", buildMetadata="[managedByLabel]")),
    }
    objects = upstream.build(tree, "app", overlay=Overlay()).objects
    labels = {one["metadata"]["labels"]["app.kubernetes.io/managed-by"] for one in objects}
    assert labels == {"kustomize-v5.8.1"}
