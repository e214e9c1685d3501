"""Features of kustomize that change what is in a base: patches, generators, replacements and more. Pure."""

from __future__ import annotations

from bench.differential.fleets.based import ON_BASE, overlay
from bench.differential.story import (
    Fleet,
    docs,
    ends,
    install,
    kustomization,
    push,
)

CHANGING = (
    overlay(
        "merge-patches",
        "strategic-merge patches, inline, from a file and with a target",
        ON_BASE
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
        ON_BASE
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
    overlay(
        "json-patches",
        "JSON6902 patches, inline and from a file",
        ON_BASE
        + """patches:
- path: ops.json
  target: {kind: Deployment, name: web}
- patch: |-
    - {op: add, path: /data/extra, value: "yes"}
    - {op: remove, path: /data/colour}
  target: {kind: ConfigMap}
""",
        ON_BASE
        + """patchesJson6902:
- target: {group: apps, version: v1, kind: Deployment, name: web}
  patch: |-
    - {op: remove, path: /spec/template/spec/containers/0/args}
""",
        **{"ops.json": '[{"op": "replace", "path": "/spec/replicas", "value": 5}]\n'},
    ),
    overlay(
        "generators",
        "configMapGenerator and secretGenerator with behaviours and options",
        ON_BASE
        + """configMapGenerator:
- {name: made, literals: [shape=round, 'quoted="x"']}
- {name: filed, files: [plain.txt, renamed=plain.txt], envs: [values.env]}
- {name: bare, literals: [n=1], options: {disableNameSuffixHash: true, labels: {a: b}, immutable: true}}
secretGenerator:
- {name: token, type: example.com/token, literals: [token=s3cret]}
generatorOptions: {annotations: {note: generated}}
""",
        ON_BASE
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
    overlay(
        "replacements",
        "replacements, inline and from a file",
        ON_BASE
        + """replacements:
- path: replacement.yaml
- source: {kind: ConfigMap, name: settings, fieldPath: data.colour}
  targets:
  - select: {kind: Deployment}
    fieldPaths: ['spec.template.spec.containers.[name=web].args.0']
    options: {delimiter: "-", index: 2}
""",
        ON_BASE + "replacements: [{path: replacement.yaml}]\n",
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
    overlay(
        "transformers",
        "transformers and generators as resources of their own",
        ON_BASE
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
        ON_BASE + "sortOptions: {order: legacy}\n",
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
    overlay(
        "build-metadata",
        "buildMetadata and vars",
        ON_BASE
        + "namePrefix: x-\nbuildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]\n",
        ON_BASE
        + """namePrefix: x-
vars:
- {name: SETTINGS, objref: {apiVersion: v1, kind: ConfigMap, name: settings}}
patches:
- target: {kind: Deployment}
  patch: '[{"op": "replace", "path": "/spec/template/spec/containers/0/args/0", "value": "$(SETTINGS)"}]'
""",
    ),
)
