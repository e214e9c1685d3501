"""One small fleet per feature of kustomize, each installed, changed and taken away. Pure."""

from __future__ import annotations

from bench.differential.story import Fleet, config_map, docs, ends, install, kustomization, push

DEPLOYMENT = """
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
      labels: {app: web}
    spec:
      replicas: 1
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          serviceAccountName: runner
          containers:
          - name: web
            image: nginx:1.0
            args: [--verbose]
            envFrom: [{configMapRef: {name: settings}}]
            ports: [{containerPort: 80}]
"""
_ACCOUNT = """
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: runner}
"""
_SERVICE = """
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{port: 80}]
"""
_BASE = {
    "base/kustomization.yaml": kustomization("resources: [all.yaml, config.yaml]\n"),
    "base/all.yaml": docs(DEPLOYMENT, _ACCOUNT, _SERVICE),
    "base/config.yaml": config_map("settings", colour="green"),
}
_CHANGED = {"base/config.yaml": config_map("settings", colour="red", shape="round")}


def _overlay(name: str, about: str, first: str, second: str, **more: str) -> Fleet:
    """The base with one kustomization.yaml upon it, then another one, then another base."""
    extra = {f"app/{path}": text for path, text in more.items()}
    return Fleet(
        name,
        about,
        ends(
            install({**_BASE, **extra, "app/kustomization.yaml": kustomization(first)}),
            push("change the overlay", {"app/kustomization.yaml": kustomization(second)}),
            push("change the base", _CHANGED),
        ),
    )


_ON = "resources: [../base]\n"

BUILDS = (
    _overlay("resources", "a base by its folder", _ON, "resources: [../base/all.yaml]\n"),
    _overlay(
        "prefixes",
        "namePrefix and nameSuffix",
        _ON + "namePrefix: pre-\nnameSuffix: -post\n",
        _ON + "namePrefix: other-\n",
    ),
    _overlay(
        "labels",
        "labels and commonLabels",
        _ON + "commonLabels: {team: a}\nlabels: [{pairs: {tier: front}, includeTemplates: true}]\n",
        _ON + "commonLabels: {team: a}\nlabels: [{pairs: {tier: back, zone: one}}]\n",
    ),
    _overlay(
        "annotations",
        "commonAnnotations",
        _ON + "commonAnnotations: {note: both, number: '1'}\n",
        _ON + "commonAnnotations: {note: one}\n",
    ),
    _overlay(
        "images",
        "images and replicas",
        _ON
        + "images: [{name: nginx, newName: example.org/nginx, newTag: '2'}]\n"
        + "replicas: [{name: web, count: 3}]\n",
        _ON + "images: [{name: nginx, newTag: '3'}]\nreplicas: [{name: web, count: 0}]\n",
    ),
    _overlay(
        "merge-patches",
        "strategic-merge patches, inline, from a file and with a target",
        _ON
        + """patches:
- path: merge.yaml
- patch: |-
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings}
    data: {colour: blue, more: "1"}
- target: {kind: Service, name: w.*}
  patch: |-
    apiVersion: v1
    kind: Service
    metadata: {name: any}
    spec: {sessionAffinity: ClientIP}
""",
        _ON
        + """patches:
- patch: |-
    $patch: delete
    apiVersion: v1
    kind: Service
    metadata: {name: web}
""",
        **{
            "merge.yaml": docs("""
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web}
                spec:
                  template:
                    spec:
                      containers:
                      - {name: web, resources: {limits: {cpu: 1}}}
                      - {name: side, image: side}
            """)
        },
    ),
    _overlay(
        "json-patches",
        "JSON6902 patches, inline and from a file",
        _ON
        + """patches:
- path: ops.json
  target: {kind: Deployment, name: web}
- patch: |-
    - {op: add, path: /data/extra, value: "yes"}
    - {op: remove, path: /data/colour}
  target: {kind: ConfigMap}
""",
        _ON
        + """patchesJson6902:
- target: {group: apps, version: v1, kind: Deployment, name: web}
  patch: |-
    - {op: remove, path: /spec/template/spec/containers/0/args}
""",
        **{"ops.json": '[{"op": "replace", "path": "/spec/replicas", "value": 5}]\n'},
    ),
    _overlay(
        "generators",
        "configMapGenerator and secretGenerator with behaviours and options",
        _ON
        + """configMapGenerator:
- {name: made, literals: [shape=round, 'quoted="x"']}
- {name: filed, files: [plain.txt, renamed=plain.txt], envs: [values.env]}
- {name: bare, literals: [n=1], options: {disableNameSuffixHash: true, labels: {a: b}, immutable: true}}
secretGenerator:
- {name: token, type: example.com/token, literals: [token=s3cret]}
generatorOptions: {annotations: {note: generated}}
""",
        _ON
        + """configMapGenerator:
- {name: made, literals: [shape=square]}
- {name: bare, literals: [n=1], options: {disableNameSuffixHash: true, labels: {a: b}, immutable: true}}
generatorOptions: {disableNameSuffixHash: true}
""",
        **{"plain.txt": "some\ntext\n", "values.env": "# comment\nA=1\nB=two words\nC=\n"},
    ),
    Fleet(
        "behaviours",
        "generators that merge with and replace those of a base",
        ends(
            install(
                {
                    "base/kustomization.yaml": kustomization(
                        "configMapGenerator: [{name: a, literals: [x=1, y=2]}, {name: b, literals: [x=1]}]\n"
                    ),
                    "app/kustomization.yaml": kustomization(
                        """
                        resources: [../base]
                        configMapGenerator:
                        - {name: a, behavior: merge, literals: [y=3, z=4]}
                        - {name: b, behavior: replace, literals: [w=5]}
                        """
                    ),
                }
            ),
            push(
                "an unknown one",
                {
                    "app/kustomization.yaml": kustomization(
                        """
                        resources: [../base]
                        configMapGenerator: [{name: c, behavior: merge, literals: [a=b]}]
                        """
                    )
                },
            ),
        ),
    ),
    _overlay(
        "replacements",
        "replacements, inline and from a file",
        _ON
        + """replacements:
- path: replacement.yaml
- source: {kind: ConfigMap, name: settings, fieldPath: data.colour}
  targets:
  - select: {kind: Deployment}
    fieldPaths: ['spec.template.spec.containers.[name=web].args.0']
    options: {delimiter: "-", index: 2}
""",
        _ON + "replacements: [{path: replacement.yaml}]\n",
        **{
            "replacement.yaml": docs("""
                source: {kind: ConfigMap, name: settings, fieldPath: metadata.name}
                targets:
                - select: {kind: Deployment}
                  fieldPaths: [metadata.annotations.settings]
                  options: {create: true}
            """)
        },
    ),
    _overlay(
        "transformers",
        "transformers and generators as resources of their own",
        _ON
        + """transformers:
- prefix.yaml
- |-
  apiVersion: builtin
  kind: LabelTransformer
  metadata: {name: labels}
  labels: {from: transformer}
  fieldSpecs: [{path: metadata/labels, create: true}]
generators: [generator.yaml]
""",
        _ON + "sortOptions: {order: legacy}\n",
        **{
            "prefix.yaml": docs("""
                apiVersion: builtin
                kind: PrefixTransformer
                metadata: {name: prefix}
                prefix: t-
                fieldSpecs: [{path: metadata/name}]
            """),
            "generator.yaml": docs("""
                apiVersion: builtin
                kind: ConfigMapGenerator
                metadata: {name: made}
                literals: [a=b]
            """),
        },
    ),
    _overlay(
        "build-metadata",
        "buildMetadata and vars",
        _ON + "namePrefix: x-\nbuildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]\n",
        _ON
        + """namePrefix: x-
vars:
- {name: SETTINGS, objref: {apiVersion: v1, kind: ConfigMap, name: settings}}
patches:
- target: {kind: Deployment}
  patch: '[{"op": "replace", "path": "/spec/template/spec/containers/0/args/0", "value": "$(SETTINGS)"}]'
""",
    ),
    Fleet(
        "components",
        "components",
        ends(
            install(
                {
                    **_BASE,
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
                    **_BASE,
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
