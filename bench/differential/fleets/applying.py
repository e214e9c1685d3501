"""How objects are applied: immutable fields, marks and writers; and how they go. Pure."""

from __future__ import annotations

import json

from bench.differential.fleets.based import DEPLOYMENT
from bench.differential.story import (
    Act,
    Edit,
    Fleet,
    Json,
    Kind,
    Step,
    config_map,
    docs,
    ends,
    install,
    push,
)

_MARK = "kustomize.toolkit.fluxcd.io"
_MAPS = "/api/v1/namespaces/@NS@/configmaps"
_LAST = "kubectl.kubernetes.io/last-applied-configuration"
_JOBS = Kind("apis/batch/v1", "jobs", "Job")


_HEADLESS = ", clusterIP: None"


def _service(address: str, marks: str = "{}") -> str:
    return docs(f"""
        apiVersion: v1
        kind: Service
        metadata: {{name: web, annotations: {marks}}}
        spec: {{selector: {{app: web}}, ports: [{{port: 80}}]{address}}}
    """)


def _job(image: str, marks: str = "{}") -> str:
    return docs(f"""
        apiVersion: batch/v1
        kind: Job
        metadata: {{name: once, annotations: {marks}}}
        spec:
          manualSelector: true
          selector: {{matchLabels: {{job: once}}}}
          template:
            metadata: {{labels: {{job: once}}}}
            spec: {{restartPolicy: Never, containers: [{{name: c, image: {image}}}]}}
    """)


def _frozen(value: str, marks: str = "{}") -> str:
    return docs(f"""
        apiVersion: v1
        kind: ConfigMap
        metadata: {{name: frozen, annotations: {marks}}}
        immutable: true
        data: {{a: "{value}"}}
    """)


def deployment(replicas: str = "1", image: str = "nginx:1.0") -> str:
    """The manifest of a Deployment `web`."""
    text = DEPLOYMENT.replace("replicas: 1", f"replicas: {replicas}")
    return docs(text.replace("nginx:1.0", image))


def _immutable(name: str, about: str, old: str, new: str, marked: str) -> tuple[Fleet, ...]:
    """Without force, then with it: for all objects, and by an annotation on the one."""
    first = install({"app/one.yaml": old, "app/more.yaml": config_map("more", a="1")})
    change = push("change it", {"app/one.yaml": new})
    return (
        Fleet(
            f"immutable-{name}",
            f"{about} that changes, first without force",
            ends(first, change, Step("force", Act.ASK, apps={"force": True})),
            kinds=(_JOBS,),
        ),
        Fleet(
            f"forced-{name}",
            f"{about} that changes, with force on the object",
            ends(first, push("change it", {"app/one.yaml": marked})),
            kinds=(_JOBS,),
        ),
    )


_FORCED = f"{{{_MARK}/force: enabled}}"
IMMUTABLE = (
    *_immutable(
        "service", "a Service's address", _service(""), _service(_HEADLESS), _service(_HEADLESS, _FORCED)
    ),
    *_immutable("job", "a Job's template", _job("a"), _job("b"), _job("b", _FORCED)),
    *_immutable("map", "an immutable ConfigMap", _frozen("1"), _frozen("2"), _frozen("2", _FORCED)),
)
FORCED_INVALID = (
    Fleet(
        "forced-invalid",
        "an invalid object with force, which makes nothing immutable",
        ends(
            install({"app/web.yaml": deployment()}),
            push("invalid", {"app/web.yaml": deployment(replicas="-1")}),
        ),
        apps={"force": True},
    ),
)


def _marked(name: str, value: str, data: str = "1") -> str:
    return docs(f"""
        apiVersion: v1
        kind: ConfigMap
        metadata: {{name: {name}, annotations: {{{_MARK}/ssa: {value}}}}}
        data: {{a: "{data}"}}
    """)


def _by_hand(name: str) -> tuple[str, Json]:
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"by": "hand"}}
    return _MAPS, obj


_BY_KUBECTL = (
    Edit(
        f"{_MAPS}/there",
        {"metadata": {"annotations": {_LAST: "{}"}}, "data": {"by": "kubectl", "more": "x"}},
        by="kubectl-client-side-apply",
    ),
)
MODES = (
    Fleet(
        "modes",
        "ssa: Merge, IfNotPresent and Ignore, of objects that are there and of such that are not",
        ends(
            install(
                {
                    f"app/{name}.yaml": _marked(name, value)
                    for name, value in (
                        ("merge", "Merge"),
                        ("once", "IfNotPresent"),
                        ("never", "Ignore"),
                        ("old-merge", "Merge"),
                        ("old-once", "IfNotPresent"),
                        ("old-never", "Ignore"),
                    )
                }
            ),
            Step(
                "kubectl edit",
                Act.ASK,
                edits=(Edit(f"{_MAPS}/merge", {"data": {"more": "3"}}, by="kubectl-edit"),),
            ),
            push(
                "change all",
                {
                    "app/never.yaml": None,
                    **{
                        f"app/{name}.yaml": _marked(name, value, "2")
                        for name, value in (
                            ("merge", "Merge"),
                            ("once", "IfNotPresent"),
                            ("old-once", "IfNotPresent"),
                        )
                    },
                },
            ),
        ),
        before=(_by_hand("old-merge"), _by_hand("old-once"), _by_hand("old-never")),
    ),
    Fleet(
        "kubectl-made",
        "objects that kubectl made, and what others write beside",
        ends(
            install({"app/anchor.yaml": config_map("anchor", a="1")}),
            push("take it over", {"app/there.yaml": config_map("there", by="git")}, edits=_BY_KUBECTL),
            Step(
                "kubectl label and an operator",
                Act.ASK,
                edits=(
                    Edit(f"{_MAPS}/there", {"metadata": {"labels": {"by": "hand"}}}, by="kubectl-label"),
                    Edit(f"{_MAPS}/there", {"data": {"operator": "1"}}, by="operator"),
                ),
            ),
        ),
        before=(_by_hand("there"),),
    ),
)


def _policy(policy: str, *, prune: bool) -> Fleet:
    return Fleet(
        f"policy-{policy.lower()}",
        f"deletionPolicy {policy}",
        ends(install({"app/a.yaml": config_map("a", x="1"), "app/b.yaml": config_map("b", x="1")})),
        apps={"deletionPolicy": policy, "prune": prune},
    )


POLICIES = (
    _policy("Orphan", prune=True),
    _policy("Delete", prune=False),
    _policy("WaitForTermination", prune=True),
    _policy("MirrorPrune", prune=False),
)
_WIDGET = json.dumps(
    {"apiVersion": "nowhere.example/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 1}}
)
PARKED = (
    Fleet(
        "unknown-kind",
        "an object of a kind that the cluster does not have, beside others",
        ends(
            install({"app/w.yaml": _WIDGET, "app/a.yaml": config_map("a", x="1")}),
            push("without it", {"app/w.yaml": None, "app/a.yaml": config_map("a", x="2")}),
        ),
    ),
)
APPLYING = (*IMMUTABLE, *FORCED_INVALID, *MODES, *POLICIES, *PARKED)
