"""Kinds of objects that are applied in a way of their own, and odd values in them. Pure."""

from __future__ import annotations

from bench.differential.fleets.based import DEPLOYMENT
from bench.differential.story import (
    Fleet,
    Kind,
    config_map,
    docs,
    ends,
    install,
    push,
)

_CRD = """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: widgets.differential.example}
    spec:
      group: differential.example
      scope: Namespaced
      names: {plural: widgets, singular: widget, kind: Widget}
      versions:
      - name: v1
        served: true
        storage: true
        schema:
          openAPIV3Schema:
            type: object
            properties:
              spec:
                type: object
                properties:
                  size: {type: integer, default: 3}
                  colour: {type: string}
                  parts: {type: array, items: {type: string}}
"""
_WIDGET = """
    apiVersion: differential.example/v1
    kind: Widget
    metadata: {name: one}
    spec: {colour: green, parts: [a, b]}
"""
_HOME = """
    apiVersion: v1
    kind: Namespace
    metadata: {name: '@NS@-home', labels: {kind: home}}
"""
_AT_HOME = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: inside, namespace: '@NS@-home'}
    data: {a: b}
"""
_ROLES = """
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: 'differential:reader'}
    rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: 'own:reader'}
    rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: 'own:reader'}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: 'own:reader'}
    subjects: [{kind: ServiceAccount, name: default}]
"""
_KEY = """
    apiVersion: v1
    kind: Secret
    metadata: {name: key}
    type: Opaque
    data: {binary: AAEC}
    stringData: {text: words, both: one}
"""
_ZEROES = """
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: zeroes
      annotations: {empty: "", null-one: null}
      labels: {}
    immutable: false
    data: {empty: "", gone: null, number: "0"}
    binaryData: {}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: zeroes, creationTimestamp: null}
    spec:
      replicas: 0
      paused: false
      minReadySeconds: 0
      selector: {matchLabels: {app: zeroes}}
      strategy: {}
      template:
        metadata: {labels: {app: zeroes}, creationTimestamp: null}
        spec:
          hostNetwork: false
          nodeSelector: {}
          volumes: []
          containers:
          - {name: one, image: one, command: [], resources: {}, tty: false, env: [{name: A, value: ""}]}
    status: {}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: zeroes}
    spec:
      selector: {}
      publishNotReadyAddresses: false
      ports: [{port: 80, targetPort: 0, nodePort: 0}]
    status: {loadBalancer: {}}
"""
_STALE = """
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: stale
      uid: 11111111-1111-1111-1111-111111111111
      resourceVersion: "1"
      generation: 7
      creationTimestamp: "2020-01-01T00:00:00Z"
      managedFields: []
      selfLink: /api/v1/x
    data: {a: b}
"""
OBJECTS = (
    Fleet(
        "crd",
        "a CRD together with an object of its kind",
        ends(
            install({"app/crd.yaml": docs(_CRD), "app/one.yaml": docs(_WIDGET)}),
            push(
                "change both",
                {
                    "app/crd.yaml": docs(_CRD.replace("default: 3", "default: 4")),
                    "app/one.yaml": docs(_WIDGET.replace("[a, b]", "[c]")),
                },
            ),
            push("remove the object", {"app/one.yaml": config_map("other")}),
        ),
        kinds=(Kind("apis/differential.example/v1", "widgets", "Widget"),),
    ),
    Fleet(
        "home",
        "a Namespace together with what is in it",
        ends(
            install({"app/home.yaml": docs(_AT_HOME, _HOME)}),
            push(
                "change",
                {
                    "app/home.yaml": docs(
                        _AT_HOME.replace("a: b", "a: c"), _HOME.replace("kind: home", "kind: house")
                    )
                },
            ),
            push("move", {"app/home.yaml": docs(_AT_HOME.replace("@NS@-home", "@NS@"), _HOME)}),
        ),
        apps={"targetNamespace": None},
        namespaces=("@NS@-home",),
    ),
    Fleet(
        "rbac",
        "roles whose names have a colon",
        ends(
            install({"app/roles.yaml": docs(_ROLES)}),
            push("change", {"app/roles.yaml": docs(_ROLES.replace("[get]", "[get, list]"))}),
            push("remove one", {"app/roles.yaml": docs(_ROLES.partition("---")[0])}),
        ),
    ),
    Fleet(
        "secret",
        "a Secret with data and stringData, changed and broken",
        ends(
            install({"app/key.yaml": docs(_KEY)}),
            push("change", {"app/key.yaml": docs(_KEY.replace("words", "other words"))}),
            push("a bad one", {"app/key.yaml": docs(_KEY.replace("AAEC", "'%%%'"))}),
            push("another type", {"app/key.yaml": docs(_KEY.replace("Opaque", "example.com/other"))}),
        ),
    ),
    Fleet(
        "zeroes",
        "explicit zeroes, empty values and nulls",
        ends(
            install({"app/all.yaml": docs(_ZEROES)}),
            push(
                "change",
                {
                    "app/all.yaml": docs(
                        _ZEROES.replace("replicas: 0", "replicas: 2").replace('number: "0"', "number: null")
                    )
                },
            ),
        ),
    ),
    Fleet(
        "stale-metadata",
        "fields that only the API server may set",
        ends(
            install({"app/one.yaml": docs(_STALE)}),
            push("without", {"app/one.yaml": config_map("stale", a="c")}),
        ),
    ),
    Fleet(
        "status-in-manifest",
        "a manifest with a status",
        ends(
            install({"app/one.yaml": docs(DEPLOYMENT + "    status: {replicas: 7, observedGeneration: 9}\n")})
        ),
    ),
    Fleet(
        "odd-names",
        "names and labels that YAML reads as something else",
        ends(
            install(
                {
                    "app/one.yaml": docs("""
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: "123", labels: {number: "1", yes: "on"}}
                data: {"on": "off", "1": "2", date: "2024-01-01"}
            """)
                }
            ),
            push(
                "a number as name",
                {"app/one.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 123}\n"},
            ),
            push(
                "a number as label",
                {
                    "app/one.yaml": docs("""
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: labelled, labels: {number: 1}}
            """)
                },
            ),
            push(
                "a number as value",
                {
                    "app/one.yaml": docs("""
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: valued}
                data: {number: 1}
            """)
                },
            ),
        ),
    ),
)
