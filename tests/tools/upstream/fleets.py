"""Small fleets, one per feature of kustomize: what our builds and kubectl's must agree on.

Each is a folder `app` that is built, and what lies around it. Texts are indented for reading only.
"""

from __future__ import annotations

from textwrap import dedent
from typing import TypeAlias

Files: TypeAlias = dict[str, bytes]


def files(**texts: str) -> Files:
    """A tree; `__` in a name stands for `/`, `_yaml` at its end for `.yaml`, `_K` for the kustomization."""
    return {_path(name): dedent(text).lstrip("\n").encode() for name, text in texts.items()}


def _path(name: str) -> str:
    name = name.replace("__", "/")
    for short, long in (("_yaml", ".yaml"), ("_json", ".json"), ("_env", ".env")):
        if name.endswith(short):
            return name.removesuffix(short) + long
    return name.removesuffix("K") + "kustomization.yaml" if name.endswith("/K") or name == "K" else name


def kustomization(**fields: str) -> str:
    """A kustomization.yaml of the given fields; a value is what follows the colon, its lines dedented."""
    head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    return head + "".join(f"{name}:{_value(text)}\n" for name, text in fields.items())


def _value(text: str) -> str:
    return "\n" + dedent(text).strip("\n") if "\n" in text else f" {text}"


CONFIG = """
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: settings
    data:
      colour: green
"""
DEPLOYMENT = """
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
      labels: {app: web}
    spec:
      replicas: 1
      selector:
        matchLabels: {app: web}
      template:
        metadata:
          labels: {app: web}
        spec:
          serviceAccountName: runner
          containers:
          - name: web
            image: nginx:1.0
            args: [--verbose]
            envFrom:
            - configMapRef: {name: settings}
            ports:
            - {containerPort: 80, protocol: TCP}
            - {containerPort: 80, protocol: UDP}
"""
RIGHTS = """
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: runner}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: runner}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
    subjects:
    - {kind: ServiceAccount, name: runner, namespace: elsewhere}
    ---
    apiVersion: v1
    kind: Namespace
    metadata: {name: home}
"""
BASE = files(
    base__K=kustomization(resources="[deployment.yaml, config.yaml, rights.yaml]"),
    base__deployment_yaml=DEPLOYMENT,
    base__config_yaml=CONFIG,
    base__rights_yaml=RIGHTS,
)
SETTER = """
    apiVersion: kustomize.config.k8s.io/v1alpha1
    kind: Component
    patches:
    - patch: |-
        - {op: add, path: /spec/template/spec/nodeName, value: here}
      target: {kind: Deployment}
"""
CUSTOM = """
    apiVersion: example.com/v1
    kind: Stack
    metadata: {name: stack}
    spec:
      layers:
      - {id: a, size: 1}
      - {id: b, size: 2}
      configRef: {name: settings}
"""
STACK_SCHEMA = """
    definitions:
      v1.Stack:
        type: object
        x-kubernetes-group-version-kind: [{group: example.com, kind: Stack, version: v1}]
        properties:
          spec:
            type: object
            properties:
              layers:
                type: array
                x-kubernetes-patch-merge-key: id
                x-kubernetes-patch-strategy: merge
                items:
                  type: object
                  properties: {id: {type: string}, size: {type: integer}}
"""
SCALARS = """
    # comments and documents without anything in them
    ---
    apiVersion: example.com/v1
    kind: Scalars
    metadata:
      name: scalars
      annotations: {on: "yes", empty: "", number: "1", zero: "010"}
    spec:
      integers: [0, -1, 010, 0o10, 0x1F, 0b11, 1_000, 9223372036854775807, 18446744073709551615, +5, -0]
      floats: [1.0, 1.10, 1e3, 1E+2, -2.5e-3, 1., .5, 123456789012345678901234567890, 0.1]
      words: [yes, No, on, OFF, y, n, True, FALSE, null, ~, NULL, "", nan, inf, e3]
      strings: ["1e3", '010', "0x1F", "true", "null", "~", "1:30", "2024-01-01", "=", "<<", "1_000"]
      clocks: [1:30, 12:30:00, 2024-01-01, 2024-01-01T00:00:00Z]
      text: |
        two
        lines
      folded: >-
        one
        line
      unicode: "\\u00e9\\U0001F600\\x85\\u2028 \\ttab"
      nothing:
      map: {a: {}, b: [], "c d": x}
    ---
"""
ANCHORS = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: anchors, labels: &labels {app: web}}
    data: &data {a: "1", b: "2"}
    ---
    apiVersion: example.com/v1
    kind: Anchors
    metadata: {name: anchors}
    spec:
      first: &first {x: 1, y: 2}
      again: *first
      merged: {<<: *first, y: 3}
      list: [*first, *first]
"""
LISTS = """
    apiVersion: v1
    kind: List
    items:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: one}, data: {a: b}}
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: two}}
    ---
    apiVersion: v1
    kind: ConfigMapList
    items:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: three}}
"""
