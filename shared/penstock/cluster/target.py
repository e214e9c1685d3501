"""Where an API server is, how it is trusted, and who we are to it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from penstock.base.errors import Terminal
from penstock.base.text import printable

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}(%[A-Za-z0-9._-]{1,64})?")


@dataclass(frozen=True)
class Target:
    """The address and the TLS material, all PEM text; nothing secret shows in its repr.

    An empty `ca` means the system's roots. `verify` off is `insecure-skip-tls-verify`. `proxy` is the URL
    of an HTTP proxy, empty for none.
    """

    server: str
    ca: str = field(default="", repr=False)
    client_certificate: str = field(default="", repr=False)
    client_key: str = field(default="", repr=False)
    server_name: str = ""
    verify: bool = True
    proxy: str = field(default="", repr=False)


def parse_server(server: str) -> SplitResult:
    """The parts of a server's URL; Terminal if it is no http(s) URL with a host."""
    return _parse(server, "server", "the kubeconfig")


def check_proxy(proxy: str) -> None:
    """Terminal if a proxy's URL is none; what logs in to it is not shown."""
    _parse(proxy, "proxy", "proxy-url in the kubeconfig, and HTTPS_PROXY")


def _parse(url: str, what: str, where: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        if parts.scheme in {"https", "http"} and _HOST.fullmatch(parts.hostname or "") and parts.port != 0:
            return parts
    except ValueError:
        pass
    shown = printable(url.rpartition("@")[2], 200)
    raise Terminal(f"the {what} {shown!r} is no http(s) URL: check {where}", reason="InvalidKubeconfig")


class Credentials(Protocol):
    """Gives the Authorization header; threads share it."""

    def header(self) -> str:
        """The header's value, empty if the client certificate says who we are."""
        ...

    def refresh(self, refused: str) -> bool:
        """Get new ones after a 401 for the header `refused`; whether header() now gives another."""
        ...


@dataclass(frozen=True)
class FixedCredentials:
    """Credentials that never change: a token, a password, or none."""

    value: str = field(default="", repr=False)

    def header(self) -> str:
        """The header's value."""
        return self.value

    def refresh(self, refused: str) -> bool:
        """There is nothing to get."""
        return self.value != refused
