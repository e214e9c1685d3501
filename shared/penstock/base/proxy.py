"""Which HTTP proxy, if any, leads to a host. Pure.

Source: Go's golang.org/x/net/http/httpproxy, which kubectl and Flux follow: HTTPS_PROXY or HTTP_PROXY,
NO_PROXY with domains (and all below them), addresses, CIDR ranges and `*`; never for this machine itself.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def proxy_to(scheme: str, host: str, port: int | None, environ: Mapping[str, str]) -> str:
    """The proxy's URL, empty for none; without a port that of the scheme (https or http)."""
    host = host.lower()
    proxy = _either(environ, f"{scheme}_proxy")
    if not proxy or _is_loopback(host):
        return ""
    port = port or (443 if scheme == "https" else 80)
    rules = (rule.strip().lower() for rule in _either(environ, "no_proxy").split(","))
    if any(_excludes(rule, host, port) for rule in rules if rule):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _either(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name.upper()) or environ.get(name) or ""


def _is_loopback(host: str) -> bool:
    found = _address(host)
    return host == "localhost" or (found is not None and found.is_loopback)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _excludes(rule: str, host: str, port: int) -> bool:
    if rule == "*":
        return True
    found = _address(host)
    if found is not None:
        try:
            return found in ipaddress.ip_network(rule.strip("[]"), strict=False)
        except ValueError:
            return rule in {f"{host}:{port}", f"[{host}]:{port}"}
    name, _, only_port = rule.partition(":")
    if only_port and only_port != str(port):
        return False
    name = name.removeprefix("*")
    return host == name or host.endswith(name if name.startswith(".") else f".{name}")
