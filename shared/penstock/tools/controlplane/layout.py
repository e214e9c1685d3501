"""Where a control plane keeps what: the names below its folder, and its ports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


ADMIN = "admin"
"""The certificate of the administrator."""


@dataclass(frozen=True)
class Ports:
    """The loopback ports, all TLS with client certificates."""

    apiserver: int
    etcd_client: int
    etcd_peer: int


@dataclass(frozen=True)
class Layout:
    """The files below one folder."""

    folder: Path

    @property
    def kubeconfig(self) -> Path:
        """For people and clients: full rights."""
        return self.folder / "kubeconfig"

    @property
    def state(self) -> Path:
        """What runs, see state.py."""
        return self.folder / "state.json"

    @property
    def etcd_data(self) -> Path:
        """etcd's own folder; the cluster's content."""
        return self.folder / "etcd"

    @property
    def logs(self) -> Path:
        """One file per component."""
        return self.folder / "logs"

    @property
    def pki(self) -> Path:
        """Certificates and keys; made once per folder."""
        return self.folder / "pki"

    @property
    def audit_log(self) -> Path:
        """One JSON line per request, where asked for."""
        return self.logs / "audit.log"

    def log(self, component: str) -> Path:
        """What a component prints."""
        return self.logs / f"{component}.log"

    def certificate(self, name: str) -> Path:
        """A certificate in PEM form."""
        return self.pki / f"{name}.crt"

    def key(self, name: str) -> Path:
        """The private key of that certificate."""
        return self.pki / f"{name}.key"

    def component_kubeconfig(self, component: str) -> Path:
        """The kubeconfig of a controller, with its own identity."""
        return self.folder / "components" / f"{component}.kubeconfig"
