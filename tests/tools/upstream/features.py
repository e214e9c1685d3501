"""The fleets by name; `app` is what is built."""

from __future__ import annotations

from tests.tools.upstream.fleets import (
    ANCHORS,
    BASE,
    CONFIG,
    CUSTOM,
    DEPLOYMENT,
    LISTS,
    RIGHTS,
    SCALARS,
    SETTER,
    STACK_SCHEMA,
    Files,
    files,
    kustomization,
)

ON_BASE = "[../base]"

PLAIN: dict[str, Files] = {
    "resources": files(
        app__K=kustomization(resources="[b.yaml, a.json]"),
        app__b_yaml=DEPLOYMENT,
        app__a_json='{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "j"}, "data": {}}',
    ),
    "scalars": files(app__K=kustomization(resources="[scalars.yaml]"), app__scalars_yaml=SCALARS),
    "anchors": files(app__K=kustomization(resources="[anchors.yaml]"), app__anchors_yaml=ANCHORS),
    "lists": files(app__K=kustomization(resources="[lists.yaml]"), app__lists_yaml=LISTS),
    "overlay": {
        **BASE,
        **files(
            app__K=kustomization(resources=ON_BASE, namePrefix="pre-", nameSuffix="-post", namespace="home")
        ),
    },
    "nested": {
        **files(
            base__K=kustomization(resources="[deployment.yaml]"),
            base__deployment_yaml=DEPLOYMENT,
            left__K=kustomization(resources=ON_BASE, namePrefix="left-"),
            right__K=kustomization(resources=ON_BASE, namePrefix="right-"),
            app__K=kustomization(resources="[../left, ../right]", commonAnnotations="{note: both}"),
        ),
    },
    "outside": files(app__K=kustomization(resources="[../shared/one.yaml]"), shared__one_yaml=CONFIG),
    "bases": {**BASE, **files(app__K=kustomization(bases=ON_BASE))},
    "unversioned": {**BASE, **files(app__K="resources: [../base]\n")},
    "yml": {**BASE, **files(app__K="")} | {"app/kustomization.yml": b"resources: [../base]\n"},
    "labels": {
        **BASE,
        **files(
            app__K=kustomization(
                resources=ON_BASE,
                commonLabels="{team: a}",
                labels="""
                - pairs: {tier: front}
                  includeTemplates: true
                """,
            )
        ),
    },
    "images": {
        **BASE,
        **files(
            app__K=kustomization(
                resources=ON_BASE,
                images="[{name: nginx, newName: example.org/nginx, newTag: '2'}]",
                replicas="[{name: web, count: 3}]",
            )
        ),
    },
    "local": {
        **BASE,
        **files(
            app__K=kustomization(resources="[../base, local.yaml]"),
            app__local_yaml="""
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: local
              annotations: {config.kubernetes.io/local-config: "true"}
            """,
        ),
    },
    "components": {
        **BASE,
        **files(app__K=kustomization(resources=ON_BASE, components="[../setter]"), setter__K=SETTER),
    },
    "sorted": {
        **BASE,
        **files(app__K=kustomization(resources=ON_BASE, sortOptions="{order: legacy}")),
    },
    "origins": {
        **BASE,
        **files(
            app__K=kustomization(
                resources=ON_BASE,
                namePrefix="x-",
                buildMetadata="[originAnnotations, transformerAnnotations]",
            )
        ),
    },
}
del PLAIN["yml"]["app/kustomization.yaml"]

CHANGING: dict[str, Files] = {
    "patches": {
        **BASE,
        **files(
            app__K=kustomization(
                resources=ON_BASE,
                patches="""
                - path: merge.yaml
                - path: ops.json
                  target: {kind: Deployment, name: w.*}
                - patch: |-
                    apiVersion: v1
                    kind: ConfigMap
                    metadata: {name: settings}
                    data: {colour: red, more: "1"}
                - patch: |-
                    $patch: delete
                    apiVersion: v1
                    kind: Namespace
                    metadata: {name: home}
                """,
            ),
            app__merge_yaml="""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              template:
                spec:
                  containers:
                  - {name: web, resources: {limits: {cpu: 1}}}
                  - {name: side, image: side}
            """,
            app__ops_json='[{"op": "replace", "path": "/spec/replicas", "value": 5}]',
        ),
    },
    "old patches": {
        **BASE,
        **files(
            app__K=kustomization(
                resources=ON_BASE,
                patchesStrategicMerge="[merge.yaml]",
                patchesJson6902="""
                - target: {group: apps, version: v1, kind: Deployment, name: web}
                  path: ops.yaml
                """,
            ),
            app__merge_yaml="""
            {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {colour: blue}}
            """,
            app__ops_yaml="""
            - op: remove
              path: /spec/template/spec/containers/0/args
            """,
        ),
    },
    "generators": {
        **BASE,
        **files(
            app__K=kustomization(
                resources=ON_BASE,
                configMapGenerator="""
                - name: settings
                  behavior: merge
                  literals: [shape=round, 'quoted="x"']
                - name: files
                  files: [plain.txt, renamed=plain.txt, binary.bin]
                  envs: [values.env]
                - name: bare
                  options: {disableNameSuffixHash: true, labels: {a: b}, immutable: true}
                  literals: [n=1]
                """,
                secretGenerator="""
                - name: token
                  type: example.com/token
                  literals: [token=s3cret, other=1]
                """,
                generatorOptions="{annotations: {note: generated}}",
            ),
            app__plain_txt="some\ntext\n",
            app__values_env="# comment\nA=1\nB=two words\nC=\n",
        ),
        "app/plain.txt": b"some\ntext\n",
        "app/binary.bin": bytes(range(256)),
    },
    "replacements": {
        **BASE,
        **files(
            app__K=kustomization(
                resources=ON_BASE,
                replacements="""
                - path: replacement.yaml
                - source: {kind: ConfigMap, name: settings, fieldPath: data.colour}
                  targets:
                  - select: {kind: Deployment}
                    fieldPaths: ['spec.template.spec.containers.[name=web].args.0']
                    options: {delimiter: "-", index: 2}
                """,
            ),
            app__replacement_yaml="""
            source: {kind: ConfigMap, name: settings, fieldPath: metadata.name}
            targets:
            - select: {kind: Deployment}
              fieldPaths: [metadata.annotations.settings]
              options: {create: true}
            """,
        ),
    },
    "vars": {
        **BASE,
        **files(
            app__K=kustomization(
                resources="[../base, job.yaml]",
                namePrefix="x-",
                vars="""
                - name: SETTINGS
                  objref: {apiVersion: v1, kind: ConfigMap, name: settings}
                """,
            ),
            app__job_yaml="""
            apiVersion: batch/v1
            kind: Job
            metadata: {name: job}
            spec:
              template:
                spec:
                  containers:
                  - {name: job, image: job, args: [--settings=$(SETTINGS)]}
            """,
        ),
    },
    "transformers": {
        **BASE,
        **files(
            app__K=kustomization(
                resources=ON_BASE,
                transformers="""
                - prefix.yaml
                - |-
                  apiVersion: builtin
                  kind: LabelTransformer
                  metadata: {name: labels}
                  labels: {from: transformer}
                  fieldSpecs: [{path: metadata/labels, create: true}]
                """,
                generators="[generator.yaml]",
            ),
            app__prefix_yaml="""
            apiVersion: builtin
            kind: PrefixTransformer
            metadata: {name: prefix}
            prefix: t-
            fieldSpecs: [{path: metadata/name}]
            """,
            app__generator_yaml="""
            apiVersion: builtin
            kind: ConfigMapGenerator
            metadata: {name: made}
            literals: [a=b]
            """,
        ),
    },
    "references": files(
        app__K=kustomization(
            resources="[stack.yaml, config.yaml, rights.yaml]",
            namePrefix="x-",
            namespace="home",
            configurations="[names.yaml]",
        ),
        app__stack_yaml=CUSTOM,
        app__config_yaml=CONFIG,
        app__rights_yaml=RIGHTS,
        app__names_yaml="""
        nameReference:
        - kind: ConfigMap
          version: v1
          fieldSpecs: [{path: spec/configRef/name, kind: Stack}]
        """,
    ),
}

SCANNED: dict[str, Files] = {
    "scan": {
        **BASE,
        **files(
            app__b__c_yaml=CONFIG,
            app__a_yaml=DEPLOYMENT,
            app__b__README="no manifest",
            app__own__K=kustomization(resources=ON_BASE.replace("..", "../.."), namePrefix="own-"),
            app__own__deeper_yaml="this is: [not read",
            app__z_yaml="# nothing in it\n",
        ),
        "app/upper.YAML": b"not: read",
        "app/yml.yml": b"apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n",
    },
    "nothing": {"app/README.md": b"nothing to apply"},
    "generators only": files(app__K=kustomization(configMapGenerator="[{name: a, literals: [b=c]}]")),
    "unknown fields": {**BASE, **files(app__K=kustomization(resources=ON_BASE, unknown="1", other="{a: b}"))},
}

OWN_SCHEMA = files(
    app__K=kustomization(
        resources="[stack.yaml, deployment.yaml]",
        openapi="{path: schema.yaml}",
        patches="""
        - patch: |-
            apiVersion: example.com/v1
            kind: Stack
            metadata: {name: stack}
            spec: {layers: [{id: b, size: 9}]}
        - patch: |-
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec: {template: {spec: {containers: [{name: web, tty: true}]}}}
        """,
    ),
    app__stack_yaml=CUSTOM,
    app__deployment_yaml=DEPLOYMENT,
    app__schema_yaml=STACK_SCHEMA,
)
"""Not among the others: Flux adds such a schema to the built-in one, kubectl replaces it."""

FLEETS = {**PLAIN, **CHANGING, **SCANNED}
