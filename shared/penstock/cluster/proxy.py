"""Which HTTP proxy, if any, leads to an API server, as kubectl finds it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.base.proxy import proxy_to
from penstock.cluster.target import parse_server

if TYPE_CHECKING:
    from collections.abc import Mapping


def proxy_for(server: str, environ: Mapping[str, str]) -> str:
    """The proxy's URL, empty for none; Terminal if the server's URL is none."""
    address = parse_server(server)
    return proxy_to(address.scheme, address.hostname or "", address.port, environ)
