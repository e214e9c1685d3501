"""The command line of every component, as values.

Sources: the reference pages of the components' flags, below
kubernetes.io/docs/reference/command-line-tools-reference, and etcd.io/docs/latest/op-guide/configuration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.tools.controlplane.layout import Layout, Ports

LOOPBACK = "127.0.0.1"
SERVICE_RANGE = "10.96.0.0/16"
SERVICE_ADDRESS = "10.96.0.1"
"""The first address of SERVICE_RANGE, which the Service `kubernetes` gets."""
ISSUER = "https://kubernetes.default.svc"
_CLIENT_RATE = ("--kube-api-qps=500", "--kube-api-burst=1000")


def etcd(layout: Layout, ports: Ports) -> tuple[str, ...]:
    """etcd, one member, no fsync: the data survives an end of the process, maybe not of the machine."""
    client = f"https://{LOOPBACK}:{ports.etcd_client}"
    peer = f"https://{LOOPBACK}:{ports.etcd_peer}"
    authority = layout.certificate("ca")
    return (
        "--name=penstock",
        f"--data-dir={layout.etcd_data}",
        "--unsafe-no-fsync",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=penstock={peer}",
        f"--cert-file={layout.certificate('etcd')}",
        f"--key-file={layout.key('etcd')}",
        "--client-cert-auth",
        f"--trusted-ca-file={authority}",
        f"--peer-cert-file={layout.certificate('etcd')}",
        f"--peer-key-file={layout.key('etcd')}",
        "--peer-client-cert-auth",
        f"--peer-trusted-ca-file={authority}",
        "--log-level=warn",
    )


def apiserver(layout: Layout, ports: Ports, audit_policy: Path | None) -> tuple[str, ...]:
    """kube-apiserver with RBAC, service accounts and client certificates, no anonymous requests."""
    return (
        f"--bind-address={LOOPBACK}",
        f"--advertise-address={LOOPBACK}",
        f"--secure-port={ports.apiserver}",
        "--endpoint-reconciler-type=none",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        "--allow-privileged=true",
        "--anonymous-auth=false",
        "--profiling=false",
        "--authorization-mode=Node,RBAC",
        *_apiserver_storage(layout, ports),
        *_apiserver_identity(layout),
        *(_audit(layout, audit_policy) if audit_policy else ()),
    )


def _apiserver_storage(layout: Layout, ports: Ports) -> tuple[str, ...]:
    return (
        f"--etcd-servers=https://{LOOPBACK}:{ports.etcd_client}",
        f"--etcd-cafile={layout.certificate('ca')}",
        f"--etcd-certfile={layout.certificate('apiserver-etcd-client')}",
        f"--etcd-keyfile={layout.key('apiserver-etcd-client')}",
    )


def _apiserver_identity(layout: Layout) -> tuple[str, ...]:
    return (
        f"--client-ca-file={layout.certificate('ca')}",
        f"--tls-cert-file={layout.certificate('apiserver')}",
        f"--tls-private-key-file={layout.key('apiserver')}",
        f"--service-account-issuer={ISSUER}",
        f"--service-account-key-file={layout.pki / 'service-account.pub'}",
        f"--service-account-signing-key-file={layout.key('service-account')}",
    )


def _audit(layout: Layout, policy: Path) -> tuple[str, ...]:
    return (
        f"--audit-policy-file={policy}",
        f"--audit-log-path={layout.audit_log}",
        "--audit-log-format=json",
    )


def controller_manager(layout: Layout) -> tuple[str, ...]:
    """kube-controller-manager with all its usual controllers, each under its own service account."""
    return (
        f"--kubeconfig={layout.component_kubeconfig('kube-controller-manager')}",
        "--leader-elect=false",
        "--secure-port=0",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={layout.key('service-account')}",
        f"--root-ca-file={layout.certificate('ca')}",
        "--allocate-node-cidrs=false",
        *_CLIENT_RATE,
    )


def scheduler(layout: Layout) -> tuple[str, ...]:
    """kube-scheduler as it comes."""
    return (
        f"--kubeconfig={layout.component_kubeconfig('kube-scheduler')}",
        "--leader-elect=false",
        "--secure-port=0",
        *_CLIENT_RATE,
    )


def kwok(layout: Layout, stages: Path) -> tuple[str, ...]:
    """kwok with the given configuration file."""
    return (f"--kubeconfig={layout.component_kubeconfig('kwok')}", f"--config={stages}")
