"""Whether an object may be deleted and made anew because a field of it cannot be changed. Pure.

Source: kustomize-controller apply and fluxcd/pkg/ssa shouldForceApply for who asks for it; promise C-10 and
threats B-18 for what else must be true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock.kustomize.owner import Mark, marked

if TYPE_CHECKING:
    from penstock.api.objects import Json

_ADDRESSES = ("clusterIP", "clusterIPs", "healthCheckNodePort")
"""What a Service has to itself: no second one of the same values can be tried."""


def wanted(desired: Json, live: Json, *, everywhere: bool) -> bool:
    """Whether the user asked for it: for all objects (`spec.force`), or on this one, in Git or live."""
    return everywhere or marked(desired, Mark.FORCE_ENABLED) or marked(live, Mark.FORCE_ENABLED)


def trial(desired: Json, live: Json) -> Json:
    """The object as its creation can be tried while the old one is there.

    A Service is tried without the addresses and ports that the old one holds and will give up.
    """
    if (desired.get("apiVersion"), desired.get("kind")) != ("v1", "Service"):
        return desired
    spec, held = _mapping(desired.get("spec")), _mapping(live.get("spec"))
    kept = {key: value for key, value in spec.items() if key not in _ADDRESSES or value != held.get(key)}
    if isinstance(spec.get("ports"), list):
        kept["ports"] = [_without_held(port, _node_ports(held)) for port in spec["ports"]]
    return {**desired, "spec": kept}


def _without_held(port: Any, held: set[Any]) -> Any:
    if not isinstance(port, dict) or port.get("nodePort") not in held:
        return port
    return {key: value for key, value in port.items() if key != "nodePort"}


def _node_ports(spec: Json) -> set[Any]:
    ports = spec.get("ports")
    found = ports if isinstance(ports, list) else ()
    return {port.get("nodePort") for port in found if isinstance(port, dict)} - {None}


def _mapping(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
