"""The files with the identities of a control plane: made once per folder, the kubeconfigs at every start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.tools.controlplane import kubeconfig
from penstock.tools.controlplane.certs import Authority, KeyPair, Subject, new_key, private_pem, public_pem
from penstock.tools.controlplane.config import LOOPBACK, SERVICE_ADDRESS
from penstock.tools.controlplane.layout import ADMIN
from penstock.tools.controlplane.private import write_private
from penstock.tools.usercache import made_whole

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from penstock.tools.controlplane.layout import Layout

_MASTERS = ("system:masters",)
_SERVERS = {
    "etcd": (LOOPBACK, "localhost"),
    "apiserver": (
        LOOPBACK,
        SERVICE_ADDRESS,
        "localhost",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    ),
}
"""Server -> the hosts that its certificate is good for."""
_CLIENTS = {
    ADMIN: Subject("penstock-admin", _MASTERS),
    "apiserver-etcd-client": Subject("apiserver-etcd-client"),
    "kube-controller-manager": Subject("system:kube-controller-manager"),
    "kube-scheduler": Subject("system:kube-scheduler"),
    "kwok": Subject("kwok", _MASTERS),
}
"""Client -> the user that the API server sees."""
_WITH_KUBECONFIG = ("kube-controller-manager", "kube-scheduler", "kwok")


def ensure_pki(layout: Layout, now: datetime) -> None:
    """Certificates and keys below `layout.pki`, unless they are there; all 0600.

    The authority's own key is dropped: nothing can be issued later in its name.
    """
    if layout.pki.is_dir():
        return
    authority = Authority("penstock-control-plane", now)
    service_account = new_key()
    with made_whole(layout.pki) as partial:
        write_private(partial / "ca.crt", authority.certificate)
        for name, hosts in _SERVERS.items():
            pair = authority.issue(Subject(name), hosts)
            _write_pair(partial, name, pair)
        for name, subject in _CLIENTS.items():
            pair = authority.issue(subject)
            _write_pair(partial, name, pair)
        write_private(partial / "service-account.key", private_pem(service_account))
        write_private(partial / "service-account.pub", public_pem(service_account))


def write_kubeconfigs(layout: Layout, server: str) -> None:
    """The admin's and the components' kubeconfigs for a server at this URL; all 0600."""
    layout.component_kubeconfig(ADMIN).parent.mkdir(exist_ok=True, mode=0o700)
    for name in _WITH_KUBECONFIG:
        write_private(layout.component_kubeconfig(name), _kubeconfig(layout, name, server))
    write_private(layout.kubeconfig, _kubeconfig(layout, ADMIN, server))


def _write_pair(folder: Path, name: str, pair: KeyPair) -> None:
    write_private(folder / f"{name}.crt", pair.certificate)
    write_private(folder / f"{name}.key", pair.key)


def _kubeconfig(layout: Layout, name: str, server: str) -> bytes:
    authority = layout.certificate("ca").read_bytes()
    pair = layout.certificate(name).read_bytes(), layout.key(name).read_bytes()
    return kubeconfig.render(server, authority, *pair).encode()
