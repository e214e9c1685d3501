"""The two starts: API server with etcd, and what makes workloads ready on top of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.tools.checkout import folder as checkout_folder
from penstock.tools.controlplane import config
from penstock.tools.controlplane.probe import Probe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from penstock.tools.controlplane.layout import Layout, Ports
    from penstock.tools.controlplane.lifecycle import Components

_READY_S = 120.0
_PINS = "infra/controlplane"


@dataclass(frozen=True)
class Server:
    """What an API server is started with."""

    layout: Layout
    ports: Ports
    audit: bool

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"https://{config.LOOPBACK}:{self.ports.apiserver}"


def start_server(components: Components, server: Server, programs: Mapping[str, Path], now: datetime) -> None:
    """etcd and the API server, until it is ready; identities and kubeconfigs are written first."""
    # The certificates need `cryptography`, which costs 50 ms that no other verb should pay.
    from penstock.tools.controlplane.pki import ensure_pki, write_kubeconfigs  # noqa: PLC0415

    layout = server.layout
    ensure_pki(layout, now)
    write_kubeconfigs(layout, server.url)
    policy = checkout_folder(_PINS) / "audit-policy.yaml" if server.audit else None
    components.start("etcd", (str(programs["etcd"]), *config.etcd(layout, server.ports)))
    components.start(
        "kube-apiserver",
        (str(programs["kube-apiserver"]), *config.apiserver(layout, server.ports, policy)),
    )
    components.await_ready(Probe(layout, server.url).ready, "the API server", _READY_S)


def start_workloads(components: Components, layout: Layout, url: str, programs: Mapping[str, Path]) -> None:
    """Controllers, scheduler, kwok and one Node, until Pods can be scheduled onto it."""
    pins = checkout_folder(_PINS)
    manifest = (pins / "node.json").read_bytes()
    node = json.loads(manifest)["metadata"]["name"]
    argvs = {
        "kube-controller-manager": config.controller_manager(layout),
        "kube-scheduler": config.scheduler(layout),
        "kwok": config.kwok(layout, pins / "kwok.yaml"),
    }
    probe = Probe(layout, url)
    probe.create_node(manifest)
    probe.drop_node_lease(node)
    for name, arguments in argvs.items():
        components.start(name, (str(programs[name]), *arguments))
    components.await_ready(lambda: probe.node_ready(node), f"Node {node}", _READY_S)
