"""Health: what a Kustomization waits for, and what it says of what does not become healthy. Pure.

No controller of Kubernetes runs on either side: a Deployment stays in progress for ever, and the story itself
writes the status of custom resources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.differential.fleets.based import DEPLOYMENT
from bench.differential.story import Act, Edit, Fleet, Kind, Step, config_map, docs, ends, install, push

if TYPE_CHECKING:
    from bench.differential.story import Json

_DEFINITION = """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {{name: {plural}.health.example}}
    spec:
      group: health.example
      scope: Namespaced
      names: {{plural: {plural}, singular: {singular}, kind: {kind}}}
      versions:
      - name: v1
        served: true
        storage: true
        subresources: {{status: {{}}}}
        schema:
          openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
_OBJECT = """
    apiVersion: health.example/v1
    kind: {kind}
    metadata: {{name: one}}
    spec: {{size: 1}}
"""
_HEALTHY = {"app/one.yaml": config_map("one", a="1"), "app/two.yaml": config_map("two", b="1")}
_QUICK = "30s"
"""No Kustomization's time is shorter."""


def _kind(kind: str) -> tuple[str, Kind]:
    """A definition and an object of it, and how it is looked at."""
    names = {"kind": kind, "singular": kind.lower(), "plural": f"{kind.lower()}s"}
    both = docs(_DEFINITION.format(**names), _OBJECT.format(kind=kind))
    return both, Kind("apis/health.example/v1", names["plural"], kind)


def _says(plural: str, status: Json) -> Edit:
    """What a controller would write."""
    return Edit(f"/apis/health.example/v1/namespaces/@NS@/{plural}/one/status", {"status": status})


def _condition(kind: str, status: str, **more: Any) -> Json:
    said = {"type": kind, "status": status, "reason": "Told", "message": "by the story", **more}
    return {"conditions": [{"lastTransitionTime": "2030-01-01T00:00:00Z", **said}]}


def _checks(*names: str, **more: str) -> Json:
    api = {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "@NS@", **more}
    return {"healthChecks": [{**api, "name": name} for name in names]}


def _expressions(*current: str) -> Json:
    about = {"apiVersion": "health.example/v1", "kind": "Valve", "failed": "status.phase == 'Broken'"}
    return {"healthCheckExprs": [{**about, "current": one} for one in current]}


_GAUGES, _GAUGE = _kind("Gauge")
_VALVES, _VALVE = _kind("Valve")

HEALTHY = (
    Fleet(
        "waits",
        "wait: what is healthy at once, a Deployment that never is, and the way back",
        ends(
            install(_HEALTHY),
            push("change", {"app/one.yaml": config_map("one", a="2")}),
            push("nothing changed", {"README.md": "words\n"}),
            Step("ask", Act.ASK),
            push("a deployment", {"app/web.yaml": docs(DEPLOYMENT)}),
            push("without it", {"app/web.yaml": None}),
            Step("not waiting", Act.ASK, apps={"wait": False}),
        ),
        apps={"wait": True, "timeout": _QUICK},
    ),
    Fleet(
        "conditions",
        "wait: a custom resource that stalls, is put right, and is left behind by its controller",
        ends(
            install({"app/gauge.yaml": _GAUGES}),
            Step("stalls", Act.ASK, edits=(_says("gauges", _condition("Stalled", "True")),)),
            Step("is put right", Act.ASK, edits=(_says("gauges", _condition("Ready", "True")),)),
            Step("is not ready", Act.ASK, edits=(_says("gauges", _condition("Ready", "False")),)),
            Step("is ready", Act.ASK, edits=(_says("gauges", _condition("Ready", "True")),)),
        ),
        apps={"wait": True, "timeout": _QUICK},
        kinds=(_GAUGE,),
    ),
    Fleet(
        "health-expressions",
        "healthCheckExprs: states by CEL, an expression without a result, one that is none",
        ends(
            install({"app/valve.yaml": _VALVES}),
            Step("is broken", Act.ASK, edits=(_says("valves", {"phase": "Broken"}),)),
            Step("is open", Act.ASK, edits=(_says("valves", {"phase": "Open"}),)),
            Step("no expression", Act.ASK, apps=_expressions("status.phase ==")),
            Step("two of a kind", Act.ASK, apps=_expressions("true", "true")),
            Step("one again", Act.ASK, apps=_expressions("status.phase == 'Open'")),
        ),
        apps={**_expressions("status.phase == 'Open'"), "wait": True, "timeout": _QUICK},
        kinds=(_VALVE,),
    ),
    Fleet(
        "health-checks",
        "healthChecks: own objects, others, missing ones, and of no kind that there is",
        ends(
            install(_HEALTHY),
            Step("a missing one", Act.ASK, apps=_checks("missing")),
            Step("another one", Act.ASK, apps=_checks("outside", apiVersion="v1beta7")),
            Step("no such kind", Act.ASK, apps=_checks("one", apiVersion="absent.example/v1", kind="Absent")),
            Step("wait instead", Act.ASK, apps={"wait": True}),
            Step("nothing", Act.ASK, apps={"healthChecks": None, "wait": None}),
        ),
        apps={**_checks("one", "outside"), "timeout": _QUICK},
        before=(
            (
                "/api/v1/namespaces/@NS@/configmaps",
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "outside"}},
            ),
        ),
    ),
)
