"""What a kubeconfig may not say when it does not come from the operator but from a Secret. Pure.

Flux rebuilds such a configuration from an allow-list (CVE-2022-24817); here every field that would run a
program, read a file of ours, weaken TLS or reach our own network is refused (threats A-66 to A-69).
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from penstock.cluster.kubeconfig import invalid

if TYPE_CHECKING:
    from penstock.cluster.kubeconfig import Entry

_LOCAL_NAMES = ("localhost", ".localhost", "metadata.google.internal", "metadata")


def refuse_foreign(entry: Entry) -> None:
    """Terminal naming the first field that is not allowed."""
    for refused, field in (
        (entry.plugin, entry.plugin),
        (entry.ca_file, "certificate-authority"),
        (entry.certificate_file, "client-certificate"),
        (entry.key_file, "client-key"),
        (entry.token_file, "tokenFile"),
        (entry.insecure, "insecure-skip-tls-verify"),
        (entry.server_name, "tls-server-name"),
        (entry.proxy, "proxy-url"),
    ):
        if refused:
            raise invalid(f"the kubeconfig uses {field}, which is refused in a Secret: embed data or a token")
    address = urlsplit(entry.server)
    if address.scheme != "https":
        raise invalid("the server of the kubeconfig is no https URL")
    if is_local(address.hostname or ""):
        raise invalid("the server of the kubeconfig is a loopback, link-local or metadata address")


def is_local(host: str) -> bool:
    """Whether a host as it is written means this machine or its platform.

    A name that only resolves to such an address is not seen here; whoever connects must look again.
    """
    name = host.lower().rstrip(".")
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        numeric = bool(name) and all(part.isdigit() or part.startswith("0x") for part in name.split("."))
        return not name or numeric or name in _LOCAL_NAMES or name.endswith(_LOCAL_NAMES[1])
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_link_local or mapped.is_unspecified or mapped.is_multicast)
