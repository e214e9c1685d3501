"""Features of kustomize that put things together: bases, names, labels, components, folders, files. Pure."""

from __future__ import annotations

from bench.differential.fleets.based import BASE, ON_BASE, overlay
from bench.differential.story import (
    Fleet,
    config_map,
    docs,
    ends,
    install,
    kustomization,
    push,
)

BUILDS = (
    overlay("resources", "a base by its folder", ON_BASE, "resources: [../base/all.yaml]\n"),
    overlay(
        "prefixes",
        "namePrefix and nameSuffix",
        ON_BASE + "namePrefix: pre-\nnameSuffix: -post\n",
        ON_BASE + "namePrefix: other-\n",
    ),
    overlay(
        "labels",
        "labels and commonLabels",
        ON_BASE + "commonLabels: {team: a}\nlabels: [{pairs: {tier: front}, includeTemplates: true}]\n",
        ON_BASE + "commonLabels: {team: a}\nlabels: [{pairs: {tier: back, zone: one}}]\n",
    ),
    overlay(
        "annotations",
        "commonAnnotations",
        ON_BASE + "commonAnnotations: {note: both, number: '1'}\n",
        ON_BASE + "commonAnnotations: {note: one}\n",
    ),
    overlay(
        "images",
        "images and replicas",
        ON_BASE
        + "images: [{name: nginx, newName: example.org/nginx, newTag: '2'}]\n"
        + "replicas: [{name: web, count: 3}]\n",
        ON_BASE + "images: [{name: nginx, newTag: '3'}]\nreplicas: [{name: web, count: 0}]\n",
    ),
    Fleet(
        "components",
        "components",
        ends(
            install(
                {
                    **BASE,
                    "app/kustomization.yaml": kustomization(
                        "resources: [../base]\ncomponents: [../setter]\n"
                    ),
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
            ),
            push("without", {"app/kustomization.yaml": kustomization("resources: [../base]\n")}),
            push(
                "a missing one",
                {"app/kustomization.yaml": kustomization("resources: [../base]\ncomponents: [../none]\n")},
            ),
        ),
    ),
    Fleet(
        "nested",
        "bases of bases, one of them twice",
        ends(
            install(
                {
                    "base/kustomization.yaml": kustomization("resources: [config.yaml]\n"),
                    "base/config.yaml": config_map("settings", a="1"),
                    "left/kustomization.yaml": kustomization("resources: [../base]\nnamePrefix: left-\n"),
                    "right/kustomization.yaml": kustomization("resources: [../base]\nnamePrefix: right-\n"),
                    "app/kustomization.yaml": kustomization(
                        "resources: [../left, ../right]\ncommonAnnotations: {note: both}\n"
                    ),
                }
            ),
            push("change", {"base/config.yaml": config_map("settings", a="2")}),
            push("a cycle", {"left/kustomization.yaml": kustomization("resources: [../app]\n")}),
        ),
    ),
    Fleet(
        "scanned",
        "no kustomization.yaml: every manifest below the path",
        ends(
            install(
                {
                    "app/a.yaml": config_map("a"),
                    "app/b/c.yml": config_map("c"),
                    "app/b/README": "no manifest\n",
                    "app/own/kustomization.yaml": kustomization("resources: [d.yaml]\nnamePrefix: own-\n"),
                    "app/own/d.yaml": config_map("d"),
                    "app/z.yaml": "# nothing in it\n",
                }
            ),
            push("change", {"app/b/c.yml": config_map("c2"), "app/e.yaml": config_map("e")}),
            push("no manifest any more", {"app/broken.yaml": "just words\n"}),
            push("an empty file", {"app/broken.yaml": ""}),
        ),
    ),
    Fleet(
        "namespace",
        "kustomize's namespace and none of the Kustomization's",
        ends(
            install(
                {
                    **BASE,
                    "app/kustomization.yaml": kustomization("resources: [../base]\nnamespace: '@NS@'\n"),
                }
            ),
            push("no namespace", {"app/kustomization.yaml": kustomization("resources: [../base]\n")}),
        ),
        apps={"targetNamespace": None},
    ),
    Fleet(
        "documents",
        "several documents and Lists in a file, empty ones, comments, anchors",
        ends(
            install(
                {
                    "app/all.yaml": docs(
                        "# only words\n",
                        config_map("a"),
                        "",
                        """
                        apiVersion: v1
                        kind: List
                        items:
                        - {apiVersion: v1, kind: ConfigMap, metadata: {name: b}, data: &data {k: v}}
                        - {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: *data}
                        """,
                        """
                        apiVersion: v1
                        kind: ConfigMapList
                        items:
                        - {apiVersion: v1, kind: ConfigMap, metadata: {name: d}}
                        """,
                    )
                }
            ),
            push(
                "an empty list",
                {"app/all.yaml": docs(config_map("a"), "apiVersion: v1\nkind: List\nitems: []\n")},
            ),
        ),
    ),
    Fleet(
        "remote",
        "a base by URL",
        ends(
            install(
                {
                    "app/kustomization.yaml": kustomization(
                        "resources: ['https://127.0.0.1:1/none?ref=main']\n"
                    )
                }
            ),
            push(
                "none any more",
                {
                    "app/kustomization.yaml": kustomization("resources: [one.yaml]\n"),
                    "app/one.yaml": config_map("one"),
                },
            ),
        ),
    ),
)
