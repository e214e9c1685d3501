"""From a kubeconfig file or the pod's service account to an address and credentials.

The plain cases (certificates, tokens, passwords) are read here; the kubernetes package (0.2 s, 30 MB) is
imported only where a program has to be asked (`exec`, `auth-provider`), which it then runs: a kubeconfig
given by setting is the operator's own.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.base.files import read_text
from penstock.cluster.kubeconfig import MOST_BYTES, Entry, invalid, parse_kubeconfig
from penstock.cluster.plugin import PluginCredentials
from penstock.cluster.proxy import proxy_for
from penstock.cluster.target import Credentials, FixedCredentials, Target
from penstock.cluster.tokenfile import TokenFile

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def from_kubeconfig(path: Path, context: str, environ: Mapping[str, str]) -> tuple[Target, Credentials]:
    """The address and credentials of a context (empty: the current one) of the operator's kubeconfig."""
    entry = parse_kubeconfig(_read(path, "the kubeconfig"), context)
    folder = path.parent
    target = Target(
        server=entry.server,
        ca=entry.ca_data or _read_named(folder, entry.ca_file, "certificate-authority"),
        client_certificate=entry.certificate_data
        or _read_named(folder, entry.certificate_file, "client-certificate"),
        client_key=entry.key_data or _read_named(folder, entry.key_file, "client-key"),
        server_name=entry.server_name,
        verify=not entry.insecure,
        proxy=entry.proxy or proxy_for(entry.server, environ),
    )
    return target, _credentials(entry, path, context)


def from_service_account(
    environ: Mapping[str, str], folder: Path = SERVICE_ACCOUNT
) -> tuple[Target, Credentials]:
    """The address and credentials that Kubernetes gives to a pod; Terminal outside of one."""
    host, port = environ.get("KUBERNETES_SERVICE_HOST", ""), environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        raise invalid(
            "no cluster is named, and this process runs in no pod: --kubeconfig, PENSTOCK_KUBECONFIG or, for "
            "commands of people, KUBECONFIG says which; `penstock control-plane up` starts one here"
        )
    shown = f"[{host}]" if ":" in host else host
    target = Target(f"https://{shown}:{port}", ca=_read(folder / "ca.crt", "the service account's ca.crt"))
    return target, TokenFile(folder / "token")


def _credentials(entry: Entry, path: Path, context: str) -> Credentials:
    if entry.token_file:
        return TokenFile(path.parent / entry.token_file)
    if entry.token:
        return FixedCredentials(f"Bearer {entry.token}")
    if entry.plugin:
        return PluginCredentials(path, context)
    if entry.username:
        pair = base64.b64encode(f"{entry.username}:{entry.password}".encode()).decode()
        return FixedCredentials(f"Basic {pair}")
    return FixedCredentials()


def _read_named(folder: Path, name: str, what: str) -> str:
    return _read(folder / name, what) if name else ""


def _read(path: Path, what: str) -> str:
    try:
        return read_text(path, MOST_BYTES)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise invalid(f"{what} at {path} cannot be read: {why}") from None
