"""Hostile repositories: each is refused with one clear error, and shows nothing (threats A-31 to A-44)."""

from __future__ import annotations

from pathlib import Path

import pytest
from penstock.api.kustomize import Image, Patch, Selector
from penstock.base.limits import Limits
from penstock.kustomize.overlay import Overlay, entry_path
from penstock.tools.upstream import BuildError, Code, PathNotFound, Upstream

from tests.tools.upstream.features import FLEETS
from tests.tools.upstream.fleets import BASE, CONFIG, Files, files, kustomization
from tests.tools.upstream.refusing import SECRET, refused


@pytest.mark.parametrize("spec_path", ["../..", "/", "", ".", "./", "a/..", "../../.."])
def test_a_path_that_climbs_ends_at_the_root(spec_path: str, upstream: Upstream) -> None:  # A-31
    built = upstream.build(files(one_yaml=CONFIG), entry_path(spec_path), overlay=Overlay())
    assert [one["kind"] for one in built.objects] == ["ConfigMap"]


@pytest.mark.parametrize("spec_path", ["/etc", "missing", "a/../../etc", "app/missing", "app/../nope"])
def test_a_missing_path_is_an_error_and_never_an_empty_build(
    spec_path: str, upstream: Upstream
) -> None:  # A-31
    error = refused(upstream, BASE, entry_path(spec_path))
    assert isinstance(error, PathNotFound)
    assert error.reason == "ArtifactFailed"
    assert str(error).startswith("kustomization path not found")


def test_a_path_that_is_a_file_is_an_error(upstream: Upstream) -> None:  # A-31
    error = refused(upstream, BASE, "base/config.yaml")
    assert (error.code, error.reason) == (Code.PATH_IS_FILE, "BuildFailed")


OUTSIDE = ["../../../etc/passwd", "/etc/hostname", "../../proc/self/environ", "/penstock-artifact-rootx/a"]
FIELDS = {
    "resources": "[{}]",
    "components": "[{}]",
    "bases": "[{}]",
    "crds": "[{}]",
    "configurations": "[{}]",
    "transformers": "[{}]",
    "generators": "[{}]",
    "validators": "[{}]",
    "patchesStrategicMerge": "[{}]",
    "openapi": "{{path: {}}}",
    "patches": "[{{path: {}}}]",
    "replacements": "[{{path: {}}}]",
    "configMapGenerator": "[{{name: x, files: [{}]}}]",
    "secretGenerator": "[{{name: x, envs: [{}]}}]",
}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("target", OUTSIDE)
def test_no_field_reads_outside_of_the_artifact(field: str, target: str, upstream: Upstream) -> None:  # A-32
    tree = {
        "app/kustomization.yaml": _kustomization(
            {"resources": "[a.yaml]", field: FIELDS[field].format(target)}
        )
    }
    tree["app/a.yaml"] = b"{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"
    tree["etc/passwd"] = tree["etc/hostname"] = tree["proc/self/environ"] = SECRET.encode()
    error = refused(upstream, tree)
    assert "outside of the artifact" in str(error) or "cannot be absolute" in str(error)


def _kustomization(fields: dict[str, str]) -> bytes:
    return kustomization(**fields).encode()


def test_the_environment_of_the_helper_is_empty_and_cannot_be_read(upstream: Upstream) -> None:  # A-33
    tree = files(app__K=kustomization(configMapGenerator="[{name: x, envs: [/proc/self/environ]}]"))
    assert "outside" in str(refused(upstream, tree))
    pid = upstream._pool._idle[0].pid
    assert Path(f"/proc/{pid}/environ").read_bytes() == b"GOTRACEBACK=none\0"


def test_links_cannot_be_part_of_a_tree(upstream: Upstream) -> None:  # A-34
    tree = {"app/kustomization.yaml": b"resources: [link]\n", "app/link": b"../../../etc"}
    assert "outside" not in str(refused(upstream, tree))


@pytest.mark.parametrize("second", ["kustomization.yml", "Kustomization"])
@pytest.mark.parametrize("overlay", [True, False])
def test_two_kustomization_files_in_a_folder_are_ambiguous(
    second: str, overlay: bool, upstream: Upstream
) -> None:  # A-35
    tree = {"app/kustomization.yaml": b"namePrefix: a-\n", f"app/{second}": b"namePrefix: b-\n"}
    assert "multiple kustomization files under: app" in str(refused(upstream, tree, overlay=overlay))


def test_two_of_them_in_a_base_are_ambiguous(upstream: Upstream) -> None:  # A-35
    tree = {**FLEETS["overlay"], "base/Kustomization": b"resources: []\n"}
    assert "multiple kustomization files" in str(refused(upstream, tree))


def test_a_name_of_another_case_is_no_kustomization_file(upstream: Upstream) -> None:  # A-35
    tree = {"app/KUSTOMIZATION.yaml": files(x=CONFIG)["x"]}
    assert len(upstream.build(tree, "app", overlay=Overlay()).objects) == 1


def test_a_folder_named_like_the_file_is_refused(upstream: Upstream) -> None:  # A-35
    tree = {"app/kustomization.yaml/a.yaml": files(x=CONFIG)["x"]}
    assert "is a folder" in str(refused(upstream, tree))


CYCLES: dict[str, Files] = {
    "two": {
        "app/kustomization.yaml": b"resources: [../b]\n",
        "b/kustomization.yaml": b"resources: [../app]\n",
    },
    "self": {"app/kustomization.yaml": b"resources: [.]\n"},
    "self by another name": {"app/kustomization.yaml": b"resources: [../app]\n"},
    "above": {"app/kustomization.yaml": b"resources: [..]\n", "kustomization.yaml": b"resources: [app]\n"},
    "component": {
        "app/kustomization.yaml": b"components: [../c]\n",
        "c/kustomization.yaml": b"kind: Component\ncomponents: [../c]\n",
    },
}


@pytest.mark.parametrize("name", CYCLES)
def test_bases_that_contain_each_other_are_a_cycle(name: str, upstream: Upstream) -> None:  # A-36
    assert "cycle detected" in str(refused(upstream, CYCLES[name]))


def chain(length: int, copies: int = 1) -> Files:
    """Bases one after the other; with copies each is included that many times, under another name."""
    tree: Files = {"0/kustomization.yaml": b"resources: [a.yaml]\n"}
    tree["0/a.yaml"] = b"{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"
    for level in range(1, length):
        for copy in range(copies):
            wrapper = f"resources: [../{level - 1}]\nnamePrefix: c{copy}-\n"
            tree[f"{level}-{copy}/kustomization.yaml"] = wrapper.encode()
        every = ", ".join(f"../{level}-{copy}" for copy in range(copies))
        tree[f"{level}/kustomization.yaml"] = f"resources: [{every}]\n".encode()
    return tree


def test_a_long_chain_of_bases_is_built(upstream: Upstream) -> None:  # A-36
    assert len(upstream.build(chain(500), "499").objects) == 1


def test_bases_that_multiply_stop_at_a_limit(helper_program: Path) -> None:  # A-36
    with Upstream(helper_program, Limits(build_kustomizations=2000)) as upstream:
        error = refused(upstream, chain(20, copies=2), "19", overlay=False)
    assert (error.code, error.reason) == (Code.LIMIT, "BuildFailed")
    assert "more than 2000 times" in str(error)
    assert "PENSTOCK_LIMIT_BUILD_KUSTOMIZATIONS" in str(error)


@pytest.mark.parametrize(
    "fields",
    [
        {"helmCharts": "[{name: x, repo: 'https://127.0.0.1:1', version: 1.0.0}]"},
        {"helmChartInflationGenerator": "[{chartName: x}]"},
        {"helmCharts": "[{name: x}]", "helmGlobals": "{chartHome: ../../etc}"},
        {"generators": "[chart.yaml]"},
    ],
)
def test_helm_charts_are_off(fields: dict[str, str], upstream: Upstream) -> None:  # A-39
    tree = {"app/kustomization.yaml": _kustomization(fields)}
    tree["app/chart.yaml"] = (
        b"{apiVersion: builtin, kind: HelmChartInflationGenerator, metadata: {name: x}, name: x}"
    )
    assert "helm" in str(refused(upstream, tree, overlay=False))


PLUGINS = {
    "exec": "{exec: {path: ./run.sh}}",
    "container": "{container: {image: example.org/x, network: true, mounts: [{src: /, dst: /m}]}}",
    "starlark": "{starlark: {path: x.star, url: 'http://127.0.0.1:1/'}}",
}


@pytest.mark.parametrize("runtime", PLUGINS)
@pytest.mark.parametrize("field", ["generators", "transformers", "validators"])
def test_functions_and_plugins_never_run(runtime: str, field: str, upstream: Upstream) -> None:  # A-40
    plugin = f"""
    apiVersion: example.com/v1
    kind: Plugin
    metadata:
      name: plugin
      annotations:
        config.kubernetes.io/function: '{PLUGINS[runtime]}'
    """
    tree = {**BASE, **files(app__K=kustomization(resources="[../base]", **{field: "[plugin.yaml]"}))}
    tree |= files(app__plugin_yaml=plugin) | {"app/run.sh": b"#!/bin/sh\necho started\n"}
    assert "plugin" in str(refused(upstream, tree))
    assert_has_no_children(upstream)


def test_an_exec_plugin_of_the_old_sort_never_runs(upstream: Upstream) -> None:  # A-40
    plugin = "{apiVersion: someteam.example.com/v1, kind: Exec, metadata: {name: x}, argsOneLiner: a}"
    tree = {"app/kustomization.yaml": b"generators: [x.yaml]\n", "app/x.yaml": plugin.encode()}
    assert "plugin" in str(refused(upstream, tree))
    assert_has_no_children(upstream)


def assert_has_no_children(upstream: Upstream) -> None:
    helper = upstream._pool._idle[0]
    assert Path(f"/proc/{helper.pid}/task/{helper.pid}/children").read_text() == ""


def test_an_image_name_that_is_no_pattern_is_an_error_not_a_crash(upstream: Upstream) -> None:  # A-41
    tree = {**BASE, **files(app__K=kustomization(resources="[../base]", images="[{name: '[', newTag: '1'}]"))}
    assert upstream.build(BASE, "base").objects
    pid = upstream._pool._idle[0].pid
    assert "panic" in str(refused(upstream, tree))
    assert upstream._pool._idle[0].pid == pid


def test_an_image_of_a_spec_that_is_no_pattern_is_an_error_not_a_crash(upstream: Upstream) -> None:  # A-41
    overlay = Overlay(images=(Image(name="[", new_tag="1"),))
    assert upstream.build(BASE, "base").objects
    pid = upstream._pool._idle[0].pid
    with pytest.raises(BuildError, match="kustomize build failed: panic"):
        upstream.build(BASE, "base", overlay=overlay)
    assert upstream._pool._idle[0].pid == pid


def test_a_pattern_of_a_spec_that_would_backtrack_is_just_a_pattern(upstream: Upstream) -> None:  # A-41
    patch = Patch(patch="- {op: add, path: /x, value: 1}" + " " * 1_000_000, target=Selector(name="(a+)+$"))
    config = CONFIG.replace("settings", "a" * 60 + "b")
    tree = files(app__c_yaml=config)
    assert "x" not in upstream.build(tree, "app", overlay=Overlay(patches=(patch,))).objects[0]


def test_a_pattern_that_would_backtrack_is_just_a_pattern(upstream: Upstream) -> None:  # A-41
    patches = "[{target: {name: '(a+)+$'}, patch: '- {op: add, path: /x, value: 1}'}]"
    config = CONFIG.replace("settings", "a" * 60 + "b")
    tree = files(app__K=kustomization(resources="[c.yaml]", patches=patches), app__c_yaml=config)
    assert "x" not in upstream.build(tree, "app", overlay=Overlay()).objects[0]


def test_a_panic_of_kustomize_is_the_error_of_one_build(upstream: Upstream) -> None:
    tree = files(
        app__K=kustomization(resources="[c.yaml]", openapi="{path: schema.json}", patches="[{path: p.yaml}]"),
        app__c_yaml=CONFIG,
        app__p_yaml=CONFIG,
        app__schema_json="{this is: [no schema",
    )
    assert "panic" in str(refused(upstream, tree))
    assert len(upstream.build(BASE, "base", overlay=Overlay()).objects) == 5


def test_a_pointer_of_git_lfs_is_told_apart_from_a_broken_manifest(upstream: Upstream) -> None:  # A-76
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12\n"
    for tree in (
        files(app__x_yaml=pointer),
        files(app__x_yaml=pointer, app__K=kustomization(resources="[x.yaml]")),
    ):
        error = refused(upstream, tree)
        assert "x.yaml is a pointer of Git LFS, whose content is not fetched: commit the file itself" in str(
            error
        )
    assert "LFS" not in str(refused(upstream, files(app__x_yaml="version: 1\n")))
