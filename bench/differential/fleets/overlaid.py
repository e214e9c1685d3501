"""Fields of a Kustomization's spec that shape its build: over a kustomization.yaml and without one. Pure."""

from __future__ import annotations

from typing import Any

from bench.differential.fleets.based import BASE, ON_BASE
from bench.differential.story import (
    Act,
    Fleet,
    Json,
    Step,
    config_map,
    docs,
    ends,
    install,
    kustomization,
    push,
)

_APP = {**BASE, "app/kustomization.yaml": kustomization(ON_BASE)}
_SETTER = {
    "setter/kustomization.yaml": docs("""
        apiVersion: kustomize.config.k8s.io/v1alpha1
        kind: Component
        resources: [more.yaml]
        patches:
        - patch: '- {op: add, path: /spec/template/spec/nodeName, value: here}'
          target: {kind: Deployment}
    """),
    "setter/more.yaml": config_map("more"),
}
_SHAPE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {shape: round}"
_OTHER_BASE = push("change the base", {"base/config.yaml": config_map("settings", colour="red")})


def _respec(name: str, **spec: Any) -> Step:
    """Another spec over the same files."""
    return Step(name, Act.ASK, apps=spec)


def _laid_over(name: str, about: str, spec: Json, *respecs: Step, **more: str) -> Fleet:
    """The base with a spec's fields over it, other fields, and other files."""
    files = {**_APP, **{f"app/{path}": text for path, text in more.items()}}
    return Fleet(name, about, ends(install(files), *respecs, _OTHER_BASE), apps=spec)


OVERLAID = (
    _laid_over(
        "spec-names",
        "namePrefix and nameSuffix of the spec, over those of the file",
        {"namePrefix": "pre-", "nameSuffix": "-post"},
        _respec("another prefix", namePrefix="other-"),
        push("the file's own", {"app/kustomization.yaml": kustomization(ON_BASE + "nameSuffix: -own\n")}),
        _respec("the file's alone", namePrefix=None, nameSuffix=None),
        _respec("a prefix that no name can have", namePrefix="No_"),
        _respec("none", namePrefix=None),
    ),
    _laid_over(
        "spec-metadata",
        "commonMetadata: labels and annotations for all objects, marks among them",
        {"commonMetadata": {"labels": {"team": "a"}, "annotations": {"note": "b", "empty": ""}}},
        _respec(
            "others", commonMetadata={"labels": {"team": None, "app": "c"}, "annotations": {"note": "d"}}
        ),
        _respec("a label that is none", commonMetadata={"labels": {"app": "not a label"}}),
        _respec(
            "kept",
            commonMetadata={"labels": None, "annotations": {"kustomize.toolkit.fluxcd.io/prune": "disabled"}},
        ),
        push("without the config", {"base/kustomization.yaml": kustomization("resources: [all.yaml]\n")}),
        push("with it again", {"base/kustomization.yaml": BASE["base/kustomization.yaml"]}),
        _respec("none", commonMetadata=None),
    ),
    _laid_over(
        "spec-images",
        "images of the spec, merged into those of the file",
        {"images": [{"name": "nginx", "newName": "example.org/web", "newTag": "2"}]},
        _respec("a digest", images=[{"name": "nginx", "digest": "sha256:" + "0" * 64}]),
        push(
            "the file's own",
            {
                "app/kustomization.yaml": kustomization(
                    ON_BASE + "images: [{name: nginx, newName: own, newTag: '1'}]\n"
                )
            },
        ),
        _respec(
            "a tag over them", images=[{"name": "nginx", "newTag": "3"}, {"name": "none", "newTag": "1"}]
        ),
        _respec("none", images=None),
    ),
    _laid_over(
        "spec-patches",
        "patches of the spec, after those of the file",
        {
            "patches": [
                {
                    "patch": _SHAPE,
                },
                {
                    "patch": "- {op: replace, path: /spec/replicas, value: 4}\n",
                    "target": {"group": "apps", "version": "v1", "kind": "Deployment", "name": "w.*"},
                },
            ]
        },
        _respec(
            "by labels",
            patches=[
                {
                    "patch": '[{"op": "add", "path": "/metadata/annotations", "value": {"by": "label"}}]',
                    "target": {"labelSelector": "app=web"},
                },
                {"patch": "$patch: delete\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n"},
            ],
        ),
        _respec(
            "one for nothing", patches=[{"patch": "- {op: remove, path: /x}", "target": {"kind": "Job"}}]
        ),
        _respec(
            "one that does not fit",
            patches=[{"patch": "- {op: remove, path: /x}", "target": {"kind": "Service"}}],
        ),
        _respec("none", patches=None),
    ),
    Fleet(
        "spec-components",
        "components of the spec, and some that are missing",
        ends(
            install({**_APP, **_SETTER}),
            _respec("a missing one", components=["../setter", "../none"]),
            _respec("passed over", ignoreMissingComponents=True),
            push(
                "no longer missing",
                {
                    "none/kustomization.yaml": _SETTER["setter/kustomization.yaml"].replace(
                        "resources: [more.yaml]\n", ""
                    )
                },
            ),
            _respec("one by URL", components=["https://127.0.0.1:1/none"]),
            _respec("none", components=None),
        ),
        apps={"components": ["../setter"]},
    ),
    _laid_over(
        "spec-build-metadata",
        "buildMetadata of the spec, in place of the file's",
        {"buildMetadata": ["originAnnotations"]},
        _respec(
            "transformers", buildMetadata=["originAnnotations", "transformerAnnotations"], namePrefix="x-"
        ),
        push(
            "the file's own",
            {"app/kustomization.yaml": kustomization(ON_BASE + "buildMetadata: [originAnnotations]\n")},
        ),
        _respec("the file's alone", buildMetadata=None),
    ),
    Fleet(
        "spec-scanned",
        "all of them over a folder without a kustomization.yaml",
        ends(
            install(
                {
                    "app/config.yaml": config_map("settings", a="1"),
                    "app/all.yaml": BASE["base/all.yaml"],
                    **_SETTER,
                }
            ),
            push("change", {"app/config.yaml": config_map("settings", a="2")}),
            push("nothing left", {"app/config.yaml": "", "app/all.yaml": config_map("one")}),
        ),
        apps={
            "namePrefix": "a-",
            "nameSuffix": "-z",
            "commonMetadata": {"labels": {"team": "a"}},
            "images": [{"name": "nginx", "newTag": "2"}],
            "patches": [
                {
                    "patch": "- {op: add, path: /metadata/labels, value: {patched: 'yes'}}",
                    "target": {"kind": "ConfigMap"},
                }
            ],
            "components": ["../missing"],
            "ignoreMissingComponents": True,
            "buildMetadata": ["originAnnotations"],
        },
    ),
)
